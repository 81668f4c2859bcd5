//! Grants from the fund (`docs/governance.md`, Grants; whitepaper §8.1).

use media_rules::ballot;
use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::context::Ctx;
use crate::layout::ix::{execute_grant as begin_ix, pay_grant as pay_ix, stop_grant as stop_ix};
use crate::layout::{QUARTER_WEEKS, actions, config, error, grant, proposal, seed};
use crate::pda::{New, Numbered, Place, Seeds};
use crate::proposal::{Action, require_executable, set_executed};
use crate::{time, token};

fn grant_of<'a>(ctx: &Ctx<'a>, view: &'a AccountView, number: u64) -> Result<Place<'a>, ProgramError> {
    ctx.place_of(view, &grant::KIND, seed::GRNT, Numbered { offset: grant::NUMBER, value: number })
}

pub fn execute_grant(ctx: &Ctx<'_>) -> ProgramResult {
    let [payer, config, proposal, fund, view, _system] = ctx.first::<6>();
    let number = ctx.args.u64(begin_ix::NUMBER);
    let config = ctx.config(config)?;
    let place = grant_of(ctx, view, number)?;
    let proposal = ctx.proposal(proposal)?;
    config.require_key(config::FUND, fund.address())?;
    let now = require_executable(&proposal, |kind| kind == actions::grant::KIND)?;
    if proposal.u64(proposal::NUMBER) != number {
        return Err(error::WRONG_ADDRESS);
    }
    let Place::Empty(bump) = place else { return Err(error::ALREADY_EXISTS) };
    let action = Action::of(&proposal);
    let amount = action.u64(actions::grant::AMOUNT);
    let quarter = quarter_after(&config, now)?;
    let granted = if config.u32(config::GRANT_QUARTER) == quarter { config.u64(config::GRANTED) } else { 0 };
    if !ballot::may_grant(amount, free(&config, fund), granted) {
        return Err(error::GRANT_TOO_LARGE);
    }
    config.set_u32(config::GRANT_QUARTER, quarter);
    config.set_u64(config::GRANTED, granted.checked_add(amount).ok_or(error::OVERFLOW)?);
    config.add(config::GRANTS_OWED, amount)?;
    let record = ctx.create(payer, view, &New::of(&grant::KIND, bump), &Seeds(&[seed::GRNT, &number.to_le_bytes()]))?;
    record.set_u64(grant::NUMBER, number);
    record.set_bytes(grant::RECIPIENT, action.array::<32>(actions::grant::RECIPIENT));
    record.set_u64(grant::AMOUNT, amount);
    record.set_u64(grant::STARTED_AT, now);
    record.set_u32(grant::SECS, action.u32(actions::grant::SECS));
    set_executed(&proposal, now);
    Ok(())
}

/// What the fund may promise.
pub fn free(config: &Record<'_>, fund: &AccountView) -> u64 {
    ballot::free(token::amount(fund), config.u64(config::KEPT), config.u64(config::CLAIMED), config.u64(config::GRANTS_OWED))
}

/// The quarter of `now` + 1, which tells the first one from none.
fn quarter_after(config: &Record<'_>, now: u64) -> Result<u32, ProgramError> {
    let week = time::week_at(&time::periods(config), now)?;
    u32::try_from(week / QUARTER_WEEKS + 1).map_err(|_| error::OVERFLOW)
}

/// What a grant has earned by `now`, or by the moment at which it was stopped.
fn earned(record: &Record<'_>, now: u64) -> u64 {
    let stopped = record.u64(grant::STOPPED_AT);
    let until = if stopped == 0 { now } else { stopped };
    let elapsed = until.saturating_sub(record.u64(grant::STARTED_AT));
    ballot::earned(record.u64(grant::AMOUNT), elapsed, record.u32(grant::SECS))
}

pub fn stop_grant(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, proposal, view] = ctx.first::<3>();
    let number = ctx.args.u64(stop_ix::NUMBER);
    let config = ctx.config(config)?;
    let place = grant_of(ctx, view, number)?;
    let proposal = ctx.proposal(proposal)?;
    let Place::Here(record) = place else { return Err(error::WRONG_OWNER) };
    let now = require_executable(&proposal, |kind| kind == actions::stop_grant::KIND)?;
    if Action::of(&proposal).u64(actions::stop_grant::GRANT) != number {
        return Err(error::WRONG_ADDRESS);
    }
    if record.u64(grant::STOPPED_AT) > 0 {
        return Err(error::ALREADY_DECIDED);
    }
    config.sub(config::GRANTS_OWED, record.u64(grant::AMOUNT) - earned(&record, now))?;
    record.set_u64(grant::STOPPED_AT, now);
    set_executed(&proposal, now);
    Ok(())
}

pub fn pay_grant(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, view, fund, recipient_media, _token] = ctx.first::<5>();
    let number = ctx.args.u64(pay_ix::NUMBER);
    let config = ctx.config(config)?;
    let Place::Here(record) = grant_of(ctx, view, number)? else { return Err(error::WRONG_OWNER) };
    config.require_key(config::FUND, fund.address())?;
    token::require_owned(recipient_media, &config.key(config::MEDIA_MINT), &record.key(grant::RECIPIENT))?;
    token::require_different(recipient_media, fund)?;
    let due = earned(&record, time::now()?).checked_sub(record.u64(grant::PAID)).ok_or(error::INVARIANT_BROKEN)?;
    if due == 0 {
        return Err(error::NOTHING_DUE);
    }
    record.add(grant::PAID, due)?;
    config.sub(config::GRANTS_OWED, due)?;
    token::pay(fund, recipient_media, &config, due)
}
