//! Accounts that are no longer needed give their rent back.

use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use crate::account::{Kind, Record};
use crate::context::Ctx;
use crate::layout::{CLAIM_WINDOW, epoch, epoch_status, error, guard_set, hour, ix, report, seed, verdict};
use crate::pda::{self, Numbered};
use crate::time;

/// What an hour was decided from: it stays for as long as the hour does, so that whoever doubts it can look.
struct Part {
    kind: &'static Kind,
    hour: usize,
    payer: usize,
}

pub fn close_report(ctx: &Ctx<'_>) -> ProgramResult {
    close_part(ctx, ctx.args.u64(ix::close_report::HOUR), &Part { kind: &report::KIND, hour: report::HOUR, payer: report::PAYER })
}

pub fn close_verdict(ctx: &Ctx<'_>) -> ProgramResult {
    close_part(ctx, ctx.args.u64(ix::close_verdict::HOUR), &Part { kind: &verdict::KIND, hour: verdict::HOUR, payer: verdict::PAYER })
}

fn close_part(ctx: &Ctx<'_>, number: u64, part: &Part) -> ProgramResult {
    let [config, hour_view, view, payer] = ctx.first::<4>();
    let config = ctx.config(config)?;
    // The hour may have been closed before its last report.
    ctx.place_of(hour_view, &hour::KIND, seed::HR, Numbered { offset: hour::HOUR, value: number })?;
    let record = ctx.load(view, part.kind)?;
    if record.u64(part.hour) != number {
        return Err(error::WRONG_ADDRESS);
    }
    record.require_key(part.payer, payer.address())?;
    require_closable(&config, number)?;
    pda::close(view, payer)
}

pub fn close_hour(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, view, payer] = ctx.first::<3>();
    let number = ctx.args.u64(ix::close_hour::HOUR);
    let config = ctx.config(config)?;
    let hour = ctx.existing(view, &hour::KIND, seed::HR, Numbered { offset: hour::HOUR, value: number })?;
    hour.require_key(hour::PAYER, payer.address())?;
    require_closable(&config, number)?;
    pda::close(view, payer)
}

/// `TooEarly` while an hour's leaves can be recorded.
fn require_closable(config: &Record<'_>, number: u64) -> ProgramResult {
    if time::now()? <= time::periods(config).closable_after(number).ok_or(error::OVERFLOW)? {
        return Err(error::TOO_EARLY);
    }
    Ok(())
}

pub fn close_set(ctx: &Ctx<'_>) -> ProgramResult {
    let [_, view, payer] = ctx.first::<3>();
    let week = ctx.args.u64(ix::close_set::WEEK);
    let number = Numbered { offset: guard_set::WEEK, value: week };
    let (set, closable) = of_week(ctx, &guard_set::KIND, seed::GS, number)?;
    set.require_key(guard_set::PAYER, payer.address())?;
    if !closable {
        return Err(error::TOO_EARLY);
    }
    pda::close(view, payer)
}

pub fn close_epoch(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, view, payer] = ctx.first::<3>();
    let week = ctx.args.u64(ix::close_epoch::WEEK);
    let number = Numbered { offset: epoch::WEEK, value: week };
    let (epoch, closable) = of_week(ctx, &epoch::KIND, seed::EP, number)?;
    epoch.require_key(epoch::PAYER, payer.address())?;
    let paid = epoch.status() == epoch_status::ENDORSED && epoch.u64(epoch::PAID) == epoch.u64(epoch::REWARDS);
    // No claim reaches back further than its window, which moves with what is claimed.
    let current = time::week_at(&time::periods(&ctx.config(config)?), time::now()?)?;
    if !closable || !(paid || current > week.saturating_add(CLAIM_WINDOW)) {
        return Err(error::TOO_EARLY);
    }
    pda::close(view, payer)
}

/// An account of a week, the second of the instruction, and whether nothing needs it any more.
fn of_week<'a>(ctx: &Ctx<'a>, kind: &Kind, prefix: &[u8], number: Numbered) -> Result<(Record<'a>, bool), ProgramError> {
    let [config, view]: &'a [AccountView; 2] = ctx.first::<2>();
    let config = ctx.config(config)?;
    let record = ctx.existing(view, kind, prefix, number)?;
    Ok((record, time::week_closable(&time::periods(&config), number.value, time::now()?)?))
}
