//! Program-derived accounts: found, created, closed.

use pinocchio::cpi::{Seed, Signer};
use pinocchio::sysvars::{Sysvar, rent::Rent};
use pinocchio::{AccountView, Address, ProgramResult, error::ProgramError};
use pinocchio_system::instructions::{Allocate, Assign, CreateAccount, Transfer};

use crate::account::{Kind, Record};
use crate::context::Ctx;
use crate::layout::{ACCOUNT_VERSION, error, header};
use crate::memory;

/// Most seeds of any address of this program, with the bump.
const MAX_SEEDS: usize = 5;

/// Seeds of an address, without the bump. Passed by reference: a slice would take two of the five registers.
pub struct Seeds<'s>(pub &'s [&'s [u8]]);

/// An account at the address its seeds give.
pub enum Place<'a> {
    Here(Record<'a>),
    /// Nothing there yet, at most lamports; the bump for `create`.
    Empty(u8),
}

/// `WrongAddress` if the account is not at the address of the seeds, else the error given.
#[cold]
#[inline(never)]
pub fn blame(program: &Address, view: &AccountView, seeds: &Seeds<'_>, otherwise: ProgramError) -> ProgramError {
    if Address::find_program_address(seeds.0, program).0 == *view.address() { otherwise } else { error::WRONG_ADDRESS }
}

/// The bump, if the account is at the address of the seeds; `WrongAddress` otherwise.
/// Takes it from the header where the account exists (1.5k CU), else searches for it (1.5k CU a step).
#[inline(never)]
pub fn check(program: &Address, view: &AccountView, seeds: &Seeds<'_>) -> Result<u8, ProgramError> {
    if view.owned_by(program) && view.data_len() >= header::SIZE {
        let bump = [Record(view).bump()];
        let mut with_bump: [&[u8]; MAX_SEEDS] = [&[]; MAX_SEEDS];
        let count = seeds.0.len();
        if count >= MAX_SEEDS {
            return Err(error::WRONG_ADDRESS);
        }
        for (to, from) in with_bump.iter_mut().zip(seeds.0) {
            *to = from;
        }
        with_bump[count] = &bump;
        return match Address::create_program_address(&with_bump[..=count], program) {
            Ok(address) if address == *view.address() => Ok(bump[0]),
            _ => Err(error::WRONG_ADDRESS),
        };
    }
    let (address, bump) = Address::find_program_address(seeds.0, program);
    if address != *view.address() {
        return Err(error::WRONG_ADDRESS);
    }
    Ok(bump)
}

impl<'a> Ctx<'a> {
    /// The account at the address of the seeds, or the place where it can be created.
    #[inline(never)]
    pub fn place(&self, view: &'a AccountView, kind: &Kind, seeds: &Seeds<'_>) -> Result<Place<'a>, ProgramError> {
        let bump = check(self.program, view, seeds)?;
        if view.owned_by(&pinocchio_system::ID) && view.is_data_empty() {
            return Ok(Place::Empty(bump));
        }
        Ok(Place::Here(self.load(view, kind)?))
    }

    /// The account of `prefix` and a u64 that it also stores at `offset`, or its empty place: a guard set,
    /// an hour, an epoch. An account of this program that stores the number is the one at the address,
    /// because the program creates such accounts only there; so no address is derived when it exists.
    // Inlined, because with the result it would take six registers.
    #[inline(always)]
    pub fn place_of(&self, view: &'a AccountView, kind: &Kind, prefix: &[u8], number: Numbered) -> Result<Place<'a>, ProgramError> {
        if let Ok(record) = self.load(view, kind)
            && record.u64(number.offset) == number.value
        {
            return Ok(Place::Here(record));
        }
        self.place(view, kind, &Seeds(&[prefix, &number.value.to_le_bytes()]))
    }

    /// Like `place_of` where the account must exist: `WrongOwner` for an empty place.
    #[inline(always)]
    pub fn existing(&self, view: &'a AccountView, kind: &Kind, prefix: &[u8], number: Numbered) -> Result<Record<'a>, ProgramError> {
        match self.place_of(view, kind, prefix, number)? {
            Place::Here(record) => Ok(record),
            Place::Empty(_) => Err(error::WRONG_OWNER),
        }
    }

    /// Creates a program account of `size` bytes and writes its header; everything else is zero.
    /// `AlreadyExists` unless the place is empty. `seeds` are those of `place`, `bump` what it gave.
    // Inlined, because with the result it would take six registers.
    #[inline(always)]
    pub fn create(&self, payer: &AccountView, view: &'a AccountView, new: &New<'_>, seeds: &Seeds<'_>) -> Result<Record<'a>, ProgramError> {
        allocate(payer, view, &Space { size: new.size, owner: self.program, bump: new.bump }, seeds)?;
        let record = Record(view);
        record.set_u8(header::TAG, new.kind.tag);
        record.set_u8(header::VERSION, ACCOUNT_VERSION);
        record.set_u8(header::BUMP, new.bump);
        Ok(record)
    }
}

/// A number in an account's seeds, and where the account stores it.
#[derive(Clone, Copy)]
pub struct Numbered {
    pub offset: usize,
    pub value: u64,
}

/// What `create` makes; `size` is `kind.size` plus the tail.
pub struct New<'k> {
    pub kind: &'k Kind,
    pub size: usize,
    pub bump: u8,
}

impl<'k> New<'k> {
    /// An account without a tail.
    pub fn of(kind: &'k Kind, bump: u8) -> Self {
        Self { kind, size: kind.size, bump }
    }
}

/// Size and owner of an account to be allocated.
pub struct Space<'o> {
    pub size: usize,
    pub owner: &'o Address,
    pub bump: u8,
}

/// Allocates an empty place, also if somebody has sent lamports there before.
#[inline(never)]
pub fn allocate(payer: &AccountView, view: &AccountView, space: &Space<'_>, seeds: &Seeds<'_>) -> ProgramResult {
    if !view.owned_by(&pinocchio_system::ID) || !view.is_data_empty() {
        return Err(error::ALREADY_EXISTS);
    }
    let rent = Rent::get()?.try_minimum_balance(space.size)?;
    let bump = [space.bump];
    let empty: [u8; 0] = [];
    let mut with_bump = [const { [] as [u8; 0] }; MAX_SEEDS].map(|_| Seed::from(&empty));
    let count = seeds.0.len();
    if count >= MAX_SEEDS {
        return Err(error::WRONG_ADDRESS);
    }
    for (to, from) in with_bump.iter_mut().zip(seeds.0) {
        *to = Seed::from(*from);
    }
    with_bump[count] = Seed::from(&bump);
    let signer = [Signer::from(&with_bump[..=count])];
    // One call where nobody has sent lamports, which saves 2.3k compute units; the system program refuses it otherwise.
    if view.lamports() == 0 {
        let create = CreateAccount { from: payer, to: view, lamports: rent, space: space.size as u64, owner: space.owner };
        return create.invoke_signed(&signer);
    }
    let missing = rent.saturating_sub(view.lamports());
    if missing > 0 {
        Transfer { from: payer, to: view, lamports: missing }.invoke()?;
    }
    Allocate { account: view, space: space.size as u64 }.invoke_signed(&signer)?;
    Assign { account: view, owner: space.owner }.invoke_signed(&signer)
}

/// Makes an account of this program longer, at the expense of `payer`; what is new is zero. At most 10,240 bytes an
/// instruction, and once.
#[inline(never)]
pub fn grow(payer: &AccountView, view: &AccountView, size: usize) -> ProgramResult {
    let missing = Rent::get()?.try_minimum_balance(size)?.saturating_sub(view.lamports());
    if missing > 0 {
        Transfer { from: payer, to: view, lamports: missing }.invoke()?;
    }
    // The runtime lends room for that much growth after the account's bytes, zeroed, and reads the length back. This
    // program keeps no borrow of the data, and nobody has grown the account in this instruction before.
    unsafe { (*view.account_ptr().cast_mut()).data_len = size as u64 };
    Ok(())
}

/// Closes an account of this program for good: lamports to `to`, data zeroed, owner the system program,
/// length zero, so that it cannot come back within the transaction. `WrongAddress` if `to` is the account.
#[inline(never)]
pub fn close(view: &AccountView, to: &AccountView) -> ProgramResult {
    if view.address() == to.address() {
        return Err(error::WRONG_ADDRESS);
    }
    let sum = to.lamports().checked_add(view.lamports()).ok_or(error::OVERFLOW)?;
    // Views are handles: a copy writes the same account.
    to.clone().set_lamports(sum);
    let mut closed = view.clone();
    unsafe { memory::zero(closed.data_mut_ptr(), closed.data_len()) };
    // Lamports, owner (all zeroes is the system program) and length; no borrow of the data is ever kept.
    unsafe { closed.close_unchecked() };
    Ok(())
}
