//! An instruction whose shape has been checked.

use pinocchio::{AccountView, Address, error::ProgramError};

use crate::account::{Kind, Record};
use crate::layout::{config, error, ix, pool, seed, stake};
use crate::pda::{self, Seeds};

/// What a handler gets. The dispatcher has checked the data's length, the number of accounts, signers,
/// writability and the addresses of the system, token and associated-token programs against the schema.
pub struct Ctx<'a> {
    pub program: &'a Address,
    /// All accounts, the repeated ones last.
    pub accounts: &'a [AccountView],
    /// The arguments and the tail, without the instruction's first byte.
    pub args: Args<'a>,
}

impl<'a> Ctx<'a> {
    /// The first `N` accounts, to be taken apart by name: `let [owner, config, ..] = ctx.first::<4>();`.
    /// `N` must not exceed the schema's number, which the dispatcher has checked.
    #[inline(always)]
    pub fn first<const N: usize>(&self) -> &'a [AccountView; N] {
        match self.accounts.first_chunk::<N>() {
            Some(accounts) => accounts,
            None => panic!("the schema has fewer accounts"),
        }
    }

    /// The accounts after the first `from`.
    pub fn rest(&self, from: usize) -> &'a [AccountView] {
        self.accounts.get(from..).unwrap_or(&[])
    }

    /// A program account at any address: owner, size, tag, version.
    pub fn load(&self, view: &'a AccountView, kind: &Kind) -> Result<Record<'a>, ProgramError> {
        Record::load(self.program, view, kind)
    }

    /// The config. Only genesis makes one, and only at its address, so an account of this program with
    /// the config's tag is it; the address is derived only to name the error.
    pub fn config(&self, view: &'a AccountView) -> Result<Record<'a>, ProgramError> {
        match self.load(view, &config::KIND) {
            Ok(record) => Ok(record),
            Err(wrong) => Err(pda::blame(self.program, view, &Seeds(&[seed::CFG]), wrong)),
        }
    }

    /// A pool, wherever it is.
    pub fn pool(&self, view: &'a AccountView) -> Result<Record<'a>, ProgramError> {
        self.load(view, &pool::KIND)
    }

    /// A stake, wherever it is. Compare its keys with `require_key`.
    pub fn stake(&self, view: &'a AccountView) -> Result<Record<'a>, ProgramError> {
        self.load(view, &stake::KIND)
    }
}

/// The arguments, by the offsets in `layout::ix`.
#[derive(Clone, Copy)]
pub struct Args<'a>(pub &'a [u8]);

impl<'a> Args<'a> {
    #[inline(always)]
    pub fn array<const N: usize>(&self, offset: usize) -> &'a [u8; N] {
        match self.0.get(offset..).and_then(|rest| rest.first_chunk::<N>()) {
            Some(bytes) => bytes,
            None => panic!("argument outside the data"),
        }
    }

    #[inline(always)]
    pub fn u8(&self, offset: usize) -> u8 {
        self.array::<1>(offset)[0]
    }

    #[inline(always)]
    pub fn u16(&self, offset: usize) -> u16 {
        u16::from_le_bytes(*self.array(offset))
    }

    #[inline(always)]
    pub fn u32(&self, offset: usize) -> u32 {
        u32::from_le_bytes(*self.array(offset))
    }

    #[inline(always)]
    pub fn u64(&self, offset: usize) -> u64 {
        u64::from_le_bytes(*self.array(offset))
    }

    /// What follows the arguments; `from` is the instruction's `ARGS`.
    pub fn tail(&self, from: usize) -> &'a [u8] {
        self.0.get(from..).unwrap_or(&[])
    }
}

/// Checks of an instruction that need no look into an account. In the order of `docs/chain.md`.
pub fn check_shape(shape: &ix::Shape, accounts: &[AccountView], data: &[u8]) -> Result<(), ProgramError> {
    let length_fits = if shape.tail { data.len() >= shape.args } else { data.len() == shape.args };
    if !length_fits {
        return Err(error::INVALID_INSTRUCTION);
    }
    if accounts.len() < shape.accounts || (shape.remaining == ix::NONE && accounts.len() > shape.accounts) {
        return Err(error::NOT_ENOUGH_ACCOUNTS);
    }
    let mut bits = shape.signers;
    for view in accounts {
        if bits & 1 != 0 && !view.is_signer() {
            return Err(error::MISSING_SIGNER);
        }
        bits >>= 1;
    }
    let mut bits = shape.writable;
    if shape.remaining == ix::WRITABLE {
        bits |= u32::MAX << shape.accounts;
    }
    for view in accounts {
        // The runtime never passes the system program as writable; it stands for an account that is not there.
        if bits & 1 != 0 && !view.is_writable() && view.address() != &pinocchio_system::ID {
            return Err(error::NOT_WRITABLE);
        }
        bits = bits >> 1 | bits & 1 << 31;
    }
    check_fixed(accounts, shape.system, &pinocchio_system::ID)?;
    check_fixed(accounts, shape.token, &pinocchio_token::ID)?;
    check_fixed(accounts, shape.ata, &crate::token::ASSOCIATED_TOKEN_PROGRAM)?;
    check_fixed(accounts, shape.instructions, &crate::signed::INSTRUCTIONS)
}

fn check_fixed(accounts: &[AccountView], index: u8, address: &Address) -> Result<(), ProgramError> {
    match accounts.get(index as usize) {
        Some(view) if index != ix::NONE && view.address() != address => Err(error::WRONG_ADDRESS),
        _ => Ok(()),
    }
}
