//! A publisher's resources: registered, changed, paused, removed, released.

use media_rules::pool as rules;
use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::context::Ctx;
use crate::layout::{
    ACCOUNT_VERSION, SAMPLE_RING, config, error, header, ix, resource, resource_status as status, ring, role, seed, settings, stake,
};
use crate::pda::{self, New, Place, Seeds};
use crate::service::{self, Terms};
use crate::{hash, pool, time};

/// Most bytes of the seed of an address created with seed.
const MAX_SEED: usize = 32;
/// Bytes of a sample ring's account.
const RING_BYTES: usize = ring::SIZE + SAMPLE_RING * 4;

pub fn register_resource(ctx: &Ctx<'_>) -> ProgramResult {
    let [publisher, config, pool, stake, view, _system] = ctx.first::<6>();
    let id = ctx.args.u64(ix::register_resource::ID);
    let lp = ctx.args.u64(ix::register_resource::LP);
    let terms = Terms { allowance: ctx.args.u64(ix::register_resource::ALLOWANCE), vouch_key: ctx.args.array(ix::register_resource::VOUCH_KEY) };
    ctx.config(config)?;
    let number = id.to_le_bytes();
    let seeds: [&[u8]; 3] = [seed::RES, publisher.address().as_array(), &number];
    let seeds = Seeds(&seeds);
    let place = ctx.place(view, &resource::KIND, &seeds)?;
    let backing = ctx.backing(pool, stake, publisher.address(), role::PUBLISHER)?;
    let Place::Empty(bump) = place else { return Err(error::ALREADY_EXISTS) };
    if lp == 0 {
        return Err(error::ZERO_AMOUNT);
    }
    set_aside(&backing.stake, lp)?;
    let resource = ctx.create(publisher, view, &New::of(&resource::KIND, bump), &seeds)?;
    resource.set_status(status::DRAFT);
    resource.set_key(resource::PUBLISHER, publisher.address());
    resource.set_u64(resource::ID, id);
    resource.set_key(resource::POOL, pool.address());
    resource.set_key(resource::STAKE, stake.address());
    resource.set_u64(resource::LP, lp);
    service::first_terms(&resource, &terms);
    Ok(())
}

/// Takes LP out of the stake's free part; `InsufficientStake` if it has less.
pub fn set_aside(stake: &Record<'_>, lp: u64) -> ProgramResult {
    let free = stake.u64(stake::LP).checked_sub(stake.u64(stake::ALLOCATED)).ok_or(error::INVARIANT_BROKEN)?;
    if lp > free {
        return Err(error::INSUFFICIENT_STAKE);
    }
    stake.add(stake::ALLOCATED, lp)?;
    Ok(())
}

pub fn attach_ring(ctx: &Ctx<'_>) -> ProgramResult {
    let [publisher, resource, view] = ctx.first::<3>();
    let resource = ctx.load(resource, &resource::KIND)?;
    resource.require_key(resource::PUBLISHER, publisher.address())?;
    if !view.owned_by(ctx.program) {
        return Err(error::WRONG_OWNER);
    }
    if view.data_len() != RING_BYTES {
        return Err(error::WRONG_TAG);
    }
    // Only its own publisher can have created the account: nobody takes a blank ring of somebody else.
    let seed = ctx.args.tail(ix::attach_ring::ARGS);
    if seed.len() > MAX_SEED {
        return Err(error::INVALID_PARAMETER);
    }
    if hash::sha256(&[publisher.address().as_array(), seed, ctx.program.as_array()]) != *view.address().as_array() {
        return Err(error::WRONG_ADDRESS);
    }
    if resource.status() == status::RELEASED {
        return Err(error::WRONG_STATUS);
    }
    let ring = Record(view);
    // Samples need no look: only this program can have written to the account, and never before its header.
    if ring.bytes::<{ ring::SIZE }>(0) != [0; ring::SIZE] || has_ring(&resource) {
        return Err(error::ALREADY_EXISTS);
    }
    ring.set_u8(header::TAG, ring::TAG);
    ring.set_u8(header::VERSION, ACCOUNT_VERSION);
    ring.set_key(ring::RESOURCE, resource.address());
    resource.set_key(resource::RING, view.address());
    Ok(())
}

/// Whether a sample ring is attached.
pub fn has_ring(resource: &Record<'_>) -> bool {
    resource.bytes::<32>(resource::RING) != [0; 32]
}

/// Whether a resource is removed or released: nothing about it changes by its publisher any more.
pub fn is_gone(resource: &Record<'_>) -> bool {
    matches!(resource.status(), status::REMOVED | status::RELEASED)
}

/// A sample ring: `WrongTag` too if its length is off.
pub fn load_ring<'a>(ctx: &Ctx<'a>, view: &'a AccountView) -> Result<Record<'a>, ProgramError> {
    let ring = ctx.load(view, &ring::KIND)?;
    if view.data_len() != RING_BYTES {
        return Err(error::WRONG_TAG);
    }
    Ok(ring)
}

pub fn update_resource(ctx: &Ctx<'_>) -> ProgramResult {
    let [publisher, config, pool, stake, resource] = ctx.first::<5>();
    let asked = ctx.args.u64(ix::update_resource::LP);
    let terms = Terms { allowance: ctx.args.u64(ix::update_resource::ALLOWANCE), vouch_key: ctx.args.array(ix::update_resource::VOUCH_KEY) };
    let config = ctx.config(config)?;
    let pool = ctx.pool(pool)?;
    let stake = ctx.stake(stake)?;
    let resource = ctx.load(resource, &resource::KIND)?;
    resource.require_key(resource::PUBLISHER, publisher.address())?;
    // A resource's stake is its publisher's, of its pool and for this role: registering it has seen to that.
    resource.require_key(resource::POOL, pool.address())?;
    resource.require_key(resource::STAKE, stake.address())?;
    if is_gone(&resource) {
        return Err(error::WRONG_STATUS);
    }
    let now = time::now()?;
    let periods = time::periods(&config);
    let hour = time::hour_at(&periods, now)?;
    let before = resource.u64(resource::LP);
    // Charges take of it at any time: whoever changes something else does not know how much there is.
    let lp = if asked == 0 { before } else { asked };
    if lp > before {
        set_aside(&stake, lp - before)?;
    } else if lp < before {
        if service::has_due(&resource) || resource.u64(resource::DEBT) > 0 {
            return Err(error::DEBT_OPEN);
        }
        if resource.status() != status::PAUSED || !service::is_settled(&resource, &periods, hour) {
            return Err(error::STAKE_IN_USE);
        }
        stake.sub(stake::ALLOCATED, before - lp)?;
    }
    resource.set_u64(resource::LP, lp);
    service::set_terms(&resource, &periods, hour, &terms)?;
    if resource.status() == status::ACTIVE && lp > before {
        quota_for_rights(&config, &pool, &resource, now)?;
    }
    Ok(())
}

/// Sets the quota to what the LP set aside is worth now, after some of it was taken.
pub fn set_quota(config: &Record<'_>, pool: &Record<'_>, resource: &Record<'_>, now: u64) -> ProgramResult {
    write_quota(config, resource, pool::worth(config, pool, resource.u64(resource::LP), now)?);
    Ok(())
}

/// Sets the quota to what the LP set aside is worth for rights now; gives that worth.
pub fn quota_for_rights(config: &Record<'_>, pool: &Record<'_>, resource: &Record<'_>, now: u64) -> Result<u64, ProgramError> {
    let worth = pool::worth_for_rights(config, pool, resource.u64(resource::LP), now)?;
    write_quota(config, resource, worth);
    Ok(worth)
}

fn write_quota(config: &Record<'_>, resource: &Record<'_>, worth: u64) {
    resource.set_u32(resource::QUOTA_KBPS, rules::quota_kbps(worth, config.u64(config::QUOTA_KBPS_PER_MEDIA)));
}

pub fn pause_resource(ctx: &Ctx<'_>) -> ProgramResult {
    let [publisher, config, resource] = ctx.first::<3>();
    let config = ctx.config(config)?;
    let resource = ctx.load(resource, &resource::KIND)?;
    resource.require_key(resource::PUBLISHER, publisher.address())?;
    match (ctx.args.u8(ix::pause_resource::PAUSED), resource.status()) {
        (1, status::ACTIVE | status::EXHAUSTED | status::PENDING) => {
            service::close_span(&resource, time::hour_at(&time::periods(&config), time::now()?)?)?;
            resource.set_status(status::PAUSED);
        }
        (0, status::PAUSED) => {
            resource.set_status(status::PENDING);
            drop_votes(&resource);
        }
        (0 | 1, _) => return Err(error::WRONG_STATUS),
        _ => return Err(error::INVALID_PARAMETER),
    }
    Ok(())
}

/// The guards have to look at it anew.
pub fn drop_votes(resource: &Record<'_>) {
    resource.set_u64(resource::AUTH_WEEK, 0);
    resource.set_u32(resource::AUTH_COUNT, 0);
}

pub fn remove_resource(ctx: &Ctx<'_>) -> ProgramResult {
    let [publisher, config, resource] = ctx.first::<3>();
    let config = ctx.config(config)?;
    let resource = ctx.load(resource, &resource::KIND)?;
    resource.require_key(resource::PUBLISHER, publisher.address())?;
    if is_gone(&resource) {
        return Err(error::WRONG_STATUS);
    }
    service::close_span(&resource, time::hour_at(&time::periods(&config), time::now()?)?)?;
    resource.set_status(status::REMOVED);
    Ok(())
}

pub fn release_resource(ctx: &Ctx<'_>) -> ProgramResult {
    let [publisher, config, stake, resource, ring, settings] = ctx.first::<6>();
    let config = ctx.config(config)?;
    let stake = ctx.stake(stake)?;
    let resource = ctx.load(resource, &resource::KIND)?;
    resource.require_key(resource::PUBLISHER, publisher.address())?;
    resource.require_key(resource::STAKE, stake.address())?;
    let attached = has_ring(&resource);
    if attached {
        resource.require_key(resource::RING, ring.address())?;
        load_ring(ctx, ring)?;
    }
    // Without settings the stored key is zero, which is the address of the system program.
    resource.require_key(resource::SETTINGS, settings.address())?;
    let sealed = resource.bytes::<32>(resource::SETTINGS) != [0; 32];
    if sealed {
        ctx.load(settings, &settings::KIND)?;
    }
    if resource.status() != status::REMOVED {
        return Err(error::WRONG_STATUS);
    }
    let periods = time::periods(&config);
    if !service::is_settled(&resource, &periods, time::hour_at(&periods, time::now()?)?) {
        return Err(error::TOO_EARLY);
    }
    if service::has_due(&resource) {
        return Err(error::CHARGE_FIRST);
    }
    if resource.u64(resource::DEBT) > 0 {
        return Err(error::DEBT_OPEN);
    }
    let lp = resource.u64(resource::LP);
    stake.sub(stake::ALLOCATED, lp)?;
    if attached {
        pda::close(ring, publisher)?;
    }
    if sealed {
        pda::close(settings, publisher)?;
    }
    // The account itself stays: were its id to begin anew, old hours could be recorded a second time.
    resource.set_status(status::RELEASED);
    resource.set_u64(resource::LP, 0);
    resource.set_bytes(resource::RING, &[0; 32]);
    resource.set_bytes(resource::SETTINGS, &[0; 32]);
    Ok(())
}
