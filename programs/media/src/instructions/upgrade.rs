//! The program put in force that token holders have voted for (`docs/governance.md`, Upgrades).
//!
//! A buffer is hashed in slices, by an instruction each, since one that hashed all would take more than all others together.
//! Between two slices nobody can change what was hashed: the buffer's authority is the program's own upgrade authority, which
//! signs nothing but the upgrade itself, and the loader lets nobody else write, close, resize or give away a buffer. An upgrade
//! uses its buffer up, whose address somebody could then fill with other bytes: so each one voids what was checked before it.

use pinocchio::cpi::{self, Seed, Signer};
use pinocchio::instruction::{InstructionAccount, InstructionView};
use pinocchio::{AccountView, Address, ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::context::Ctx;
use crate::hash;
use crate::layout::{UPGRADE_SLICE, actions, config, error, ix, proposal, seed};
use crate::pda::{self, Seeds};
use crate::proposal::{Action, require_executable, require_passed, set_executed};

const LOADER: Address = Address::from_str_const("BPFLoaderUpgradeab1e11111111111111111111111");
const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");
const RENT: Address = Address::from_str_const("SysvarRent111111111111111111111111111111111");
/// A buffer of the loader: tag u32, option of the authority, then the program's bytes.
const BUFFER_HEADER: usize = 37;
const BUFFER_TAG: u32 = 1;
/// Where a buffer says that it has an authority (1), and which.
const BUFFER_HAS_AUTHORITY: usize = 4;
const BUFFER_AUTHORITY: usize = 5;
/// The loader's instruction: puts a buffer in force.
const UPGRADE: [u8; 4] = [3, 0, 0, 0];

/// Hashes the next slice of a buffer, or the first of any: the state is the proposal's. With the last slice the digest must be
/// what was voted for.
pub fn check_upgrade(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, proposal, authority, buffer] = ctx.first::<4>();
    let config = ctx.config(config)?;
    pda::check(ctx.program, authority, &Seeds(&[seed::UPGR]))?;
    let proposal = ctx.proposal(proposal)?;
    require_passed(&proposal, |kind| kind == actions::upgrade::KIND)?;
    let action = Action::of(&proposal);
    let length = action.u32(actions::upgrade::LENGTH);
    let program = sealed(buffer, authority.address(), length)?;
    let offset = ctx.args.u32(ix::check_upgrade::OFFSET);
    if offset == 0 {
        proposal.set_key(proposal::CHECKED_BUFFER, buffer.address());
        proposal.set_u32(proposal::CHECKED_BEFORE, config.u32(config::UPGRADES));
        proposal.set_bytes(proposal::CHECKED_DIGEST, &[0; 32]);
    } else if !is_checked_until(&proposal, &config, buffer.address(), offset) {
        return Err(error::UPGRADE_UNCHECKED);
    }
    if offset >= length {
        return Err(error::INVALID_PARAMETER);
    }
    let until = length.min(offset.saturating_add(UPGRADE_SLICE));
    let bytes = program.get(offset as usize..until as usize).ok_or(error::BUFFER_MISMATCH)?;
    let digest = hash::sha256(&[&proposal.bytes::<32>(proposal::CHECKED_DIGEST), bytes]);
    if until == length && digest != *action.array(actions::upgrade::DIGEST) {
        return Err(error::BUFFER_MISMATCH);
    }
    proposal.set_bytes(proposal::CHECKED_DIGEST, &digest);
    proposal.set_u32(proposal::CHECKED_BYTES, until);
    Ok(())
}

/// Whether the first bytes of this very buffer have been hashed, and no upgrade has used it up since.
fn is_checked_until(proposal: &Record<'_>, config: &Record<'_>, buffer: &Address, bytes: u32) -> bool {
    proposal.u32(proposal::CHECKED_BYTES) == bytes
        && proposal.key(proposal::CHECKED_BUFFER) == *buffer
        && proposal.u32(proposal::CHECKED_BEFORE) == config.u32(config::UPGRADES)
}

pub fn execute_upgrade(ctx: &Ctx<'_>) -> ProgramResult {
    let [payer, config, proposal, authority, program, program_data, buffer, rent, clock, loader] = ctx.first::<10>();
    let config = ctx.config(config)?;
    let bump = pda::check(ctx.program, authority, &Seeds(&[seed::UPGR]))?;
    let proposal = ctx.proposal(proposal)?;
    let data_address = Address::find_program_address(&[ctx.program.as_array()], &LOADER).0;
    let links = [(program, ctx.program), (program_data, &data_address), (rent, &RENT), (clock, &CLOCK), (loader, &LOADER)];
    if links.iter().any(|(view, address)| view.address() != *address) {
        return Err(error::WRONG_ADDRESS);
    }
    let now = require_executable(&proposal, |kind| kind == actions::upgrade::KIND)?;
    let length = Action::of(&proposal).u32(actions::upgrade::LENGTH);
    sealed(buffer, authority.address(), length)?;
    if !is_checked_until(&proposal, &config, buffer.address(), length) {
        return Err(error::UPGRADE_UNCHECKED);
    }
    let upgrades = config.u32(config::UPGRADES).checked_add(1).ok_or(error::OVERFLOW)?;
    config.set_u32(config::UPGRADES, upgrades);
    set_executed(&proposal, now);
    let metas = [
        InstructionAccount::writable(program_data.address()),
        InstructionAccount::writable(program.address()),
        InstructionAccount::writable(buffer.address()),
        // What the buffer held beyond the rent of the program.
        InstructionAccount::writable(payer.address()),
        InstructionAccount::readonly(rent.address()),
        InstructionAccount::readonly(clock.address()),
        InstructionAccount::readonly_signer(authority.address()),
    ];
    let bump = [bump];
    let seeds = [Seed::from(seed::UPGR), Seed::from(&bump)];
    let accounts = [program_data, program, buffer, payer, rent, clock, authority];
    // The loader looks at the rest: that the buffer and the program have this authority, and that its bytes are a program.
    cpi::invoke_signed(&InstructionView { program_id: &LOADER, accounts: &metas, data: &UPGRADE }, &accounts, &[Signer::from(&seeds)])
}

/// The program in a buffer: `WrongOwner` for an account that is not the loader's, `BufferMismatch` unless it is a buffer of just
/// this length, `BufferOpen` while somebody else could still change it.
fn sealed<'a>(buffer: &'a AccountView, authority: &Address, length: u32) -> Result<&'a [u8], ProgramError> {
    if !buffer.owned_by(&LOADER) {
        return Err(error::WRONG_OWNER);
    }
    let record = Record(buffer);
    let length = length as usize;
    if buffer.data_len().checked_sub(BUFFER_HEADER) != Some(length) || record.u32(0) != BUFFER_TAG {
        return Err(error::BUFFER_MISMATCH);
    }
    if record.u8(BUFFER_HAS_AUTHORITY) != 1 || record.key(BUFFER_AUTHORITY) != *authority {
        return Err(error::BUFFER_OPEN);
    }
    // `at` has checked the range, and nothing writes to the buffer while the slice is in use.
    Ok(unsafe { core::slice::from_raw_parts(record.at(BUFFER_HEADER, length).cast_const(), length) })
}
