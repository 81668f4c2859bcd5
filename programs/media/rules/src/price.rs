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

/// Whether a new point is due: the ring is sampled at a fiftieth of the window, at least a second.
pub fn point_due(now: u64, newest: Option<u64>, twap_secs: u32) -> bool {
    match newest {
        None => true,
        Some(at) => now.saturating_sub(at) >= u64::from((twap_secs / 50).max(1)),
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
