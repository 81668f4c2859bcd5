//! Guards as voters (`docs/chain.md`, Quorum).

use pinocchio::{AccountView, error::ProgramError};

use crate::account::Record;
use crate::context::Ctx;
use crate::layout::{error, guard, guard_set, node_status, seed};
use crate::pda::Numbered;
use crate::time::{self, Periods};

/// A guard that may vote in a week's set.
pub struct Voter {
    /// Number of the guard: what a vote is kept by.
    pub no: u32,
    /// Guards in the set.
    pub count: u32,
}

impl<'a> Ctx<'a> {
    /// A guard of this program that the signer operates, whether it is active or not.
    pub fn operated_guard(&self, operator: &AccountView, view: &'a AccountView) -> Result<Record<'a>, ProgramError> {
        let guard = self.load(view, &guard::KIND)?;
        guard.require_key(guard::OPERATOR, operator.address())?;
        Ok(guard)
    }

    /// A guard that the signer operates and that is active: `NotActive` if it has left.
    pub fn active_guard(&self, operator: &AccountView, view: &'a AccountView) -> Result<Record<'a>, ProgramError> {
        let guard = self.operated_guard(operator, view)?;
        if guard.status() != node_status::ACTIVE {
            return Err(error::NOT_ACTIVE);
        }
        Ok(guard)
    }

    /// The guard set of `week`; it must exist.
    pub fn guard_set(&self, view: &'a AccountView, week: u64) -> Result<Record<'a>, ProgramError> {
        self.existing(view, &guard_set::KIND, seed::GS, Numbered { offset: guard_set::WEEK, value: week })
    }
}

impl Voter {
    /// Checks guard and set, already loaded: `SetNotReady` unless the set is usable at `current` week, `NotInSet` unless
    /// the guard is in it.
    pub fn of(guard: &Record<'_>, set: &Record<'_>, current: u64) -> Result<Self, ProgramError> {
        if !usable(set, current) {
            return Err(error::SET_NOT_READY);
        }
        let no = guard.u32(guard::NO);
        let count = set.u32(guard_set::COUNT);
        if find(set, no).is_none() {
            return Err(error::NOT_IN_SET);
        }
        Ok(Self { no, count })
    }
}

/// `NotActive` for a guard that left before a set's week. One that left in it or later still answers for its seat, and its
/// stake does.
pub fn require_seated(guard: &Record<'_>, set: &Record<'_>, periods: &Periods) -> Result<(), ProgramError> {
    // One that an election has removed says nothing any more.
    if guard.status() == node_status::REMOVED {
        return Err(error::NOT_ACTIVE);
    }
    if guard.status() != node_status::ACTIVE && set.u64(guard_set::WEEK) > time::week_at(periods, guard.u64(guard::LEFT_AT))? {
        return Err(error::NOT_ACTIVE);
    }
    Ok(())
}

/// Whether the set's week has begun and it has enough guards.
pub fn usable(set: &Record<'_>, current: u64) -> bool {
    set.u64(guard_set::WEEK) <= current && set.u32(guard_set::COUNT) >= set.u32(guard_set::MIN_GUARDS)
}

/// Offset of the `index`th entry.
pub fn entry(index: u32) -> usize {
    guard_set::ENTRIES + index as usize * guard_set::ENTRIES_STRIDE
}

/// The index at which the set holds the guard of number `no`.
pub fn find(set: &Record<'_>, no: u32) -> Option<u32> {
    (0..set.u32(guard_set::COUNT)).find(|&index| set.u32(entry(index) + guard_set::entries_entry::NO) == no)
}

/// Worth behind all seats of a set; saturates.
pub fn total_worth(set: &Record<'_>) -> u64 {
    (0..set.u32(guard_set::COUNT)).fold(0, |sum, index| u64::saturating_add(sum, set.u64(entry(index) + guard_set::entries_entry::WORTH)))
}

/// Takes a guard's entry out of a set; later entries move up.
pub fn remove(set: &Record<'_>, no: u32) {
    let Some(index) = find(set, no) else { return };
    let last = set.u32(guard_set::COUNT) - 1;
    for to in index..last {
        let moved = set.bytes::<{ guard_set::ENTRIES_STRIDE }>(entry(to + 1));
        set.set_bytes(entry(to), &moved);
    }
    set.set_zero(entry(last), guard_set::ENTRIES_STRIDE);
    set.set_u32(guard_set::COUNT, last);
}
