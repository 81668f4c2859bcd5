//! A resource's hour, by proof: samples into its ring, fee due.

use media_rules::fee;
use media_rules::time::{Periods, SAMPLES};
use pinocchio::ProgramResult;

use super::resource::load_ring;
use crate::account::Record;
use crate::context::{Args, Ctx};
use crate::hash;
use crate::layout::{SAMPLE_RING, config, error, hour, hour_status, ix, resource, resource_status, ring, seed};
use crate::pda::Numbered;
use crate::time;

const DOMAIN: &[u8; 8] = b"mn.hour.";
/// previous, slots, billable: what the arguments share with the leaf, in its order.
const LEAF_ARGS: usize = 8 + 12 * 8 + 8;

pub fn record(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, view, resource_view, ring] = ctx.first::<4>();
    let number = ctx.args.u64(ix::record::HOUR);
    let previous = ctx.args.u64(ix::record::PREVIOUS);
    let billable = ctx.args.u64(ix::record::BILLABLE);
    let config = ctx.config(config)?;
    let final_hour = ctx.existing(view, &hour::KIND, seed::HR, Numbered { offset: hour::HOUR, value: number })?;
    let resource = ctx.load(resource_view, &resource::KIND)?;
    // A released resource has no ring and no stake left: only the order of its hours is kept.
    let released = resource.status() == resource_status::RELEASED;
    let ring = if released {
        None
    } else {
        resource.require_key(resource::RING, ring.address())?;
        let ring = load_ring(ctx, ring)?;
        ring.require_key(ring::RESOURCE, resource.address())?;
        Some(ring)
    };
    if final_hour.status() != hour_status::FINAL || resource.status() == resource_status::DRAFT {
        return Err(error::WRONG_STATUS);
    }
    let leaf = hash::sha256(&[&[0], DOMAIN, resource_view.address().as_array(), ctx.args.array::<LEAF_ARGS>(ix::record::PREVIOUS)]);
    hash::verify(&leaf, ctx.args.tail(ix::record::ARGS), &final_hour.bytes(hour::ROOT))?;
    // Hours here count from 1, so that 0 is none: the hour is at or after the previous one's successor.
    if previous != resource.u64(resource::LAST_HOUR) || number < previous {
        return Err(error::WRONG_PREVIOUS);
    }
    let total = total_bytes(&ctx.args);
    if total == 0 || billable > total {
        return Err(error::INVALID_PARAMETER);
    }
    let periods = time::periods(&config);
    let week = periods.week(number);
    if resource.u64(resource::DUE) > 0 && resource.u64(resource::DUE_WEEK) != week {
        return Err(error::CHARGE_FIRST);
    }
    // Sums saturate: a leaf that the guards agreed on must never be impossible to record, however absurd the
    // numbers of those who made it, because no week closes before all its leaves are recorded.
    let fee = if released { 0 } else { fee::hour_fee(billable, config.u64(config::FEE_PER_GB)).unwrap_or(u64::MAX) };
    if fee > 0 {
        resource.set_u64(resource::DUE, resource.u64(resource::DUE).saturating_add(fee));
        resource.set_u64(resource::DUE_WEEK, week);
    }
    resource.set_u64(resource::LAST_HOUR, number.checked_add(1).ok_or(error::OVERFLOW)?);
    resource.set_u64(resource::BYTES_TOTAL, resource.u64(resource::BYTES_TOTAL).saturating_add(total));
    if let Some(ring) = ring {
        set_samples(&periods, &ring, number, &ctx.args);
    }
    Ok(())
}

/// Bytes of the `index`th sample.
fn slot(args: &Args<'_>, index: u64) -> u64 {
    args.u64(ix::record::SLOTS + index as usize * 8)
}

fn total_bytes(args: &Args<'_>) -> u64 {
    (0..SAMPLES).fold(0, |total, index| u64::saturating_add(total, slot(args, index)))
}

/// Writes the hour's samples. The ring holds one month; the first sample of a later one empties it.
fn set_samples(periods: &Periods, ring: &Record<'_>, hour: u64, args: &Args<'_>) {
    // Fits: the end of this hour in seconds did when its account was made.
    let first = hour.wrapping_mul(SAMPLES);
    let mut shown = ring.u64(ring::MONTH);
    let mut month = periods.month(first);
    let mut place = first % u64::from(periods.month_slots).max(1);
    for index in 0..SAMPLES {
        if place == u64::from(periods.month_slots) {
            month += 1;
            place = 0;
        }
        if month > shown {
            ring.set_zero(ring::SIZE, SAMPLE_RING * 4);
            ring.set_u64(ring::MONTH, month);
            shown = month;
        }
        if month == shown {
            ring.set_u32(ring::SIZE + place as usize * 4, fee::sample_kbps(slot(args, index), periods.sample_secs));
        }
        place += 1;
    }
}
