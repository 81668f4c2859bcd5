//! Guards as voters (`docs/chain.md`, Quorum).

use pinocchio::{AccountView, error::ProgramError};

use crate::account::Record;
use crate::context::Ctx;
use crate::layout::{config, error, guard, guard_set, node_status, seed};
use crate::pda::Numbered;

/// A guard that may vote in a week's set.
pub struct Voter {
    /// Number of the guard: what a vote is kept by.
    pub no: u32,
    /// Guards in the set.
    pub count: u32,
}

impl<'a> Ctx<'a> {
    /// A guard of this program that is active and operated by the signer.
    pub fn active_guard(&self, operator: &AccountView, view: &'a AccountView) -> Result<Record<'a>, ProgramError> {
        let guard = self.load(view, &guard::KIND)?;
        require_operator(&guard, operator)?;
        Ok(guard)
    }

    /// The guard set of `week`; it must exist.
    pub fn guard_set(&self, view: &'a AccountView, week: u64) -> Result<Record<'a>, ProgramError> {
        self.existing(view, &guard_set::KIND, seed::GS, Numbered { offset: guard_set::WEEK, value: week })
    }
}

impl Voter {
    /// Checks guard and set, already loaded: `SetNotReady` unless the set is usable at `current` week,
    /// `NotInSet` unless the guard is in it.
    pub fn of(config: &Record<'_>, guard: Record<'_>, set: Record<'_>, current: u64) -> Result<Self, ProgramError> {
        if !usable(config, &set, current) {
            return Err(error::SET_NOT_READY);
        }
        let no = guard.u32(guard::NO);
        let count = set.u32(guard_set::COUNT);
        if find(&set, no).is_none() {
            return Err(error::NOT_IN_SET);
        }
        Ok(Self { no, count })
    }
}

/// `WrongAddress` unless the signer operates the guard, `NotActive` if the guard has left.
pub fn require_operator(guard: &Record<'_>, operator: &AccountView) -> Result<(), ProgramError> {
    guard.require_key(guard::OPERATOR, operator.address())?;
    if guard.status() != node_status::ACTIVE {
        return Err(error::NOT_ACTIVE);
    }
    Ok(())
}

/// Whether the set's week has begun and it has enough guards.
pub fn usable(config: &Record<'_>, set: &Record<'_>, current: u64) -> bool {
    set.u64(guard_set::WEEK) <= current && set.u32(guard_set::COUNT) >= config.u32(config::MIN_GUARDS)
}

/// Offset of the `index`th entry.
pub fn entry(index: u32) -> usize {
    guard_set::ENTRIES + index as usize * guard_set::ENTRIES_STRIDE
}

/// The index at which the set holds the guard of number `no`.
pub fn find(set: &Record<'_>, no: u32) -> Option<u32> {
    (0..set.u32(guard_set::COUNT)).find(|&index| set.u32(entry(index) + guard_set::entries_entry::NO) == no)
}
