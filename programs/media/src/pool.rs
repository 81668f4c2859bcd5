//! A pool's reserves, average price and worth, read from its account (`docs/chain.md`, Worth).

use media_rules::amount::Wide;
use media_rules::{pool as rules, price};
use pinocchio::error::ProgramError;

use crate::account::Record;
use crate::layout::{PRICE_RING, config, error, pool};

pub use rules::Reserves;

pub fn reserves(pool: &Record<'_>) -> Reserves {
    Reserves { media: pool.u64(pool::RESERVE_MEDIA), quote: pool.u64(pool::RESERVE_QUOTE), supply: pool.u64(pool::LP_SUPPLY) }
}

/// The average price that worth goes by, Q32.32.
pub fn average_price(config: &Record<'_>, pool: &Record<'_>, now: u64) -> Result<u64, ProgramError> {
    average_over(pool, config.u32(config::TWAP_SECS), now)
}

/// The average price of the last seconds before `now`, Q32.32.
#[inline(never)]
fn average_over(pool: &Record<'_>, seconds: u32, now: u64) -> Result<u64, ProgramError> {
    let count = pool.u32(pool::RING_COUNT);
    if count == 0 {
        return Err(error::INSUFFICIENT_LIQUIDITY);
    }
    let now = now.max(pool.u64(pool::UPDATED_AT));
    let index = price::look_back(count, now, seconds, |age| pool.u64(point(pool, age) + pool::ring_entry::AT));
    let offset = point(pool, index);
    let from = price::Point { at: pool.u64(offset + pool::ring_entry::AT), cum: wide(pool, offset + pool::ring_entry::CUM_LO) };
    price::average(now, cumulative(pool, now), from, pool.u64(pool::PRICE_Q32)).ok_or(error::OVERFLOW)
}

/// Worth of LP in MEDIA at the average price; 0 for no LP, whatever the pool holds.
#[inline(never)]
pub fn worth(config: &Record<'_>, pool: &Record<'_>, lp: u64, now: u64) -> Result<u64, ProgramError> {
    if lp == 0 {
        return Ok(0);
    }
    rules::worth(lp, &reserves(pool), average_price(config, pool, now)?).ok_or(error::OVERFLOW)
}

/// `PriceMoved` while the price of the moment is off its short average: nothing can be moved, read and moved back.
pub fn require_settled_price(config: &Record<'_>, pool: &Record<'_>, now: u64) -> Result<(), ProgramError> {
    require_price_within(config, pool, now, config.u32(config::SPOT_BPS))
}

/// `PriceMoved` while the price of the moment is further off its short average than so many basis points.
pub fn require_price_within(config: &Record<'_>, pool: &Record<'_>, now: u64, bps: u32) -> Result<(), ProgramError> {
    let average = average_over(pool, config.u32(config::SPOT_SECS), now)?;
    if price::has_moved(pool.u64(pool::PRICE_Q32), average, bps) {
        return Err(error::PRICE_MOVED);
    }
    Ok(())
}

/// Worth of LP where it gives a right: `PoolTooShallow` unless enough MEDIA stands behind all staked LP of the pool, then
/// `PriceMoved`.
#[inline(never)]
pub fn worth_for_rights(config: &Record<'_>, pool: &Record<'_>, lp: u64, now: u64) -> Result<u64, ProgramError> {
    let behind = rules::media_behind(pool.u64(pool::STAKED), &reserves(pool)).ok_or(error::OVERFLOW)?;
    if behind < config.u64(config::MIN_POOL_MEDIA) {
        return Err(error::POOL_TOO_SHALLOW);
    }
    require_settled_price(config, pool, now)?;
    worth(config, pool, lp, now)
}

/// Call before any change of the reserves: adds the old price's time to the sum, and a point to the ring
/// if one is due.
#[inline(never)]
pub fn before_change(config: &Record<'_>, pool: &Record<'_>, now: u64) {
    let now = now.max(pool.u64(pool::UPDATED_AT));
    let cum = cumulative(pool, now);
    pool.set_u64(pool::CUM_LO, cum.lo);
    pool.set_u64(pool::CUM_HI, cum.hi);
    pool.set_u64(pool::UPDATED_AT, now);
    let count = pool.u32(pool::RING_COUNT);
    let newest = if count == 0 { None } else { Some(pool.u64(point(pool, count - 1) + pool::ring_entry::AT)) };
    if !price::point_due(now, newest, config.u32(config::TWAP_SECS)) {
        return;
    }
    let head = pool.u32(pool::RING_HEAD);
    let offset = pool::RING + head as usize * pool::RING_STRIDE;
    pool.set_u64(offset + pool::ring_entry::AT, now);
    pool.set_u64(offset + pool::ring_entry::CUM_LO, cum.lo);
    pool.set_u64(offset + pool::ring_entry::CUM_HI, cum.hi);
    pool.set_u32(pool::RING_HEAD, if head + 1 == PRICE_RING as u32 { 0 } else { head + 1 });
    pool.set_u32(pool::RING_COUNT, (count + 1).min(PRICE_RING as u32));
}

/// Call after `before_change` with what the pool now holds: writes it and its price.
#[inline(never)]
pub fn after_change(pool: &Record<'_>, reserves: &Reserves) -> Result<(), ProgramError> {
    let price = rules::price_q32(reserves).ok_or(error::OVERFLOW)?;
    pool.set_u64(pool::RESERVE_MEDIA, reserves.media);
    pool.set_u64(pool::RESERVE_QUOTE, reserves.quote);
    pool.set_u64(pool::LP_SUPPLY, reserves.supply);
    pool.set_u64(pool::PRICE_Q32, price);
    Ok(())
}

fn cumulative(pool: &Record<'_>, now: u64) -> Wide {
    let seconds = now.saturating_sub(pool.u64(pool::UPDATED_AT));
    price::accumulate(wide(pool, pool::CUM_LO), pool.u64(pool::PRICE_Q32), seconds)
}

fn wide(pool: &Record<'_>, offset: usize) -> Wide {
    Wide { lo: pool.u64(offset), hi: pool.u64(offset + 8) }
}

/// Offset of the ring's `age`th oldest point.
fn point(pool: &Record<'_>, age: u32) -> usize {
    let ring = PRICE_RING as u32;
    // Before the ring is full its oldest point is at 0; afterwards at the head.
    let first = if pool.u32(pool::RING_COUNT) < ring { 0 } else { pool.u32(pool::RING_HEAD) };
    let index = first + age;
    pool::RING + (if index >= ring { index - ring } else { index }) as usize * pool::RING_STRIDE
}
