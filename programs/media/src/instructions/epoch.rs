//! Guards agree on a week's claims and rewards.

use media_rules::quorum;
use pinocchio::ProgramResult;

use crate::account::Record;
use crate::context::Ctx;
use crate::layout::{MAX_GUARDS, config, epoch, epoch_status, error, ix, seed};
use crate::pda::Numbered;
use crate::time;
use crate::voter::Voter;

/// Whether a week's epoch is closed, or can never be because a later one is: epochs close in order.
pub fn is_past(config: &Record<'_>, week: u64) -> bool {
    week < config.u64(config::LAST_EPOCH)
}

pub fn propose_epoch(ctx: &Ctx<'_>) -> ProgramResult {
    let [operator, config, guard, set, view] = ctx.first::<5>();
    let week = ctx.args.u64(ix::propose_epoch::WEEK);
    let root = ctx.args.array::<32>(ix::propose_epoch::ROOT);
    let rewards = ctx.args.u64(ix::propose_epoch::REWARDS);
    let config = ctx.config(config)?;
    let set = ctx.guard_set(set, week)?;
    let epoch = ctx.existing(view, &epoch::KIND, seed::EP, Numbered { offset: epoch::WEEK, value: week })?;
    let guard = ctx.active_guard(operator, guard)?;
    let current = time::week_at(&time::periods(&config), time::now()?)?;
    if week >= current {
        return Err(error::TOO_EARLY);
    }
    let voter = Voter::of(&config, guard, set, current)?;
    if epoch.status() != epoch_status::OPEN {
        return Err(error::ALREADY_DECIDED);
    }
    if rewards > epoch.u64(epoch::KEPT) {
        return Err(error::REWARDS_ABOVE_KEPT);
    }
    let last = config.u64(config::LAST_EPOCH);
    if week < last {
        return Err(error::WRONG_WEEK);
    }
    let count = epoch.u32(epoch::VOTE_COUNT);
    let at = |index: u32| epoch::VOTES + index as usize * epoch::VOTES_STRIDE;
    let mut mine = count;
    let mut same = 1;
    for index in 0..count {
        let vote = at(index);
        if epoch.u32(vote + epoch::votes_entry::NO) == voter.no {
            mine = index;
        } else if epoch.u64(vote + epoch::votes_entry::REWARDS) == rewards && epoch.bytes::<32>(vote + epoch::votes_entry::ROOT) == *root {
            same += 1;
        }
    }
    if mine as usize >= MAX_GUARDS {
        return Err(error::INVARIANT_BROKEN);
    }
    epoch.set_u32(at(mine) + epoch::votes_entry::NO, voter.no);
    epoch.set_bytes(at(mine) + epoch::votes_entry::ROOT, root);
    epoch.set_u64(at(mine) + epoch::votes_entry::REWARDS, rewards);
    if mine == count {
        epoch.set_u32(epoch::VOTE_COUNT, count + 1);
    }
    if quorum::decides(same, voter.count) {
        let cumulative = config.add(config::ALLOCATED, rewards)?;
        epoch.set_status(epoch_status::CLOSED);
        epoch.set_bytes(epoch::ROOT, root);
        epoch.set_u64(epoch::REWARDS, rewards);
        epoch.set_u64(epoch::CUMULATIVE, cumulative);
        epoch.set_u64(epoch::PREV_EPOCH, last);
        config.set_u64(config::LAST_EPOCH, week.checked_add(1).ok_or(error::OVERFLOW)?);
    }
    Ok(())
}
