//! A week's guards (`docs/chain.md`, Quorum).

use pinocchio::{AccountView, Address, ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::context::Ctx;
use crate::layout::ix::join_guard_set as ix;
use crate::layout::{MAX_GUARDS, config, error, guard, guard_set, role, seed};
use crate::pda::{New, Numbered, Place, Seeds};
use crate::{terms, time, voter};

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
    if is_barred(&guard, week) {
        return Err(error::BARRED);
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
    let set = open(ctx, operator, view, place, &Opening { config: &config, week })?;
    let index = seat(&config, &set, worth)?;
    write(&set, index, &Candidate { guard: *guard.address(), no, worth });
    Ok(())
}

/// Whether a vote keeps a guard out of the set of a week.
pub fn is_barred(guard: &Record<'_>, week: u64) -> bool {
    week < guard.u64(guard::BARRED_UNTIL)
}

/// Whose set is opened, and on which terms.
pub struct Opening<'o> {
    pub config: &'o Record<'o>,
    pub week: u64,
}

/// The set of a week, created if it is not there.
// Inlined, because with the result it would take six registers.
#[inline(always)]
pub fn open<'a>(ctx: &Ctx<'a>, payer: &AccountView, view: &'a AccountView, place: Place<'a>, opening: &Opening<'_>) -> Result<Record<'a>, ProgramError> {
    let bump = match place {
        Place::Here(set) => return Ok(set),
        Place::Empty(bump) => bump,
    };
    let week_bytes = opening.week.to_le_bytes();
    let set = ctx.create(payer, view, &New::of(&guard_set::KIND, bump), &Seeds(&[seed::GS, &week_bytes]))?;
    set.set_u64(guard_set::WEEK, opening.week);
    set.set_key(guard_set::PAYER, payer.address());
    set_terms(&set, opening);
    Ok(set)
}

/// What holds for everything of the week, whatever the config says later.
fn set_terms(set: &Record<'_>, opening: &Opening<'_>) {
    let terms = terms::of_week(opening.config, opening.week);
    set.set_u32(guard_set::MIN_GUARDS, terms.min_guards);
    set.set_u32(guard_set::GUARD_SHARE_BPS, terms.guard_share_bps);
    set.set_u32(guard_set::OPEN_YIELD_BPS, terms.open_yield_bps);
    set.set_u64(guard_set::FEE_PER_GB, terms.fee_per_gb);
    set.set_u64(guard_set::DUST_BYTES, terms.dust_bytes);
}

/// A guard that may be seated.
pub struct Candidate {
    pub guard: Address,
    pub no: u32,
    pub worth: u64,
}

fn write(set: &Record<'_>, index: u32, candidate: &Candidate) {
    let entry = voter::entry(index);
    set.set_key(entry + guard_set::entries_entry::GUARD, &candidate.guard);
    set.set_u32(entry + guard_set::entries_entry::NO, candidate.no);
    set.set_u64(entry + guard_set::entries_entry::WORTH, candidate.worth);
}

/// Seats the successor of a barred guard: in its seat, if it has one, else in a free one, else in the lowest. One that is
/// seated already stays where it is, and the barred guard's seat goes.
pub fn succeed(config: &Record<'_>, set: &Record<'_>, seat: Option<u32>, candidate: &Candidate) {
    let leaver = seat.map(|index| set.u32(voter::entry(index) + guard_set::entries_entry::NO));
    if voter::find(set, candidate.no).is_some() {
        if let Some(no) = leaver {
            voter::remove(set, no);
        }
        return;
    }
    let count = set.u32(guard_set::COUNT);
    let index = match seat {
        Some(index) => index,
        None if count < most(config, set) => {
            set.set_u32(guard_set::COUNT, count + 1);
            count
        }
        None => lowest(set, count),
    };
    write(set, index, candidate);
}

/// Most guards of a set; never fewer than it needs, which a vote may have lowered for later sets only.
fn most(config: &Record<'_>, set: &Record<'_>) -> u32 {
    config.u32(config::MAX_GUARDS).max(set.u32(guard_set::MIN_GUARDS)).min(MAX_GUARDS as u32)
}

fn worth_of(set: &Record<'_>, index: u32) -> u64 {
    set.u64(voter::entry(index) + guard_set::entries_entry::WORTH)
}

/// The seat of the lowest worth, the later one among equals.
fn lowest(set: &Record<'_>, count: u32) -> u32 {
    let mut lowest = 0;
    for index in 1..count {
        if worth_of(set, index) <= worth_of(set, lowest) {
            lowest = index;
        }
    }
    lowest
}

/// The index that a newcomer takes: the next, or in a full set that of the lowest, if the newcomer is
/// worth more; the later entry among equals. `WorthTooLow` otherwise.
fn seat(config: &Record<'_>, set: &Record<'_>, worth: u64) -> Result<u32, ProgramError> {
    let count = set.u32(guard_set::COUNT);
    if count < most(config, set) {
        set.set_u32(guard_set::COUNT, count + 1);
        return Ok(count);
    }
    let lowest = lowest(set, count);
    if worth <= worth_of(set, lowest) {
        return Err(error::WORTH_TOO_LOW);
    }
    Ok(lowest)
}
