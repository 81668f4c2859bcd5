//! Fees: taken out of a publisher's stake as LP and unwrapped at once, into MEDIA for rewards and quote for buyback.

use media_rules::amount::mul_div;
use media_rules::charge::{self as rules, Taken};
use media_rules::pool::quote_as_media;
use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use super::grant;
use super::resource::set_quota;
use crate::account::Record;
use crate::context::Ctx;
use crate::layout::{config, epoch, epoch_status, error, ix, resource, resource_status, seed, stake};
use crate::pda::{New, Numbered, Place, Seeds};
use crate::pool as pools;
use crate::service::{self, ServiceWeek};
use crate::unwrap::Unwrapping;
use crate::{terms, time};

/// The accounts that a payment out of a resource's stake moves.
struct Purse<'a> {
    through: Unwrapping<'a>,
    stake: Record<'a>,
    resource: Record<'a>,
}

/// What a payment took, and what the LP was when it was burned.
struct Paid {
    taken: Taken,
    media: u64,
    /// Quote side as MEDIA at the average price; saturates.
    quote_worth: u64,
}

impl<'a> Purse<'a> {
    /// Checks kinds and links: config, pool, stake, resource, LP mint, LP vault, MEDIA vault, fund.
    #[inline(never)]
    fn of(ctx: &Ctx<'a>, views: &'a [AccountView; 8]) -> Result<Self, ProgramError> {
        let [config, pool, stake, resource, lp_mint, lp_vault, media_vault, fund] = views;
        let config = ctx.config(config)?;
        let pool = ctx.pool(pool)?;
        let stake = ctx.stake(stake)?;
        let resource = ctx.load(resource, &resource::KIND)?;
        stake.require_key(stake::POOL, pool.address())?;
        resource.require_key(resource::POOL, pool.address())?;
        resource.require_key(resource::STAKE, stake.address())?;
        let through = Unwrapping { config, pool, lp_mint, lp_vault, media_vault, fund };
        through.require_links()?;
        Ok(Self { through, stake, resource })
    }

    /// Takes LP for `due` out of what is set aside for the resource and unwraps it. `can_wait`: not while the price is off its
    /// short average.
    #[inline(never)]
    fn pay(&self, due: u64, now: u64, can_wait: bool) -> Result<Paid, ProgramError> {
        let Unwrapping { config, pool, .. } = &self.through;
        if can_wait {
            pools::require_settled_price(config, pool, now)?;
        }
        let price = pools::average_price(config, pool, now)?;
        let taken = rules::take(due, self.resource.u64(resource::LP), &pools::reserves(pool), price).ok_or(error::OVERFLOW)?;
        self.resource.sub(resource::LP, taken.lp)?;
        self.resource.add(resource::CHARGED, taken.covered)?;
        self.stake.sub(stake::LP, taken.lp)?;
        self.stake.sub(stake::ALLOCATED, taken.lp)?;
        let (media, quote) = self.through.unwrap(taken.lp, now)?;
        Ok(Paid { taken, media, quote_worth: quote_as_media(quote, price).unwrap_or(u64::MAX) })
    }
}

pub fn charge(ctx: &Ctx<'_>) -> ProgramResult {
    let [payer, views @ .., epoch_view, _system, _token] = ctx.first::<12>();
    let week = ctx.args.u64(ix::charge::WEEK);
    let of_week = Numbered { offset: epoch::WEEK, value: week };
    // The config first, then what has an address of its own, then the rest.
    ctx.config(&views[0])?;
    let place = ctx.place_of(epoch_view, &epoch::KIND, seed::EP, of_week)?;
    let purse = Purse::of(ctx, views)?;
    let service = ServiceWeek::find(&purse.resource, week).filter(|service| service.due() > 0).ok_or(error::NOTHING_DUE)?;
    let now = time::now()?;
    let periods = time::periods(&purse.through.config);
    let due = service.due();
    // Who owns all of a pool can keep its price in motion for nothing: that puts off a bill, but not beyond the time in
    // which the week's last hour is decided, or one such publisher would hold up everybody's rewards.
    let paid = purse.pay(due, now, now < periods.week_own_until(week).ok_or(error::OVERFLOW)?)?;
    service.set_due(0);
    let owed = due - paid.taken.covered;
    if owed > 0 {
        exhaust(&purse, owed, time::hour_at(&periods, now)?)?;
    }
    if purse.resource.status() == resource_status::ACTIVE {
        set_quota(&purse.through.config, &purse.through.pool, &purse.resource, now)?;
    }
    // What nothing can be decided about any more has no epoch: it may be closed, and must not begin anew.
    let epoch = if time::week_closable(&periods, week, now)? { None } else { Epoch { payer, view: epoch_view, place, week }.open(ctx)? };
    let mut own = 0;
    if let Some(epoch) = epoch {
        own = rules::kept(paid.media, paid.taken.covered);
        let kept = own + added(&purse, week, paid.taken.covered, own);
        service.add_kept(kept)?;
        epoch.add(epoch::KEPT, kept)?;
        epoch.add(epoch::FEES, paid.taken.covered)?;
        epoch.set_u64(epoch::TO_BURN, epoch.u64(epoch::TO_BURN).saturating_add(paid.quote_worth));
        purse.through.config.add(config::KEPT, kept)?;
        if kept > 0 {
            drop_votes(&epoch);
        }
    }
    purse.through.config.add(config::LATE, paid.media - own)?;
    Ok(())
}

/// What the fund adds to the rewards of a week for a fee, out of what governance has set aside and the fund has free; it is
/// no longer to be given.
#[inline(never)]
fn added(purse: &Purse<'_>, week: u64, covered: u64, own: u64) -> u64 {
    let config = &purse.through.config;
    let wanted = mul_div(covered, u64::from(terms::reward_boost_bps(config, week)), 10_000).unwrap_or(0);
    let free = grant::free(config, purse.through.fund).saturating_sub(own);
    let budget = config.u64(config::REWARD_BUDGET);
    let added = wanted.min(budget).min(free);
    config.set_u64(config::REWARD_BUDGET, budget - added);
    added
}

/// Votes that were cast before are for a sum that is no longer so.
fn drop_votes(epoch: &Record<'_>) {
    epoch.set_u32(epoch::VOTE_COUNT, 0);
    epoch.set_u32(epoch::LATER_COUNT, 0);
}

/// What the stake did not cover becomes debt, and the resource is not served after this hour.
fn exhaust(purse: &Purse<'_>, owed: u64, hour: u64) -> ProgramResult {
    let resource = &purse.resource;
    // Saturates: a fee that cannot be charged would keep its week open for ever.
    resource.set_u64(resource::DEBT, resource.u64(resource::DEBT).saturating_add(owed));
    if resource.status() == resource_status::ACTIVE {
        resource.set_status(resource_status::EXHAUSTED);
        service::close_span(resource, hour)?;
    }
    Ok(())
}

/// Where a week's epoch is or would be.
struct Epoch<'a> {
    payer: &'a AccountView,
    view: &'a AccountView,
    place: Place<'a>,
    week: u64,
}

impl<'a> Epoch<'a> {
    /// The epoch while its rewards are not decided, created if need be.
    #[inline(never)]
    fn open(self, ctx: &Ctx<'a>) -> Result<Option<Record<'a>>, ProgramError> {
        match self.place {
            Place::Here(epoch) if epoch.status() == epoch_status::OPEN => Ok(Some(epoch)),
            Place::Here(_) => Ok(None),
            Place::Empty(bump) => {
                let seeds: [&[u8]; 2] = [seed::EP, &self.week.to_le_bytes()];
                let epoch = ctx.create(self.payer, self.view, &New::of(&epoch::KIND, bump), &Seeds(&seeds))?;
                epoch.set_status(epoch_status::OPEN);
                epoch.set_u64(epoch::WEEK, self.week);
                epoch.set_key(epoch::PAYER, self.payer.address());
                Ok(Some(epoch))
            }
        }
    }
}

pub fn pay_debt(ctx: &Ctx<'_>) -> ProgramResult {
    let [views @ .., _token] = ctx.first::<9>();
    let purse = Purse::of(ctx, views)?;
    let debt = purse.resource.u64(resource::DEBT);
    if debt == 0 {
        return Err(error::NOTHING_DUE);
    }
    if purse.resource.u64(resource::LP) == 0 {
        return Err(error::INSUFFICIENT_STAKE);
    }
    let paid = purse.pay(debt, time::now()?, true)?;
    purse.resource.set_u64(resource::DEBT, debt - paid.taken.covered);
    if purse.resource.status() == resource_status::ACTIVE {
        set_quota(&purse.through.config, &purse.through.pool, &purse.resource, time::now()?)?;
    }
    // Late debt rewards nobody: its publisher would be paid it back by an edge of its own.
    purse.through.config.add(config::LATE, paid.media)?;
    Ok(())
}
