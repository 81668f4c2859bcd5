//! Pools: created, filled, emptied, swapped in (`docs/chain.md`, Money).

use media_rules::pool as rules;
use pinocchio::{AccountView, ProgramResult};

use crate::account::Record;
use crate::context::Ctx;
use crate::layout::ix::{add_liquidity, create_pool as create_pool_ix, remove_liquidity, swap as swap_ix};
use crate::layout::{LOCKED_LP, MEDIA_DECIMALS, QUOTE_FREEZABLE, config, error, pool, seed};
use crate::pda::{self, New, Place, Seeds};
use crate::pool::{Reserves, after_change, before_change, reserves};
use crate::time;
use crate::token::{self, NewMint, NewVault};

/// Decimals of LP tokens: those of MEDIA, as LP counts √(MEDIA · quote).
const LP_DECIMALS: u8 = MEDIA_DECIMALS;

pub fn create_pool(ctx: &Ctx<'_>) -> ProgramResult {
    let [payer, config, quote_mint, pool, media_mint, lp_mint, media_vault, quote_vault, lp_vault, owner_media, owner_quote, owner_lp, system, token_program, _ata] =
        ctx.first::<15>();
    let (media, quote) = (ctx.args.u64(create_pool_ix::MEDIA), ctx.args.u64(create_pool_ix::QUOTE));
    let config = ctx.config(config)?;
    let parts: [&[u8]; 2] = [seed::POOL, quote_mint.address().as_array()];
    let seeds = Seeds(&parts);
    let place = ctx.place(pool, &pool::KIND, &seeds)?;
    let by_pool = |text: &'static [u8]| -> [&[u8]; 2] { [text, pool.address().as_array()] };
    let lp_bump = pda::check(ctx.program, lp_mint, &Seeds(&by_pool(seed::LP)))?;
    let media_bump = pda::check(ctx.program, media_vault, &Seeds(&by_pool(seed::VM)))?;
    let quote_bump = pda::check(ctx.program, quote_vault, &Seeds(&by_pool(seed::VQ)))?;
    let lp_vault_bump = pda::check(ctx.program, lp_vault, &Seeds(&by_pool(seed::VL)))?;
    if token::associated(payer.address(), lp_mint.address()) != *owner_lp.address() {
        return Err(error::WRONG_ADDRESS);
    }
    let Place::Empty(bump) = place else { return Err(error::ALREADY_EXISTS) };
    config.require_key(config::MEDIA_MINT, media_mint.address())?;
    require_listed(&config, quote_mint, media_mint)?;
    token::require_mint(owner_media, media_mint.address())?;
    token::require_mint(owner_quote, quote_mint.address())?;
    let deposit = rules::first_deposit(media, quote, LOCKED_LP);
    if deposit.lp == 0 {
        return Err(error::ZERO_AMOUNT);
    }

    let authority = config.address();
    token::create_mint(payer, lp_mint, &NewMint { decimals: LP_DECIMALS, authority, bump: lp_bump }, &Seeds(&by_pool(seed::LP)))?;
    let vault = |mint, bump| NewVault { mint, owner: authority, bump };
    token::create_vault(payer, media_vault, &vault(media_mint, media_bump), &Seeds(&by_pool(seed::VM)))?;
    token::create_vault(payer, quote_vault, &vault(quote_mint, quote_bump), &Seeds(&by_pool(seed::VQ)))?;
    token::create_vault(payer, lp_vault, &vault(lp_mint, lp_vault_bump), &Seeds(&by_pool(seed::VL)))?;
    let record = ctx.create(payer, pool, &New::of(&pool::KIND, bump), &seeds)?;
    record.set_key(pool::QUOTE_MINT, quote_mint.address());
    record.set_key(pool::LP_MINT, lp_mint.address());
    record.set_key(pool::MEDIA_VAULT, media_vault.address());
    record.set_key(pool::QUOTE_VAULT, quote_vault.address());
    record.set_key(pool::LP_VAULT, lp_vault.address());
    let now = time::now()?;
    record.set_u64(pool::UPDATED_AT, now);
    before_change(&config, &record, now);
    after_change(&record, &Reserves { media: deposit.media, quote: deposit.quote, supply: deposit.supply })?;
    token::create_associated([payer, owner_lp, payer, lp_mint, system, token_program])?;
    token::deposit(owner_media, media_vault, payer, deposit.media)?;
    token::deposit(owner_quote, quote_vault, payer, deposit.quote)?;
    token::mint(lp_mint, owner_lp, &config, deposit.lp)
}

/// `WrongMint` for what is no mint or MEDIA itself; `QuoteNotListed` unless the config lists it, and with a freeze authority
/// only if it lists that too.
#[inline(never)]
fn require_listed(config: &Record<'_>, quote_mint: &AccountView, media_mint: &AccountView) -> ProgramResult {
    let freezable = token::is_freezable_mint(quote_mint)?;
    if quote_mint.address() == media_mint.address() {
        return Err(error::WRONG_MINT);
    }
    let at = |index: usize| config::QUOTES + index * config::QUOTES_STRIDE;
    let listed = (0..config::QUOTES_LENGTH).find(|&index| config.key(at(index) + config::quotes_entry::MINT) == *quote_mint.address());
    match listed {
        Some(index) if !freezable || config.u32(at(index) + config::quotes_entry::FLAGS) & QUOTE_FREEZABLE != 0 => Ok(()),
        _ => Err(error::QUOTE_NOT_LISTED),
    }
}

/// The accounts of adding and removing liquidity, which are the same.
struct Liquidity<'a> {
    owner: &'a AccountView,
    config: Record<'a>,
    pool: Record<'a>,
    lp_mint: &'a AccountView,
    media_vault: &'a AccountView,
    quote_vault: &'a AccountView,
    owner_media: &'a AccountView,
    owner_quote: &'a AccountView,
    owner_lp: &'a AccountView,
}

impl<'a> Liquidity<'a> {
    /// Checks kinds, vaults and mints; `paid_out` says which of the owner's accounts get something.
    #[inline(never)]
    fn of(ctx: &Ctx<'a>, adding: bool) -> Result<Self, pinocchio::error::ProgramError> {
        let [owner, config, pool, lp_mint, media_vault, quote_vault, owner_media, owner_quote, owner_lp, ..] = ctx.first::<10>();
        let config = ctx.config(config)?;
        let pool = ctx.pool(pool)?;
        pool.require_key(pool::LP_MINT, lp_mint.address())?;
        pool.require_key(pool::MEDIA_VAULT, media_vault.address())?;
        pool.require_key(pool::QUOTE_VAULT, quote_vault.address())?;
        token::require_different(owner_media, media_vault)?;
        token::require_different(owner_quote, quote_vault)?;
        let (media_mint, quote_mint) = (config.key(config::MEDIA_MINT), pool.key(pool::QUOTE_MINT));
        if adding {
            token::require_mint(owner_media, &media_mint)?;
            token::require_mint(owner_quote, &quote_mint)?;
            token::require_owned(owner_lp, lp_mint.address(), owner.address())?;
        } else {
            token::require_owned(owner_media, &media_mint, owner.address())?;
            token::require_owned(owner_quote, &quote_mint, owner.address())?;
            token::require_mint(owner_lp, lp_mint.address())?;
        }
        Ok(Self { owner, config, pool, lp_mint, media_vault, quote_vault, owner_media, owner_quote, owner_lp })
    }
}

pub fn add_liquidity(ctx: &Ctx<'_>) -> ProgramResult {
    let at = Liquidity::of(ctx, true)?;
    let (max_media, max_quote) = (ctx.args.u64(add_liquidity::MAX_MEDIA), ctx.args.u64(add_liquidity::MAX_QUOTE));
    let before = reserves(&at.pool);
    let deposit = rules::deposit(max_media, max_quote, &before).ok_or(error::OVERFLOW)?;
    if deposit.lp == 0 {
        return Err(error::ZERO_AMOUNT);
    }
    if deposit.lp < ctx.args.u64(add_liquidity::MIN_LP) {
        return Err(error::SLIPPAGE);
    }
    before_change(&at.config, &at.pool, time::now()?);
    after_change(
        &at.pool,
        &Reserves {
            media: before.media.checked_add(deposit.media).ok_or(error::OVERFLOW)?,
            quote: before.quote.checked_add(deposit.quote).ok_or(error::OVERFLOW)?,
            supply: deposit.supply,
        },
    )?;
    token::deposit(at.owner_media, at.media_vault, at.owner, deposit.media)?;
    token::deposit(at.owner_quote, at.quote_vault, at.owner, deposit.quote)?;
    token::mint(at.lp_mint, at.owner_lp, &at.config, deposit.lp)
}

pub fn remove_liquidity(ctx: &Ctx<'_>) -> ProgramResult {
    let at = Liquidity::of(ctx, false)?;
    let lp = ctx.args.u64(remove_liquidity::LP);
    if lp == 0 {
        return Err(error::ZERO_AMOUNT);
    }
    let before = reserves(&at.pool);
    let paid = rules::withdrawal(lp, &before);
    let enough = |(media, quote)| media >= ctx.args.u64(remove_liquidity::MIN_MEDIA) && quote >= ctx.args.u64(remove_liquidity::MIN_QUOTE);
    if !paid.is_none_or(enough) {
        return Err(error::SLIPPAGE);
    }
    // LP the owner does not have fails here, in the token program, also where its payout would not fit.
    token::burn(at.owner_lp, at.lp_mint, at.owner, lp)?;
    let (media, quote) = paid.ok_or(error::OVERFLOW)?;
    before_change(&at.config, &at.pool, time::now()?);
    after_change(
        &at.pool,
        &Reserves {
            media: before.media.checked_sub(media).ok_or(error::OVERFLOW)?,
            quote: before.quote.checked_sub(quote).ok_or(error::OVERFLOW)?,
            supply: before.supply.checked_sub(lp).ok_or(error::OVERFLOW)?,
        },
    )?;
    token::pay(at.media_vault, at.owner_media, &at.config, media)?;
    token::pay(at.quote_vault, at.owner_quote, &at.config, quote)
}

pub fn swap(ctx: &Ctx<'_>) -> ProgramResult {
    let [owner, config, pool, media_vault, quote_vault, owner_media, owner_quote, ..] = ctx.first::<8>();
    let config = ctx.config(config)?;
    let pool = ctx.pool(pool)?;
    pool.require_key(pool::MEDIA_VAULT, media_vault.address())?;
    pool.require_key(pool::QUOTE_VAULT, quote_vault.address())?;
    token::require_different(owner_media, media_vault)?;
    token::require_different(owner_quote, quote_vault)?;
    let (media_mint, quote_mint) = (config.key(config::MEDIA_MINT), pool.key(pool::QUOTE_MINT));
    let media_in = match ctx.args.u8(swap_ix::DIRECTION) {
        0 => true,
        1 => false,
        _ => return Err(error::INVALID_PARAMETER),
    };
    if media_in {
        token::require_mint(owner_media, &media_mint)?;
        token::require_owned(owner_quote, &quote_mint, owner.address())?;
    } else {
        token::require_owned(owner_media, &media_mint, owner.address())?;
        token::require_mint(owner_quote, &quote_mint)?;
    }

    let amount_in = ctx.args.u64(swap_ix::AMOUNT_IN);
    if amount_in == 0 {
        return Err(error::ZERO_AMOUNT);
    }
    let before = reserves(&pool);
    let (reserve_in, reserve_out) = if media_in { (before.media, before.quote) } else { (before.quote, before.media) };
    let out = rules::swap_out(amount_in, config.u32(config::POOL_FEE_BPS), reserve_in, reserve_out).ok_or(error::OVERFLOW)?;
    if out == 0 {
        return Err(error::ZERO_AMOUNT);
    }
    if out < ctx.args.u64(swap_ix::MIN_OUT) {
        return Err(error::SLIPPAGE);
    }
    let new_in = reserve_in.checked_add(amount_in).ok_or(error::OVERFLOW)?;
    let new_out = reserve_out.checked_sub(out).ok_or(error::OVERFLOW)?;
    if !rules::k_holds((reserve_in, reserve_out), (new_in, new_out)) {
        return Err(error::INVARIANT_BROKEN);
    }
    before_change(&config, &pool, time::now()?);
    let (media, quote) = if media_in { (new_in, new_out) } else { (new_out, new_in) };
    after_change(&pool, &Reserves { media, quote, supply: before.supply })?;
    if media_in {
        token::deposit(owner_media, media_vault, owner, amount_in)?;
        token::pay(quote_vault, owner_quote, &config, out)
    } else {
        token::deposit(owner_quote, quote_vault, owner, amount_in)?;
        token::pay(media_vault, owner_media, &config, out)
    }
}
