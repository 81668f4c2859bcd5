//! Guards activate a pending resource; anyone renews its quota.

use media_rules::quorum;
use pinocchio::ProgramResult;

use super::resource::{has_ring, quota_for_rights};
use crate::context::Ctx;
use crate::layout::{MAX_GUARDS, error, ix, resource, resource_status as status};
use crate::voter::Voter;
use crate::{service, time};

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
    let periods = time::periods(&config);
    let hour = time::hour_at(&periods, now)?;
    let current = periods.week(hour);
    if week != current {
        return Err(error::WRONG_WEEK);
    }
    let voter = Voter::of(&guard, &set, current)?;
    if resource.status() != status::PENDING || !has_ring(&resource) {
        return Err(error::WRONG_STATUS);
    }
    if ctx.args.u32(ix::authorise::SETTINGS_VERSION) != resource.u32(resource::SETTINGS_VERSION) {
        return Err(error::BASIS_CHANGED);
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
        if quota_for_rights(&config, &pool, &resource, now)? == 0 {
            return Err(error::INSUFFICIENT_STAKE);
        }
        service::open_span(&resource, &periods, hour)?;
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
    if resource.status() != status::ACTIVE && resource.status() != status::EXHAUSTED {
        return Err(error::WRONG_STATUS);
    }
    let now = time::now()?;
    let worth = quota_for_rights(&config, &pool, &resource, now)?;
    let clear = resource.u64(resource::DEBT) == 0 && !service::has_due(&resource);
    if resource.status() == status::EXHAUSTED && clear && worth > 0 {
        let periods = time::periods(&config);
        service::open_span(&resource, &periods, time::hour_at(&periods, now)?)?;
        resource.set_status(status::ACTIVE);
    }
    Ok(())
}
