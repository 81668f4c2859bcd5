//! The network's beginning (`docs/chain.md`, Money).

use media_rules::amount::mul;
use pinocchio::{AccountView, ProgramResult, cpi};
use pinocchio_token::instructions::{AuthorityType, SetAuthority};

use super::founding::Founding;
use crate::account::Record;
use crate::context::{Args, Ctx};
use crate::layout::ix::genesis as ix;
use crate::layout::{MAX_GUARDS, MEDIA_SUPPLY, MEDIA_DECIMALS, QUOTE_FREEZABLE, SAMPLE_RING, SAMPLES_PER_REPORT, config, error, founding, seed};
use crate::pda::{self, New, Place, Seeds};
use crate::time;
use crate::token::{self, NewMint, NewVault};

pub fn genesis(ctx: &Ctx<'_>) -> ProgramResult {
    let [payer, config, media_mint, fund, votes_vault, treasury, founding, vault, system, token_program, _ata] = ctx.first::<11>();
    let place = ctx.place(config, &config::KIND, &Seeds(&[seed::CFG]))?;
    let mint_bump = pda::check(ctx.program, media_mint, &Seeds(&[seed::MINT]))?;
    let fund_bump = pda::check(ctx.program, fund, &Seeds(&[seed::FUND]))?;
    let votes_bump = pda::check(ctx.program, votes_vault, &Seeds(&[seed::VG]))?;
    let founding_bump = pda::check(ctx.program, founding, &Seeds(&[seed::FND]))?;
    let vault_bump = pda::check(ctx.program, vault, &Seeds(&[seed::FNDV]))?;
    if token::associated(payer.address(), media_mint.address()) != *treasury.address() {
        return Err(error::WRONG_ADDRESS);
    }
    let Place::Empty(bump) = place else { return Err(error::ALREADY_EXISTS) };
    if !in_range(&ctx.args) {
        return Err(error::INVALID_PARAMETER);
    }
    let shares = Founding::of(&ctx.args)?;

    let authority = config.address();
    let record = ctx.create(payer, config, &New::of(&config::KIND, bump), &Seeds(&[seed::CFG]))?;
    token::create_mint(payer, media_mint, &NewMint { decimals: MEDIA_DECIMALS, authority, bump: mint_bump }, &Seeds(&[seed::MINT]))?;
    token::create_vault(payer, fund, &NewVault { mint: media_mint, owner: authority, bump: fund_bump }, &Seeds(&[seed::FUND]))?;
    token::create_vault(payer, votes_vault, &NewVault { mint: media_mint, owner: authority, bump: votes_bump }, &Seeds(&[seed::VG]))?;
    token::create_associated([payer, treasury, payer, media_mint, system, token_program])?;
    token::create_vault(payer, vault, &NewVault { mint: media_mint, owner: authority, bump: vault_bump }, &Seeds(&[seed::FNDV]))?;
    token::mint(media_mint, vault, &record, shares.locked)?;
    token::mint(media_mint, fund, &record, shares.to_fund)?;
    token::mint(media_mint, treasury, &record, shares.to_treasury)?;
    revoke_minting(media_mint, &record)?;

    record.set_key(config::MEDIA_MINT, media_mint.address());
    record.set_key(config::FUND, fund.address());
    record.set_u64(config::EPOCH_ZERO, time::now()?);
    // The parameters stand in the config as they do in the arguments.
    record.set_slice(config::SAMPLE_SECS, ctx.args.0.get(..PARAMS).unwrap_or(&[]));
    record.set_u32(config::NEXT_GUARD_NO, 1);
    let founding = ctx.create(payer, founding, &New::of(&founding::KIND, founding_bump), &Seeds(&[seed::FND]))?;
    shares.write(&founding, &ctx.args, vault)
}

/// Bytes of the arguments that are parameters: those before the founding's.
const PARAMS: usize = ix::LOCK_SECS;

const _: () = assert!(config::NEXT_GUARD_NO - config::SAMPLE_SECS == PARAMS && ix::SAMPLE_SECS == 0);

fn in_range(args: &Args<'_>) -> bool {
    let within = |offset: usize, least: u32, most: u32| (least..=most).contains(&args.u32(offset));
    let report_slots = args.u32(ix::REPORT_SLOTS);
    let commit_slots = args.u32(ix::COMMIT_SLOTS);
    let verdict_slots = args.u32(ix::VERDICT_SLOTS);
    let max_guards = args.u32(ix::MAX_GUARDS);
    within(ix::SAMPLE_SECS, 1, 86_400)
        && within(ix::REPORT_SLOTS, 1, u32::MAX)
        && commit_slots > report_slots
        && verdict_slots > commit_slots
        // What is kept for `finalHours + lateHours + 2` hours must reach past these windows.
        && verdict_slots <= 3 * SAMPLES_PER_REPORT as u32
        && within(ix::FINAL_HOURS, 1, MAX_DECIDING)
        && verdict_slots <= SAMPLES_PER_REPORT as u32 * args.u32(ix::FINAL_HOURS)
        && within(ix::LATE_HOURS, 0, MAX_DECIDING - args.u32(ix::FINAL_HOURS))
        && within(ix::HOURS_PER_WEEK, 1, 10_000)
        // A resource keeps the money of six weeks: an hour must be decided within the five after its own.
        && args.u32(ix::FINAL_HOURS) + args.u32(ix::LATE_HOURS) + 3 <= 5 * args.u32(ix::HOURS_PER_WEEK)
        && within(ix::MONTH_SLOTS, SAMPLES_PER_REPORT as u32, SAMPLE_RING as u32)
        // A month can be finalised before an hour can be recorded over its first.
        && args.u32(ix::MONTH_SLOTS) + verdict_slots + SAMPLES_PER_REPORT as u32 * args.u32(ix::FINAL_HOURS)
            <= SAMPLE_RING as u32 + SAMPLES_PER_REPORT as u32 + report_slots
        && u64::from(args.u32(ix::UNBOND_SECS)) >= least_unbonding(args)
        && within(ix::TWAP_SECS, 1, u32::MAX)
        && within(ix::SPOT_SECS, 1, args.u32(ix::TWAP_SECS))
        && within(ix::SPOT_BPS, 1, 10_000)
        && within(ix::VOTING_SECS, 1, u32::MAX)
        && within(ix::TIMELOCK_SECS, 1, u32::MAX)
        && within(ix::SEASONING_SECS, 1, u32::MAX)
        && (1..=MEDIA_SUPPLY / 2).contains(&args.u64(ix::QUORUM_VOTES))
        && args.u64(ix::DEPOSIT_QUOTE) >= 1
        && (1..=args.u64(ix::DEPOSIT_CEILING)).contains(&args.u64(ix::DEPOSIT_FLOOR))
        && args.u64(ix::DEPOSIT_CEILING) <= MEDIA_SUPPLY
        && max_guards <= MAX_GUARDS as u32
        && within(ix::MIN_GUARDS, 1, max_guards)
        && within(ix::POOL_FEE_BPS, 0, 1000)
        // The yield cap of open bytes divides by what is left to edges.
        && within(ix::GUARD_SHARE_BPS, 0, 9_999)
        && within(ix::OPEN_YIELD_BPS, 0, 10_000)
        && args.u64(ix::QUOTA_KBPS_PER_MEDIA) >= 1
        && *args.array(ix::QUOTES + ix::quotes_entry::MINT) != [0u8; 32]
        && (0..ix::QUOTES_LENGTH).all(|index| args.u32(ix::QUOTES + index * ix::QUOTES_STRIDE + ix::quotes_entry::FLAGS) <= QUOTE_FREEZABLE)
}

/// Most hours in which an hour can be decided: less than the hours whose records are told apart.
const MAX_DECIDING: u32 = 500;

/// One LP must not stand behind two seats of one set, and what stands behind a seat must outlast what the set decides: the
/// week in which it joins, its own, and the last hour's finality.
fn least_unbonding(args: &Args<'_>) -> u64 {
    let sample_secs = u64::from(args.u32(ix::SAMPLE_SECS));
    let hours = 2 * u64::from(args.u32(ix::HOURS_PER_WEEK)) + u64::from(args.u32(ix::FINAL_HOURS));
    let samples = SAMPLES_PER_REPORT as u64 * hours + u64::from(args.u32(ix::VERDICT_SLOTS));
    // More than 32 bits can hold is more than unbondSecs can be.
    mul(samples, sample_secs).unwrap_or(u64::MAX)
}

/// Nobody can mint MEDIA again.
#[inline(never)]
fn revoke_minting(mint: &AccountView, config: &Record<'_>) -> ProgramResult {
    let bump = [config.bump()];
    let seeds = [cpi::Seed::from(seed::CFG), cpi::Seed::from(&bump)];
    SetAuthority::new(mint, config.0, AuthorityType::MintTokens, None).invoke_signed(&[cpi::Signer::from(&seeds)])
}
