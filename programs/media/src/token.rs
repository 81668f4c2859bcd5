//! SPL token accounts and mints: read, created, moved.

use pinocchio::cpi::{self, Seed, Signer};
use pinocchio::instruction::{InstructionAccount, InstructionView};
use pinocchio::{AccountView, Address, ProgramResult, error::ProgramError};
use pinocchio_token::instructions::{Burn, InitializeAccount3, InitializeMint2, MintTo, Transfer};

use crate::account::Record;
use crate::layout::{error, seed};
use crate::pda::{self, Seeds, Space};

pub const ASSOCIATED_TOKEN_PROGRAM: Address = Address::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");

/// Layout of the token program's accounts.
const ACCOUNT_SIZE: usize = 165;
const ACCOUNT_MINT: usize = 0;
const ACCOUNT_OWNER: usize = 32;
const ACCOUNT_AMOUNT: usize = 64;
const ACCOUNT_STATE: usize = 108;
const MINT_SIZE: usize = 82;
const MINT_INITIALIZED: usize = 45;
const MINT_FREEZE: usize = 46;

/// A token account of a mint: `WrongOwner` if it is not the token program's, `WrongMint` if it is no token
/// account of that mint.
pub fn require_mint(view: &AccountView, mint: &Address) -> ProgramResult {
    if !view.owned_by(&pinocchio_token::ID) {
        return Err(error::WRONG_OWNER);
    }
    let account = Record(view);
    if view.data_len() != ACCOUNT_SIZE || account.u8(ACCOUNT_STATE) == 0 || account.key(ACCOUNT_MINT) != *mint {
        return Err(error::WRONG_MINT);
    }
    Ok(())
}

/// A token account of a mint whose owner is `owner`: for everything that is paid out. `WrongOwner` if it
/// is somebody else's.
pub fn require_owned(view: &AccountView, mint: &Address, owner: &Address) -> ProgramResult {
    require_mint(view, mint)?;
    if Record(view).key(ACCOUNT_OWNER) != *owner {
        return Err(error::WRONG_OWNER);
    }
    Ok(())
}

/// What a token account holds; one of the token program's, as `require_mint` or a stored address says.
pub fn amount(view: &AccountView) -> u64 {
    Record(view).u64(ACCOUNT_AMOUNT)
}

/// A mint of the token program, `WrongMint` otherwise; whether somebody can freeze its accounts.
pub fn is_freezable_mint(view: &AccountView) -> Result<bool, ProgramError> {
    if !view.owned_by(&pinocchio_token::ID) {
        return Err(error::WRONG_OWNER);
    }
    let mint = Record(view);
    if view.data_len() != MINT_SIZE || mint.u8(MINT_INITIALIZED) == 0 {
        return Err(error::WRONG_MINT);
    }
    Ok(mint.u32(MINT_FREEZE) != 0)
}

/// Moves tokens that the signer `owner` may move.
#[inline(never)]
pub fn deposit(from: &AccountView, to: &AccountView, owner: &AccountView, amount: u64) -> ProgramResult {
    Transfer::new(from, to, owner, amount).invoke()
}

/// Moves tokens out of a vault, signed by the config.
#[inline(never)]
pub fn pay(vault: &AccountView, to: &AccountView, config: &Record<'_>, amount: u64) -> ProgramResult {
    let bump = [config.bump()];
    let seeds = [Seed::from(seed::CFG), Seed::from(&bump)];
    Transfer::new(vault, to, config.0, amount).invoke_signed(&[Signer::from(&seeds)])
}

/// Mints tokens, signed by the config.
#[inline(never)]
pub fn mint(mint: &AccountView, to: &AccountView, config: &Record<'_>, amount: u64) -> ProgramResult {
    let bump = [config.bump()];
    let seeds = [Seed::from(seed::CFG), Seed::from(&bump)];
    MintTo::new(mint, to, config.0, amount).invoke_signed(&[Signer::from(&seeds)])
}

/// Burns tokens that the signer `owner` holds.
#[inline(never)]
pub fn burn(from: &AccountView, mint: &AccountView, owner: &AccountView, amount: u64) -> ProgramResult {
    Burn::new(from, mint, owner, amount).invoke()
}

/// Burns tokens of a vault, signed by the config.
#[inline(never)]
pub fn burn_vault(vault: &AccountView, mint: &AccountView, config: &Record<'_>, amount: u64) -> ProgramResult {
    let bump = [config.bump()];
    let seeds = [Seed::from(seed::CFG), Seed::from(&bump)];
    Burn::new(vault, mint, config.0, amount).invoke_signed(&[Signer::from(&seeds)])
}

/// The associated token account of an owner.
pub fn associated(owner: &Address, mint: &Address) -> Address {
    let seeds: [&[u8]; 3] = [owner.as_array(), pinocchio_token::ID.as_array(), mint.as_array()];
    Address::find_program_address(&seeds, &ASSOCIATED_TOKEN_PROGRAM).0
}

/// Creates an associated token account: payer, account, wallet, mint, system program, token program.
#[inline(never)]
pub fn create_associated(accounts: [&AccountView; 6]) -> ProgramResult {
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

/// Creates a mint without freeze authority at the address of the seeds.
#[inline(never)]
pub fn create_mint(payer: &AccountView, view: &AccountView, mint: &NewMint<'_>, seeds: &Seeds<'_>) -> ProgramResult {
    pda::allocate(payer, view, &Space { size: MINT_SIZE, owner: &pinocchio_token::ID, bump: mint.bump }, seeds)?;
    InitializeMint2::new(view, mint.decimals, mint.authority, None).invoke()
}

pub struct NewMint<'a> {
    pub decimals: u8,
    pub authority: &'a Address,
    pub bump: u8,
}

/// Creates a token account at the address of the seeds.
#[inline(never)]
pub fn create_vault(payer: &AccountView, view: &AccountView, vault: &NewVault<'_>, seeds: &Seeds<'_>) -> ProgramResult {
    pda::allocate(payer, view, &Space { size: ACCOUNT_SIZE, owner: &pinocchio_token::ID, bump: vault.bump }, seeds)?;
    InitializeAccount3::new(view, vault.mint, vault.owner).invoke()
}

pub struct NewVault<'a> {
    pub mint: &'a AccountView,
    pub owner: &'a Address,
    pub bump: u8,
}

/// `WrongAddress` if two accounts that must differ are one.
pub fn require_different(a: &AccountView, b: &AccountView) -> Result<(), ProgramError> {
    if a.address() == b.address() {
        return Err(error::WRONG_ADDRESS);
    }
    Ok(())
}
