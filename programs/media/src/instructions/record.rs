//! An hour of some resources, by one proof: samples into their rings, fees due.

use media_rules::range::{Hash, MAX_LEAVES};
use media_rules::time::{Periods, SAMPLES};
use media_rules::window::{self, Mark};
use media_rules::{fee, packed};
use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use super::resource::load_ring;
use crate::account::Record;
use crate::context::Ctx;
use crate::hash;
use crate::layout::ix::record as ix;
use crate::layout::{RECORD_LEAVES, SAMPLE_RING, config, error, hour, hour_status, resource, resource_status as status, ring, seed};
use crate::pda::Numbered;
use crate::service::ServiceWeek;
use crate::time;

const DOMAIN: &[u8; 8] = b"mn.hour.";
/// Numbers of a leaf: the bytes of twelve samples, billable, disputed.
const NUMBERS: usize = SAMPLES as usize + 2;
const BILLABLE: usize = SAMPLES as usize;
const DISPUTED: usize = SAMPLES as usize + 1;

type Numbers = [u64; NUMBERS];

const _: () = assert!(RECORD_LEAVES == MAX_LEAVES);

/// What all leaves of a transaction share.
struct Hour<'a> {
    number: u64,
    week: u64,
    fee_per_gb: u64,
    sample_secs: u32,
    periods: Periods,
    account: Record<'a>,
    /// A resource and its ring for each leaf.
    pairs: &'a [AccountView],
}

pub fn record(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, view] = ctx.first::<2>();
    let number = ctx.args.u64(ix::HOUR);
    let count = usize::from(ctx.args.u8(ix::COUNT));
    let config = ctx.config(config)?;
    let account = ctx.existing(view, &hour::KIND, seed::HR, Numbered { offset: hour::HOUR, value: number })?;
    let pairs = ctx.rest(ix::ACCOUNTS);
    if pairs.len() != 2 * count {
        return Err(error::NOT_ENOUGH_ACCOUNTS);
    }
    if count > MAX_LEAVES {
        return Err(error::TOO_MANY_LEAVES);
    }
    if count == 0 {
        return Err(error::INVALID_PARAMETER);
    }
    let mut ready = account.status() == hour_status::FINAL;
    for pair in pairs.chunks_exact(2) {
        ready &= load_pair(ctx, pair)?.0.status() != status::DRAFT;
    }
    if !ready {
        return Err(error::WRONG_STATUS);
    }
    let periods = time::periods(&config);
    let hour = Hour {
        number,
        week: periods.week(number),
        fee_per_gb: account.u64(hour::FEE_PER_GB),
        sample_secs: config.u32(config::SAMPLE_SECS),
        periods,
        account,
        pairs,
    };
    let mut leaves: [Numbers; MAX_LEAVES] = [[0; NUMBERS]; MAX_LEAVES];
    prove(ctx, &hour, &mut leaves)?;
    let mut recorded = false;
    for (pair, numbers) in pairs.chunks_exact(2).zip(&leaves) {
        recorded |= record_one(ctx, &hour, pair, numbers)?;
    }
    if recorded { Ok(()) } else { Err(error::ALREADY_EXISTS) }
}

/// A resource and its ring; a released resource has none.
fn load_pair<'a>(ctx: &Ctx<'a>, pair: &'a [AccountView]) -> Result<(Record<'a>, Option<Record<'a>>), ProgramError> {
    let [resource, ring] = pair else { return Err(error::NOT_ENOUGH_ACCOUNTS) };
    let resource = ctx.load(resource, &resource::KIND)?;
    if resource.status() == status::RELEASED {
        return Ok((resource, None));
    }
    resource.require_key(resource::RING, ring.address())?;
    let ring = load_ring(ctx, ring)?;
    ring.require_key(ring::RESOURCE, resource.address())?;
    Ok((resource, Some(ring)))
}

/// Reads the packed numbers of the leaves, which must lead to the hour's root.
#[inline(never)]
fn prove(ctx: &Ctx<'_>, hour: &Hour<'_>, leaves: &mut [Numbers; MAX_LEAVES]) -> ProgramResult {
    let tail = ctx.args.tail(ix::ARGS);
    let (length, rest) = tail.split_first_chunk::<2>().ok_or(error::INVALID_PARAMETER)?;
    let (packed, proof) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length))).ok_or(error::INVALID_PARAMETER)?;
    let mut nodes: [Hash; MAX_LEAVES + 2] = [[0; 32]; MAX_LEAVES + 2];
    let mut at = 0;
    let mut count = 0;
    for (pair, numbers) in hour.pairs.chunks_exact(2).zip(leaves) {
        for number in numbers.iter_mut() {
            (*number, at) = packed::number(packed, at).ok_or(error::INVALID_PARAMETER)?;
        }
        count += 1;
        if let (Some(node), Some(resource)) = (nodes.get_mut(count), pair.first()) {
            *node = leaf(resource, numbers);
        }
    }
    if at != packed.len() {
        return Err(error::INVALID_PARAMETER);
    }
    let range = hash::Range { first: ctx.args.u32(ix::INDEX), count, total: hour.account.u32(hour::LEAVES), proof };
    hash::verify_range(&mut nodes, &range, &hour.account.bytes(hour::ROOT))
}

fn leaf(resource: &AccountView, numbers: &Numbers) -> Hash {
    // Both the hash and the virtual machine are little-endian: the numbers lie in memory as in the leaf.
    let bytes = unsafe { &*core::ptr::from_ref(numbers).cast::<[u8; NUMBERS * 8]>() };
    hash::sha256(&[&[0], DOMAIN, resource.address().as_array(), bytes])
}

/// Whether the hour was new to the resource.
#[inline(never)]
fn record_one<'a>(ctx: &Ctx<'a>, hour: &Hour<'_>, pair: &'a [AccountView], numbers: &Numbers) -> Result<bool, ProgramError> {
    let (resource, ring) = load_pair(ctx, pair)?;
    let mut seen = resource.bytes::<{ resource::RECORDED_BYTES }>(resource::RECORDED);
    let mut newest = resource.u64(resource::LAST_HOUR);
    match window::mark_newest(&mut seen, &mut newest, hour.number) {
        Mark::New => {}
        Mark::Known => return Ok(false),
        Mark::TooOld => return Err(error::TOO_LATE),
    }
    resource.set_bytes(resource::RECORDED, &seen);
    resource.set_u64(resource::LAST_HOUR, newest);
    let total = numbers.iter().take(SAMPLES as usize).fold(0, |sum, &bytes| u64::saturating_add(sum, bytes));
    resource.set_u64(resource::BYTES_TOTAL, resource.u64(resource::BYTES_TOTAL).saturating_add(total));
    // A released resource has neither stake nor samples left: only which of its hours came is kept.
    let Some(ring) = ring else { return Ok(true) };
    let fee = fee::hour_fee(numbers[BILLABLE], numbers[DISPUTED], hour.fee_per_gb);
    if fee > 0 {
        let service = ServiceWeek::take(&resource, hour.week)?;
        service.set_due(service.due().saturating_add(fee));
    }
    set_samples(hour, &resource, &ring, numbers)?;
    Ok(true)
}

/// Writes the hour's samples, but for those of a closed month. Twelve divides the ring, so an hour lies in one piece.
fn set_samples(hour: &Hour<'_>, resource: &Record<'_>, ring: &Record<'_>, numbers: &Numbers) -> ProgramResult {
    const RING: u64 = SAMPLE_RING as u64;
    const _: () = assert!(RING.is_multiple_of(SAMPLES));
    // Fits: the end of this hour in seconds did when its account was made.
    let first = hour.number.wrapping_mul(SAMPLES);
    let after = first.wrapping_add(SAMPLES);
    let head = ring.u64(ring::HEAD);
    if after > head {
        make_room(&hour.periods, resource, head, after)?;
        zero_samples(ring, head, first);
        ring.set_u64(ring::HEAD, after);
    } else if head - first > RING {
        return Ok(());
    }
    let open = hour.periods.month_begin(resource.u32(resource::MONTHS_CLOSED));
    let place = ring::SIZE + (first % RING) as usize * 4;
    for (index, &bytes) in numbers.iter().take(SAMPLES as usize).enumerate() {
        // What was finalised stays as it was, so that anybody can count it again.
        if first.wrapping_add(index as u64) >= open {
            ring.set_u32(place + index * 4, fee::sample_kbps(bytes, hour.sample_secs));
        }
    }
    Ok(())
}

/// The ring goes on up to `after`: a month that it would write over is closed first. `MonthOpen` if it has samples.
fn make_room(periods: &Periods, resource: &Record<'_>, head: u64, after: u64) -> ProgramResult {
    let closed = resource.u32(resource::MONTHS_CLOSED);
    let least = periods.months_before(after, SAMPLE_RING as u64).ok_or(error::OVERFLOW)?;
    if least <= closed {
        return Ok(());
    }
    if head > periods.month_begin(closed) {
        return Err(error::MONTH_OPEN);
    }
    // Nothing was recorded of it nor of any later one.
    resource.set_u32(resource::MONTHS_CLOSED, least);
    Ok(())
}

/// Zeroes the samples that no hour was recorded for, before the ring goes on after them.
fn zero_samples(ring: &Record<'_>, from: u64, until: u64) {
    const RING: u64 = SAMPLE_RING as u64;
    if until.saturating_sub(from) >= RING {
        ring.set_zero(ring::SIZE, SAMPLE_RING * 4);
        return;
    }
    if until <= from {
        return;
    }
    let (begin, count) = ((from % RING) as usize, (until - from) as usize);
    let first = count.min(SAMPLE_RING - begin);
    ring.set_zero(ring::SIZE + begin * 4, first * 4);
    if count > first {
        ring.set_zero(ring::SIZE, (count - first) * 4);
    }
}
