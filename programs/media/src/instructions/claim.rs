//! Pays out what an endorsed epoch says an owner earned in its week.

use media_rules::charge::released;
use media_rules::window::{self, Mark};
use pinocchio::ProgramResult;

use crate::context::Ctx;
use crate::hash;
use crate::layout::ix::claim as ix;
use crate::layout::{CLAIM_WINDOW, claim, config, epoch, epoch_status, error, seed};
use crate::pda::{New, Numbered, Place, Seeds};
use crate::{time, token};

const DOMAIN: &[u8; 8] = b"mn.claim";
const _: () = assert!(claim::CLAIMED_BYTES as u64 * 8 == CLAIM_WINDOW);

pub fn claim(ctx: &Ctx<'_>) -> ProgramResult {
    let [payer, config, epoch, owner, view, fund, owner_media, _system, _token] = ctx.first::<9>();
    let week = ctx.args.u64(ix::WEEK);
    let amount = ctx.args.u64(ix::AMOUNT);
    let config = ctx.config(config)?;
    let epoch = ctx.existing(epoch, &epoch::KIND, seed::EP, Numbered { offset: epoch::WEEK, value: week })?;
    let seeds: [&[u8]; 2] = [seed::CLM, owner.address().as_array()];
    let seeds = Seeds(&seeds);
    let place = ctx.place(view, &claim::KIND, &seeds)?;
    config.require_key(config::FUND, fund.address())?;
    token::require_owned(owner_media, &config.key(config::MEDIA_MINT), owner.address())?;
    token::require_different(fund, owner_media)?;
    if epoch.status() != epoch_status::ENDORSED {
        return Err(error::NOT_ENDORSED);
    }
    let leaf = hash::sha256(&[&[0], DOMAIN, owner.address().as_array(), &amount.to_le_bytes()]);
    hash::verify(&leaf, ctx.args.tail(ix::ARGS), &epoch.bytes(epoch::ROOT))?;
    if amount == 0 {
        return Err(error::NOTHING_TO_CLAIM);
    }
    let (mut claimed, mut base) = match &place {
        Place::Here(record) => (record.bytes::<{ claim::CLAIMED_BYTES }>(claim::CLAIMED), record.u64(claim::BASE)),
        Place::Empty(_) => ([0; claim::CLAIMED_BYTES], 0),
    };
    match window::mark_from(&mut claimed, &mut base, week) {
        Mark::New => {}
        Mark::Known => return Err(error::NOTHING_TO_CLAIM),
        Mark::TooOld => return Err(error::TOO_LATE),
    }
    // A set that lied must win less than it can lose: what is above waits.
    let current = time::week_at(&time::periods(&config), time::now()?)?;
    let most = released(epoch.u64(epoch::REWARDS), epoch.u64(epoch::SLASHABLE), epoch.u64(epoch::ENDORSED_AT), current);
    let paid = epoch.u64(epoch::PAID).checked_add(amount).ok_or(error::OVERFLOW)?;
    if paid > most {
        return Err(error::PAYOUT_CAPPED);
    }
    epoch.set_u64(epoch::PAID, paid);
    if config.add(config::CLAIMED, amount)? > config.u64(config::ALLOCATED) {
        return Err(error::INVARIANT_BROKEN);
    }
    let record = match place {
        Place::Here(record) => record,
        Place::Empty(bump) => {
            let record = ctx.create(payer, view, &New::of(&claim::KIND, bump), &seeds)?;
            record.set_key(claim::OWNER, owner.address());
            record
        }
    };
    record.set_u64(claim::BASE, base);
    record.set_bytes(claim::CLAIMED, &claimed);
    record.add(claim::TOTAL, amount)?;
    token::pay(fund, owner_media, &config, amount)
}
