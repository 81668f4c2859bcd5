//! The clock, and the network's hours, samples and weeks (`docs/chain.md`, Time).

pub use media_rules::time::{Periods, Phase, Window};
use pinocchio::error::ProgramError;
use pinocchio::sysvars::{Sysvar, clock::Clock};

use crate::account::Record;
use crate::layout::{config, error};

/// Unix seconds. Negative clocks do not occur; one would be `Overflow`.
pub fn now() -> Result<u64, ProgramError> {
    u64::try_from(Clock::get()?.unix_timestamp).map_err(|_| error::OVERFLOW)
}

/// The network's periods.
pub fn periods(config: &Record<'_>) -> Periods {
    Periods {
        epoch_zero: config.u64(config::EPOCH_ZERO),
        sample_secs: config.u32(config::SAMPLE_SECS),
        report_slots: config.u32(config::REPORT_SLOTS),
        commit_slots: config.u32(config::COMMIT_SLOTS),
        verdict_slots: config.u32(config::VERDICT_SLOTS),
        final_hours: config.u32(config::FINAL_HOURS),
        late_hours: config.u32(config::LATE_HOURS),
        hours_per_week: config.u32(config::HOURS_PER_WEEK),
        month_slots: config.u32(config::MONTH_SLOTS),
    }
}

/// The hour at `now`; `TooEarly` before hour 0.
pub fn hour_at(periods: &Periods, now: u64) -> Result<u64, ProgramError> {
    periods.hour(now).ok_or(error::TOO_EARLY)
}

/// The week at `now`; `TooEarly` before hour 0.
pub fn week_at(periods: &Periods, now: u64) -> Result<u64, ProgramError> {
    Ok(periods.week(hour_at(periods, now)?))
}

/// The last hour of the week before this one.
pub fn last_hour_before(periods: &Periods, week: u64) -> Option<u64> {
    media_rules::weeks::last_hour(week.checked_sub(1)?, periods.hours_per_week)
}

/// `TooEarly` or `TooLate` unless a window is open; `None` is a moment that does not fit.
pub fn require_open(window: Option<Window>) -> Result<(), ProgramError> {
    match window {
        Some(Window::Open) => Ok(()),
        Some(Window::Early) => Err(error::TOO_EARLY),
        Some(Window::Over) => Err(error::TOO_LATE),
        None => Err(error::OVERFLOW),
    }
}

/// So many of the network's hours after a moment; `None` where that does not fit.
pub fn hours_after(config: &Record<'_>, from: u64, hours: u32) -> Option<u64> {
    periods(config).after_hours(from, u64::from(hours))
}

/// Whether a week's guard set and epoch may be closed: nothing of it can be decided or recorded any more.
pub fn week_closable(periods: &Periods, week: u64, now: u64) -> Result<bool, ProgramError> {
    Ok(now > periods.week_closable_after(week).ok_or(error::OVERFLOW)?)
}
