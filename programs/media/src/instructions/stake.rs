//! Stakes: filled, unbound, paid out (`docs/chain.md`, Money).

use pinocchio::{AccountView, Address, ProgramResult, error::ProgramError};

use crate::account::{Kind, Record};
use crate::context::Ctx;
use crate::layout::ix::{begin_unbond as begin_ix, stake as stake_ix};
use crate::layout::{config, edge, error, guard, node_status, pool, role, seed, stake};
use crate::pda::{New, Place, Seeds};
use crate::{pool as pools, season, time, token};

pub fn stake(ctx: &Ctx<'_>) -> ProgramResult {
    let [owner, config, pool, stake, lp_vault, owner_lp, ..] = ctx.first::<8>();
    let role = ctx.args.u8(stake_ix::ROLE);
    let lp = ctx.args.u64(stake_ix::LP);
    let config = ctx.config(config)?;
    let parts: [&[u8]; 4] = [seed::STK, owner.address().as_array(), pool.address().as_array(), &[role]];
    let seeds = Seeds(&parts);
    let place = match known_stake(ctx, stake, owner.address(), pool.address(), role) {
        Some(record) => Place::Here(record),
        None => ctx.place(stake, &stake::KIND, &seeds)?,
    };
    let pool = ctx.pool(pool)?;
    pool.require_key(pool::LP_VAULT, lp_vault.address())?;
    token::require_different(owner_lp, lp_vault)?;
    token::require_mint(owner_lp, &pool.key(pool::LP_MINT))?;
    if u32::from(role) > role::USER {
        return Err(error::INVALID_PARAMETER);
    }
    if lp == 0 {
        return Err(error::ZERO_AMOUNT);
    }
    let record = match place {
        Place::Here(record) => record,
        Place::Empty(bump) => {
            let record = ctx.create(owner, stake, &New::of(&stake::KIND, bump), &seeds)?;
            record.set_flags(u32::from(role));
            record.set_key(stake::OWNER, owner.address());
            record.set_key(stake::POOL, pool.address());
            record
        }
    };
    let (held, now) = (record.u64(stake::LP), time::now()?);
    if held == 0 && record.u64(stake::UNBONDING) == 0 {
        record.set_u64(stake::SINCE, now);
    }
    season::add(&record, &season::STAKE, held, &config, now);
    record.add(stake::LP, lp)?;
    pool.add(pool::STAKED, lp)?;
    token::deposit(owner_lp, lp_vault, owner, lp)
}

/// The stake, if it exists and is the one of these seeds; saves deriving its address.
fn known_stake<'a>(ctx: &Ctx<'a>, view: &'a AccountView, owner: &Address, pool: &Address, role: u8) -> Option<Record<'a>> {
    let record = ctx.stake(view).ok()?;
    let same = record.key(stake::OWNER) == *owner && record.key(stake::POOL) == *pool && record.flags() == u32::from(role);
    if same { Some(record) } else { None }
}

/// The program's accounts of an unbonding: the stake belongs to the signer and to the pool.
fn own_stake<'a>(
    ctx: &Ctx<'a>,
    owner: &AccountView,
    pool: &'a AccountView,
    stake: &'a AccountView,
) -> Result<(Record<'a>, Record<'a>), ProgramError> {
    let pool = ctx.pool(pool)?;
    let stake = ctx.stake(stake)?;
    stake.require_key(stake::POOL, pool.address())?;
    stake.require_key(stake::OWNER, owner.address())?;
    Ok((pool, stake))
}

/// `ElectionOpen` while guards may still take the stake: nothing of it leaves.
fn require_unaccused(stake: &Record<'_>) -> ProgramResult {
    if stake.u32(stake::ELECTIONS) > 0 { Err(error::ELECTION_OPEN) } else { Ok(()) }
}

pub fn begin_unbond(ctx: &Ctx<'_>) -> ProgramResult {
    let [owner, config, pool, stake, node] = ctx.first::<5>();
    let config = ctx.config(config)?;
    let (pool, stake) = own_stake(ctx, owner, pool, stake)?;
    let node = match stake.flags() {
        role::EDGE => node_of(ctx, owner, node, &Role { kind: &edge::KIND, seed: seed::EDGE, owner: edge::OWNER, stake: edge::STAKE })?,
        role::GUARD => node_of(ctx, owner, node, &Role { kind: &guard::KIND, seed: seed::GRD, owner: guard::OWNER, stake: guard::STAKE })?,
        _ => None,
    };
    require_unaccused(&stake)?;
    let lp = ctx.args.u64(begin_ix::LP);
    if lp == 0 {
        return Err(error::ZERO_AMOUNT);
    }
    let held = stake.u64(stake::LP);
    let rest = held.checked_sub(lp).ok_or(error::INSUFFICIENT_STAKE)?;
    if rest < stake.u64(stake::ALLOCATED).saturating_add(stake.u64(stake::BONDED)) {
        return Err(error::STAKE_IN_USE);
    }
    // What has voted stays until the proposal is done.
    if stake.u32(stake::OPEN_VOTES) > 0 {
        return Err(error::VOTES_OPEN);
    }
    let now = time::now()?;
    // What remains of a working node's stake must still be enough for one.
    if node.is_some_and(|stake_of_node| stake_of_node == *stake.address()) {
        let minimum = config.u64(if stake.flags() == role::EDGE { config::MIN_EDGE_STAKE } else { config::MIN_GUARD_STAKE });
        if pools::worth(&config, &pool, rest, now)? < minimum {
            return Err(error::STAKE_IN_USE);
        }
    }
    stake.set_u64(stake::LP, rest);
    stake.add(stake::UNBONDING, lp)?;
    stake.set_u64(stake::UNBOND_AT, now);
    Ok(())
}

/// Where a role's node account is and what it stores.
struct Role {
    kind: &'static Kind,
    seed: &'static [u8],
    owner: usize,
    stake: usize,
}

/// The stake of the owner's node of this role, if the node is active. `WrongAddress` if the account is not
/// where that node is or would be.
#[inline(never)]
fn node_of<'a>(ctx: &Ctx<'a>, owner: &AccountView, view: &'a AccountView, role: &Role) -> Result<Option<Address>, ProgramError> {
    let record = match ctx.load(view, role.kind) {
        Ok(record) if record.key(role.owner) == *owner.address() => record,
        _ => match ctx.place(view, role.kind, &Seeds(&[role.seed, owner.address().as_array()]))? {
            Place::Here(record) => record,
            Place::Empty(_) => return Ok(None),
        },
    };
    Ok(if record.status() == node_status::ACTIVE { Some(record.key(role.stake)) } else { None })
}

pub fn withdraw(ctx: &Ctx<'_>) -> ProgramResult {
    let [owner, config, pool, stake, lp_vault, owner_lp, ..] = ctx.first::<7>();
    let config = ctx.config(config)?;
    let (pool, stake) = own_stake(ctx, owner, pool, stake)?;
    pool.require_key(pool::LP_VAULT, lp_vault.address())?;
    token::require_different(owner_lp, lp_vault)?;
    token::require_owned(owner_lp, &pool.key(pool::LP_MINT), owner.address())?;
    require_unaccused(&stake)?;
    let lp = stake.u64(stake::UNBONDING);
    if lp == 0 {
        return Err(error::NOTHING_UNBONDING);
    }
    let due = stake.u64(stake::UNBOND_AT).checked_add(u64::from(config.u32(config::UNBOND_SECS))).ok_or(error::OVERFLOW)?;
    if time::now()? < due {
        return Err(error::STILL_UNBONDING);
    }
    stake.set_u64(stake::UNBONDING, 0);
    pool.sub(pool::STAKED, lp)?;
    token::pay(lp_vault, owner_lp, &config, lp)
}
