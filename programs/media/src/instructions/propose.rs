//! Proposals are made, and counted when voting is over (`docs/governance.md`).

use media_rules::ballot;
use pinocchio::{ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::context::{Args, Ctx};
use crate::layout::ix::propose as ix;
use crate::layout::{LINK_MAX, config, error, pool, proposal, proposal_status as status, seed};
use crate::pda::{self, New, Place, Seeds};
use crate::proposal::{Action, check_action};
use crate::{pool as pools, time, token};

pub fn propose(ctx: &Ctx<'_>) -> ProgramResult {
    let [proposer, config, pool, view, vault, proposer_media, _system, _token] = ctx.first::<8>();
    let number = ctx.args.u64(ix::NUMBER);
    let config = ctx.config(config)?;
    let number_bytes = number.to_le_bytes();
    let parts: [&[u8]; 2] = [seed::PROP, &number_bytes];
    let seeds = Seeds(&parts);
    let place = ctx.place(view, &proposal::KIND, &seeds)?;
    pda::check(ctx.program, vault, &Seeds(&[seed::VG]))?;
    let pool = ctx.pool(pool)?;
    // What the deposit is worth is read off the first quote's pool, and no other.
    pool.require_key(pool::QUOTE_MINT, &config.key(config::QUOTES + config::quotes_entry::MINT))?;
    token::require_owned(proposer_media, &config.key(config::MEDIA_MINT), proposer.address())?;
    let Place::Empty(bump) = place else { return Err(error::ALREADY_EXISTS) };
    // Somebody else was first: what was signed for another number is asked anew.
    if config.u64(config::PROPOSALS).checked_add(1) != Some(number) {
        return Err(error::BASIS_CHANGED);
    }
    let kind = u32::from(ctx.args.u8(ix::KIND));
    let action = Action(*ctx.args.array(ix::ACTION));
    check_action(&config, kind, &action)?;
    let link = link(&ctx.args)?;
    let now = time::now()?;
    let price = pools::average_price(&config, &pool, now)?;
    let deposit = ballot::deposit(
        config.u64(config::DEPOSIT_QUOTE),
        price,
        config.u64(config::DEPOSIT_FLOOR),
        config.u64(config::DEPOSIT_CEILING),
    );
    if deposit > ctx.args.u64(ix::MAX_DEPOSIT) {
        return Err(error::SLIPPAGE);
    }
    let record = ctx.create(proposer, view, &New::of(&proposal::KIND, bump), &seeds)?;
    record.set_flags(kind);
    record.set_u64(proposal::NUMBER, number);
    record.set_key(proposal::PROPOSER, proposer.address());
    record.set_u64(proposal::DEPOSIT, deposit);
    record.set_bytes(proposal::ACTION, &action.0);
    record.set_bytes(proposal::TEXT_HASH, ctx.args.array::<32>(ix::TEXT_HASH));
    record.set_slice(proposal::LINK, link);
    set_moments(&record, &config, now)?;
    config.set_u64(config::PROPOSALS, number);
    token::deposit(proposer_media, vault, proposer, deposit)
}

/// The moments of a proposal made at `now`. They and its quorum stay as they are, whatever the config says later.
fn set_moments(record: &Record<'_>, config: &Record<'_>, now: u64) -> ProgramResult {
    let (voting, timelock) = (u64::from(config.u32(config::VOTING_SECS)), u64::from(config.u32(config::TIMELOCK_SECS)));
    let voting_ends = now.checked_add(voting).ok_or(error::OVERFLOW)?;
    let executable = voting_ends.checked_add(timelock).ok_or(error::OVERFLOW)?;
    record.set_u64(proposal::CREATED_AT, now);
    record.set_u64(proposal::SEASONED_AT, now.saturating_sub(u64::from(config.u32(config::SEASONING_SECS))));
    record.set_u64(proposal::VOTING_ENDS_AT, voting_ends);
    record.set_u64(proposal::EXECUTABLE_AT, executable);
    record.set_u64(proposal::EXPIRES_AT, executable.checked_add(voting + timelock).ok_or(error::OVERFLOW)?);
    record.set_u64(proposal::QUORUM_VOTES, config.u64(config::QUORUM_VOTES));
    Ok(())
}

/// The link with its length: at most 120 bytes of printable ASCII without spaces, then zeroes; none is as good.
/// `InvalidParameter` otherwise.
fn link<'a>(args: &Args<'a>) -> Result<&'a [u8], ProgramError> {
    let field = args.array::<{ 2 + LINK_MAX }>(ix::LINK);
    let length = args.u16(ix::LINK) as usize;
    let text = field.get(2..).and_then(|room| room.get(..length)).ok_or(error::INVALID_PARAMETER)?;
    let rest = field.get(2 + length..).unwrap_or(&[]);
    if !text.iter().all(u8::is_ascii_graphic) || !rest.iter().all(|&byte| byte == 0) {
        return Err(error::INVALID_PARAMETER);
    }
    Ok(field)
}

pub fn finalise_proposal(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, view, vault, fund, _token] = ctx.first::<5>();
    let config = ctx.config(config)?;
    pda::check(ctx.program, vault, &Seeds(&[seed::VG]))?;
    let record = ctx.proposal(view)?;
    config.require_key(config::FUND, fund.address())?;
    if record.status() != status::VOTING {
        return Err(error::ALREADY_DECIDED);
    }
    if time::now()? < record.u64(proposal::VOTING_ENDS_AT) {
        return Err(error::TOO_EARLY);
    }
    let (votes_for, votes_against) = (record.u64(proposal::VOTES_FOR), record.u64(proposal::VOTES_AGAINST));
    if ballot::passes(votes_for, votes_against, record.u64(proposal::QUORUM_VOTES)) {
        record.set_status(status::PASSED);
        return Ok(());
    }
    record.set_status(status::REJECTED);
    let deposit = record.u64(proposal::DEPOSIT);
    record.set_u64(proposal::DEPOSIT, 0);
    token::pay(vault, fund, &config, deposit)
}

pub fn refund_deposit(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, view, vault, proposer_media, _token] = ctx.first::<5>();
    let config = ctx.config(config)?;
    pda::check(ctx.program, vault, &Seeds(&[seed::VG]))?;
    let record = ctx.proposal(view)?;
    token::require_owned(proposer_media, &config.key(config::MEDIA_MINT), &record.key(proposal::PROPOSER))?;
    token::require_different(proposer_media, vault)?;
    if !matches!(record.status(), status::PASSED | status::EXECUTED) {
        return Err(error::WRONG_STATUS);
    }
    let deposit = record.u64(proposal::DEPOSIT);
    if deposit == 0 {
        return Err(error::NOTHING_DUE);
    }
    record.set_u64(proposal::DEPOSIT, 0);
    token::pay(vault, proposer_media, &config, deposit)
}
