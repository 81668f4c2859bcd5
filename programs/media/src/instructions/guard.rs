//! Media Guards: registered, changed, gone (`docs/chain.md`, Nodes).

use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::context::{Args, Ctx};
use crate::layout::ix::{leave_guard as leave_ix, register_guard as ix};
use crate::layout::{config, error, guard, guard_set, node_status, role, seed};
use crate::node::{self, OperatorFields, Return, ReturnFields};
use crate::pda::{New, Numbered, Place, Seeds};
use crate::{time, voter};

pub fn register_guard(ctx: &Ctx<'_>) -> ProgramResult {
    let [owner, config, pool, stake, view, _system] = ctx.first();
    let config = ctx.config(config)?;
    let parts: [&[u8]; 2] = [seed::GRD, owner.address().as_array()];
    let seeds = Seeds(&parts);
    let place = ctx.place(view, &guard::KIND, &seeds)?;
    let backing = ctx.backing(pool, stake, owner.address(), role::GUARD)?;
    let now = time::now()?;
    backing.require_worth(&config, config.u64(config::MIN_GUARD_STAKE), now)?;
    node::require_return(&place, &RETURN, &Return { backing: &backing, config: &config, now })?;
    let endpoint = node::url(&ctx.args, ix::ENDPOINT)?;
    let fresh = matches!(place, Place::Empty(_));
    let record = match place {
        // One that comes back keeps its number.
        Place::Here(record) => record,
        Place::Empty(bump) => {
            let record = ctx.create(owner, view, &New::of(&guard::KIND, bump), &seeds)?;
            let no = config.u32(config::NEXT_GUARD_NO);
            config.set_u32(config::NEXT_GUARD_NO, no.checked_add(1).ok_or(error::OVERFLOW)?);
            record.set_u32(guard::NO, no);
            record.set_key(guard::OWNER, owner.address());
            record
        }
    };
    record.set_status(node_status::ACTIVE);
    record.set_key(guard::STAKE, stake.address());
    record.set_u64(guard::JOINED_AT, now);
    record.set_u64(guard::LEFT_AT, 0);
    let hour = time::hour_at(&time::periods(&config), now)?;
    node::set_operator(&record, &OPERATOR, ctx.args.array(ix::OPERATOR), hour, fresh)?;
    describe(&record, &ctx.args, endpoint)
}

/// Where it stores what elections have come to.
const RETURN: ReturnFields = ReturnFields {
    stake: guard::STAKE,
    left_at: guard::LEFT_AT,
    elections: guard::ELECTIONS,
    removed_at: guard::REMOVED_AT,
};

/// Where a guard stores who signs for it.
const OPERATOR: OperatorFields = OperatorFields { operator: guard::OPERATOR, previous: guard::PREVIOUS_OPERATOR, from: guard::OPERATOR_FROM };

/// Writes what a guard says of itself.
fn describe(record: &Record<'_>, args: &Args<'_>, endpoint: &[u8]) -> ProgramResult {
    record.set_bytes::<{ guard::SEAL_KEY_BYTES }>(guard::SEAL_KEY, args.array(ix::SEAL_KEY));
    record.set_bytes::<{ guard::REGION_BYTES }>(guard::REGION, args.array(ix::REGION));
    node::set_url(record, guard::ENDPOINT, endpoint)
}

/// The owner's active guard.
fn own_guard<'a>(ctx: &Ctx<'a>, owner: &AccountView, view: &'a AccountView) -> Result<Record<'a>, ProgramError> {
    let record = ctx.load(view, &guard::KIND)?;
    record.require_key(guard::OWNER, owner.address())?;
    if record.status() != node_status::ACTIVE {
        return Err(error::NOT_ACTIVE);
    }
    Ok(record)
}

pub fn update_guard(ctx: &Ctx<'_>) -> ProgramResult {
    let [owner, config, view] = ctx.first();
    let config = ctx.config(config)?;
    let record = own_guard(ctx, owner, view)?;
    let endpoint = node::url(&ctx.args, ix::ENDPOINT)?;
    let hour = time::hour_at(&time::periods(&config), time::now()?)?;
    node::set_operator(&record, &OPERATOR, ctx.args.array(ix::OPERATOR), hour, false)?;
    describe(&record, &ctx.args, endpoint)
}

pub fn leave_guard(ctx: &Ctx<'_>) -> ProgramResult {
    let [owner, config, view, set_view] = ctx.first();
    let week = ctx.args.u64(leave_ix::WEEK);
    let config = ctx.config(config)?;
    let place = ctx.place_of(set_view, &guard_set::KIND, seed::GS, Numbered { offset: guard_set::WEEK, value: week })?;
    let record = own_guard(ctx, owner, view)?;
    let now = time::now()?;
    if time::week_at(&time::periods(&config), now)?.checked_add(1) != Some(week) {
        return Err(error::WRONG_WEEK);
    }
    record.set_status(node_status::LEFT);
    record.set_u64(guard::LEFT_AT, now);
    // The next week has not begun, so its set is not frozen.
    if let Place::Here(set) = place {
        voter::remove(&set, record.u32(guard::NO));
    }
    Ok(())
}

// Registering and updating read the same arguments.
const _: () = {
    use crate::layout::ix::update_guard as update;
    assert!(ix::ARGS == update::ARGS && ix::OPERATOR == update::OPERATOR && ix::SEAL_KEY == update::SEAL_KEY);
    assert!(ix::REGION == update::REGION && ix::ENDPOINT == update::ENDPOINT);
};
