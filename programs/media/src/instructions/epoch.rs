//! Guards agree on a week's claims and rewards: one set decides, a later one endorses.

use media_rules::quorum;
use pinocchio::{ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::context::Ctx;
use crate::layout::ix::propose_epoch as ix;
use crate::layout::{MAX_GUARDS, config, epoch, epoch_status as status, error, seed};
use crate::pda::Numbered;
use crate::time;
use crate::voter::{self, Voter};

/// What a guard votes for.
struct Proposal<'a> {
    no: u32,
    root: &'a [u8; 32],
    rewards: u64,
}

/// Where the votes of one set stand in the epoch.
struct Votes {
    count: usize,
    list: usize,
}

const OWN: Votes = Votes { count: epoch::VOTE_COUNT, list: epoch::VOTES };
const LATER: Votes = Votes { count: epoch::LATER_COUNT, list: epoch::LATER_VOTES };
const _: () = assert!(epoch::VOTES_STRIDE == epoch::LATER_VOTES_STRIDE);

pub fn propose_epoch(ctx: &Ctx<'_>) -> ProgramResult {
    let [operator, config, guard, set, view] = ctx.first::<5>();
    let week = ctx.args.u64(ix::WEEK);
    let set_week = ctx.args.u64(ix::SET_WEEK);
    let config = ctx.config(config)?;
    let set = ctx.guard_set(set, set_week)?;
    let epoch = ctx.existing(view, &epoch::KIND, seed::EP, Numbered { offset: epoch::WEEK, value: week })?;
    let guard = ctx.operated_guard(operator, guard)?;
    let periods = time::periods(&config);
    voter::require_seated(&guard, &set, &periods)?;
    let current = time::week_at(&periods, time::now()?)?;
    if week >= current {
        return Err(error::TOO_EARLY);
    }
    if set_week != week && set_week != current {
        return Err(error::WRONG_WEEK);
    }
    let voter = Voter::of(&guard, &set, current)?;
    let own = set_week == week;
    let decided = match epoch.status() {
        status::OPEN => false,
        // The set that decided cannot endorse itself.
        status::DECIDED if !own && epoch.u64(epoch::DECIDED_WEEK) < set_week => true,
        _ => return Err(error::ALREADY_DECIDED),
    };
    let proposal = Proposal { no: voter.no, root: ctx.args.array::<32>(ix::ROOT), rewards: ctx.args.u64(ix::REWARDS) };
    // Worked out before the last charge, or from a node that had not seen it: what that charge brought would be paid to nobody.
    let kept = epoch.u64(epoch::KEPT);
    if ctx.args.u64(ix::KEPT) != kept {
        return Err(error::BASIS_CHANGED);
    }
    if proposal.rewards > kept {
        return Err(error::REWARDS_ABOVE_KEPT);
    }
    if !own && epoch.u64(epoch::LATER_WEEK) != set_week {
        epoch.set_u64(epoch::LATER_WEEK, set_week);
        epoch.set_u32(epoch::LATER_COUNT, 0);
    }
    let same = cast(&epoch, if own { &OWN } else { &LATER }, &proposal)?;
    if !quorum::decides(same, voter.count) {
        return Ok(());
    }
    let agrees = epoch.u64(epoch::REWARDS) == proposal.rewards && epoch.bytes::<32>(epoch::ROOT) == *proposal.root;
    if decided && agrees {
        epoch.set_status(status::ENDORSED);
        epoch.set_u64(epoch::ENDORSED_AT, current);
        config.add(config::ALLOCATED, proposal.rewards)?;
        return Ok(());
    }
    epoch.set_status(status::DECIDED);
    epoch.set_bytes(epoch::ROOT, proposal.root);
    epoch.set_u64(epoch::REWARDS, proposal.rewards);
    epoch.set_u64(epoch::DECIDED_WEEK, set_week);
    epoch.set_u64(epoch::SLASHABLE, voter::total_worth(&set));
    epoch.set_u32(epoch::LATER_COUNT, 0);
    Ok(())
}

/// Keeps a guard's vote, in place of its earlier one; gives how many want the same.
fn cast(epoch: &Record<'_>, votes: &Votes, proposal: &Proposal<'_>) -> Result<u32, ProgramError> {
    use epoch::votes_entry as vote;
    let count = epoch.u32(votes.count);
    let at = |index: u32| votes.list + index as usize * epoch::VOTES_STRIDE;
    let mut mine = count;
    let mut same = 1;
    for index in 0..count {
        if epoch.u32(at(index) + vote::NO) == proposal.no {
            mine = index;
        } else if epoch.u64(at(index) + vote::REWARDS) == proposal.rewards && epoch.bytes::<32>(at(index) + vote::ROOT) == *proposal.root {
            same += 1;
        }
    }
    if mine as usize >= MAX_GUARDS {
        return Err(error::INVARIANT_BROKEN);
    }
    epoch.set_u32(at(mine) + vote::NO, proposal.no);
    epoch.set_bytes(at(mine) + vote::ROOT, proposal.root);
    epoch.set_u64(at(mine) + vote::REWARDS, proposal.rewards);
    if mine == count {
        epoch.set_u32(votes.count, count + 1);
    }
    Ok(same)
}
