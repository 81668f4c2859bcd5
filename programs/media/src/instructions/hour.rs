//! Guards agree on what follows from an hour's reports.

use media_rules::quorum;
use pinocchio::ProgramResult;

use crate::context::Ctx;
use crate::layout::{MAX_GUARDS, error, hour, hour_status, ix, seed};
use crate::pda::Numbered;
use crate::time;
use crate::voter::Voter;

pub fn propose_hour(ctx: &Ctx<'_>) -> ProgramResult {
    let [operator, config, guard, set, view] = ctx.first::<5>();
    let week = ctx.args.u64(ix::propose_hour::WEEK);
    let number = ctx.args.u64(ix::propose_hour::HOUR);
    let root = ctx.args.array::<32>(ix::propose_hour::ROOT);
    let config = ctx.config(config)?;
    let set = ctx.guard_set(set, week)?;
    let hour = ctx.existing(view, &hour::KIND, seed::HR, Numbered { offset: hour::HOUR, value: number })?;
    let guard = ctx.active_guard(operator, guard)?;
    let now = time::now()?;
    let periods = time::periods(&config);
    if week != periods.week(number) {
        return Err(error::WRONG_WEEK);
    }
    let voter = Voter::of(&config, guard, set, time::week_at(&periods, now)?)?;
    let fixed = periods.reports_fixed(number, now, hour.u32(hour::REPORTS), hour.u32(hour::DECIDED));
    if !fixed.ok_or(error::OVERFLOW)? {
        return Err(error::TOO_EARLY);
    }
    if hour.status() == hour_status::FINAL {
        return Err(error::ALREADY_DECIDED);
    }
    if now >= periods.final_until(number).ok_or(error::OVERFLOW)? {
        return Err(error::TOO_LATE);
    }
    let count = hour.u32(hour::VOTE_COUNT);
    let at = |index: u32| hour::VOTES + index as usize * hour::VOTES_STRIDE;
    let mut mine = count;
    let mut same = 1;
    for index in 0..count {
        let vote = at(index);
        if hour.u32(vote + hour::votes_entry::NO) == voter.no {
            mine = index;
        } else if hour.bytes::<32>(vote + hour::votes_entry::ROOT) == *root {
            same += 1;
        }
    }
    if mine as usize >= MAX_GUARDS {
        return Err(error::INVARIANT_BROKEN);
    }
    hour.set_u32(at(mine) + hour::votes_entry::NO, voter.no);
    hour.set_bytes(at(mine) + hour::votes_entry::ROOT, root);
    if mine == count {
        hour.set_u32(hour::VOTE_COUNT, count + 1);
    }
    if quorum::decides(same, voter.count) {
        hour.set_status(hour_status::FINAL);
        hour.set_bytes(hour::ROOT, root);
        hour.set_u64(hour::FINAL_AT, now);
    }
    Ok(())
}
