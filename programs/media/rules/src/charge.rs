//! What a fee takes from a stake, what of it rewards, and what a week may pay out (`docs/chain.md`, Money).

use crate::amount::mul;
use crate::pool::{Reserves, lp_for, worth};

/// LP that is taken and the MEDIA that it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    pub lp: u64,
    pub covered: u64,
}

/// Takes `due` out of `available` LP: as much LP as the fee needs, or all of it for what it is worth.
pub fn take(due: u64, available: u64, reserves: &Reserves, price_q32: u64) -> Option<Taken> {
    // None: more LP than there can be, or the pool is worth nothing.
    if let Some(lp) = lp_for(due, reserves, price_q32).filter(|&lp| lp <= available) {
        return Some(Taken { lp, covered: due });
    }
    let worth = if available == 0 { 0 } else { worth(available, reserves, price_q32)? };
    Some(Taken { lp: available, covered: worth.min(due) })
}

/// What of the MEDIA that burned LP gave is kept for rewards: at most half of what it covered, so that a
/// price skewed for the moment does not raise them.
pub fn kept(media: u64, covered: u64) -> u64 {
    media.min(covered / 2)
}

/// What a week may have paid out by now: all of its rewards if they are at most half of what stands behind
/// the set that decided; else one half more with each week since `endorsed_at`.
pub fn released(rewards: u64, slashable: u64, endorsed_at: u64, week: u64) -> u64 {
    let half = slashable / 2;
    if rewards <= half {
        return rewards;
    }
    let steps = week.saturating_sub(endorsed_at).saturating_add(1);
    mul(half, steps).map_or(rewards, |released| released.min(rewards))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::amounts;

    const POOL: Reserves = Reserves { media: 1_000_000, quote: 1_000_000, supply: 1_000_000 };
    const ONE: u64 = 1 << 32;

    #[test]
    fn takes_what_is_due_or_all_there_is() {
        // V = 2 · 10⁶ for 10⁶ LP: two MEDIA an LP.
        assert_eq!(take(1000, 600, &POOL, ONE), Some(Taken { lp: 500, covered: 1000 }));
        assert_eq!(take(1001, 600, &POOL, ONE), Some(Taken { lp: 501, covered: 1001 }));
        assert_eq!(take(1000, 500, &POOL, ONE), Some(Taken { lp: 500, covered: 1000 }));
        assert_eq!(take(1001, 500, &POOL, ONE), Some(Taken { lp: 500, covered: 1000 }));
        assert_eq!(take(u64::MAX, 500, &POOL, ONE), Some(Taken { lp: 500, covered: 1000 }));
        assert_eq!(take(1000, 0, &POOL, ONE), Some(Taken { lp: 0, covered: 0 }));
        assert_eq!(take(1, 5, &Reserves { media: 0, ..POOL }, ONE), Some(Taken { lp: 5, covered: 0 }));
    }

    #[test]
    fn never_covers_more_than_the_lp_is_worth() {
        let mut next = amounts(21);
        let mut partial = 0;
        for _ in 0..200_000 {
            let r = Reserves { media: next() >> 8, quote: next(), supply: next().max(1) };
            let (due, available, price) = (next(), next() % r.supply, next().max(1));
            let Some(taken) = take(due, available, &r, price) else { continue };
            assert!(taken.lp <= available && taken.covered <= due);
            let value = 2 * crate::amount::sqrt_product(r.media, crate::pool::quote_as_media(r.quote, price).map_or(r.media, |t| t.min(r.media)));
            if taken.covered == due {
                assert!(taken.lp as u128 * value as u128 >= due as u128 * r.supply as u128);
            } else {
                assert_eq!(taken.covered as u128, available as u128 * value as u128 / r.supply as u128);
                partial += 1;
            }
        }
        assert!(partial > 10_000);
    }

    #[test]
    fn keeps_at_most_half_of_what_was_covered() {
        assert_eq!(kept(499, 1000), 499);
        assert_eq!(kept(500, 1000), 500);
        assert_eq!(kept(501, 1000), 500);
        assert_eq!(kept(501, 1001), 500);
        assert_eq!(kept(u64::MAX, u64::MAX), u64::MAX / 2);
    }

    #[test]
    fn pays_out_within_what_can_be_slashed() {
        assert_eq!(released(500, 1000, 7, 7), 500);
        assert_eq!(released(501, 1000, 7, 7), 500);
        assert_eq!(released(501, 1000, 7, 8), 501);
        assert_eq!(released(1600, 1001, 7, 8), 1000);
        assert_eq!(released(1600, 1001, 7, 9), 1500);
        assert_eq!(released(1600, 1001, 7, 10), 1600);
        // A clock behind the endorsement counts as the week of it.
        assert_eq!(released(1600, 1001, 7, 3), 500);
        assert_eq!(released(1, 0, 0, u64::MAX), 0);
        assert_eq!(released(1, 1, 0, 5), 0);
        assert_eq!(released(u64::MAX, u64::MAX - 1, 0, u64::MAX), u64::MAX);
        let mut next = amounts(22);
        for _ in 0..100_000 {
            let (rewards, slashable, from, week) = (next(), next(), next(), next());
            let half = slashable as u128 / 2;
            let steps = week.saturating_sub(from) as u128 + 1;
            let expected = if rewards as u128 <= half { rewards as u128 } else { (half * steps).min(rewards as u128) };
            assert_eq!(released(rewards, slashable, from, week) as u128, expected);
        }
    }
}
