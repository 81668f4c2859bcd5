//! Guards commit to their verdicts on an hour, then reveal them.

use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::context::Ctx;
use crate::hash;
use crate::layout::ix::{commit_verdict as commit_ix, reveal_verdict as reveal_ix, write_verdict as write_ix};
use crate::layout::{MAX_DISPUTES, error, guard_set, hour, hour_status, seed, verdict, verdict_status as status};
use crate::pda::{self, New, Numbered, Place, Seeds};
use crate::time;
use crate::voter::{self, Voter};

const DOMAIN: &[u8; 8] = b"mn.vrdct";
/// Most bytes by which an account can grow in one instruction.
const MAX_GROWTH: usize = 10_240;

fn of_hour(number: u64) -> Numbered {
    Numbered { offset: hour::HOUR, value: number }
}

pub fn commit_verdict(ctx: &Ctx<'_>) -> ProgramResult {
    let [operator, config, guard, set, hour, view, _system] = ctx.first::<7>();
    let week = ctx.args.u64(commit_ix::WEEK);
    let number = ctx.args.u64(commit_ix::HOUR);
    let config = ctx.config(config)?;
    let set = ctx.guard_set(set, week)?;
    let hour = ctx.existing(hour, &hour::KIND, seed::HR, of_hour(number))?;
    let hour_bytes = number.to_le_bytes();
    let seeds: [&[u8]; 3] = [seed::VD, &hour_bytes, guard.address().as_array()];
    let seeds = Seeds(&seeds);
    let place = ctx.place(view, &verdict::KIND, &seeds)?;
    let guard = ctx.operated_guard(operator, guard)?;
    let periods = time::periods(&config);
    voter::require_seated(&guard, &set, &periods)?;
    let now = time::now()?;
    if week != periods.week(number) {
        return Err(error::WRONG_WEEK);
    }
    let voter = Voter::of(&guard, &set, time::week_at(&periods, now)?)?;
    time::require_open(periods.commit_window(number, now))?;
    // A set that has revealed early can decide early: what comes later is counted by nobody.
    if hour.status() == hour_status::FINAL {
        return Err(error::ALREADY_DECIDED);
    }
    // A report that its judge had not seen would be judged by nobody.
    if ctx.args.u32(commit_ix::REPORTS) != hour.u32(hour::REPORTS) {
        return Err(error::BASIS_CHANGED);
    }
    let Place::Empty(bump) = place else { return Err(error::ALREADY_EXISTS) };
    let record = ctx.create(operator, view, &New::of(&verdict::KIND, bump), &seeds)?;
    record.set_status(status::COMMITTED);
    record.set_u64(verdict::HOUR, number);
    record.set_key(verdict::GUARD, guard.address());
    record.set_key(verdict::PAYER, operator.address());
    record.set_u32(verdict::NO, voter.no);
    record.set_bytes(verdict::COMMITMENT, ctx.args.array::<32>(commit_ix::COMMITMENT));
    hour.set_u32(hour::COMMITS, hour.u32(hour::COMMITS).checked_add(1).ok_or(error::OVERFLOW)?);
    // The set is frozen once it is usable: it is the same number each time.
    hour.set_u32(hour::SET_COUNT, set.u32(guard_set::COUNT));
    Ok(())
}

/// A guard's own verdict on an hour, and the hour. Its seat was checked when it committed, and nobody takes it away since.
struct Own<'a> {
    verdict: Record<'a>,
    hour: Record<'a>,
    guard: Record<'a>,
    number: u64,
}

/// The accounts as the two instructions have them.
struct Views<'a> {
    operator: &'a AccountView,
    guard: &'a AccountView,
    hour: &'a AccountView,
    verdict: &'a AccountView,
}

impl<'a> Own<'a> {
    #[inline(never)]
    fn of(ctx: &Ctx<'a>, views: &Views<'a>, number: u64) -> Result<Self, ProgramError> {
        let hour = ctx.existing(views.hour, &hour::KIND, seed::HR, of_hour(number))?;
        let verdict = match ctx.load(views.verdict, &verdict::KIND) {
            // Verdicts are created at their address only, from what they store.
            Ok(verdict) if verdict.u64(verdict::HOUR) == number && verdict.key(verdict::GUARD) == *views.guard.address() => verdict,
            _ => match ctx.place(views.verdict, &verdict::KIND, &Seeds(&[seed::VD, &number.to_le_bytes(), views.guard.address().as_array()]))? {
                Place::Here(verdict) => verdict,
                Place::Empty(_) => return Err(error::WRONG_OWNER),
            },
        };
        let guard = ctx.operated_guard(views.operator, views.guard)?;
        Ok(Self { verdict, hour, guard, number })
    }

    fn require_open(&self, config: &Record<'_>) -> ProgramResult {
        let (commits, set) = (self.hour.u32(hour::COMMITS), self.hour.u32(hour::SET_COUNT));
        time::require_open(time::periods(config).reveal_window(self.number, time::now()?, commits, set))
    }
}

pub fn write_verdict(ctx: &Ctx<'_>) -> ProgramResult {
    let [operator, config, guard, hour, view, _system] = ctx.first::<6>();
    let offset = ctx.args.u32(write_ix::OFFSET) as usize;
    let bytes = ctx.args.tail(write_ix::ARGS);
    let config = ctx.config(config)?;
    let own = Own::of(ctx, &Views { operator, guard, hour, verdict: view }, ctx.args.u64(write_ix::HOUR))?;
    if own.verdict.status() != status::COMMITTED {
        return Err(error::WRONG_STATUS);
    }
    own.require_open(&config)?;
    if bytes.is_empty() {
        return Err(error::INVALID_PARAMETER);
    }
    let end = offset.checked_add(bytes.len()).ok_or(error::OVERFLOW)?;
    if end > most_bytes(own.hour.u32(hour::REPORTS)) {
        return Err(error::TOO_LARGE);
    }
    let size = verdict::SIZE + end;
    let grown = size.saturating_sub(view.data_len());
    if grown > MAX_GROWTH {
        return Err(error::TOO_LARGE);
    }
    if grown > 0 {
        pda::grow(operator, view, size)?;
    }
    own.verdict.set_slice(verdict::SIZE + offset, bytes);
    Ok(())
}

/// Bytes of a payload of so many reports with as many disputes as there may be: u32, two bits a report, u16, eight a dispute.
fn most_bytes(reports: u32) -> usize {
    4 + (reports as usize).div_ceil(4) + 2 + 8 * MAX_DISPUTES
}

pub fn reveal_verdict(ctx: &Ctx<'_>) -> ProgramResult {
    let [operator, config, guard, hour, view] = ctx.first::<5>();
    let length = ctx.args.u32(reveal_ix::LENGTH) as usize;
    let holding = ctx.args.array::<32>(reveal_ix::HOLDING);
    let previous = ctx.args.array::<32>(reveal_ix::PREV_ROOT);
    let salt = ctx.args.array::<32>(reveal_ix::SALT);
    let config = ctx.config(config)?;
    let own = Own::of(ctx, &Views { operator, guard, hour, verdict: view }, ctx.args.u64(reveal_ix::HOUR))?;
    if own.verdict.status() != status::COMMITTED {
        return Err(error::ALREADY_VOTED);
    }
    own.require_open(&config)?;
    if length > view.data_len() - verdict::SIZE {
        return Err(error::TOO_LARGE);
    }
    // In range by the check above; the bytes are only read, and before anything is written.
    let payload = unsafe { core::slice::from_raw_parts(own.verdict.at(verdict::SIZE, length), length) };
    let number = own.number.to_le_bytes();
    let parts: [&[u8]; 7] = [DOMAIN, own.guard.address().as_array(), &number, holding, previous, salt, payload];
    if hash::sha256(&parts) != own.verdict.bytes::<32>(verdict::COMMITMENT) {
        return Err(error::COMMITMENT_MISMATCH);
    }
    own.verdict.set_status(status::REVEALED);
    own.verdict.set_u32(verdict::LENGTH, length as u32);
    own.verdict.set_bytes(verdict::HOLDING, holding);
    own.verdict.set_bytes(verdict::PREV_ROOT, previous);
    own.verdict.set_bytes(verdict::SALT, salt);
    own.hour.set_u32(hour::REVEALS, own.hour.u32(hour::REVEALS).checked_add(1).ok_or(error::OVERFLOW)?);
    Ok(())
}
