//! What passed proposals do (`docs/governance.md`, Kinds).

use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use super::guard_set::{self, Candidate};
use super::resource::is_gone;
use crate::account::Record;
use crate::context::Ctx;
use crate::layout::ix::{execute_guard as guard_ix, execute_integration as integration_ix};
use crate::layout::{
    actions, config, error, guard, guard_set as set, integration, node_status, proposal, resource, resource_status, role, seed,
};
use crate::node::Backing;
use crate::pda::{New, Numbered, Place, Seeds};
use crate::proposal::{Action, changes_terms, check_parameters, require_executable, set_executed, sets_parameters, write_parameters};
use crate::{service, terms, time, voter};

pub fn execute_parameters(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, proposal] = ctx.first::<2>();
    let config = ctx.config(config)?;
    let proposal = ctx.proposal(proposal)?;
    let now = require_executable(&proposal, sets_parameters)?;
    let (kind, action) = (proposal.flags(), Action::of(&proposal));
    // What it was made against may have changed since.
    check_parameters(&config, kind, &action)?;
    if changes_terms(kind, &action) {
        terms::before_change(&config, now)?;
    }
    write_parameters(&config, kind, &action);
    set_executed(&proposal, now);
    Ok(())
}

pub fn execute_removal(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, proposal, resource] = ctx.first::<3>();
    let config = ctx.config(config)?;
    let proposal = ctx.proposal(proposal)?;
    let resource = ctx.load(resource, &resource::KIND)?;
    let now = require_executable(&proposal, |kind| kind == actions::remove_resource::KIND)?;
    proposal.require_key(proposal::ACTION + actions::remove_resource::RESOURCE, resource.address())?;
    if is_gone(&resource) {
        return Err(error::WRONG_STATUS);
    }
    service::close_span(&resource, time::hour_at(&time::periods(&config), now)?)?;
    resource.set_status(resource_status::REMOVED);
    set_executed(&proposal, now);
    Ok(())
}

pub fn execute_integration(ctx: &Ctx<'_>) -> ProgramResult {
    let [payer, config, proposal, view, _system] = ctx.first::<5>();
    let name = ctx.args.array::<32>(integration_ix::NAME);
    ctx.config(config)?;
    let parts: [&[u8]; 2] = [seed::INTG, name];
    let seeds = Seeds(&parts);
    let place = ctx.place(view, &integration::KIND, &seeds)?;
    let proposal = ctx.proposal(proposal)?;
    let now = require_executable(&proposal, |kind| kind == actions::integration::KIND)?;
    let action = Action::of(&proposal);
    if action.array::<32>(actions::integration::NAME) != name {
        return Err(error::WRONG_ADDRESS);
    }
    let record = match place {
        Place::Here(record) => record,
        Place::Empty(bump) => ctx.create(payer, view, &New::of(&integration::KIND, bump), &seeds)?,
    };
    record.set_status(action.u8(actions::integration::ENABLED));
    record.set_bytes(integration::NAME, name);
    record.set_bytes(integration::SHA256, action.array::<32>(actions::integration::SHA256));
    record.set_u64(integration::NUMBER, proposal.u64(proposal::NUMBER));
    record.set_u64(integration::CHANGED_AT, now);
    set_executed(&proposal, now);
    Ok(())
}

pub fn execute_guard(ctx: &Ctx<'_>) -> ProgramResult {
    let [payer, config, proposal, guard, successor, stake, pool, set_view, _system] = ctx.first::<9>();
    let week = ctx.args.u64(guard_ix::WEEK);
    let config = ctx.config(config)?;
    let place = ctx.place_of(set_view, &set::KIND, seed::GS, Numbered { offset: set::WEEK, value: week })?;
    let proposal = ctx.proposal(proposal)?;
    let guard = ctx.load(guard, &guard::KIND)?;
    let now = require_executable(&proposal, |kind| kind == actions::replace_guard::KIND)?;
    proposal.require_key(proposal::ACTION + actions::replace_guard::GUARD, guard.address())?;
    proposal.require_key(proposal::ACTION + actions::replace_guard::SUCCESSOR, successor.address())?;
    let candidate = successor_of(ctx, &config, [successor, stake, pool], now)?;
    if time::week_at(&time::periods(&config), now)?.checked_add(1) != Some(week) {
        return Err(error::WRONG_WEEK);
    }
    let weeks = u64::from(Action::of(&proposal).u32(actions::replace_guard::WEEKS));
    let until = week.checked_add(weeks).ok_or(error::OVERFLOW)?;
    guard.set_u64(guard::BARRED_UNTIL, until.max(guard.u64(guard::BARRED_UNTIL)));
    // The next week has not begun, so its set is not frozen.
    let seat = match &place {
        Place::Here(set) => voter::find(set, guard.u32(guard::NO)),
        Place::Empty(_) => None,
    };
    match candidate {
        Some(candidate) => {
            let set = guard_set::open(ctx, payer, set_view, place, &guard_set::Opening { config: &config, week })?;
            guard_set::succeed(&config, &set, seat, &candidate);
        }
        None => {
            if let (Place::Here(set), Some(_)) = (&place, seat) {
                voter::remove(set, guard.u32(guard::NO));
            }
        }
    }
    set_executed(&proposal, now);
    Ok(())
}

/// The successor that a proposal names, if it can be seated: it is active, not barred, and staked for a guard. The accounts are
/// the system program where none is named.
#[inline(never)]
fn successor_of<'a>(
    ctx: &Ctx<'a>,
    config: &Record<'_>,
    accounts: [&'a AccountView; 3],
    now: u64,
) -> Result<Option<Candidate>, ProgramError> {
    let [view, stake, pool] = accounts;
    if *view.address() == pinocchio_system::ID {
        return Ok(None);
    }
    let record = ctx.load(view, &guard::KIND)?;
    let backing: Backing<'a> = ctx.load_backing(pool, stake)?;
    record.require_key(guard::STAKE, stake.address())?;
    backing.require(&record.key(guard::OWNER), role::GUARD)?;
    let next = time::week_at(&time::periods(config), now)?.saturating_add(1);
    if record.status() != node_status::ACTIVE || guard_set::is_barred(&record, next) {
        return Ok(None);
    }
    match backing.require_worth(config, config.u64(config::MIN_GUARD_STAKE), now) {
        Ok(worth) => Ok(Some(Candidate { guard: *view.address(), no: record.u32(guard::NO), worth })),
        // A pool that is too shallow or a price in motion is waited out; too little at stake is not.
        Err(wrong) if wrong == error::INSUFFICIENT_STAKE => Ok(None),
        Err(wrong) => Err(wrong),
    }
}
