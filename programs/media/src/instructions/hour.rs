//! Guards agree on what follows from an hour's reports.

use media_rules::quorum;
use pinocchio::ProgramResult;

use crate::context::Ctx;
use crate::layout::ix::propose_hour as ix;
use crate::layout::{MAX_GUARDS, error, hour, hour_status, seed};
use crate::pda::Numbered;
use crate::time::{self, Phase};
use crate::voter::{self, Voter};

pub fn propose_hour(ctx: &Ctx<'_>) -> ProgramResult {
    let [operator, config, guard, set, view] = ctx.first::<5>();
    let week = ctx.args.u64(ix::WEEK);
    let number = ctx.args.u64(ix::HOUR);
    let root = ctx.args.array::<32>(ix::ROOT);
    let leaves = ctx.args.u32(ix::LEAVES);
    let config = ctx.config(config)?;
    let set = ctx.guard_set(set, week)?;
    let hour = ctx.existing(view, &hour::KIND, seed::HR, Numbered { offset: hour::HOUR, value: number })?;
    let guard = ctx.operated_guard(operator, guard)?;
    let periods = time::periods(&config);
    voter::require_seated(&guard, &set, &periods)?;
    let now = time::now()?;
    let current = time::week_at(&periods, now)?;
    let reveals = hour.u32(hour::REVEALS);
    let phase = periods.phase(number, now, reveals, hour.u32(hour::SET_COUNT)).ok_or(error::OVERFLOW)?;
    // What the own set has not decided in its time falls to the set of the day.
    let decides = if matches!(phase, Phase::Early | Phase::Own) { periods.week(number) } else { current };
    if week != decides {
        return Err(error::WRONG_WEEK);
    }
    let voter = Voter::of(&guard, &set, current)?;
    if phase == Phase::Early {
        return Err(error::TOO_EARLY);
    }
    if hour.status() == hour_status::FINAL {
        return Err(error::ALREADY_DECIDED);
    }
    if phase == Phase::Void {
        return Err(error::TOO_LATE);
    }
    if phase == Phase::Own && !quorum::decides(reveals, voter.count) {
        return Err(error::NOT_REVEALED);
    }
    if ctx.args.u32(ix::REPORTS) != hour.u32(hour::REPORTS) || ctx.args.u32(ix::REVEALS) != reveals {
        return Err(error::BASIS_CHANGED);
    }
    if hour.u64(hour::VOTE_WEEK) != week {
        hour.set_u64(hour::VOTE_WEEK, week);
        hour.set_u32(hour::VOTE_COUNT, 0);
    }
    let count = hour.u32(hour::VOTE_COUNT);
    let at = |index: u32| hour::VOTES + index as usize * hour::VOTES_STRIDE;
    let mut mine = count;
    let mut same = 1;
    for index in 0..count {
        let vote = at(index);
        if hour.u32(vote + hour::votes_entry::NO) == voter.no {
            mine = index;
        } else if hour.u32(vote + hour::votes_entry::LEAVES) == leaves && hour.bytes::<32>(vote + hour::votes_entry::ROOT) == *root {
            same += 1;
        }
    }
    if mine as usize >= MAX_GUARDS {
        return Err(error::INVARIANT_BROKEN);
    }
    hour.set_u32(at(mine) + hour::votes_entry::NO, voter.no);
    hour.set_u32(at(mine) + hour::votes_entry::LEAVES, leaves);
    hour.set_bytes(at(mine) + hour::votes_entry::ROOT, root);
    if mine == count {
        hour.set_u32(hour::VOTE_COUNT, count + 1);
    }
    if quorum::decides(same, voter.count) {
        hour.set_status(hour_status::FINAL);
        hour.set_bytes(hour::ROOT, root);
        hour.set_u32(hour::LEAVES, leaves);
        hour.set_u64(hour::FINAL_AT, now);
    }
    Ok(())
}
