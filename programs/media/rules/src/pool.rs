//! Constant-product pools (`docs/chain.md`, Worth and Money). Rounding is against whoever acts.

use crate::amount::{Wide, mul_div, mul_div_up, sqrt_product};

/// 2³²: one in Q32.32.
pub const ONE_Q32: u64 = 1 << 32;
const BPS: u64 = 10_000;

/// What a pool holds, as recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserves {
    pub media: u64,
    pub quote: u64,
    /// LP in circulation with the locked part.
    pub supply: u64,
}

/// What a deposit takes and gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deposit {
    pub media: u64,
    pub quote: u64,
    /// LP for the depositor. 0 if the amounts are too small.
    pub lp: u64,
    /// Supply afterwards.
    pub supply: u64,
}

/// Quote per MEDIA in Q32.32, at least 1.
pub fn price_q32(reserves: &Reserves) -> Option<u64> {
    mul_div(reserves.quote, ONE_Q32, reserves.media).map(|price| price.max(1))
}

/// Quote as MEDIA at a price.
pub fn quote_as_media(quote: u64, price_q32: u64) -> Option<u64> {
    mul_div(quote, ONE_Q32, price_q32)
}

/// Fair value of the whole pool in MEDIA: 2 · ⌊√(M · t)⌋.
pub fn fair_value(reserves: &Reserves, price_q32: u64) -> Option<u64> {
    let quote = quote_as_media(reserves.quote, price_q32)?;
    sqrt_product(reserves.media, quote).checked_mul(2)
}

/// Fair value of LP in MEDIA.
pub fn worth(lp: u64, reserves: &Reserves, price_q32: u64) -> Option<u64> {
    mul_div(lp, fair_value(reserves, price_q32)?, reserves.supply)
}

/// First deposit: both amounts are taken, `locked` LP belong to nobody.
pub fn first_deposit(media: u64, quote: u64, locked: u64) -> Deposit {
    let supply = sqrt_product(media, quote);
    Deposit { media, quote, lp: supply.saturating_sub(locked), supply }
}

/// Any later deposit of at most these amounts.
pub fn deposit(max_media: u64, max_quote: u64, reserves: &Reserves) -> Option<Deposit> {
    let by_media = mul_div(max_media, reserves.supply, reserves.media)?;
    let by_quote = mul_div(max_quote, reserves.supply, reserves.quote)?;
    let lp = by_media.min(by_quote);
    Some(Deposit {
        media: mul_div_up(lp, reserves.media, reserves.supply)?,
        quote: mul_div_up(lp, reserves.quote, reserves.supply)?,
        lp,
        supply: reserves.supply.checked_add(lp)?,
    })
}

/// What LP is paid out as: (media, quote).
pub fn withdrawal(lp: u64, reserves: &Reserves) -> Option<(u64, u64)> {
    Some((mul_div(lp, reserves.media, reserves.supply)?, mul_div(lp, reserves.quote, reserves.supply)?))
}

/// What a swap pays out.
pub fn swap_out(amount_in: u64, fee_bps: u32, reserve_in: u64, reserve_out: u64) -> Option<u64> {
    let net = amount_in.checked_sub(mul_div_up(amount_in, u64::from(fee_bps), BPS)?)?;
    mul_div(net, reserve_out, reserve_in.checked_add(net)?)
}

/// Whether the product of the reserves has not fallen.
pub fn k_holds(before: (u64, u64), after: (u64, u64)) -> bool {
    Wide::product(after.0, after.1) >= Wide::product(before.0, before.1)
}

/// LP worth at least `media`, rounded up: ⌈media · S / V⌉. `None` too if the pool is worth nothing.
pub fn lp_for(media: u64, reserves: &Reserves, price_q32: u64) -> Option<u64> {
    mul_div_up(media, reserves.supply, fair_value(reserves, price_q32)?)
}

/// Quota in kbit/s of a worth: ⌊worth · perMedia / 10⁹⌋, at most 2³² − 1.
pub fn quota_kbps(worth: u64, kbps_per_media: u64) -> u32 {
    match mul_div(worth, kbps_per_media, 1_000_000_000) {
        Some(quota) => quota.min(u64::from(u32::MAX)) as u32,
        None => u32::MAX,
    }
}
