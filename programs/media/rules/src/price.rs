//! The average price of a pool: a cumulative sum and a ring of its past values (`docs/chain.md`, Worth).

use crate::amount::Wide;

/// A point of the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    pub at: u64,
    pub cum: Wide,
}

/// The running sum after `seconds` more at this price, modulo 2¹²⁸.
pub fn accumulate(cum: Wide, price_q32: u64, seconds: u64) -> Wide {
    cum.wrapping_add(Wide::product(price_q32, seconds))
}

/// Parts of the longest window between two points: of a ring of 100 points one may be newer than any window, and one is
/// about to be written.
const SPACING: u32 = 98;

/// Whether a new point is due: the ring is sampled at ⌈window / 98⌉, at least a second, so that it holds the whole window.
pub fn point_due(now: u64, newest: Option<u64>, twap_secs: u32) -> bool {
    match newest {
        None => true,
        Some(at) => now.saturating_sub(at) >= u64::from(twap_secs.div_ceil(SPACING).max(1)),
    }
}

/// The average price since `from`, at least 1; `spot` if that was this very second.
pub fn average(now: u64, cum: Wide, from: Point, spot: u64) -> Option<u64> {
    let seconds = now.saturating_sub(from.at);
    if seconds == 0 {
        return Some(spot);
    }
    let (average, _) = cum.wrapping_sub(from.cum).div_rem(seconds)?;
    Some(average.max(1))
}

/// Whether the price of the moment is off an average by more than `bps` basis points of it.
pub fn has_moved(spot: u64, average: u64, bps: u32) -> bool {
    Wide::product(spot.abs_diff(average), 10_000) > Wide::product(average, u64::from(bps))
}

/// Of `count` points in order of time, the index of the newest that is at least `twap_secs` old, else 0.
/// `at(i)` gives the time of the i-th oldest.
pub fn look_back(count: u32, now: u64, twap_secs: u32, at: impl Fn(u32) -> u64) -> u32 {
    let old_enough = |index: u32| now.saturating_sub(at(index)) >= u64::from(twap_secs);
    // The first `low` points are old enough, those from `high` on are not.
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if old_enough(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;
    use crate::testing::amounts;

    /// A pool's sum and ring over random changes of the price, against sums in u128 over all changes.
    #[test]
    fn averages_are_those_of_the_whole_history() {
        let mut next = amounts(11);
        for round in 0..200u64 {
            let twap_secs = (next() % 5000).max(1) as u32;
            let (mut now, mut price) = (1_700_000_000 + round, 0u64);
            let mut cum = Wide { hi: next(), lo: next() };
            let mut points: Vec<Point> = Vec::new();
            // (time, price from then on)
            let mut history: Vec<(u64, u64)> = Vec::new();
            for _ in 0..150 {
                let elapsed = next() % 200;
                cum = accumulate(cum, price, elapsed);
                now += elapsed;
                if point_due(now, points.last().map(|point| point.at), twap_secs) {
                    points.push(Point { at: now, cum });
                }
                price = next().max(1);
                history.push((now, price));

                let later = now + next() % 300;
                let index = look_back(points.len() as u32, later, twap_secs, |index| points[index as usize].at);
                let linear = points.iter().rposition(|point| later - point.at >= u64::from(twap_secs)).unwrap_or(0);
                assert_eq!(index as usize, linear);
                let from = points[linear];
                let got = average(later, accumulate(cum, price, later - now), from, price).unwrap();
                let expected = if later == from.at {
                    price
                } else {
                    let mut sum = 0u128;
                    for (step, &(at, price)) in history.iter().enumerate() {
                        let until = history.get(step + 1).map_or(later, |after| after.0);
                        sum += price as u128 * (until.max(from.at) - at.max(from.at)) as u128;
                    }
                    ((sum / (later - from.at) as u128) as u64).max(1)
                };
                assert_eq!(got, expected);
            }
        }
    }

    #[test]
    fn points_are_spaced() {
        assert!(point_due(5, None, 3600));
        assert!(!point_due(36, Some(0), 3600));
        assert!(point_due(37, Some(0), 3600));
        assert!(!point_due(881, Some(0), 86_400));
        assert!(point_due(882, Some(0), 86_400));
        assert!(!point_due(7, Some(7), 1));
        assert!(point_due(8, Some(7), 1));
        assert!(!point_due(0, Some(0), 98));
        assert!(point_due(1, Some(0), 98));
        assert!(!point_due(1, Some(0), 99));
        assert!(point_due(2, Some(0), 99));
    }

    /// However often the price changes, a hundred points reach back as far as the window.
    #[test]
    fn a_hundred_points_hold_the_window() {
        for twap_secs in (1..2000).chain([3600, 86_400, 86_401, 1_000_003]) {
            let spacing = (0u64..).find(|&after| point_due(after, Some(0), twap_secs)).unwrap();
            assert!(98 * spacing >= u64::from(twap_secs), "{twap_secs}");
        }
    }

    #[test]
    fn the_price_has_moved_beyond_its_bounds_only() {
        assert!(!has_moved(10_300, 10_000, 300));
        assert!(has_moved(10_301, 10_000, 300));
        assert!(!has_moved(9_700, 10_000, 300));
        assert!(has_moved(9_699, 10_000, 300));
        assert!(!has_moved(u64::MAX, u64::MAX, 1));
        assert!(has_moved(u64::MAX, 1, 10_000));
        assert!(has_moved(2, 1, 9_999));
        assert!(!has_moved(2, 1, 10_000));
        let mut next = amounts(13);
        for _ in 0..200_000 {
            let (spot, average, bps) = (next(), next(), (next() % 10_001) as u32);
            let expected = spot.abs_diff(average) as u128 * 10_000 > average as u128 * bps as u128;
            assert_eq!(has_moved(spot, average, bps), expected);
        }
    }
}
