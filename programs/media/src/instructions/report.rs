//! Edges report an hour; guards give their verdicts.

use media_rules::quorum;
use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::context::Ctx;
use crate::layout::{
    MAX_GUARDS, VOTE_REJECT, config, edge, error, hour, hour_status, ix, node_status, report, report_status, seed, stake, verdict_reason,
};
use crate::node::Backing;
use crate::pda::{New, Numbered, Place, Seeds};
use crate::time;
use crate::voter::Voter;

/// Most reports in one transaction of verdicts.
const MAX_REPORTS: usize = 24;
/// Largest reason of a rejection.
const MAX_REASON: u8 = 127;

pub fn submit_report(ctx: &Ctx<'_>) -> ProgramResult {
    let [operator, config, edge_view, pool, stake, view, hour_view, _system] = ctx.first::<8>();
    let number = ctx.args.u64(ix::submit_report::HOUR);
    let bytes = ctx.args.u64(ix::submit_report::BYTES);
    let entries = ctx.args.u32(ix::submit_report::ENTRY_COUNT);
    let config = ctx.config(config)?;
    let hour_bytes = number.to_le_bytes();
    let seeds: [&[u8]; 3] = [seed::REP, edge_view.address().as_array(), &hour_bytes];
    let seeds = Seeds(&seeds);
    let place = ctx.place(view, &report::KIND, &seeds)?;
    let hour_place = ctx.place_of(hour_view, &hour::KIND, seed::HR, Numbered { offset: hour::HOUR, value: number })?;
    let edge = ctx.load(edge_view, &edge::KIND)?;
    let pool = ctx.pool(pool)?;
    let stake = ctx.stake(stake)?;
    edge.require_key(edge::OPERATOR, operator.address())?;
    if edge.status() != node_status::ACTIVE {
        return Err(error::NOT_ACTIVE);
    }
    // An edge's stake is its owner's, for this role: registering it has seen to that.
    edge.require_key(edge::STAKE, stake.address())?;
    stake.require_key(stake::POOL, pool.address())?;
    let now = time::now()?;
    let periods = time::periods(&config);
    if now < periods.hour_end(number).ok_or(error::OVERFLOW)? {
        return Err(error::TOO_EARLY);
    }
    if now >= periods.reports_until(number).ok_or(error::OVERFLOW)? {
        return Err(error::TOO_LATE);
    }
    Backing { stake, pool }.require_worth(&config, config.u64(config::MIN_EDGE_STAKE), now)?;
    if entries == 0 || bytes == 0 {
        return Err(error::ZERO_AMOUNT);
    }
    let Place::Empty(bump) = place else { return Err(error::ALREADY_EXISTS) };
    let hour = match hour_place {
        Place::Here(hour) => hour,
        Place::Empty(bump) => {
            let hour = ctx.create(operator, hour_view, &New::of(&hour::KIND, bump), &Seeds(&[seed::HR, &hour_bytes]))?;
            hour.set_status(hour_status::OPEN);
            hour.set_u64(hour::HOUR, number);
            hour.set_key(hour::PAYER, operator.address());
            hour
        }
    };
    let report = ctx.create(operator, view, &New::of(&report::KIND, bump), &seeds)?;
    report.set_status(report_status::PENDING);
    report.set_key(report::EDGE, edge.address());
    report.set_key(report::PAYER, operator.address());
    report.set_u64(report::HOUR, number);
    report.set_u64(report::BYTES, bytes);
    report.set_bytes(report::ROOT, ctx.args.array::<32>(ix::submit_report::ROOT));
    report.set_u32(report::ENTRY_COUNT, entries);
    hour.set_u32(hour::REPORTS, hour.u32(hour::REPORTS).checked_add(1).ok_or(error::OVERFLOW)?);
    Ok(())
}

pub fn vote(ctx: &Ctx<'_>) -> ProgramResult {
    let [operator, config, guard, set, hour_view] = ctx.first::<5>();
    let week = ctx.args.u64(ix::vote::WEEK);
    let number = ctx.args.u64(ix::vote::HOUR);
    let verdicts = ctx.args.tail(ix::vote::ARGS);
    let reports = ctx.rest(ix::vote::ACCOUNTS);
    let config = ctx.config(config)?;
    let set = ctx.guard_set(set, week)?;
    let hour = ctx.existing(hour_view, &hour::KIND, seed::HR, Numbered { offset: hour::HOUR, value: number })?;
    let guard = ctx.active_guard(operator, guard)?;
    let now = time::now()?;
    let periods = time::periods(&config);
    if week != periods.week(number) {
        return Err(error::WRONG_WEEK);
    }
    let voter = Voter::of(&config, guard, set, time::week_at(&periods, now)?)?;
    if now < periods.hour_end(number).ok_or(error::OVERFLOW)? {
        return Err(error::TOO_EARLY);
    }
    let fixed = periods.reports_fixed(number, now, hour.u32(hour::REPORTS), hour.u32(hour::DECIDED));
    if fixed.ok_or(error::OVERFLOW)? {
        return Err(error::TOO_LATE);
    }
    if verdicts.is_empty() || verdicts.len() > MAX_REPORTS {
        return Err(error::INVALID_PARAMETER);
    }
    if reports.len() < verdicts.len() {
        return Err(error::NOT_ENOUGH_ACCOUNTS);
    }
    if reports.len() > verdicts.len() {
        return Err(error::INVALID_INSTRUCTION);
    }
    // A report listed twice has this guard's vote, or is decided, when its second turn comes.
    for (view, &verdict) in reports.iter().zip(verdicts) {
        judge(ctx, &hour, view, &Verdict { no: voter.no, count: voter.count, reason: verdict })?;
    }
    Ok(())
}

/// One guard's verdict on one report.
struct Verdict {
    no: u32,
    /// Guards in the week's set.
    count: u32,
    reason: u8,
}

fn judge<'a>(ctx: &Ctx<'a>, hour: &Record<'_>, view: &'a AccountView, verdict: &Verdict) -> Result<(), ProgramError> {
    let report = ctx.load(view, &report::KIND)?;
    if report.u64(report::HOUR) != hour.u64(hour::HOUR) {
        return Err(error::WRONG_ADDRESS);
    }
    if verdict.reason > MAX_REASON {
        return Err(error::INVALID_PARAMETER);
    }
    if report.status() != report_status::PENDING {
        return Err(error::ALREADY_DECIDED);
    }
    let rejects = verdict.reason != verdict_reason::CONFIRMED;
    let votes = report.u32(report::VOTE_COUNT);
    let at = |index: u32| report::VOTES + index as usize * report::VOTES_STRIDE;
    let mut same = 1;
    for index in 0..votes {
        let vote = report.u32(at(index));
        if vote & !VOTE_REJECT == verdict.no {
            return Err(error::ALREADY_VOTED);
        }
        if (vote & VOTE_REJECT != 0) == rejects {
            same += 1;
        }
    }
    if votes as usize >= MAX_GUARDS {
        return Err(error::INVARIANT_BROKEN);
    }
    report.set_u32(at(votes), if rejects { verdict.no | VOTE_REJECT } else { verdict.no });
    report.set_u8(report::REASONS + votes as usize, verdict.reason);
    report.set_u32(report::VOTE_COUNT, votes + 1);
    if !quorum::decides(same, verdict.count) {
        return Ok(());
    }
    hour.set_u32(hour::DECIDED, hour.u32(hour::DECIDED).checked_add(1).ok_or(error::OVERFLOW)?);
    if rejects {
        report.set_status(report_status::REJECTED);
        return Ok(());
    }
    report.set_status(report_status::CONFIRMED);
    hour.set_u32(hour::CONFIRMED, hour.u32(hour::CONFIRMED).checked_add(1).ok_or(error::OVERFLOW)?);
    // Saturates, so that one absurd report cannot make a transaction with others fail.
    hour.set_u64(hour::CONFIRMED_BYTES, hour.u64(hour::CONFIRMED_BYTES).saturating_add(report.u64(report::BYTES)));
    Ok(())
}
