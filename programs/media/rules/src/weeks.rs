//! Money of a resource by week of service (`docs/chain.md`, Evidence).

use crate::amount::mul;

/// Weeks that are kept; week w is at place w mod 6.
pub const WEEKS: u64 = 6;

pub fn place(week: u64) -> usize {
    (week % WEEKS) as usize
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The place holds this week.
    Same,
    /// It can be had: what was there is past and paid.
    Free,
    /// An older week there has something due.
    Due,
    /// It holds a newer week.
    Newer,
}

/// What the place of `week` is like, which holds `stored` (week + 1, 0 for none) with `due`.
pub fn slot(stored: u64, due: u64, week: u64) -> Slot {
    let counted = week.saturating_add(1);
    if stored == counted {
        Slot::Same
    } else if stored > counted {
        Slot::Newer
    } else if due > 0 {
        Slot::Due
    } else {
        Slot::Free
    }
}

/// The last hour of a week.
pub fn last_hour(week: u64, hours_per_week: u32) -> Option<u64> {
    mul(week.checked_add(1)?, u64::from(hours_per_week))?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_for_one_week_at_a_time() {
        assert_eq!(place(0), 0);
        assert_eq!(place(5), 5);
        assert_eq!(place(6), 0);
        assert_eq!(slot(0, 0, 3), Slot::Free);
        assert_eq!(slot(4, 9, 3), Slot::Same);
        assert_eq!(slot(4, 0, 9), Slot::Free);
        assert_eq!(slot(4, 1, 9), Slot::Due);
        assert_eq!(slot(10, 0, 3), Slot::Newer);
        assert_eq!(slot(1, 0, 0), Slot::Same);
    }

    #[test]
    fn weeks_end() {
        assert_eq!(last_hour(0, 168), Some(167));
        assert_eq!(last_hour(2, 4), Some(11));
        assert_eq!(last_hour(u64::MAX, 4), None);
        assert_eq!(last_hour(u64::MAX - 1, 4), None);
        assert_eq!(last_hour(0, 0), None);
    }
}
