//! Founding allocations: locked at genesis, released as they vest (`docs/chain.md`, Founding).

use media_rules::amount::mul;
use media_rules::vesting::{Schedule, vested};
use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::context::{Args, Ctx};
use crate::layout::ix::{change_beneficiary as change_ix, genesis, release as release_ix};
use crate::layout::{LEAST_LOCK_SAMPLES, MAX_ALLOCATIONS, MEDIA_SUPPLY, config, error, founding, purpose, seed};
use crate::pda::{self, Seeds};
use crate::{time, token};

/// Bytes of an allocation in the tail of genesis: purpose, beneficiary, amount.
const INPUT: usize = 4 + 32 + 8;

/// An allocation as genesis is given it.
struct Allocation<'a> {
    purpose: u32,
    beneficiary: &'a [u8; 32],
    amount: u64,
}

fn allocation(tail: &[u8], index: usize) -> Allocation<'_> {
    let entry = Args(tail.get(index * INPUT..).unwrap_or(&[]));
    Allocation { purpose: entry.u32(0), beneficiary: entry.array(4), amount: entry.u64(36) }
}

/// How the supply is shared out at genesis.
pub struct Founding<'a> {
    tail: &'a [u8],
    count: usize,
    pub locked: u64,
    pub to_fund: u64,
    pub to_treasury: u64,
}

impl<'a> Founding<'a> {
    /// `InvalidParameter` unless the allocations are whole ones, each for somebody and something, not above the supply with what
    /// the fund gets, and locked for seven years of the network's samples.
    pub fn of(args: &Args<'a>) -> Result<Self, ProgramError> {
        let tail = args.tail(genesis::ARGS);
        let count = tail.len() / INPUT;
        if tail.len() % INPUT != 0 || count > MAX_ALLOCATIONS {
            return Err(error::INVALID_PARAMETER);
        }
        let mut locked = 0u64;
        for index in 0..count {
            let each = allocation(tail, index);
            if each.amount == 0 || *each.beneficiary == [0; 32] || !(purpose::REWARDS..=purpose::RESERVE).contains(&each.purpose) {
                return Err(error::INVALID_PARAMETER);
            }
            locked = locked.checked_add(each.amount).ok_or(error::INVALID_PARAMETER)?;
        }
        let least = mul(LEAST_LOCK_SAMPLES, u64::from(args.u32(genesis::SAMPLE_SECS))).unwrap_or(u64::MAX);
        if count > 0 && u64::from(args.u32(genesis::LOCK_SECS)) < least {
            return Err(error::INVALID_PARAMETER);
        }
        let to_fund = args.u64(genesis::TO_FUND);
        let taken = locked.checked_add(to_fund).ok_or(error::INVALID_PARAMETER)?;
        let to_treasury = MEDIA_SUPPLY.checked_sub(taken).ok_or(error::INVALID_PARAMETER)?;
        Ok(Self { tail, count, locked, to_fund, to_treasury })
    }

    /// Writes the founding account, which is new.
    pub fn write(&self, record: &Record<'_>, args: &Args<'_>, vault: &AccountView) -> ProgramResult {
        record.set_key(founding::VAULT, vault.address());
        record.set_u64(founding::FOUNDED_AT, time::now()?);
        record.set_u32(founding::LOCK_SECS, args.u32(genesis::LOCK_SECS));
        record.set_u32(founding::VEST_SECS, args.u32(genesis::VEST_SECS));
        record.set_u64(founding::TO_FUND, self.to_fund);
        record.set_u64(founding::TO_TREASURY, self.to_treasury);
        record.set_u32(founding::COUNT, self.count as u32);
        for index in 0..self.count {
            let each = allocation(self.tail, index);
            let at = founding::ALLOCATIONS + index * founding::ALLOCATIONS_STRIDE;
            record.set_u32(at + founding::allocations_entry::PURPOSE, each.purpose);
            record.set_bytes(at + founding::allocations_entry::BENEFICIARY, each.beneficiary);
            record.set_u64(at + founding::allocations_entry::AMOUNT, each.amount);
        }
        Ok(())
    }
}

/// The founding account. Only genesis makes one; the address is derived only to name the error.
fn load<'a>(ctx: &Ctx<'a>, view: &'a AccountView) -> Result<Record<'a>, ProgramError> {
    match ctx.load(view, &founding::KIND) {
        Ok(record) => Ok(record),
        Err(wrong) => Err(pda::blame(ctx.program, view, &Seeds(&[seed::FND]), wrong)),
    }
}

/// Offset of an allocation; `InvalidParameter` where there is none.
fn entry(record: &Record<'_>, index: u8) -> Result<usize, ProgramError> {
    if u32::from(index) >= record.u32(founding::COUNT) {
        return Err(error::INVALID_PARAMETER);
    }
    Ok(founding::ALLOCATIONS + index as usize * founding::ALLOCATIONS_STRIDE)
}

pub fn release(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, founding, vault, to, _token] = ctx.first::<5>();
    let config = ctx.config(config)?;
    let record = load(ctx, founding)?;
    record.require_key(founding::VAULT, vault.address())?;
    let at = entry(&record, ctx.args.u8(release_ix::INDEX))?;
    let beneficiary = record.key(at + founding::allocations_entry::BENEFICIARY);
    // The config owns every vault: what is for it goes to the fund and nowhere else.
    if beneficiary == *config.address() {
        config.require_key(config::FUND, to.address())?;
    } else {
        token::require_owned(to, &config.key(config::MEDIA_MINT), &beneficiary)?;
    }
    let schedule = Schedule {
        since: record.u64(founding::FOUNDED_AT),
        lock_secs: record.u32(founding::LOCK_SECS),
        vest_secs: record.u32(founding::VEST_SECS),
    };
    let vested = vested(record.u64(at + founding::allocations_entry::AMOUNT), &schedule, time::now()?);
    let released = record.u64(at + founding::allocations_entry::RELEASED);
    let payable = vested.saturating_sub(released);
    if payable == 0 {
        return Err(error::NOTHING_VESTED);
    }
    record.set_u64(at + founding::allocations_entry::RELEASED, vested);
    token::pay(vault, to, &config, payable)
}

pub fn change_beneficiary(ctx: &Ctx<'_>) -> ProgramResult {
    let [beneficiary, founding] = ctx.first::<2>();
    let record = load(ctx, founding)?;
    let at = entry(&record, ctx.args.u8(change_ix::INDEX))?;
    record.require_key(at + founding::allocations_entry::BENEFICIARY, beneficiary.address())?;
    let successor = ctx.args.array::<32>(change_ix::SUCCESSOR);
    if *successor == [0; 32] {
        return Err(error::INVALID_PARAMETER);
    }
    record.set_bytes(at + founding::allocations_entry::BENEFICIARY, successor);
    Ok(())
}
