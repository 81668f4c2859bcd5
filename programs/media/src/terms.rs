//! The parameters of a week: a change holds from the next one on (`docs/governance.md`, Parameters).

use pinocchio::{ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::layout::{config, error};
use crate::time::{self, Window};

/// What holds for everything of a week.
pub struct Terms {
    pub min_guards: u32,
    pub guard_share_bps: u32,
    pub open_yield_bps: u32,
    pub fee_per_gb: u64,
    pub dust_bytes: u64,
    pub min_edge_stake: u64,
}

/// The terms of a week as the config has them; of one before the latest change the previous ones.
pub fn of_week(config: &Record<'_>, week: u64) -> Terms {
    if week >= u64::from(config.u32(config::TERMS_FROM)) {
        return Terms {
            min_guards: config.u32(config::MIN_GUARDS),
            guard_share_bps: config.u32(config::GUARD_SHARE_BPS),
            open_yield_bps: config.u32(config::OPEN_YIELD_BPS),
            fee_per_gb: config.u64(config::FEE_PER_GB),
            dust_bytes: config.u64(config::DUST_BYTES),
            min_edge_stake: config.u64(config::MIN_EDGE_STAKE),
        };
    }
    Terms {
        min_guards: config.u32(config::PREVIOUS_MIN_GUARDS),
        guard_share_bps: config.u32(config::PREVIOUS_GUARD_SHARE_BPS),
        open_yield_bps: config.u32(config::PREVIOUS_OPEN_YIELD_BPS),
        fee_per_gb: config.u64(config::PREVIOUS_FEE_PER_GB),
        dust_bytes: config.u64(config::PREVIOUS_DUST_BYTES),
        min_edge_stake: config.u64(config::PREVIOUS_MIN_EDGE_STAKE),
    }
}

/// What the fund adds to the rewards of a week, in basis points of fees. Of a week before the last two changes: nothing.
pub fn reward_boost_bps(config: &Record<'_>, week: u64) -> u32 {
    if week >= u64::from(config.u32(config::TERMS_FROM)) {
        config.u32(config::REWARD_BOOST_BPS)
    } else if week >= u64::from(config.u32(config::PREVIOUS_FROM)) {
        config.u32(config::PREVIOUS_REWARD_BOOST_BPS)
    } else {
        0
    }
}

/// To be called before terms change at `now`: those of today stay in force until the week ends. `TooEarly` while a week that
/// is over could still need those before them.
#[inline(never)]
pub fn before_change(config: &Record<'_>, now: u64) -> ProgramResult {
    let periods = time::periods(config);
    let week = time::week_at(&periods, now)?;
    let from = u64::from(config.u32(config::TERMS_FROM));
    if from > week {
        return Ok(());
    }
    if from == week
        && let Some(last) = time::last_hour_before(&periods, week)
        && let Some(Window::Open) = periods.report_window(last, now)
    {
        return Err(error::TOO_EARLY);
    }
    config.set_u32(config::PREVIOUS_FROM, config.u32(config::TERMS_FROM));
    config.set_u32(config::PREVIOUS_MIN_GUARDS, config.u32(config::MIN_GUARDS));
    config.set_u32(config::PREVIOUS_GUARD_SHARE_BPS, config.u32(config::GUARD_SHARE_BPS));
    config.set_u32(config::PREVIOUS_OPEN_YIELD_BPS, config.u32(config::OPEN_YIELD_BPS));
    config.set_u32(config::PREVIOUS_REWARD_BOOST_BPS, config.u32(config::REWARD_BOOST_BPS));
    config.set_u64(config::PREVIOUS_FEE_PER_GB, config.u64(config::FEE_PER_GB));
    config.set_u64(config::PREVIOUS_DUST_BYTES, config.u64(config::DUST_BYTES));
    config.set_u64(config::PREVIOUS_MIN_EDGE_STAKE, config.u64(config::MIN_EDGE_STAKE));
    config.set_u32(config::TERMS_FROM, next(week)?);
    Ok(())
}

fn next(week: u64) -> Result<u32, ProgramError> {
    week.checked_add(1).and_then(|week| u32::try_from(week).ok()).ok_or(error::OVERFLOW)
}
