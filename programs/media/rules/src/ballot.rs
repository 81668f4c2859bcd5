//! What a proposal costs, when it has passed, and what a grant pays (`docs/governance.md`).

use crate::amount::{mul_div, mul_div_up};

/// MEDIA that a proposal is made for: what `quote` is worth at the average price, within floor and ceiling.
pub fn deposit(quote: u64, price_q32: u64, floor: u64, ceiling: u64) -> u64 {
    // More than 64 bits hold is more than any ceiling.
    mul_div_up(quote, 1 << 32, price_q32).unwrap_or(u64::MAX).max(floor).min(ceiling)
}

/// A majority, and enough votes for it.
pub fn passes(votes_for: u64, votes_against: u64, quorum: u64) -> bool {
    votes_for > votes_against && votes_for >= quorum
}

/// What a grant has earned `elapsed` seconds after it began.
pub fn earned(amount: u64, elapsed: u64, secs: u32) -> u64 {
    if elapsed >= u64::from(secs) { amount } else { mul_div(amount, elapsed, u64::from(secs)).unwrap_or(0) }
}

/// What the fund holds beyond what weeks have kept for their rewards and grants are owed.
pub fn free(balance: u64, kept: u64, claimed: u64, owed: u64) -> u64 {
    balance.saturating_sub(kept.saturating_sub(claimed)).saturating_sub(owed)
}

/// Whether a grant is at most a hundredth of what is free, and all of the quarter a twentieth.
pub fn may_grant(amount: u64, free: u64, granted: u64) -> bool {
    let quarter = free.saturating_add(granted) / 20;
    amount <= free / 100 && granted.checked_add(amount).is_some_and(|sum| sum <= quarter)
}

/// Whether a parameter moves by no more than half or double.
pub fn is_gradual(before: u64, after: u64) -> bool {
    after / 2 + after % 2 <= before && before / 2 + before % 2 <= after
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::amounts;

    #[test]
    fn a_deposit_is_worth_what_is_asked_within_bounds() {
        let usdc = 10_000_000_000;
        // 10 USDC (6 decimals) for a MEDIA (9 decimals): 0.01 of a quote unit for a base unit.
        let ten = (1u64 << 32) / 100;
        assert_eq!(deposit(usdc, ten, 1, u64::MAX), 1_000_000_022_352);
        assert_eq!(deposit(usdc, ten, 2_000_000_000_000, u64::MAX), 2_000_000_000_000);
        assert_eq!(deposit(usdc, ten, 1, 900_000_000_000), 900_000_000_000);
        assert_eq!(deposit(usdc, 0, 1, 77), 77);
        assert_eq!(deposit(u64::MAX, 1, 1, 77), 77);
    }

    #[test]
    fn passes_with_majority_and_quorum() {
        assert!(passes(100, 99, 100));
        assert!(!passes(100, 100, 100));
        assert!(!passes(99, 0, 100));
        assert!(!passes(0, 0, 0));
    }

    #[test]
    fn a_grant_flows_and_never_above_its_sum() {
        assert_eq!(earned(1000, 0, 10), 0);
        assert_eq!(earned(1001, 3, 10), 300);
        assert_eq!(earned(1001, 9, 10), 900);
        assert_eq!(earned(1001, 10, 10), 1001);
        assert_eq!(earned(u64::MAX, u64::MAX, 1), u64::MAX);
        let mut next = amounts(5);
        for _ in 0..50_000 {
            let (amount, secs) = (next(), (next() as u32).max(1));
            let (a, b) = (next() % (2 * u64::from(secs)), next() % (2 * u64::from(secs)));
            let (early, late) = (a.min(b), a.max(b));
            assert!(earned(amount, early, secs) <= earned(amount, late, secs));
            assert!(earned(amount, late, secs) <= amount);
            let exact = amount as u128 * late.min(secs as u64) as u128 / secs as u128;
            assert_eq!(earned(amount, late, secs) as u128, exact);
        }
    }

    #[test]
    fn grants_stay_within_the_fund() {
        assert!(may_grant(100, 10_000, 0));
        assert!(!may_grant(101, 10_099, 0));
        assert!(may_grant(98, 9_800, 392));
        assert!(!may_grant(98, 9_800, 413));
        assert!(!may_grant(u64::MAX, u64::MAX, u64::MAX));
        assert_eq!(free(1_000, 300, 100, 50), 750);
        assert_eq!(free(100, 300, 100, 50), 0);
        assert_eq!(free(100, 3, 100, 50), 50);
    }

    #[test]
    fn a_step_is_at_most_half_or_double() {
        assert!(is_gradual(10, 5) && is_gradual(10, 20) && is_gradual(3, 2) && is_gradual(1, 1));
        assert!(!is_gradual(10, 4) && !is_gradual(10, 21) && !is_gradual(3, 1) && !is_gradual(1, 3));
        assert!(is_gradual(u64::MAX, u64::MAX) && !is_gradual(0, 1));
        assert!(!is_gradual(u64::MAX, u64::MAX / 2));
    }
}
