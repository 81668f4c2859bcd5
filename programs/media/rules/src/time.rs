//! Hours, samples, weeks and the windows of an hour (`docs/chain.md`, Time). Seconds are Unix seconds.

use crate::amount::mul;

/// Samples an hour (whitepaper §2.6).
pub const SAMPLES: u64 = 12;

/// The network's periods, as in the config.
#[derive(Clone, Copy, Debug)]
pub struct Periods {
    pub epoch_zero: u64,
    pub sample_secs: u32,
    pub report_slots: u32,
    pub verdict_slots: u32,
    pub final_hours: u32,
    pub hours_per_week: u32,
    pub month_slots: u32,
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

    /// The sample of a time; `None` before hour 0.
    pub fn sample(&self, at: u64) -> Option<u64> {
        at.checked_sub(self.epoch_zero)?.checked_div(u64::from(self.sample_secs))
    }

    /// The week of an hour.
    pub fn week(&self, hour: u64) -> u64 {
        hour / u64::from(self.hours_per_week).max(1)
    }

    /// The month of a sample.
    pub fn month(&self, sample: u64) -> u64 {
        sample / u64::from(self.month_slots).max(1)
    }

    /// The end of an hour: epochZero + (h + 1) · 12 · sampleSecs.
    pub fn hour_end(&self, hour: u64) -> Option<u64> {
        self.epoch_zero.checked_add(mul(hour.checked_add(1)?, self.hour_secs())?)
    }

    /// When reports of an hour are no longer accepted.
    pub fn reports_until(&self, hour: u64) -> Option<u64> {
        self.hour_end(hour)?.checked_add(self.slot_secs(self.report_slots))
    }

    /// When verdicts on an hour are no longer accepted.
    pub fn verdicts_until(&self, hour: u64) -> Option<u64> {
        self.hour_end(hour)?.checked_add(self.slot_secs(self.verdict_slots))
    }

    /// When an hour that is not final is void.
    pub fn final_until(&self, hour: u64) -> Option<u64> {
        self.verdicts_until(hour)?.checked_add(mul(u64::from(self.final_hours), self.hour_secs())?)
    }

    /// After this an hour's account may be closed: E + verdictSlots·sampleSecs + (finalHours + 4·hoursPerWeek) hours.
    pub fn closable_after(&self, hour: u64) -> Option<u64> {
        let hours = u64::from(self.final_hours) + 4 * u64::from(self.hours_per_week);
        self.verdicts_until(hour)?.checked_add(mul(hours, self.hour_secs())?)
    }

    /// Whether an hour's reports are fixed: the verdict window is over, or the report window is and every
    /// report is decided.
    pub fn reports_fixed(&self, hour: u64, now: u64, reports: u32, decided: u32) -> Option<bool> {
        let decided_all = decided >= reports;
        Some(now >= self.verdicts_until(hour)? || (decided_all && now >= self.reports_until(hour)?))
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
        verdict_slots: 12,
        final_hours: 24,
        hours_per_week: 168,
        month_slots: 8640,
    };

    #[test]
    fn hours_begin_and_end() {
        assert_eq!(REAL.hour(1_799_999_999), None);
        assert_eq!(REAL.hour(1_800_000_000), Some(0));
        assert_eq!(REAL.hour(1_800_003_599), Some(0));
        assert_eq!(REAL.hour(1_800_003_600), Some(1));
        assert_eq!(REAL.hour_end(0), Some(1_800_003_600));
        assert_eq!(REAL.sample(1_800_003_600), Some(12));
        assert_eq!(REAL.week(167), 0);
        assert_eq!(REAL.week(168), 1);
        assert_eq!(REAL.month(8639), 0);
        assert_eq!(REAL.month(8640), 1);
        assert!(!REAL.week_over(0, 167));
        assert!(REAL.week_over(0, 168));
    }

    #[test]
    fn windows_follow_the_end() {
        let end = REAL.hour_end(7).unwrap();
        assert_eq!(REAL.reports_until(7), Some(end + 1800));
        assert_eq!(REAL.verdicts_until(7), Some(end + 3600));
        assert_eq!(REAL.final_until(7), Some(end + 3600 + 24 * 3600));
        assert_eq!(REAL.closable_after(7), Some(end + 3600 + (24 + 4 * 168) * 3600));
    }

    #[test]
    fn reports_are_fixed_by_time_or_when_all_are_decided() {
        let end = REAL.hour_end(7).unwrap();
        let fixed = |now, reports, decided| REAL.reports_fixed(7, now, reports, decided).unwrap();
        assert!(!fixed(end + 1799, 2, 2));
        assert!(fixed(end + 1800, 2, 2));
        assert!(!fixed(end + 1800, 2, 1));
        assert!(!fixed(end + 3599, 2, 1));
        assert!(fixed(end + 3600, 2, 1));
    }

    #[test]
    fn far_hours_overflow() {
        assert_eq!(REAL.hour_end(u64::MAX), None);
        assert_eq!(REAL.hour_end(u64::MAX / 3600), None);
        assert_eq!(REAL.reports_fixed(u64::MAX, 0, 0, 0), None);
    }
}
