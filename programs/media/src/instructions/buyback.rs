//! The quote side of fees becomes MEDIA, slice by slice, and is burned (`docs/chain.md`, Buyback).

use media_rules::buyback::{self, Bounds};
use media_rules::pool as rules;
use pinocchio::ProgramResult;

use crate::context::Ctx;
use crate::layout::{config, error, pool};
use crate::pool::{Reserves, after_change, before_change, require_price_within, reserves};
use crate::{time, token};

pub fn buyback(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, pool] = ctx.first::<2>();
    let config = ctx.config(config)?;
    let pool = ctx.pool(pool)?;
    let bounds = Bounds::of(config.u32(config::BUYBACK_BPS), config.u32(config::BUYBACK_SECS), config.u32(config::BUYBACK_SPOT_BPS));
    let due = pool.u64(pool::TO_BURN);
    if due == 0 {
        return Err(error::NOTHING_DUE);
    }
    let now = time::now()?;
    if now < pool.u64(pool::BOUGHT_AT).saturating_add(u64::from(bounds.secs)) {
        return Err(error::TOO_EARLY);
    }
    require_price_within(&config, &pool, now, bounds.spot_bps)?;
    let before = reserves(&pool);
    let fee = config.u32(config::POOL_FEE_BPS);
    let amount = due.min(buyback::most(before.quote, bounds.bps, fee));
    let out = rules::swap_out(amount, fee, before.quote, before.media).ok_or(error::OVERFLOW)?;
    if out == 0 {
        return Err(error::ZERO_AMOUNT);
    }
    let (media, quote) = (before.media.checked_sub(out).ok_or(error::OVERFLOW)?, before.quote.checked_add(amount).ok_or(error::OVERFLOW)?);
    if !rules::k_holds((before.media, before.quote), (media, quote)) {
        return Err(error::INVARIANT_BROKEN);
    }
    // Both sides lie in their vaults already: what was due is reserve now, and what was reserve is bought.
    before_change(&config, &pool, now);
    after_change(&pool, &Reserves { media, quote, supply: before.supply })?;
    pool.set_u64(pool::TO_BURN, due - amount);
    pool.add(pool::BOUGHT, out)?;
    pool.set_u64(pool::SPENT, pool.u64(pool::SPENT).saturating_add(amount));
    pool.set_u64(pool::BOUGHT_AT, now);
    Ok(())
}

pub fn burn_bought(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, pool, mint, vault, _token] = ctx.first::<5>();
    let config = ctx.config(config)?;
    let pool = ctx.pool(pool)?;
    config.require_key(config::MEDIA_MINT, mint.address())?;
    pool.require_key(pool::MEDIA_VAULT, vault.address())?;
    let amount = pool.u64(pool::BOUGHT);
    if amount == 0 {
        return Err(error::NOTHING_DUE);
    }
    let after = time::week_at(&time::periods(&config), time::now()?)?.saturating_add(1);
    if pool.u64(pool::BURNED_WEEK) >= after {
        return Err(error::TOO_EARLY);
    }
    pool.set_u64(pool::BOUGHT, 0);
    pool.add(pool::BURNED, amount)?;
    pool.set_u64(pool::BURNED_WEEK, after);
    token::burn_vault(vault, mint, &config, amount)
}
