//! Hours, samples, weeks and the windows of an hour (`docs/chain.md`, Time). Seconds are Unix seconds.

use crate::amount::mul;
use crate::weeks;

/// Samples an hour (whitepaper §2.6).
pub const SAMPLES: u64 = 12;

/// The network's periods, as in the config.
#[derive(Clone, Copy, Debug)]
pub struct Periods {
    pub epoch_zero: u64,
    pub sample_secs: u32,
    pub report_slots: u32,
    pub commit_slots: u32,
    pub verdict_slots: u32,
    pub final_hours: u32,
    pub late_hours: u32,
    pub hours_per_week: u32,
    pub month_slots: u32,
}

/// Where a moment stands to a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    Early,
    Open,
    Over,
}

/// What can be decided about an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Its verdicts are not in yet.
    Early,
    /// The set of its own week decides.
    Own,
    /// The set of the day does.
    Late,
    /// Nobody does any more.
    Void,
}

fn window(from: u64, until: u64, now: u64) -> Window {
    if now >= until {
        Window::Over
    } else if now >= from {
        Window::Open
    } else {
        Window::Early
    }
}

/// Whether every guard of a set has done something; nobody knows the set's size (0) before the first has.
fn all(done: u32, of: u32) -> bool {
    of > 0 && done >= of
}

impl Periods {
    fn hour_secs(&self) -> u64 {
        SAMPLES.wrapping_mul(u64::from(self.sample_secs))
    }

    /// Seconds of so many samples; both are 32-bit, so it fits.
    fn slot_secs(&self, slots: u32) -> u64 {
        u64::from(slots).wrapping_mul(u64::from(self.sample_secs))
    }

    /// The hour of a time; `None` before hour 0.
    pub fn hour(&self, at: u64) -> Option<u64> {
        at.checked_sub(self.epoch_zero)?.checked_div(self.hour_secs())
    }

    /// The week of an hour.
    pub fn week(&self, hour: u64) -> u64 {
        hour / u64::from(self.hours_per_week).max(1)
    }

    /// The end of an hour: epochZero + (h + 1) · 12 · sampleSecs.
    pub fn hour_end(&self, hour: u64) -> Option<u64> {
        self.epoch_zero.checked_add(mul(hour.checked_add(1)?, self.hour_secs())?)
    }

    fn after_slots(&self, hour: u64, slots: u32) -> Option<u64> {
        self.hour_end(hour)?.checked_add(self.slot_secs(slots))
    }

    /// So many hours after a moment.
    pub fn after_hours(&self, from: u64, hours: u64) -> Option<u64> {
        from.checked_add(mul(hours, self.hour_secs())?)
    }

    /// When reports of an hour are no longer accepted.
    pub fn reports_until(&self, hour: u64) -> Option<u64> {
        self.after_slots(hour, self.report_slots)
    }

    /// When verdicts on an hour are no longer committed.
    pub fn commits_until(&self, hour: u64) -> Option<u64> {
        self.after_slots(hour, self.commit_slots)
    }

    /// When verdicts on an hour are no longer revealed.
    pub fn verdicts_until(&self, hour: u64) -> Option<u64> {
        self.after_slots(hour, self.verdict_slots)
    }

    /// When an hour's own set no longer decides.
    pub fn own_until(&self, hour: u64) -> Option<u64> {
        self.after_hours(self.verdicts_until(hour)?, u64::from(self.final_hours))
    }

    /// When an hour that is not final is void.
    pub fn late_until(&self, hour: u64) -> Option<u64> {
        self.after_hours(self.own_until(hour)?, u64::from(self.late_hours))
    }

    /// After this an hour's account may be closed.
    pub fn closable_after(&self, hour: u64) -> Option<u64> {
        self.after_hours(self.late_until(hour)?, 4 * u64::from(self.hours_per_week))
    }

    /// When the set of a week no longer decides its last hour.
    pub fn week_own_until(&self, week: u64) -> Option<u64> {
        self.own_until(weeks::last_hour(week, self.hours_per_week)?)
    }

    /// After this a week's guard set and epoch may be closed.
    pub fn week_closable_after(&self, week: u64) -> Option<u64> {
        self.closable_after(weeks::last_hour(week, self.hours_per_week)?)
    }

    /// First sample of a month. Both numbers are 32-bit, so it fits.
    pub fn month_begin(&self, month: u32) -> u64 {
        u64::from(month).wrapping_mul(u64::from(self.month_slots))
    }

    /// When the own set of a month's last hour no longer decides it: the month can be finalised from here on.
    pub fn month_own_until(&self, month: u32) -> Option<u64> {
        let after = self.month_begin(month).checked_add(u64::from(self.month_slots))?;
        self.own_until(after.checked_sub(1)? / SAMPLES)
    }

    /// Months that a ring of `ring` samples up to `head` has no room for any more: those below the first that fits as a whole.
    pub fn months_before(&self, head: u64, ring: u64) -> Option<u32> {
        u32::try_from(head.saturating_sub(ring).div_ceil(u64::from(self.month_slots).max(1))).ok()
    }

    pub fn report_window(&self, hour: u64, now: u64) -> Option<Window> {
        Some(window(self.hour_end(hour)?, self.reports_until(hour)?, now))
    }

    pub fn commit_window(&self, hour: u64, now: u64) -> Option<Window> {
        Some(window(self.reports_until(hour)?, self.commits_until(hour)?, now))
    }

    /// Opens early when all of the set have committed.
    pub fn reveal_window(&self, hour: u64, now: u64, commits: u32, set_count: u32) -> Option<Window> {
        let from = if all(commits, set_count) { 0 } else { self.commits_until(hour)? };
        Some(window(from, self.verdicts_until(hour)?, now))
    }

    /// Begins early when all of the set have revealed.
    pub fn phase(&self, hour: u64, now: u64, reveals: u32, set_count: u32) -> Option<Phase> {
        if now >= self.late_until(hour)? {
            return Some(Phase::Void);
        }
        if now >= self.own_until(hour)? {
            return Some(Phase::Late);
        }
        let begun = all(reveals, set_count) || now >= self.verdicts_until(hour)?;
        Some(if begun { Phase::Own } else { Phase::Early })
    }

    /// Hours for which something of an hour is kept: those that its verdicts take, begun ones whole, those in which it can
    /// be decided, and one more in which it can be recorded.
    pub fn keep_hours(&self) -> u64 {
        let verdicts = u64::from(self.verdict_slots).div_ceil(SAMPLES);
        verdicts + u64::from(self.final_hours) + u64::from(self.late_hours) + 1
    }

    /// Whether a week is over at the current hour.
    pub fn week_over(&self, week: u64, hour: u64) -> bool {
        self.week(hour) > week
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    const REAL: Periods = Periods {
        epoch_zero: 1_800_000_000,
        sample_secs: 300,
        report_slots: 6,
        commit_slots: 9,
        verdict_slots: 12,
        final_hours: 24,
        late_hours: 336,
        hours_per_week: 168,
        month_slots: 8_640,
    };
    const HOUR: u64 = 3600;

    #[test]
    fn hours_begin_and_end() {
        assert_eq!(REAL.hour(1_799_999_999), None);
        assert_eq!(REAL.hour(1_800_000_000), Some(0));
        assert_eq!(REAL.hour(1_800_003_599), Some(0));
        assert_eq!(REAL.hour(1_800_003_600), Some(1));
        assert_eq!(REAL.hour_end(0), Some(1_800_003_600));
        assert_eq!(REAL.week(167), 0);
        assert_eq!(REAL.week(168), 1);
        assert!(!REAL.week_over(0, 167));
        assert!(REAL.week_over(0, 168));
    }

    #[test]
    fn windows_follow_the_end() {
        let end = REAL.hour_end(7).unwrap();
        assert_eq!(REAL.reports_until(7), Some(end + 1800));
        assert_eq!(REAL.commits_until(7), Some(end + 2700));
        assert_eq!(REAL.verdicts_until(7), Some(end + HOUR));
        assert_eq!(REAL.own_until(7), Some(end + 25 * HOUR));
        assert_eq!(REAL.late_until(7), Some(end + 361 * HOUR));
        assert_eq!(REAL.closable_after(7), Some(end + (361 + 4 * 168) * HOUR));
        assert_eq!(REAL.week_closable_after(0), REAL.closable_after(167));
        assert_eq!(REAL.week_closable_after(1), REAL.closable_after(335));
        assert_eq!(REAL.week_own_until(1), REAL.own_until(335));
        assert_eq!(REAL.keep_hours(), 362);
    }

    #[test]
    fn each_window_begins_where_the_one_before_ends() {
        let end = REAL.hour_end(7).unwrap();
        let reports = |after| REAL.report_window(7, end + after).unwrap();
        assert_eq!(REAL.report_window(7, end - 1), Some(Window::Early));
        assert_eq!(reports(0), Window::Open);
        assert_eq!(reports(1799), Window::Open);
        assert_eq!(reports(1800), Window::Over);
        let commits = |after| REAL.commit_window(7, end + after).unwrap();
        assert_eq!(commits(1799), Window::Early);
        assert_eq!(commits(1800), Window::Open);
        assert_eq!(commits(2699), Window::Open);
        assert_eq!(commits(2700), Window::Over);
        let reveals = |after, commits, set| REAL.reveal_window(7, end + after, commits, set).unwrap();
        assert_eq!(reveals(2699, 2, 3), Window::Early);
        assert_eq!(reveals(2699, 0, 0), Window::Early);
        assert_eq!(reveals(1801, 3, 3), Window::Open);
        assert_eq!(reveals(2700, 0, 0), Window::Open);
        assert_eq!(reveals(3599, 2, 3), Window::Open);
        assert_eq!(reveals(3600, 3, 3), Window::Over);
    }

    #[test]
    fn the_own_set_decides_before_the_set_of_the_day() {
        let end = REAL.hour_end(7).unwrap();
        let phase = |after, reveals, set| REAL.phase(7, end + after, reveals, set).unwrap();
        assert_eq!(phase(2000, 2, 3), Phase::Early);
        assert_eq!(phase(2000, 3, 3), Phase::Own);
        assert_eq!(phase(3599, 0, 0), Phase::Early);
        assert_eq!(phase(3600, 0, 0), Phase::Own);
        assert_eq!(phase(25 * HOUR - 1, 0, 3), Phase::Own);
        assert_eq!(phase(25 * HOUR, 3, 3), Phase::Late);
        assert_eq!(phase(361 * HOUR - 1, 3, 3), Phase::Late);
        assert_eq!(phase(361 * HOUR, 3, 3), Phase::Void);
        let strict = Periods { late_hours: 0, ..REAL };
        assert_eq!(strict.phase(7, end + 25 * HOUR, 3, 3), Some(Phase::Void));
    }

    #[test]
    fn what_an_hour_needs_is_kept_until_it_could_be_recorded() {
        for verdict_slots in 1..=36 {
            for (final_hours, late_hours) in [(1, 0), (24, 336), (3, 5)] {
                let periods = Periods { verdict_slots, final_hours, late_hours, ..REAL };
                // Hour 7 is the last of a span, which ends with 8: nothing of it is kept from this hour on.
                let first = 8 + periods.keep_hours() + 1;
                let freed = periods.hour_end(first - 1).unwrap();
                let left = freed - periods.late_until(7).unwrap();
                assert!(left >= 2 * HOUR && left < 3 * HOUR, "{verdict_slots} slots leave {left} s");
            }
        }
    }

    #[test]
    fn a_month_is_finalised_when_its_last_hour_is_past_its_own_set() {
        assert_eq!(REAL.month_begin(0), 0);
        assert_eq!(REAL.month_begin(3), 25_920);
        assert_eq!(REAL.month_begin(u32::MAX), 8_640 * u64::from(u32::MAX));
        assert_eq!(REAL.month_own_until(0), REAL.own_until(719));
        assert_eq!(REAL.month_own_until(1), REAL.own_until(1439));
        // A month may end within an hour.
        let odd = Periods { month_slots: 100, ..REAL };
        assert_eq!(odd.month_own_until(0), odd.own_until(8));
        assert_eq!(odd.month_own_until(2), odd.own_until(24));
        assert_eq!(Periods { sample_secs: u32::MAX, epoch_zero: u64::MAX - 9, ..REAL }.month_own_until(0), None);
    }

    #[test]
    fn a_ring_has_room_for_the_months_that_fit_as_a_whole() {
        assert_eq!(REAL.months_before(8_928, 8_928), Some(0));
        assert_eq!(REAL.months_before(8_929, 8_928), Some(1));
        assert_eq!(REAL.months_before(8_640 + 8_928, 8_928), Some(1));
        assert_eq!(REAL.months_before(8_640 + 8_929, 8_928), Some(2));
        assert_eq!(REAL.months_before(5, 8_928), Some(0));
        assert_eq!(REAL.months_before(u64::MAX, 8_928), None);
        // No hour that comes after the last of a month is recorded before the month can be finalised.
        let end = REAL.month_begin(1);
        let first = (end..).step_by(12).find(|&head| REAL.months_before(head, 8_928) == Some(1)).unwrap();
        assert!(REAL.reports_until(first / 12 - 1).unwrap() >= REAL.month_own_until(0).unwrap());
    }

    #[test]
    fn far_hours_overflow() {
        assert_eq!(REAL.hour_end(u64::MAX), None);
        assert_eq!(REAL.hour_end(u64::MAX / 3600), None);
        assert_eq!(REAL.phase(u64::MAX, 0, 0, 0), None);
        assert_eq!(REAL.week_closable_after(u64::MAX), None);
    }
}
