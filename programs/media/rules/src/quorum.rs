//! Votes of a week's guard set (`docs/chain.md`, Quorum).

/// Whether so many votes of a set of `count` decide: more than two thirds.
pub fn decides(votes: u32, count: u32) -> bool {
    3 * u64::from(votes) > 2 * u64::from(count)
}

#[cfg(test)]
mod tests {
    use super::decides;

    #[test]
    fn more_than_two_thirds() {
        for count in 1..=21u32 {
            let least = (0..=count).find(|&votes| decides(votes, count));
            assert_eq!(least, Some(2 * count / 3 + 1));
        }
        assert!(!decides(2, 3));
        assert!(!decides(0, 0));
    }
}
