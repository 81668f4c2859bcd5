//! Edges report an hour.

use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::context::Ctx;
use crate::layout::ix::submit_report as ix;
use crate::layout::{edge, error, guard_set, hour, hour_status, node_status, report, seed, stake};
use crate::pda::{New, Numbered, Place, Seeds};
use crate::terms::{self, Terms};
use crate::{pool, time};

pub fn submit_report(ctx: &Ctx<'_>) -> ProgramResult {
    let [operator, config, edge_view, pool, stake, view, hour_view, set_view, _system] = ctx.first::<9>();
    let week = ctx.args.u64(ix::WEEK);
    let number = ctx.args.u64(ix::HOUR);
    let bytes = ctx.args.u64(ix::BYTES);
    let entries = ctx.args.u32(ix::ENTRY_COUNT);
    let config = ctx.config(config)?;
    let hour_bytes = number.to_le_bytes();
    let seeds: [&[u8]; 3] = [seed::REP, edge_view.address().as_array(), &hour_bytes];
    let seeds = Seeds(&seeds);
    let place = ctx.place(view, &report::KIND, &seeds)?;
    let hour_place = ctx.place_of(hour_view, &hour::KIND, seed::HR, Numbered { offset: hour::HOUR, value: number })?;
    let set_place = ctx.place_of(set_view, &guard_set::KIND, seed::GS, Numbered { offset: guard_set::WEEK, value: week })?;
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
    if week != periods.week(number) {
        return Err(error::WRONG_WEEK);
    }
    time::require_open(periods.report_window(number, now))?;
    // No look at the price of the moment: one that has moved must not stop reports. What was checked when the edge was
    // registered or changed is the most that counts.
    let worth = pool::worth(&config, &pool, stake.u64(stake::LP), now)?.min(edge.u64(edge::WORTH));
    let terms = terms::of_week(&config, week);
    if worth < terms.min_edge_stake {
        return Err(error::INSUFFICIENT_STAKE);
    }
    if entries == 0 || bytes == 0 {
        return Err(error::ZERO_AMOUNT);
    }
    let Place::Empty(bump) = place else { return Err(error::ALREADY_EXISTS) };
    let hour = match hour_place {
        Place::Here(hour) => hour,
        Place::Empty(bump) => {
            let hour = create_hour(ctx, [operator, hour_view], number, bump)?;
            set_terms(&hour, &terms, &set_place);
            hour
        }
    };
    let report = ctx.create(operator, view, &New::of(&report::KIND, bump), &seeds)?;
    let index = hour.u32(hour::REPORTS);
    report.set_key(report::EDGE, edge.address());
    report.set_key(report::PAYER, operator.address());
    report.set_u64(report::HOUR, number);
    report.set_u64(report::BYTES, bytes);
    report.set_bytes(report::ROOT, ctx.args.array::<32>(ix::ROOT));
    report.set_u32(report::ENTRY_COUNT, entries);
    report.set_u32(report::INDEX, index);
    report.set_u64(report::WORTH, worth);
    hour.set_u32(hour::REPORTS, index.checked_add(1).ok_or(error::OVERFLOW)?);
    // Saturates, so that one absurd report cannot keep others out.
    hour.set_u64(hour::REPORTED_BYTES, hour.u64(hour::REPORTED_BYTES).saturating_add(bytes));
    Ok(())
}

#[inline(never)]
fn create_hour<'a>(ctx: &Ctx<'a>, accounts: [&'a AccountView; 2], number: u64, bump: u8) -> Result<Record<'a>, ProgramError> {
    let [payer, view] = accounts;
    let hour = ctx.create(payer, view, &New::of(&hour::KIND, bump), &Seeds(&[seed::HR, &number.to_le_bytes()]))?;
    hour.set_status(hour_status::OPEN);
    hour.set_u64(hour::HOUR, number);
    hour.set_key(hour::PAYER, payer.address());
    Ok(hour)
}

/// The terms of an hour are those of its week's set; where there is none, those that the config has for the week.
fn set_terms(hour: &Record<'_>, terms: &Terms, set: &Place<'_>) {
    let (fee, dust, share, open_yield) = match set {
        Place::Here(set) => (
            set.u64(guard_set::FEE_PER_GB),
            set.u64(guard_set::DUST_BYTES),
            set.u32(guard_set::GUARD_SHARE_BPS),
            set.u32(guard_set::OPEN_YIELD_BPS),
        ),
        Place::Empty(_) => (
            terms.fee_per_gb,
            terms.dust_bytes,
            terms.guard_share_bps,
            terms.open_yield_bps,
        ),
    };
    hour.set_u64(hour::FEE_PER_GB, fee);
    hour.set_u64(hour::DUST_BYTES, dust);
    hour.set_u32(hour::GUARD_SHARE_BPS, share);
    hour.set_u32(hour::OPEN_YIELD_BPS, open_yield);
}
