//! The network's beginning (`docs/chain.md`, Money).

use pinocchio::instruction::{InstructionAccount, InstructionView};
use pinocchio::{AccountView, Address, ProgramResult, cpi};
use pinocchio_token::instructions::{AuthorityType, SetAuthority};

use crate::account::Record;
use crate::context::{Args, Ctx};
use crate::layout::ix::genesis as ix;
use crate::layout::{MAX_GUARDS, MEDIA_DECIMALS, MEDIA_SUPPLY, SAMPLE_RING, SAMPLES_PER_REPORT, config, error, seed};
use crate::pda::{self, New, Place, Seeds};
use crate::time;
use crate::token::{self, ASSOCIATED_TOKEN_PROGRAM, NewMint, NewVault};

pub fn genesis(ctx: &Ctx<'_>) -> ProgramResult {
    let [payer, config, media_mint, fund, treasury, system, token_program, _ata] = ctx.first::<8>();
    let place = ctx.place(config, &config::KIND, &Seeds(&[seed::CFG]))?;
    let mint_bump = pda::check(ctx.program, media_mint, &Seeds(&[seed::MINT]))?;
    let fund_bump = pda::check(ctx.program, fund, &Seeds(&[seed::FUND]))?;
    let associated: [&[u8]; 3] = [payer.address().as_array(), pinocchio_token::ID.as_array(), media_mint.address().as_array()];
    if Address::find_program_address(&associated, &ASSOCIATED_TOKEN_PROGRAM).0 != *treasury.address() {
        return Err(error::WRONG_ADDRESS);
    }
    let Place::Empty(bump) = place else { return Err(error::ALREADY_EXISTS) };
    if !in_range(&ctx.args) {
        return Err(error::INVALID_PARAMETER);
    }

    let authority = config.address();
    let record = ctx.create(payer, config, &New::of(&config::KIND, bump), &Seeds(&[seed::CFG]))?;
    token::create_mint(payer, media_mint, &NewMint { decimals: MEDIA_DECIMALS, authority, bump: mint_bump }, &Seeds(&[seed::MINT]))?;
    token::create_vault(payer, fund, &NewVault { mint: media_mint, owner: authority, bump: fund_bump }, &Seeds(&[seed::FUND]))?;
    create_associated([payer, treasury, payer, media_mint, system, token_program])?;
    token::mint(media_mint, treasury, &record, MEDIA_SUPPLY)?;
    revoke_minting(media_mint, &record)?;

    record.set_key(config::MEDIA_MINT, media_mint.address());
    record.set_key(config::FUND, fund.address());
    record.set_u64(config::EPOCH_ZERO, time::now()?);
    // The parameters stand in the config as they do in the arguments.
    record.set_slice(config::SAMPLE_SECS, ctx.args.0);
    record.set_u32(config::NEXT_GUARD_NO, 1);
    Ok(())
}

const _: () = assert!(config::NEXT_GUARD_NO - config::SAMPLE_SECS == ix::ARGS && ix::SAMPLE_SECS == 0);

fn in_range(args: &Args<'_>) -> bool {
    let within = |offset: usize, least: u32, most: u32| (least..=most).contains(&args.u32(offset));
    let verdict_slots = args.u32(ix::VERDICT_SLOTS);
    let max_guards = args.u32(ix::MAX_GUARDS);
    within(ix::SAMPLE_SECS, 1, 86_400)
        && within(ix::REPORT_SLOTS, 1, u32::MAX)
        && verdict_slots > args.u32(ix::REPORT_SLOTS)
        // A changed bound keeps the one before for finalHours + 2 hours, which must reach past this window.
        && verdict_slots <= 3 * SAMPLES_PER_REPORT as u32
        && within(ix::FINAL_HOURS, 1, 10_000)
        // Release and lowering of LP wait 2 · finalHours, which must outlast the verdict window too.
        && verdict_slots <= SAMPLES_PER_REPORT as u32 * args.u32(ix::FINAL_HOURS)
        && within(ix::HOURS_PER_WEEK, 1, 10_000)
        && within(ix::MONTH_SLOTS, SAMPLES_PER_REPORT as u32, SAMPLE_RING as u32)
        && within(ix::UNBOND_SECS, 1, u32::MAX)
        && within(ix::TWAP_SECS, 1, u32::MAX)
        && within(ix::VOTING_SECS, 1, u32::MAX)
        && within(ix::TIMELOCK_SECS, 1, u32::MAX)
        && max_guards <= MAX_GUARDS as u32
        && within(ix::MIN_GUARDS, 1, max_guards)
        && within(ix::POOL_FEE_BPS, 0, 1000)
        && within(ix::GUARD_SHARE_BPS, 0, 10_000)
        && args.u64(ix::QUOTA_KBPS_PER_MEDIA) >= 1
        && *args.array(ix::QUOTES + ix::quotes_entry::MINT) != [0u8; 32]
}

/// Creates an associated token account: payer, account, wallet, mint, system program, token program.
#[inline(never)]
fn create_associated(accounts: [&AccountView; 6]) -> ProgramResult {
    let [payer, account, wallet, mint, system, token_program] = accounts;
    let metas = [
        InstructionAccount::writable_signer(payer.address()),
        InstructionAccount::writable(account.address()),
        InstructionAccount::readonly(wallet.address()),
        InstructionAccount::readonly(mint.address()),
        InstructionAccount::readonly(system.address()),
        InstructionAccount::readonly(token_program.address()),
    ];
    // No data is `Create`, which fails if the account exists.
    cpi::invoke(&InstructionView { program_id: &ASSOCIATED_TOKEN_PROGRAM, accounts: &metas, data: &[] }, &accounts)
}

/// Nobody can mint MEDIA again.
#[inline(never)]
fn revoke_minting(mint: &AccountView, config: &Record<'_>) -> ProgramResult {
    let bump = [config.bump()];
    let seeds = [cpi::Seed::from(seed::CFG), cpi::Seed::from(&bump)];
    SetAuthority::new(mint, config.0, AuthorityType::MintTokens, None).invoke_signed(&[cpi::Signer::from(&seeds)])
}
