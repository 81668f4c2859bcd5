//! A week's guards (`docs/chain.md`, Quorum).

use pinocchio::{ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::context::Ctx;
use crate::layout::ix::join_guard_set as ix;
use crate::layout::{MAX_GUARDS, config, error, guard, guard_set, role, seed};
use crate::pda::{New, Numbered, Place, Seeds};
use crate::{time, voter};

pub fn join_guard_set(ctx: &Ctx<'_>) -> ProgramResult {
    let [operator, config, pool, stake, guard, view, _system] = ctx.first();
    let week = ctx.args.u64(ix::WEEK);
    let config = ctx.config(config)?;
    let place = ctx.place_of(view, &guard_set::KIND, seed::GS, Numbered { offset: guard_set::WEEK, value: week })?;
    let backing = ctx.load_backing(pool, stake)?;
    let guard = ctx.active_guard(operator, guard)?;
    guard.require_key(guard::STAKE, stake.address())?;
    backing.require(&guard.key(guard::OWNER), role::GUARD)?;

    let now = time::now()?;
    let current = time::week_at(&time::periods(&config), now)?;
    if week != current && week != current + 1 {
        return Err(error::WRONG_WEEK);
    }
    let no = guard.u32(guard::NO);
    if let Place::Here(set) = &place {
        if voter::usable(set, current) {
            return Err(error::SET_FROZEN);
        }
        if voter::find(set, no).is_some() {
            return Err(error::ALREADY_IN_SET);
        }
    }
    let worth = backing.require_worth(&config, config.u64(config::MIN_GUARD_STAKE), now)?;
    let set = match place {
        Place::Here(set) => set,
        Place::Empty(bump) => {
            let week_bytes = week.to_le_bytes();
            let set = ctx.create(operator, view, &New::of(&guard_set::KIND, bump), &Seeds(&[seed::GS, &week_bytes]))?;
            set.set_u64(guard_set::WEEK, week);
            set.set_key(guard_set::PAYER, operator.address());
            set_terms(&set, &config);
            set
        }
    };
    let index = seat(&config, &set, worth)?;
    let entry = voter::entry(index);
    set.set_key(entry + guard_set::entries_entry::GUARD, guard.address());
    set.set_u32(entry + guard_set::entries_entry::NO, no);
    set.set_u64(entry + guard_set::entries_entry::WORTH, worth);
    Ok(())
}

/// What holds for everything of the week, whatever the config says later.
fn set_terms(set: &Record<'_>, config: &Record<'_>) {
    set.set_u32(guard_set::MIN_GUARDS, config.u32(config::MIN_GUARDS));
    set.set_u32(guard_set::GUARD_SHARE_BPS, config.u32(config::GUARD_SHARE_BPS));
    set.set_u32(guard_set::OPEN_YIELD_BPS, config.u32(config::OPEN_YIELD_BPS));
    set.set_u64(guard_set::FEE_PER_GB, config.u64(config::FEE_PER_GB));
    set.set_u64(guard_set::DUST_BYTES, config.u64(config::DUST_BYTES));
}

/// The index that a newcomer takes: the next, or in a full set that of the lowest, if the newcomer is
/// worth more; the later entry among equals. `WorthTooLow` otherwise.
fn seat(config: &Record<'_>, set: &Record<'_>, worth: u64) -> Result<u32, ProgramError> {
    let count = set.u32(guard_set::COUNT);
    let most = config.u32(config::MAX_GUARDS).min(MAX_GUARDS as u32);
    if count < most {
        set.set_u32(guard_set::COUNT, count + 1);
        return Ok(count);
    }
    let worth_of = |index: u32| set.u64(voter::entry(index) + guard_set::entries_entry::WORTH);
    let mut lowest = 0;
    for index in 1..count {
        if worth_of(index) <= worth_of(lowest) {
            lowest = index;
        }
    }
    if worth <= worth_of(lowest) {
        return Err(error::WORTH_TOO_LOW);
    }
    Ok(lowest)
}
