//! A publisher's resources: registered, changed, paused, removed, released.

use media_rules::pool as rules;
use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::context::Ctx;
use crate::layout::{
    ACCOUNT_VERSION, SAMPLE_RING, config, error, header, ix, resource, resource_status as status, ring, role, seed, settings, stake,
};
use crate::pda::{self, New, Place, Seeds};
use crate::{pool, time};

/// Bytes of a sample ring's account.
const RING_BYTES: usize = ring::SIZE + SAMPLE_RING * 4;

pub fn register_resource(ctx: &Ctx<'_>) -> ProgramResult {
    let [publisher, config, pool, stake, view, _system] = ctx.first::<6>();
    let id = ctx.args.u64(ix::register_resource::ID);
    let lp = ctx.args.u64(ix::register_resource::LP);
    let bound = ctx.args.u64(ix::register_resource::UNATTESTED_BOUND);
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
    resource.set_u64(resource::UNATTESTED_BOUND, bound);
    resource.set_u64(resource::PREVIOUS_BOUND, bound);
    Ok(())
}

/// Takes LP out of the stake's free part; `InsufficientStake` if it has less.
fn set_aside(stake: &Record<'_>, lp: u64) -> ProgramResult {
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
    let lp = ctx.args.u64(ix::update_resource::LP);
    let bound = ctx.args.u64(ix::update_resource::UNATTESTED_BOUND);
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
    if lp == 0 {
        return Err(error::ZERO_AMOUNT);
    }
    let now = time::now()?;
    let before = resource.u64(resource::LP);
    if lp > before {
        set_aside(&stake, lp - before)?;
    } else if lp < before {
        if resource.u64(resource::DUE) > 0 || resource.u64(resource::DEBT) > 0 {
            return Err(error::DEBT_OPEN);
        }
        if resource.status() != status::PAUSED || !is_settled(&config, &resource, now)? {
            return Err(error::STAKE_IN_USE);
        }
        stake.sub(stake::ALLOCATED, before - lp)?;
    }
    resource.set_u64(resource::LP, lp);
    set_bound(&config, &resource, bound, now)?;
    if resource.status() == status::ACTIVE {
        set_quota(&config, &pool, &resource, now)?;
    }
    Ok(())
}

/// Whether all that a resource was served for, before the hour in which it was paused or removed, is past the
/// last moment at which it can become due.
fn is_settled(config: &Record<'_>, resource: &Record<'_>, now: u64) -> Result<bool, ProgramError> {
    let wait = 2 * u64::from(config.u32(config::FINAL_HOURS));
    let until = resource.u64(resource::REMOVED_HOUR).checked_add(wait).ok_or(error::OVERFLOW)?;
    Ok(time::hour_at(&time::periods(config), now)? > until)
}

/// Puts a new bound in force from the next hour on. The one before is kept until no hour it holds for can
/// still become final; a further change before that is `TooEarly`.
fn set_bound(config: &Record<'_>, resource: &Record<'_>, bound: u64, now: u64) -> ProgramResult {
    let before = resource.u64(resource::UNATTESTED_BOUND);
    if bound == before {
        return Ok(());
    }
    let hour = time::hour_at(&time::periods(config), now)?;
    let from = resource.u64(resource::BOUND_FROM);
    let settled = from.checked_add(u64::from(config.u32(config::FINAL_HOURS)) + 2).ok_or(error::OVERFLOW)?;
    if from > 0 && hour <= settled {
        return Err(error::TOO_EARLY);
    }
    resource.set_u64(resource::PREVIOUS_BOUND, before);
    resource.set_u64(resource::UNATTESTED_BOUND, bound);
    resource.set_u64(resource::BOUND_FROM, hour.checked_add(1).ok_or(error::OVERFLOW)?);
    Ok(())
}

/// Sets the quota to what the LP set aside is worth now; gives that worth.
pub fn set_quota(config: &Record<'_>, pool: &Record<'_>, resource: &Record<'_>, now: u64) -> Result<u64, ProgramError> {
    let worth = pool::worth(config, pool, resource.u64(resource::LP), now)?;
    resource.set_u32(resource::QUOTA_KBPS, rules::quota_kbps(worth, config.u64(config::QUOTA_KBPS_PER_MEDIA)));
    Ok(worth)
}

pub fn pause_resource(ctx: &Ctx<'_>) -> ProgramResult {
    let [publisher, config, resource] = ctx.first::<3>();
    let config = ctx.config(config)?;
    let resource = ctx.load(resource, &resource::KIND)?;
    resource.require_key(resource::PUBLISHER, publisher.address())?;
    match (ctx.args.u8(ix::pause_resource::PAUSED), resource.status()) {
        (1, status::ACTIVE | status::EXHAUSTED | status::PENDING) => {
            resource.set_status(status::PAUSED);
            resource.set_u64(resource::REMOVED_HOUR, time::hour_at(&time::periods(&config), time::now()?)?);
        }
        (0, status::PAUSED) => {
            resource.set_status(status::PENDING);
            resource.set_u64(resource::AUTH_WEEK, 0);
            resource.set_u32(resource::AUTH_COUNT, 0);
        }
        (0 | 1, _) => return Err(error::WRONG_STATUS),
        _ => return Err(error::INVALID_PARAMETER),
    }
    Ok(())
}

pub fn remove_resource(ctx: &Ctx<'_>) -> ProgramResult {
    let [publisher, config, resource] = ctx.first::<3>();
    let config = ctx.config(config)?;
    let resource = ctx.load(resource, &resource::KIND)?;
    resource.require_key(resource::PUBLISHER, publisher.address())?;
    if is_gone(&resource) {
        return Err(error::WRONG_STATUS);
    }
    resource.set_status(status::REMOVED);
    resource.set_u64(resource::REMOVED_HOUR, time::hour_at(&time::periods(&config), time::now()?)?);
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
    if !is_settled(&config, &resource, time::now()?)? {
        return Err(error::TOO_EARLY);
    }
    let lp = resource.u64(resource::LP);
    if resource.u64(resource::DUE) > 0 {
        return Err(error::CHARGE_FIRST);
    }
    if resource.u64(resource::DEBT) > 0 && lp > 0 {
        return Err(error::DEBT_OPEN);
    }
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
