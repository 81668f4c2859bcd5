//! Votes on proposals (`docs/governance.md`, Weight).

use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use crate::account::{Kind, Record};
use crate::context::Ctx;
use crate::layout::ix::{cast_stake_vote as stake_ix, cast_vote as lock_ix};
use crate::layout::{error, lock, proposal, proposal_status as status, seed, stake, vote, vote_source};
use crate::pda::{self, New, Place, Seeds};
use crate::{pool as pools, proposal as proposals, season, time};

const _: () = assert!(lock_ix::SIDE == stake_ix::SIDE);

/// What can vote, and where it counts its votes that are open.
struct Voter {
    source: u8,
    kind: &'static Kind,
    open_votes: usize,
}

const LOCK: Voter = Voter { source: vote_source::LOCK, kind: &lock::KIND, open_votes: lock::OPEN_VOTES };
const STAKE: Voter = Voter { source: vote_source::STAKE, kind: &stake::KIND, open_votes: stake::OPEN_VOTES };

/// Accounts of a vote, whatever votes.
struct Ballot<'a> {
    owner: &'a AccountView,
    proposal: Record<'a>,
    source: Record<'a>,
    view: &'a AccountView,
    place: Place<'a>,
}

/// The place of a vote.
#[inline(never)]
fn place_of<'a>(ctx: &Ctx<'a>, proposal: &AccountView, source: &AccountView, view: &'a AccountView) -> Result<Place<'a>, ProgramError> {
    ctx.place(view, &vote::KIND, &Seeds(&[seed::VOTE, proposal.address().as_array(), source.address().as_array()]))
}

impl Ballot<'_> {
    /// The moment since which what votes must have been there: `InvalidParameter` for a side that is none, `AlreadyDecided`,
    /// `TooLate`, `VotedAlready`.
    fn opened(&self, side: u8, now: u64) -> Result<u64, ProgramError> {
        if side > 1 {
            return Err(error::INVALID_PARAMETER);
        }
        if self.proposal.status() != status::VOTING {
            return Err(error::ALREADY_DECIDED);
        }
        if now >= self.proposal.u64(proposal::VOTING_ENDS_AT) {
            return Err(error::TOO_LATE);
        }
        if let Place::Here(_) = self.place {
            return Err(error::VOTED_ALREADY);
        }
        Ok(self.proposal.u64(proposal::SEASONED_AT))
    }

    /// Counts the vote and keeps it, and what it was cast with stays where it is until the proposal is done.
    #[inline(never)]
    fn cast(&self, ctx: &Ctx<'_>, weight: u64, voter: &Voter) -> ProgramResult {
        if weight == 0 {
            return Err(error::NO_WEIGHT);
        }
        let Place::Empty(bump) = self.place else { return Err(error::VOTED_ALREADY) };
        let side = ctx.args.u8(lock_ix::SIDE);
        let seeds: [&[u8]; 3] = [seed::VOTE, self.proposal.address().as_array(), self.source.address().as_array()];
        let record = ctx.create(self.owner, self.view, &New::of(&vote::KIND, bump), &Seeds(&seeds))?;
        record.set_status(voter.source);
        record.set_flags(u32::from(side));
        record.set_key(vote::PROPOSAL, self.proposal.address());
        record.set_key(vote::SOURCE, self.source.address());
        record.set_key(vote::OWNER, self.owner.address());
        record.set_u64(vote::WEIGHT, weight);
        self.proposal.add(if side == 1 { proposal::VOTES_FOR } else { proposal::VOTES_AGAINST }, weight)?;
        self.source.set_u32(voter.open_votes, self.source.u32(voter.open_votes).checked_add(1).ok_or(error::OVERFLOW)?);
        Ok(())
    }
}

pub fn cast_vote(ctx: &Ctx<'_>) -> ProgramResult {
    let [owner, config, lock, proposal, view, _system] = ctx.first::<6>();
    let config = ctx.config(config)?;
    let place = place_of(ctx, proposal, lock, view)?;
    let source = ctx.load(lock, &lock::KIND)?;
    let ballot = Ballot { owner, proposal: ctx.proposal(proposal)?, source, view, place };
    source.require_key(lock::OWNER, owner.address())?;
    let moment = ballot.opened(ctx.args.u8(lock_ix::SIDE), time::now()?)?;
    let weight = season::since(&source, &season::LOCK, source.u64(lock::AMOUNT), &config, moment);
    ballot.cast(ctx, weight, &LOCK)
}

pub fn cast_stake_vote(ctx: &Ctx<'_>) -> ProgramResult {
    let [owner, config, pool, stake, proposal, view, _system] = ctx.first::<7>();
    let config = ctx.config(config)?;
    let place = place_of(ctx, proposal, stake, view)?;
    let pool = ctx.pool(pool)?;
    let source = ctx.stake(stake)?;
    let ballot = Ballot { owner, proposal: ctx.proposal(proposal)?, source, view, place };
    source.require_key(stake::OWNER, owner.address())?;
    source.require_key(stake::POOL, pool.address())?;
    let now = time::now()?;
    let moment = ballot.opened(ctx.args.u8(stake_ix::SIDE), now)?;
    let lp = season::since(&source, &season::STAKE, source.u64(stake::LP), &config, moment);
    // Half of a fair value that no swap moves: the MEDIA side at the average price.
    let weight = pools::worth(&config, &pool, lp, now)? / 2;
    ballot.cast(ctx, weight, &STAKE)
}

pub fn close_vote(ctx: &Ctx<'_>) -> ProgramResult {
    let [proposal, source, view, owner] = ctx.first::<4>();
    let proposal = ctx.proposal(proposal)?;
    let record = ctx.load(view, &vote::KIND)?;
    record.require_key(vote::PROPOSAL, proposal.address())?;
    record.require_key(vote::SOURCE, source.address())?;
    record.require_key(vote::OWNER, owner.address())?;
    // Casting has seen to what the source is.
    let Voter { kind, open_votes, .. } = if record.status() == LOCK.source { LOCK } else { STAKE };
    let source = ctx.load(source, kind)?;
    if !proposals::is_over(&proposal, time::now()?) {
        return Err(error::TOO_EARLY);
    }
    source.set_u32(open_votes, source.u32(open_votes).checked_sub(1).ok_or(error::INVARIANT_BROKEN)?);
    pda::close(view, owner)
}
