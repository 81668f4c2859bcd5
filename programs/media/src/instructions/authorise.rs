//! Guards activate a pending resource; anyone renews its quota.

use media_rules::quorum;
use pinocchio::ProgramResult;

use super::resource::{has_ring, set_quota};
use crate::context::Ctx;
use crate::layout::{MAX_GUARDS, error, ix, resource, resource_status as status};
use crate::time;
use crate::voter::Voter;

pub fn authorise(ctx: &Ctx<'_>) -> ProgramResult {
    let [operator, config, guard, set, pool, resource] = ctx.first::<6>();
    let week = ctx.args.u64(ix::authorise::WEEK);
    let config = ctx.config(config)?;
    let set = ctx.guard_set(set, week)?;
    let guard = ctx.active_guard(operator, guard)?;
    let pool = ctx.pool(pool)?;
    let resource = ctx.load(resource, &resource::KIND)?;
    resource.require_key(resource::POOL, pool.address())?;
    let now = time::now()?;
    let current = time::week_at(&time::periods(&config), now)?;
    if week != current {
        return Err(error::WRONG_WEEK);
    }
    let voter = Voter::of(&config, guard, set, current)?;
    if resource.status() != status::PENDING || !has_ring(&resource) {
        return Err(error::WRONG_STATUS);
    }
    if resource.u64(resource::AUTH_WEEK) != week {
        resource.set_u64(resource::AUTH_WEEK, week);
        resource.set_u32(resource::AUTH_COUNT, 0);
    }
    let count = resource.u32(resource::AUTH_COUNT);
    let at = |index: u32| resource::AUTH_VOTES + index as usize * resource::AUTH_VOTES_STRIDE;
    if (0..count).any(|index| resource.u32(at(index)) == voter.no) {
        return Err(error::ALREADY_VOTED);
    }
    if count as usize >= MAX_GUARDS {
        return Err(error::INVARIANT_BROKEN);
    }
    resource.set_u32(at(count), voter.no);
    resource.set_u32(resource::AUTH_COUNT, count + 1);
    if quorum::decides(count + 1, voter.count) {
        if set_quota(&config, &pool, &resource, now)? == 0 {
            return Err(error::INSUFFICIENT_STAKE);
        }
        resource.set_status(status::ACTIVE);
    }
    Ok(())
}

pub fn refresh_quota(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, pool, resource] = ctx.first::<3>();
    let config = ctx.config(config)?;
    let pool = ctx.pool(pool)?;
    let resource = ctx.load(resource, &resource::KIND)?;
    resource.require_key(resource::POOL, pool.address())?;
    let (due, debt) = (resource.u64(resource::DUE), resource.u64(resource::DEBT));
    let payable = debt > 0 && resource.u64(resource::LP) > 0;
    let serves = resource.status() == status::ACTIVE || resource.status() == status::EXHAUSTED;
    // A debt can be paid in any status: a removed resource could never be released otherwise.
    if !serves && !payable {
        return Err(error::WRONG_STATUS);
    }
    let now = time::now()?;
    if payable {
        if due == 0 {
            resource.set_u64(resource::DUE_WEEK, time::week_at(&time::periods(&config), now)?);
        }
        resource.set_u64(resource::DUE, due.saturating_add(debt));
        resource.set_u64(resource::DEBT, 0);
    }
    if !serves {
        return Ok(());
    }
    let worth = set_quota(&config, &pool, &resource, now)?;
    if resource.status() == status::EXHAUSTED && due == 0 && debt == 0 && worth > 0 {
        resource.set_status(status::ACTIVE);
    }
    Ok(())
}
