//! Media Guards: registered, changed, gone (`docs/chain.md`, Nodes).

use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::context::{Args, Ctx};
use crate::layout::ix::register_guard as ix;
use crate::layout::{config, error, guard, node_status, role, seed};
use crate::pda::{New, Place, Seeds};
use crate::{node, time};

pub fn register_guard(ctx: &Ctx<'_>) -> ProgramResult {
    let [owner, config, pool, stake, view, _system] = ctx.first();
    let config = ctx.config(config)?;
    let parts: [&[u8]; 2] = [seed::GRD, owner.address().as_array()];
    let seeds = Seeds(&parts);
    let place = ctx.place(view, &guard::KIND, &seeds)?;
    let backing = ctx.backing(pool, stake, owner.address(), role::GUARD)?;
    let now = time::now()?;
    backing.require_worth(&config, config.u64(config::MIN_GUARD_STAKE), now)?;
    if let Place::Here(record) = &place
        && record.status() == node_status::ACTIVE
    {
        return Err(error::ALREADY_ACTIVE);
    }
    let endpoint = node::url(&ctx.args, ix::ENDPOINT)?;
    let record = match place {
        // One that comes back keeps its number.
        Place::Here(record) => record,
        Place::Empty(bump) => {
            let record = ctx.create(owner, view, &New::of(&guard::KIND, bump), &seeds)?;
            let no = config.u32(config::NEXT_GUARD_NO);
            config.set_u32(config::NEXT_GUARD_NO, no.checked_add(1).filter(|next| next & VOTE_BIT == 0).ok_or(error::OVERFLOW)?);
            record.set_u32(guard::NO, no);
            record.set_key(guard::OWNER, owner.address());
            record
        }
    };
    record.set_status(node_status::ACTIVE);
    record.set_key(guard::STAKE, stake.address());
    record.set_u64(guard::JOINED_AT, now);
    record.set_u64(guard::LEFT_AT, 0);
    describe(&record, &ctx.args, endpoint)
}

/// A guard number shares its 32 bits with the mark of a rejection.
const VOTE_BIT: u32 = crate::layout::VOTE_REJECT;

/// Writes what a guard says of itself.
fn describe(record: &Record<'_>, args: &Args<'_>, endpoint: &[u8]) -> ProgramResult {
    record.set_bytes::<32>(guard::OPERATOR, args.array(ix::OPERATOR));
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
    let [owner, view] = ctx.first();
    let record = own_guard(ctx, owner, view)?;
    let endpoint = node::url(&ctx.args, ix::ENDPOINT)?;
    describe(&record, &ctx.args, endpoint)
}

pub fn leave_guard(ctx: &Ctx<'_>) -> ProgramResult {
    let [owner, view] = ctx.first();
    let record = own_guard(ctx, owner, view)?;
    record.set_status(node_status::LEFT);
    record.set_u64(guard::LEFT_AT, time::now()?);
    Ok(())
}

// Registering and updating read the same arguments.
const _: () = {
    use crate::layout::ix::update_guard as update;
    assert!(ix::ARGS == update::ARGS && ix::OPERATOR == update::OPERATOR && ix::SEAL_KEY == update::SEAL_KEY);
    assert!(ix::REGION == update::REGION && ix::ENDPOINT == update::ENDPOINT);
};
