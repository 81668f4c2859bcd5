//! What somebody else has signed: the Ed25519 instruction right before this one, which the runtime has verified.

use pinocchio::{AccountView, Address};

use crate::account::Record;

/// The sysvar that shows a transaction its own instructions.
pub const INSTRUCTIONS: Address = Address::from_str_const("Sysvar1nstructions1111111111111111111111111");
const ED25519: Address = Address::from_str_const("Ed25519SigVerify111111111111111111111111111");
/// Bytes of an account in the sysvar: flags, key.
const META: usize = 33;
/// Bytes before the offsets, and of those of one signature: each three places, which an index of an instruction follows.
const HEAD: usize = 2;
const OFFSETS: usize = 14;
/// As an index of an instruction: this very one.
const ITSELF: u16 = u16::MAX;

/// Data of an Ed25519 instruction. The runtime has verified each signature over the message and key that it points to.
#[derive(Clone, Copy)]
pub struct Signed<'a>(pub &'a [u8]);

/// One signature's key and message.
pub struct Part<'a> {
    pub key: &'a [u8; 32],
    pub message: &'a [u8],
}

/// The Ed25519 instruction that stands right before the one that runs, out of the instructions sysvar; its address has been
/// checked. `None` if something else stands there.
#[inline(never)]
pub fn before<'a>(sysvar: &'a AccountView) -> Option<Signed<'a>> {
    let record = Record(sysvar);
    let u16_at = |offset: usize| usize::from(u16::from_le_bytes(record.bytes::<2>(offset)));
    let current = u16_at(sysvar.data_len() - 2);
    let at = u16_at(2 + 2 * current.checked_sub(1)?);
    let program = at + 2 + META * u16_at(at);
    if record.key(program) != ED25519 {
        return None;
    }
    let length = u16_at(program + 32);
    // In range, or `at` panics; nobody writes a sysvar.
    Some(Signed(unsafe { core::slice::from_raw_parts(record.at(program + 34, length), length) }))
}

impl<'a> Signed<'a> {
    /// Exactly two signatures, over keys and messages of this very instruction; `None` otherwise. An index that leads elsewhere
    /// would have the runtime verify other bytes than are read here.
    #[inline(never)]
    pub fn two(&self) -> Option<[Part<'a>; 2]> {
        if *self.0.first()? != 2 {
            return None;
        }
        Some([self.part(0)?, self.part(1)?])
    }

    fn part(&self, index: usize) -> Option<Part<'a>> {
        let offsets = self.0.get(HEAD + OFFSETS * index..)?.first_chunk::<OFFSETS>()?;
        let u16_at = |place: usize| u16::from_le_bytes([offsets[2 * place], offsets[2 * place + 1]]);
        if u16_at(1) != ITSELF || u16_at(3) != ITSELF || u16_at(6) != ITSELF {
            return None;
        }
        let key = self.0.get(usize::from(u16_at(2))..)?.first_chunk::<32>()?;
        let message = self.0.get(usize::from(u16_at(4))..)?.get(..usize::from(u16_at(5)))?;
        Some(Part { key, message })
    }
}
