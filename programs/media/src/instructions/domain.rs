//! Domains of a standalone PeerPool: LP set aside, notice, end (`docs/chain.md`, Domains).

use media_rules::host_name::is_host_name;
use pinocchio::{ProgramResult, error::ProgramError};

use super::resource::set_aside;
use crate::account::Record;
use crate::context::{Args, Ctx};
use crate::layout::ix::{keep_domain as keep_ix, register_domain as register_ix};
use crate::layout::{DOMAIN_STAKE, config, domain, error, role, seed, stake};
use crate::pda::{self, New, Place, Seeds};
use crate::{hash, node, pool as pools, time};

/// Worth that a domain needs, in MEDIA.
fn needed(config: &Record<'_>) -> u64 {
    match config.u64(config::DOMAIN_STAKE) {
        0 => DOMAIN_STAKE,
        worth => worth,
    }
}

/// The name of the arguments: a host's, whose hash is the key; `InvalidDomain` otherwise.
#[inline(never)]
fn name<'a>(args: &Args<'a>) -> Result<&'a [u8], ProgramError> {
    let text = node::url(args, register_ix::NAME).map_err(|_| error::INVALID_DOMAIN)?;
    if !is_host_name(text) || hash::sha256(&[text]) != *args.array(register_ix::KEY) {
        return Err(error::INVALID_DOMAIN);
    }
    Ok(text)
}

pub fn register_domain(ctx: &Ctx<'_>) -> ProgramResult {
    let [owner, config, pool, stake, view, _system] = ctx.first::<6>();
    let lp = ctx.args.u64(register_ix::LP);
    let key = ctx.args.array::<32>(register_ix::KEY);
    let config = ctx.config(config)?;
    let parts: [&[u8]; 2] = [seed::DOM, key];
    let seeds = Seeds(&parts);
    let place = ctx.place(view, &domain::KIND, &seeds)?;
    let backing = ctx.backing(pool, stake, owner.address(), role::PEERPOOL)?;
    let name = name(&ctx.args)?;
    let Place::Empty(bump) = place else { return Err(error::ALREADY_EXISTS) };
    let now = time::now()?;
    if pools::worth_for_rights(&config, &backing.pool, lp, now)? < needed(&config) {
        return Err(error::INSUFFICIENT_STAKE);
    }
    set_aside(&backing.stake, lp)?;
    let record = ctx.create(owner, view, &New::of(&domain::KIND, bump), &seeds)?;
    record.set_bytes(domain::KEY, key);
    record.set_key(domain::OWNER, owner.address());
    record.set_key(domain::POOL, pool.address());
    record.set_key(domain::STAKE, stake.address());
    record.set_u64(domain::LP, lp);
    record.set_u64(domain::REGISTERED_AT, now);
    node::set_url(&record, domain::NAME, name)
}

pub fn notice_domain(ctx: &Ctx<'_>) -> ProgramResult {
    let [caller, config, pool, domain] = ctx.first::<4>();
    let config = ctx.config(config)?;
    let pool = ctx.pool(pool)?;
    let domain = ctx.load(domain, &domain::KIND)?;
    domain.require_key(domain::POOL, pool.address())?;
    if domain.u64(domain::NOTICE_AT) != 0 {
        return Err(error::WRONG_STATUS);
    }
    let now = time::now()?;
    if domain.key(domain::OWNER) != *caller.address() {
        pools::require_settled_price(&config, &pool, now)?;
        if pools::worth(&config, &pool, domain.u64(domain::LP), now)? >= needed(&config) {
            return Err(error::STAKE_SUFFICES);
        }
    }
    domain.set_u64(domain::NOTICE_AT, now);
    Ok(())
}

pub fn keep_domain(ctx: &Ctx<'_>) -> ProgramResult {
    let [owner, config, pool, stake, domain] = ctx.first::<5>();
    let lp = ctx.args.u64(keep_ix::LP);
    let config = ctx.config(config)?;
    let pool = ctx.pool(pool)?;
    let stake = ctx.stake(stake)?;
    let domain = ctx.load(domain, &domain::KIND)?;
    domain.require_key(domain::OWNER, owner.address())?;
    // A domain's stake is its owner's, of its pool and for this role: registering it has seen to that.
    domain.require_key(domain::POOL, pool.address())?;
    domain.require_key(domain::STAKE, stake.address())?;
    if pools::worth_for_rights(&config, &pool, lp, time::now()?)? < needed(&config) {
        return Err(error::INSUFFICIENT_STAKE);
    }
    let before = domain.u64(domain::LP);
    if lp > before {
        set_aside(&stake, lp - before)?;
    } else {
        stake.sub(stake::ALLOCATED, before - lp)?;
    }
    domain.set_u64(domain::LP, lp);
    domain.set_u64(domain::NOTICE_AT, 0);
    Ok(())
}

pub fn free_domain(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, stake, view, owner] = ctx.first::<4>();
    let config = ctx.config(config)?;
    let stake = ctx.stake(stake)?;
    let domain = ctx.load(view, &domain::KIND)?;
    domain.require_key(domain::STAKE, stake.address())?;
    domain.require_key(domain::OWNER, owner.address())?;
    let noticed = domain.u64(domain::NOTICE_AT);
    if noticed == 0 {
        return Err(error::WRONG_STATUS);
    }
    let hours = match config.u32(config::DOMAIN_NOTICE_HOURS) {
        0 => config.u32(config::HOURS_PER_WEEK),
        hours => hours,
    };
    if time::now()? < time::hours_after(&config, noticed, hours).ok_or(error::OVERFLOW)? {
        return Err(error::TOO_EARLY);
    }
    stake.sub(stake::ALLOCATED, domain.u64(domain::LP))?;
    pda::close(view, owner)
}
