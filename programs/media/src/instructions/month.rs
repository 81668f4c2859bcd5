//! A month's 95th percentile, counted from the ring (`docs/chain.md`, Months).

use core::slice;

use media_rules::percentile;
use pinocchio::ProgramResult;

use super::resource::load_ring;
use crate::account::Record;
use crate::context::Ctx;
use crate::layout::ix::finalise_month as ix;
use crate::layout::{MONTHS_KEPT, SAMPLE_RING, error, resource, ring};
use crate::time;

const RING: u64 = SAMPLE_RING as u64;

pub fn finalise_month(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, resource, ring] = ctx.first::<3>();
    let (month, rate) = (ctx.args.u32(ix::MONTH), ctx.args.u32(ix::P95_KBPS));
    let periods = time::periods(&ctx.config(config)?);
    let resource = ctx.load(resource, &resource::KIND)?;
    resource.require_key(resource::RING, ring.address())?;
    let ring = load_ring(ctx, ring)?;
    ring.require_key(ring::RESOURCE, resource.address())?;
    let closed = resource.u32(resource::MONTHS_CLOSED);
    if month < closed {
        return Err(error::ALREADY_DECIDED);
    }
    if time::now()? < periods.month_own_until(month).ok_or(error::OVERFLOW)? {
        return Err(error::TOO_EARLY);
    }
    let after = month.checked_add(1).ok_or(error::OVERFLOW)?;
    let (begin, end) = (periods.month_begin(month), periods.month_begin(after));
    if !percentile::is_silent(held(&ring, periods.month_begin(closed), begin)) {
        return Err(error::MONTH_OPEN);
    }
    let samples = held(&ring, begin, end);
    let [first, second] = samples;
    let missing = u64::from(periods.month_slots).wrapping_sub((first.len() + second.len()) as u64);
    if !percentile::is_percentile(samples, missing, rate) {
        return Err(error::WRONG_PERCENTILE);
    }
    resource.set_u32(resource::MONTHS_CLOSED, after);
    resource.set_u32(resource::P95_KBPS, rate);
    let place = resource::MONTHS + (month % MONTHS_KEPT) as usize * resource::MONTHS_STRIDE;
    resource.set_u32(place + resource::months_entry::MONTH, after);
    resource.set_u32(place + resource::months_entry::P95_KBPS, rate);
    resource.set_u32(place + resource::months_entry::QUOTA_KBPS, resource.u32(resource::QUOTA_KBPS));
    Ok(())
}

/// Those of the samples from `from` until `until` that the ring holds, in the one or two pieces that they lie in. All others
/// are 0: no hour was recorded for them.
fn held<'a>(ring: &Record<'a>, from: u64, until: u64) -> [&'a [u32]; 2] {
    let head = ring.u64(ring::HEAD);
    let from = from.max(head.saturating_sub(RING));
    let until = until.min(head);
    if until <= from {
        return [&[], &[]];
    }
    let (begin, count) = ((from % RING) as usize, (until - from) as usize);
    let first = count.min(SAMPLE_RING - begin);
    [piece(ring, begin, first), piece(ring, 0, count - first)]
}

fn piece<'a>(ring: &Record<'a>, begin: usize, count: usize) -> &'a [u32] {
    // `at` has checked the range, and accounts lie at multiples of eight bytes in the input, their samples at multiples of four.
    // Nothing writes to the ring while the slice is in use: this instruction never does.
    unsafe { slice::from_raw_parts(ring.at(ring::SIZE + begin * 4, count * 4).cast_const().cast::<u32>(), count) }
}
