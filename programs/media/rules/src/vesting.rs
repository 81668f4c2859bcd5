//! What of a founding allocation has vested (`docs/chain.md`, Founding).

use crate::amount::mul_div;

/// When allocations vest: nothing for `lock_secs` after `since`, then evenly over `vest_secs`.
pub struct Schedule {
    pub since: u64,
    pub lock_secs: u32,
    pub vest_secs: u32,
}

/// What has vested of `amount` at `now`, rounded down; never more than the amount, never less than before.
pub fn vested(amount: u64, schedule: &Schedule, now: u64) -> u64 {
    let begun = schedule.since.saturating_add(u64::from(schedule.lock_secs));
    if now < begun {
        return 0;
    }
    let (passed, whole) = (now - begun, u64::from(schedule.vest_secs));
    if passed >= whole {
        return amount;
    }
    // A part of the amount fits.
    mul_div(amount, passed, whole).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::amounts;

    #[test]
    fn vests_evenly_after_the_lock() {
        let schedule = Schedule { since: 1_000, lock_secs: 700, vest_secs: 300 };
        assert_eq!([0, 1_000, 1_699, 1_700, 1_701, 1_999, 2_000, u64::MAX].map(|now| vested(100, &schedule, now)), [0, 0, 0, 0, 0, 99, 100, 100]);
        let cliff = Schedule { vest_secs: 0, ..schedule };
        assert_eq!([1_699, 1_700].map(|now| vested(100, &cliff, now)), [0, 100]);
    }

    #[test]
    fn is_the_part_of_time_rounded_down_and_never_falls() {
        let mut next = amounts(31);
        for _ in 0..200_000 {
            let schedule = Schedule { since: next(), lock_secs: next() as u32, vest_secs: next() as u32 };
            let (amount, first, second) = (next(), next(), next());
            let (early, late) = (first.min(second), first.max(second));
            let exact = |now: u64| -> u128 {
                let passed = (now as u128).saturating_sub((schedule.since as u128 + schedule.lock_secs as u128).min(u64::MAX as u128));
                let begun = now as u128 >= (schedule.since as u128 + schedule.lock_secs as u128).min(u64::MAX as u128);
                match (begun, passed >= schedule.vest_secs as u128) {
                    (false, _) => 0,
                    (true, true) => amount as u128,
                    (true, false) => amount as u128 * passed / schedule.vest_secs as u128,
                }
            };
            assert_eq!(vested(amount, &schedule, early) as u128, exact(early));
            assert!(vested(amount, &schedule, early) <= vested(amount, &schedule, late));
            assert!(vested(amount, &schedule, late) <= amount);
        }
    }
}
