//! Votes of a week's guard set (`docs/chain.md`, Quorum).

/// Whether so many votes of a set of `count` decide: more than two thirds.
pub fn decides(votes: u32, count: u32) -> bool {
    3 * u64::from(votes) > 2 * u64::from(count)
}
