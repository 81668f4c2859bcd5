//! Accounts that are no longer needed give their rent back.

use pinocchio::ProgramResult;

use super::epoch::is_past;
use crate::context::Ctx;
use crate::layout::{error, hour, hour_status, ix, report, seed};
use crate::pda::{self, Numbered, Place};
use crate::time;

pub fn close_report(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, hour_view, view, payer] = ctx.first::<4>();
    let number = ctx.args.u64(ix::close_report::HOUR);
    let config = ctx.config(config)?;
    let place = ctx.place_of(hour_view, &hour::KIND, seed::HR, Numbered { offset: hour::HOUR, value: number })?;
    let report = ctx.load(view, &report::KIND)?;
    if report.u64(report::HOUR) != number {
        return Err(error::WRONG_ADDRESS);
    }
    report.require_key(report::PAYER, payer.address())?;
    // The hour may have been closed before its last report: by then the time below is past.
    let is_final = matches!(&place, Place::Here(hour) if hour.status() == hour_status::FINAL);
    let void_at = time::periods(&config).final_until(number).ok_or(error::OVERFLOW)?;
    if !is_final && time::now()? < void_at {
        return Err(error::TOO_EARLY);
    }
    pda::close(view, payer)
}

pub fn close_hour(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, view, payer] = ctx.first::<3>();
    let number = ctx.args.u64(ix::close_hour::HOUR);
    let config = ctx.config(config)?;
    let hour = ctx.existing(view, &hour::KIND, seed::HR, Numbered { offset: hour::HOUR, value: number })?;
    hour.require_key(hour::PAYER, payer.address())?;
    let periods = time::periods(&config);
    if time::now()? <= periods.closable_after(number).ok_or(error::OVERFLOW)? {
        return Err(error::TOO_EARLY);
    }
    // A week is closed when all its leaves are recorded. Until then they need the hour's root, however long it takes.
    if hour.status() == hour_status::FINAL && !is_past(&config, periods.week(number)) {
        return Err(error::TOO_EARLY);
    }
    pda::close(view, payer)
}
