//! Media Edges: registered, changed, gone (`docs/chain.md`, Nodes).

use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::context::{Args, Ctx};
use crate::layout::ix::register_edge as ix;
use crate::layout::{config, edge, error, node_status, role, seed, stake};
use crate::pda::{New, Place, Seeds};
use crate::node::{self, OperatorFields, Return, ReturnFields};
use crate::time;

/// The URLs of an edge's arguments.
struct Urls<'a> {
    endpoint: &'a [u8],
    control: &'a [u8],
}

fn urls<'a>(args: &Args<'a>) -> Result<Urls<'a>, ProgramError> {
    Ok(Urls { endpoint: node::url(args, ix::ENDPOINT)?, control: node::url(args, ix::CONTROL)? })
}

pub fn register_edge(ctx: &Ctx<'_>) -> ProgramResult {
    let [owner, config, pool, stake, view, _system] = ctx.first();
    let config = ctx.config(config)?;
    let parts: [&[u8]; 2] = [seed::EDGE, owner.address().as_array()];
    let seeds = Seeds(&parts);
    let place = ctx.place(view, &edge::KIND, &seeds)?;
    let backing = ctx.backing(pool, stake, owner.address(), role::EDGE)?;
    let now = time::now()?;
    let worth = backing.require_worth(&config, config.u64(config::MIN_EDGE_STAKE), now)?;
    node::require_return(&place, &RETURN, &Return { backing: &backing, config: &config, now })?;
    let urls = urls(&ctx.args)?;
    let fresh = matches!(place, Place::Empty(_));
    let record = match place {
        Place::Here(record) => record,
        Place::Empty(bump) => {
            let record = ctx.create(owner, view, &New::of(&edge::KIND, bump), &seeds)?;
            record.set_key(edge::OWNER, owner.address());
            record
        }
    };
    record.set_status(node_status::ACTIVE);
    record.set_key(edge::STAKE, stake.address());
    record.set_u64(edge::JOINED_AT, now);
    record.set_u64(edge::LEFT_AT, 0);
    record.set_u64(edge::WORTH, worth);
    let hour = time::hour_at(&time::periods(&config), now)?;
    node::set_operator(&record, &OPERATOR, ctx.args.array(ix::OPERATOR), hour, fresh)?;
    describe(&record, &ctx.args, &urls)
}

/// Where it stores what elections have come to.
const RETURN: ReturnFields = ReturnFields {
    stake: edge::STAKE,
    left_at: edge::LEFT_AT,
    elections: edge::ELECTIONS,
    removed_at: edge::REMOVED_AT,
};

/// Where an edge stores who signs for it.
const OPERATOR: OperatorFields = OperatorFields { operator: edge::OPERATOR, previous: edge::PREVIOUS_OPERATOR, from: edge::OPERATOR_FROM };

/// Writes what an edge says of itself.
fn describe(record: &Record<'_>, args: &Args<'_>, urls: &Urls<'_>) -> ProgramResult {
    record.set_bytes::<{ edge::REGION_BYTES }>(edge::REGION, args.array(ix::REGION));
    node::set_url(record, edge::ENDPOINT, urls.endpoint)?;
    node::set_url(record, edge::CONTROL, urls.control)
}

/// The owner's active edge.
fn own_edge<'a>(ctx: &Ctx<'a>, owner: &AccountView, view: &'a AccountView) -> Result<Record<'a>, ProgramError> {
    let record = ctx.load(view, &edge::KIND)?;
    record.require_key(edge::OWNER, owner.address())?;
    if record.status() != node_status::ACTIVE {
        return Err(error::NOT_ACTIVE);
    }
    Ok(record)
}

pub fn update_edge(ctx: &Ctx<'_>) -> ProgramResult {
    let [owner, config, pool, stake, view] = ctx.first();
    let config = ctx.config(config)?;
    let backing = ctx.load_backing(pool, stake)?;
    let linked = ctx.load(view, &edge::KIND)?;
    linked.require_key(edge::OWNER, owner.address())?;
    // An edge's stake is its owner's and for this role: registering it has seen to that.
    linked.require_key(edge::STAKE, stake.address())?;
    backing.stake.require_key(stake::POOL, pool.address())?;
    let record = own_edge(ctx, owner, view)?;
    let urls = urls(&ctx.args)?;
    let now = time::now()?;
    let worth = backing.require_worth(&config, config.u64(config::MIN_EDGE_STAKE), now)?;
    record.set_u64(edge::WORTH, worth);
    node::set_operator(&record, &OPERATOR, ctx.args.array(ix::OPERATOR), time::hour_at(&time::periods(&config), now)?, false)?;
    describe(&record, &ctx.args, &urls)
}

pub fn leave_edge(ctx: &Ctx<'_>) -> ProgramResult {
    let [owner, view] = ctx.first();
    let record = own_edge(ctx, owner, view)?;
    record.set_status(node_status::LEFT);
    record.set_u64(edge::LEFT_AT, time::now()?);
    Ok(())
}

// Registering and updating read the same arguments.
const _: () = {
    use crate::layout::ix::update_edge as update;
    assert!(ix::ARGS == update::ARGS && ix::OPERATOR == update::OPERATOR && ix::REGION == update::REGION);
    assert!(ix::ENDPOINT == update::ENDPOINT && ix::CONTROL == update::CONTROL);
};
