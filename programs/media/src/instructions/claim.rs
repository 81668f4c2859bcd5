//! Pays out what the last closed epoch says an owner has earned.

use pinocchio::ProgramResult;

use crate::context::Ctx;
use crate::hash;
use crate::layout::{claim, config, epoch, epoch_status, error, ix, seed};
use crate::pda::{New, Numbered, Place, Seeds};
use crate::token;

const DOMAIN: &[u8; 8] = b"mn.claim";

pub fn claim(ctx: &Ctx<'_>) -> ProgramResult {
    let [payer, config, epoch, owner, view, fund, owner_media, _system, _token] = ctx.first::<9>();
    let week = ctx.args.u64(ix::claim::WEEK);
    let cumulative = ctx.args.u64(ix::claim::CUMULATIVE);
    let config = ctx.config(config)?;
    let epoch = ctx.existing(epoch, &epoch::KIND, seed::EP, Numbered { offset: epoch::WEEK, value: week })?;
    let seeds: [&[u8]; 2] = [seed::CLM, owner.address().as_array()];
    let seeds = Seeds(&seeds);
    let place = ctx.place(view, &claim::KIND, &seeds)?;
    config.require_key(config::FUND, fund.address())?;
    token::require_owned(owner_media, &config.key(config::MEDIA_MINT), owner.address())?;
    token::require_different(fund, owner_media)?;
    if week.checked_add(1) != Some(config.u64(config::LAST_EPOCH)) {
        return Err(error::NOT_LAST_EPOCH);
    }
    if epoch.status() != epoch_status::CLOSED {
        return Err(error::WRONG_STATUS);
    }
    let leaf = hash::sha256(&[&[0], DOMAIN, owner.address().as_array(), &cumulative.to_le_bytes()]);
    hash::verify(&leaf, ctx.args.tail(ix::claim::ARGS), &epoch.bytes(epoch::ROOT))?;
    let claimed = match &place {
        Place::Here(record) => record.u64(claim::CLAIMED),
        Place::Empty(_) => 0,
    };
    if cumulative <= claimed {
        return Err(error::NOTHING_TO_CLAIM);
    }
    let pay = cumulative - claimed;
    if config.add(config::CLAIMED, pay)? > config.u64(config::ALLOCATED) {
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
    record.set_u64(claim::CLAIMED, cumulative);
    token::pay(fund, owner_media, &config, pay)
}
