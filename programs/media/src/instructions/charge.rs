//! Fees: taken out of a publisher's stake as LP, then unwrapped into MEDIA for rewards and quote for buyback.

use media_rules::pool as rules;
use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use super::epoch::is_past;
use super::resource::set_quota;
use crate::account::Record;
use crate::context::Ctx;
use crate::layout::{config, epoch, epoch_status, error, ix, pool, resource, resource_status, seed, stake};
use crate::pda::{New, Numbered, Place, Seeds};
use crate::{pool as pools, time, token};

fn of_week(week: u64) -> Numbered {
    Numbered { offset: epoch::WEEK, value: week }
}

pub fn charge(ctx: &Ctx<'_>) -> ProgramResult {
    let [payer, config, pool, stake, resource, due_view, epoch_view, _system] = ctx.first::<8>();
    let week = ctx.args.u64(ix::charge::WEEK);
    let config = ctx.config(config)?;
    let due_place = ctx.place_of(due_view, &epoch::KIND, seed::EP, of_week(week))?;
    let pool = ctx.pool(pool)?;
    let stake = ctx.stake(stake)?;
    let resource = ctx.load(resource, &resource::KIND)?;
    stake.require_key(stake::POOL, pool.address())?;
    resource.require_key(resource::POOL, pool.address())?;
    resource.require_key(resource::STAKE, stake.address())?;
    let due = resource.u64(resource::DUE);
    if due == 0 {
        return Err(error::NOTHING_DUE);
    }
    if resource.u64(resource::DUE_WEEK) != week {
        return Err(error::WRONG_WEEK);
    }
    let now = time::now()?;
    let target = Target { week, view: due_view, place: due_place }.or_current(ctx, &config, epoch_view, now)?;
    claim_fee_week(&config, &pool, target.week)?;
    let fee = take(&config, &pool, &resource, now)?;
    stake.sub(stake::LP, fee.lp)?;
    stake.sub(stake::ALLOCATED, fee.lp)?;
    if resource.status() == resource_status::ACTIVE {
        set_quota(&config, &pool, &resource, now)?;
    }
    let epoch = match target.place {
        Place::Here(epoch) => epoch,
        Place::Empty(bump) => {
            let epoch = ctx.create(payer, target.view, &New::of(&epoch::KIND, bump), &Seeds(&[seed::EP, &target.week.to_le_bytes()]))?;
            epoch.set_status(epoch_status::OPEN);
            epoch.set_u64(epoch::WEEK, target.week);
            epoch.set_key(epoch::PAYER, payer.address());
            epoch
        }
    };
    epoch.add(epoch::FEES, fee.covered)?;
    Ok(())
}

/// The epoch that gets a fee.
struct Target<'a> {
    week: u64,
    view: &'a AccountView,
    place: Place<'a>,
}

impl<'a> Target<'a> {
    /// This epoch, the one the fee is due in, as long as it can still be closed; else the current week's.
    /// `view` must be the account of the one chosen.
    fn or_current(self, ctx: &Ctx<'a>, config: &Record<'_>, view: &'a AccountView, now: u64) -> Result<Self, ProgramError> {
        if !is_past(config, self.week) {
            return if view.address() == self.view.address() { Ok(self) } else { Err(error::WRONG_ADDRESS) };
        }
        let week = time::week_at(&time::periods(config), now)?;
        let place = ctx.place_of(view, &epoch::KIND, seed::EP, of_week(week))?;
        if is_past(config, week) {
            return Err(error::WRONG_WEEK);
        }
        Ok(Self { week, view, place })
    }
}

/// Books the pool's fee LP under `week`. LP of another week must be unwrapped first, unless its epoch is
/// past and could not take the money any more: then it goes along.
fn claim_fee_week(config: &Record<'_>, pool: &Record<'_>, week: u64) -> ProgramResult {
    let waiting = pool.u64(pool::FEE_WEEK);
    if pool.u64(pool::FEE_LP) > 0 && waiting != week && !is_past(config, waiting) {
        return Err(error::UNWRAP_FIRST);
    }
    pool.set_u64(pool::FEE_WEEK, week);
    Ok(())
}

/// LP taken from a resource and the MEDIA it covers.
struct Taken {
    lp: u64,
    covered: u64,
}

/// Moves LP of the resource for its due fee to the pool's fees; what it cannot cover becomes debt.
#[inline(never)]
fn take(config: &Record<'_>, pool: &Record<'_>, resource: &Record<'_>, now: u64) -> Result<Taken, ProgramError> {
    let (due, available) = (resource.u64(resource::DUE), resource.u64(resource::LP));
    let reserves = pools::reserves(pool);
    let price = pools::average_price(config, pool, now)?;
    // None: more LP than there can be, or the pool is worth nothing.
    let needed = rules::lp_for(due, &reserves, price).filter(|&needed| needed <= available);
    let taken = if let Some(lp) = needed {
        Taken { lp, covered: due }
    } else {
        let worth = if available == 0 { Some(0) } else { rules::worth(available, &reserves, price) };
        let covered = worth.ok_or(error::OVERFLOW)?.min(due);
        // Saturates: a fee that cannot be charged would keep its week open for ever.
        resource.set_u64(resource::DEBT, resource.u64(resource::DEBT).saturating_add(due - covered));
        if resource.status() == resource_status::ACTIVE {
            resource.set_status(resource_status::EXHAUSTED);
        }
        Taken { lp: available, covered }
    };
    resource.sub(resource::LP, taken.lp)?;
    resource.set_u64(resource::DUE, 0);
    resource.add(resource::CHARGED, taken.covered)?;
    pool.sub(pool::STAKED, taken.lp)?;
    pool.add(pool::FEE_LP, taken.lp)?;
    Ok(taken)
}

pub fn unwrap(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, pool, epoch, lp_mint, lp_vault, media_vault, quote_vault, fund, buyback_vault, _token] = ctx.first::<10>();
    let week = ctx.args.u64(ix::unwrap::WEEK);
    let config = ctx.config(config)?;
    let epoch = ctx.existing(epoch, &epoch::KIND, seed::EP, of_week(week))?;
    let pool = ctx.pool(pool)?;
    pool.require_key(pool::LP_MINT, lp_mint.address())?;
    pool.require_key(pool::LP_VAULT, lp_vault.address())?;
    pool.require_key(pool::MEDIA_VAULT, media_vault.address())?;
    pool.require_key(pool::QUOTE_VAULT, quote_vault.address())?;
    config.require_key(config::FUND, fund.address())?;
    pool.require_key(pool::BUYBACK_VAULT, buyback_vault.address())?;
    let lp = pool.u64(pool::FEE_LP);
    if lp == 0 {
        return Err(error::NOTHING_DUE);
    }
    if pool.u64(pool::FEE_WEEK) != week {
        return Err(error::WRONG_WEEK);
    }
    if epoch.status() != epoch_status::OPEN {
        return Err(error::WRONG_STATUS);
    }
    let now = time::now()?;
    let price = pools::average_price(&config, &pool, now)?;
    let before = pools::reserves(&pool);
    let (media, quote) = rules::withdrawal(lp, &before).ok_or(error::OVERFLOW)?;
    let after = pools::Reserves {
        media: before.media.checked_sub(media).ok_or(error::OVERFLOW)?,
        quote: before.quote.checked_sub(quote).ok_or(error::OVERFLOW)?,
        supply: before.supply.checked_sub(lp).ok_or(error::OVERFLOW)?,
    };
    pools::before_change(&config, &pool, now);
    pools::after_change(&pool, &after)?;
    pool.set_u64(pool::FEE_LP, 0);
    pool.add(pool::TO_BURN, quote)?;
    // A price skewed for the moment must not raise the rewards: what is above half the fair value stays in the fund.
    let fair_half = rules::worth(lp, &before, price).ok_or(error::OVERFLOW)? / 2;
    let kept = media.min(fair_half);
    epoch.add(epoch::KEPT, kept)?;
    config.add(config::KEPT, kept)?;
    epoch.add(epoch::TO_BURN, rules::quote_as_media(quote, price).ok_or(error::OVERFLOW)?)?;
    token::burn_vault(lp_vault, lp_mint, &config, lp)?;
    token::pay(media_vault, fund, &config, media)?;
    token::pay(quote_vault, buyback_vault, &config, quote)
}
