//! Where a resource's new terms go (`docs/chain.md`, Resources).

pub const TERMS: u32 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Over the newest, which holds from the same hour.
    Over(u32),
    /// After it, at this place.
    At(u32),
    /// At the last place; the others move down by one.
    Shift,
}

/// Where terms go that hold from the hour after `hour`. `count` are in use, the newest from `newest`, the second oldest from `second`.
/// `None` while the oldest may still be needed: `keep` hours after the second took over.
pub fn place(count: u32, newest: u64, second: u64, hour: u64, keep: u64) -> Option<Change> {
    if count > 0 && hour.checked_add(1) == Some(newest) {
        return Some(Change::Over(count - 1));
    }
    if count < TERMS {
        return Some(Change::At(count));
    }
    if second.saturating_add(keep) < hour { Some(Change::Shift) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_of_one_hour_replace_each_other() {
        assert_eq!(place(1, 0, 0, 0, 10), Some(Change::At(1)));
        assert_eq!(place(2, 1, 1, 0, 10), Some(Change::Over(1)));
        assert_eq!(place(2, 1, 1, 1, 10), Some(Change::At(2)));
        assert_eq!(place(8, 21, 5, 20, 10), Some(Change::Over(7)));
        assert_eq!(place(8, 21, 5, 20, 100), Some(Change::Over(7)));
    }

    #[test]
    fn the_oldest_goes_when_no_hour_needs_it() {
        assert_eq!(place(7, 12, 5, 15, 10), Some(Change::At(7)));
        assert_eq!(place(8, 12, 5, 15, 10), None);
        assert_eq!(place(8, 12, 5, 16, 10), Some(Change::Shift));
        assert_eq!(place(8, 12, u64::MAX, u64::MAX, 10), None);
        assert_eq!(place(8, u64::MAX, u64::MAX, u64::MAX, 0), None);
    }
}
