//! Since when something has been there without a break (`docs/governance.md`, Weight).

/// Levels that are kept of what was there before.
pub const LEVELS: usize = 3;

/// So much has been there since `since`, seconds of the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    pub amount: u64,
    pub since: u32,
}

/// When something was added last, and what had been there since before; newest level first, each at most the one before.
/// Whoever takes away changes nothing here: a level never counts for more than there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seasons {
    pub added_at: u32,
    pub levels: [Level; LEVELS],
}

impl Seasons {
    /// To be called before something joins `held` at `now`. What was added less than `spacing` after the newest level counts as
    /// added now: additions lose time, and never gain any.
    pub fn add(&mut self, held: u64, now: u32, spacing: u32) {
        let mut most = held;
        for level in &mut self.levels {
            level.amount = level.amount.min(most);
            most = level.amount;
        }
        let [newest, next, _] = self.levels;
        if held > 0 && (newest.amount == 0 || self.added_at.saturating_sub(newest.since) >= spacing) {
            self.levels = [Level { amount: held, since: self.added_at }, newest, next];
        }
        self.added_at = now;
    }

    /// What of `held` has been there since `moment`.
    pub fn since(&self, held: u64, moment: u64) -> u64 {
        if u64::from(self.added_at) <= moment {
            return held;
        }
        let level = self.levels.iter().find(|level| u64::from(level.since) <= moment);
        level.map_or(0, |level| level.amount.min(held))
    }
}

/// How far apart levels are kept: what was there for `seasoning` before a proposal is still told from what was not while the
/// proposal is voted on.
pub fn spacing(seasoning: u32, voting: u32) -> u32 {
    let both = u64::from(seasoning) + u64::from(voting);
    // Half of two 32-bit numbers fits.
    ((both + 1) / 2) as u32
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn what_joins_is_never_older_than_its_joining() {
        let mut seasons = Seasons::default();
        seasons.add(0, 100, 10);
        assert_eq!(seasons.since(50, 99), 0);
        assert_eq!(seasons.since(50, 100), 50);
        seasons.add(50, 120, 10);
        assert_eq!(seasons.since(80, 119), 50);
        assert_eq!(seasons.since(80, 120), 80);
        // Taken away and put back: what was away counts from then on.
        seasons.add(20, 140, 10);
        assert_eq!(seasons.since(90, 139), 20);
        assert_eq!(seasons.since(90, 119), 20);
    }

    #[test]
    fn small_additions_do_not_keep_the_rest_from_seasoning() {
        let (seasoning, voting) = (1_400, 300);
        let spacing = spacing(seasoning, voting);
        let mut seasons = Seasons::default();
        let mut held = 0;
        for day in 0..200u32 {
            let now = 10_000 + day * 100;
            seasons.add(held, now, spacing);
            held += 10;
            // For proposals made up to `voting` ago: all that is twice as old as it needs to be counts.
            for made in [now - voting, now] {
                let counted = seasons.since(held, u64::from(made - seasoning));
                let old = u64::from((made - seasoning - spacing).saturating_sub(10_000) / 100) * 10;
                assert!(counted >= old.saturating_sub(10), "day {day}: {counted} of {old}");
            }
        }
    }

    #[test]
    fn counts_no_more_than_the_least_that_was_there() {
        let mut next = crate::testing::amounts(71);
        for _ in 0..20_000 {
            let spacing = (next() % 50) as u32;
            let (mut seasons, mut held, mut now) = (Seasons::default(), 0u64, 1u32);
            let mut history: Vec<(u32, u64)> = Vec::new();
            for _ in 0..12 {
                now += (next() % 30) as u32;
                if next() % 3 == 0 {
                    held -= if held == 0 { 0 } else { next() % (held + 1) };
                } else {
                    seasons.add(held, now, spacing);
                    held += next() % 1_000;
                }
                history.push((now, held));
                let moment = u64::from(now.saturating_sub((next() % 60) as u32));
                // The least from the moment on, the holding at the moment included.
                let before = history.iter().rev().find(|(at, _)| u64::from(*at) <= moment).map_or(0, |(_, held)| *held);
                let least = history.iter().filter(|(at, _)| u64::from(*at) > moment).fold(before, |least, (_, held)| least.min(*held));
                assert!(seasons.since(held, moment) <= least);
            }
        }
    }

    #[test]
    fn spacing_is_half_of_both() {
        assert_eq!(spacing(14, 3), 9);
        assert_eq!(spacing(14, 4), 9);
        assert_eq!(spacing(u32::MAX, u32::MAX), u32::MAX);
        assert_eq!(spacing(1, 0), 1);
    }
}
