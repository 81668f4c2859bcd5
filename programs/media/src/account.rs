//! A program account that has been recognised, read and written in place.

use pinocchio::{AccountView, Address, error::ProgramError};

use crate::layout::{ACCOUNT_VERSION, error, header};
use crate::memory;

/// What makes an account one of a kind: its tag, and its exact size (the least size where a tail follows).
pub struct Kind {
    pub tag: u8,
    pub size: usize,
    pub tail: bool,
}

/// An account of this program whose owner, tag, version and size have been checked.
///
/// Holds no borrow: every read and write goes straight to the account's bytes, so that two records of
/// one account see each other's writes. Offsets come from `layout`; one outside the account panics.
#[derive(Clone, Copy)]
pub struct Record<'a>(pub &'a AccountView);

impl<'a> Record<'a> {
    /// `WrongOwner` if another program owns it, `WrongTag` if it is of another kind, size or version.
    pub fn load(program: &Address, view: &'a AccountView, kind: &Kind) -> Result<Self, ProgramError> {
        if !view.owned_by(program) {
            return Err(error::WRONG_OWNER);
        }
        let record = Self(view);
        let length = view.data_len();
        let fits = if kind.tail { length >= kind.size } else { length == kind.size };
        if !fits || record.u8(header::TAG) != kind.tag || record.u8(header::VERSION) != ACCOUNT_VERSION {
            return Err(error::WRONG_TAG);
        }
        Ok(record)
    }

    pub fn address(&self) -> &'a Address {
        self.0.address()
    }

    /// Pointer to `count` bytes at `offset`.
    #[inline(always)]
    pub fn at(&self, offset: usize, count: usize) -> *mut u8 {
        if offset + count > self.0.data_len() {
            outside();
        }
        // In range by the check above. The runtime lends this program the account's bytes for the whole
        // instruction, and `Record` gives out no reference to them that a write could invalidate.
        unsafe { self.0.data_ptr().add(offset).cast_mut() }
    }

    #[inline(always)]
    fn read<const N: usize>(&self, offset: usize) -> [u8; N] {
        // `at` has checked the range; a byte array needs no alignment.
        unsafe { self.at(offset, N).cast::<[u8; N]>().read() }
    }

    #[inline(always)]
    fn write<const N: usize>(&self, offset: usize, value: [u8; N]) {
        unsafe { self.at(offset, N).cast::<[u8; N]>().write(value) }
    }

    #[inline(always)]
    pub fn u8(&self, offset: usize) -> u8 {
        self.read::<1>(offset)[0]
    }

    #[inline(always)]
    pub fn u32(&self, offset: usize) -> u32 {
        u32::from_le_bytes(self.read(offset))
    }

    #[inline(always)]
    pub fn u64(&self, offset: usize) -> u64 {
        u64::from_le_bytes(self.read(offset))
    }

    #[inline(always)]
    pub fn bytes<const N: usize>(&self, offset: usize) -> [u8; N] {
        self.read(offset)
    }

    #[inline(always)]
    pub fn key(&self, offset: usize) -> Address {
        Address::new_from_array(self.read(offset))
    }

    #[inline(always)]
    pub fn set_u8(&self, offset: usize, value: u8) {
        self.write(offset, [value]);
    }

    #[inline(always)]
    pub fn set_u16(&self, offset: usize, value: u16) {
        self.write(offset, value.to_le_bytes());
    }

    #[inline(always)]
    pub fn set_u32(&self, offset: usize, value: u32) {
        self.write(offset, value.to_le_bytes());
    }

    #[inline(always)]
    pub fn set_u64(&self, offset: usize, value: u64) {
        self.write(offset, value.to_le_bytes());
    }

    #[inline(always)]
    pub fn set_bytes<const N: usize>(&self, offset: usize, value: &[u8; N]) {
        self.write(offset, *value);
    }

    #[inline(always)]
    pub fn set_key(&self, offset: usize, value: &Address) {
        self.write(offset, value.to_bytes());
    }

    /// Copies bytes of any length to `offset`. `value` must not be part of this account.
    pub fn set_slice(&self, offset: usize, value: &[u8]) {
        let to = self.at(offset, value.len());
        unsafe { memory::copy(to, value) }
    }

    /// Zeroes `count` bytes at `offset`.
    pub fn set_zero(&self, offset: usize, count: usize) {
        let to = self.at(offset, count);
        unsafe { memory::zero(to, count) }
    }

    /// Adds to the u64 at `offset`, or fails with `Overflow`.
    pub fn add(&self, offset: usize, amount: u64) -> Result<u64, ProgramError> {
        let sum = self.u64(offset).checked_add(amount).ok_or(error::OVERFLOW)?;
        self.set_u64(offset, sum);
        Ok(sum)
    }

    /// Subtracts from the u64 at `offset`, or fails with `Overflow`.
    pub fn sub(&self, offset: usize, amount: u64) -> Result<u64, ProgramError> {
        let rest = self.u64(offset).checked_sub(amount).ok_or(error::OVERFLOW)?;
        self.set_u64(offset, rest);
        Ok(rest)
    }

    pub fn bump(&self) -> u8 {
        self.u8(header::BUMP)
    }

    pub fn status(&self) -> u8 {
        self.u8(header::STATUS)
    }

    pub fn set_status(&self, status: u8) {
        self.set_u8(header::STATUS, status);
    }

    pub fn flags(&self) -> u32 {
        self.u32(header::FLAGS)
    }

    pub fn set_flags(&self, flags: u32) {
        self.set_u32(header::FLAGS, flags);
    }

    /// `WrongAddress` unless the key stored at `offset` is `address`.
    pub fn require_key(&self, offset: usize, address: &Address) -> Result<(), ProgramError> {
        if self.key(offset) != *address {
            return Err(error::WRONG_ADDRESS);
        }
        Ok(())
    }
}

#[cold]
#[inline(never)]
fn outside() -> ! {
    panic!("read or write outside an account")
}
