//! MEDIA locked to vote with (`docs/governance.md`, Weight).

use pinocchio::ProgramResult;

use crate::context::Ctx;
use crate::layout::ix::{lock_media as lock_ix, unlock_media as unlock_ix};
use crate::layout::{config, error, lock, seed};
use crate::pda::{self, New, Place, Seeds};
use crate::{season, time, token};

pub fn lock_media(ctx: &Ctx<'_>) -> ProgramResult {
    let [owner, config, view, vault, owner_media, _system, _token] = ctx.first::<7>();
    let amount = ctx.args.u64(lock_ix::AMOUNT);
    let config = ctx.config(config)?;
    let parts: [&[u8]; 2] = [seed::LOCK, owner.address().as_array()];
    let seeds = Seeds(&parts);
    let place = ctx.place(view, &lock::KIND, &seeds)?;
    pda::check(ctx.program, vault, &Seeds(&[seed::VG]))?;
    token::require_mint(owner_media, &config.key(config::MEDIA_MINT))?;
    token::require_different(owner_media, vault)?;
    if amount == 0 {
        return Err(error::ZERO_AMOUNT);
    }
    let record = match place {
        Place::Here(record) => record,
        Place::Empty(bump) => {
            let record = ctx.create(owner, view, &New::of(&lock::KIND, bump), &seeds)?;
            record.set_key(lock::OWNER, owner.address());
            record
        }
    };
    season::add(&record, &season::LOCK, record.u64(lock::AMOUNT), &config, time::now()?);
    record.add(lock::AMOUNT, amount)?;
    token::deposit(owner_media, vault, owner, amount)
}

pub fn unlock_media(ctx: &Ctx<'_>) -> ProgramResult {
    let [owner, config, view, vault, owner_media, _token] = ctx.first::<6>();
    let amount = ctx.args.u64(unlock_ix::AMOUNT);
    let config = ctx.config(config)?;
    let parts: [&[u8]; 2] = [seed::LOCK, owner.address().as_array()];
    let place = ctx.place(view, &lock::KIND, &Seeds(&parts))?;
    pda::check(ctx.program, vault, &Seeds(&[seed::VG]))?;
    let Place::Here(record) = place else { return Err(error::WRONG_OWNER) };
    token::require_owned(owner_media, &config.key(config::MEDIA_MINT), owner.address())?;
    token::require_different(owner_media, vault)?;
    if amount == 0 {
        return Err(error::ZERO_AMOUNT);
    }
    if amount > record.u64(lock::AMOUNT) {
        return Err(error::INSUFFICIENT_STAKE);
    }
    if record.u32(lock::OPEN_VOTES) > 0 {
        return Err(error::VOTES_OPEN);
    }
    record.sub(lock::AMOUNT, amount)?;
    token::pay(vault, owner_media, &config, amount)
}
