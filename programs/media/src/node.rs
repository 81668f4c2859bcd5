//! What guards and edges have in common: the stake behind them and the URLs they publish.

use pinocchio::{AccountView, Address, ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::context::{Args, Ctx};
use crate::layout::{config, error, node_status, stake};
use crate::memory;
use crate::pda::Place;
use crate::{pool, time};

/// A stake of `owner` in `pool`, for `role`.
pub struct Backing<'a> {
    pub stake: Record<'a>,
    pub pool: Record<'a>,
}

impl<'a> Ctx<'a> {
    /// The pool and the owner's stake in it: `WrongAddress` if they do not belong together or the stake is
    /// another owner's, `WrongRole` if it backs something else.
    // Inlined, because with the result it would take six registers.
    #[inline(always)]
    pub fn backing(&self, pool: &'a AccountView, stake: &'a AccountView, owner: &Address, role: u32) -> Result<Backing<'a>, ProgramError> {
        let backing = self.load_backing(pool, stake)?;
        backing.require(owner, role)?;
        Ok(backing)
    }

    /// The same two accounts by their kinds only: `require` is still to be called.
    pub fn load_backing(&self, pool: &'a AccountView, stake: &'a AccountView) -> Result<Backing<'a>, ProgramError> {
        Ok(Backing { pool: self.pool(pool)?, stake: self.stake(stake)? })
    }
}

impl Backing<'_> {
    /// What links the accounts: see `Ctx::backing`.
    pub fn require(&self, owner: &Address, role: u32) -> ProgramResult {
        self.stake.require_key(stake::POOL, self.pool.address())?;
        self.stake.require_key(stake::OWNER, owner)?;
        if self.stake.flags() != role {
            return Err(error::WRONG_ROLE);
        }
        Ok(())
    }

    /// Worth for rights of the stake's LP in MEDIA; `InsufficientStake` if below `minimum`.
    pub fn require_worth(&self, config: &Record<'_>, minimum: u64, now: u64) -> Result<u64, ProgramError> {
        let worth = pool::worth_for_rights(config, &self.pool, self.stake.u64(stake::LP), now)?;
        if worth < minimum {
            return Err(error::INSUFFICIENT_STAKE);
        }
        Ok(worth)
    }
}

/// Where a node stores what elections have come to.
pub struct ReturnFields {
    pub stake: usize,
    pub left_at: usize,
    pub elections: usize,
    pub removed_at: usize,
}

/// With what a node comes back.
pub struct Return<'a> {
    pub backing: &'a Backing<'a>,
    pub config: &'a Record<'a>,
    pub now: u64,
}

/// `AlreadyActive`; `ElectionOpen` for a node that is accused; `TooEarly` with another stake than it had, for as long as that one
/// answers for what the node did: nobody is to fall by a stake that was put in the place of the right one; `NodeRemoved` unless
/// one that was removed comes back in a later week, with a stake that was filled after that. A node that is new has nothing to
/// answer for.
#[inline(never)]
pub fn require_return(place: &Place<'_>, fields: &ReturnFields, with: &Return<'_>) -> ProgramResult {
    let Place::Here(node) = place else { return Ok(()) };
    if node.status() == node_status::ACTIVE {
        return Err(error::ALREADY_ACTIVE);
    }
    if node.u32(fields.elections) > 0 {
        return Err(error::ELECTION_OPEN);
    }
    let Return { backing, config, now } = *with;
    let answers_until = node.u64(fields.left_at).checked_add(u64::from(config.u32(config::UNBOND_SECS))).ok_or(error::OVERFLOW)?;
    if node.key(fields.stake) != *backing.stake.address() && now <= answers_until {
        return Err(error::TOO_EARLY);
    }
    if node.status() != node_status::REMOVED {
        return Ok(());
    }
    let removed_at = node.u64(fields.removed_at);
    let periods = time::periods(config);
    let later = time::week_at(&periods, now)? > time::week_at(&periods, removed_at)?;
    if later && backing.stake.u64(stake::SINCE) > removed_at { Ok(()) } else { Err(error::NODE_REMOVED) }
}

/// Where a node stores who signs for it.
pub struct OperatorFields {
    pub operator: usize,
    pub previous: usize,
    pub from: usize,
}

/// Puts an operator in charge in `hour`. Its signatures off chain hold from the next hour; whose held before stays known.
/// `fresh` is a node that had none.
pub fn set_operator(node: &Record<'_>, fields: &OperatorFields, operator: &[u8; 32], hour: u64, fresh: bool) -> ProgramResult {
    let before = node.bytes::<32>(fields.operator);
    if fresh {
        node.set_bytes(fields.previous, operator);
    } else if before != *operator {
        let next = hour.checked_add(1).ok_or(error::OVERFLOW)?;
        // A second change within the hour: the key of this hour is still the one before the first.
        if node.u64(fields.from) != next {
            node.set_bytes(fields.previous, &before);
            node.set_u64(fields.from, next);
        }
    }
    node.set_bytes(fields.operator, operator);
    Ok(())
}

/// Most characters of a node's URL.
const URL_MAX: usize = 126;

/// A URL of the arguments: 1…126 bytes of printable ASCII without spaces, `InvalidParameter` otherwise.
pub fn url<'a>(args: &Args<'a>, offset: usize) -> Result<&'a [u8], ProgramError> {
    let length = args.u16(offset) as usize;
    let text = args.array::<URL_MAX>(offset + 2).get(..length).ok_or(error::INVALID_PARAMETER)?;
    if text.is_empty() || !text.iter().all(u8::is_ascii_graphic) {
        return Err(error::INVALID_PARAMETER);
    }
    Ok(text)
}

/// Writes a URL to its field: length, bytes, zeroes.
pub fn set_url(node: &Record<'_>, offset: usize, text: &[u8]) -> ProgramResult {
    let length = u16::try_from(text.len()).map_err(|_| error::INVALID_PARAMETER)?;
    let to = node.at(offset, 2 + URL_MAX);
    // `at` has checked the room for the longest URL; the arguments are no part of an account.
    unsafe { memory::zero(to, 2 + URL_MAX) }
    node.set_u16(offset, length);
    node.set_slice(offset + 2, text);
    Ok(())
}
