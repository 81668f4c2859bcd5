//! When and on what terms a resource is served, and what it owes for it (`docs/chain.md`, Resources).

use media_rules::spans::{self, SPANS, Span};
use media_rules::terms::{self, Change};
use media_rules::weeks::{self, Slot};
use pinocchio::{ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::layout::resource::{spans_entry as span, terms_entry as term, weeks_entry as week};
use crate::layout::{OPEN_SPAN, error, resource};
use crate::time::Periods;

const _: () = assert!(resource::SPANS_LENGTH == SPANS && spans::OPEN == OPEN_SPAN);
const _: () = assert!(resource::TERMS_LENGTH == terms::TERMS as usize && resource::WEEKS_LENGTH == weeks::WEEKS as usize);

fn span_at(index: usize) -> usize {
    resource::SPANS + index * resource::SPANS_STRIDE
}

fn spans_of(record: &Record<'_>) -> [Span; SPANS] {
    let mut all = [Span { from: 0, until: 0 }; SPANS];
    for (index, each) in all.iter_mut().enumerate() {
        *each = Span { from: record.u64(span_at(index) + span::FROM), until: record.u64(span_at(index) + span::UNTIL) };
    }
    all
}

/// The resource is active from the hour after `hour` on; `TooEarly` where every place holds hours that can still be decided.
pub fn open_span(record: &Record<'_>, periods: &Periods, hour: u64) -> ProgramResult {
    let index = spans::free(&spans_of(record), hour, periods.keep_hours()).ok_or(error::TOO_EARLY)?;
    record.set_u64(span_at(index) + span::FROM, hour.checked_add(1).ok_or(error::OVERFLOW)?);
    record.set_u64(span_at(index) + span::UNTIL, OPEN_SPAN);
    Ok(())
}

/// The resource is active no longer than `hour`, which has begun and counts as a whole.
pub fn close_span(record: &Record<'_>, hour: u64) -> ProgramResult {
    if let Some(index) = spans::open(&spans_of(record)) {
        record.set_u64(span_at(index) + span::UNTIL, hour.checked_add(1).ok_or(error::OVERFLOW)?);
    }
    Ok(())
}

/// Whether no hour in which it was active can be decided any more.
pub fn is_settled(record: &Record<'_>, periods: &Periods, hour: u64) -> bool {
    spans::settled(&spans_of(record), hour, periods.keep_hours())
}

/// What a publisher agrees to.
pub struct Terms<'a> {
    pub allowance: u64,
    pub vouch_key: &'a [u8; 32],
}

fn term_at(index: u32) -> usize {
    resource::TERMS + index as usize * resource::TERMS_STRIDE
}

fn write_terms(record: &Record<'_>, index: u32, from: u64, terms: &Terms<'_>) {
    record.set_u64(term_at(index) + term::FROM, from);
    record.set_u64(term_at(index) + term::ALLOWANCE, terms.allowance);
    record.set_bytes(term_at(index) + term::VOUCH_KEY, terms.vouch_key);
}

/// A new resource's terms, which hold in any hour.
pub fn first_terms(record: &Record<'_>, terms: &Terms<'_>) {
    write_terms(record, 0, 0, terms);
    record.set_u32(resource::TERMS_COUNT, 1);
}

/// Puts terms in force from the hour after `hour`; the same again change nothing. `TooEarly` while the oldest of eight can
/// still be needed.
pub fn set_terms(record: &Record<'_>, periods: &Periods, hour: u64, terms: &Terms<'_>) -> ProgramResult {
    let count = record.u32(resource::TERMS_COUNT);
    let newest = term_at(count.checked_sub(1).filter(|&newest| newest < terms::TERMS).ok_or(error::INVARIANT_BROKEN)?);
    if record.u64(newest + term::ALLOWANCE) == terms.allowance && record.bytes(newest + term::VOUCH_KEY) == *terms.vouch_key {
        return Ok(());
    }
    let second = record.u64(term_at(1) + term::FROM);
    let place = terms::place(count, record.u64(newest + term::FROM), second, hour, periods.keep_hours());
    let index = match place.ok_or(error::TOO_EARLY)? {
        Change::Over(index) => index,
        Change::At(index) => {
            record.set_u32(resource::TERMS_COUNT, index + 1);
            index
        }
        Change::Shift => {
            for index in 1..terms::TERMS {
                let moved = record.bytes::<{ resource::TERMS_STRIDE }>(term_at(index));
                record.set_bytes(term_at(index - 1), &moved);
            }
            terms::TERMS - 1
        }
    };
    write_terms(record, index, hour.checked_add(1).ok_or(error::OVERFLOW)?, terms);
    Ok(())
}

fn week_at(index: usize) -> usize {
    resource::WEEKS + index * resource::WEEKS_STRIDE
}

/// Whether anything is due, of whatever week.
pub fn has_due(record: &Record<'_>) -> bool {
    (0..resource::WEEKS_LENGTH).any(|index| record.u64(week_at(index) + week::DUE) > 0)
}

/// The money of one week of service.
pub struct ServiceWeek<'a> {
    record: Record<'a>,
    at: usize,
}

impl<'a> ServiceWeek<'a> {
    /// The week's, if it is there.
    pub fn find(record: &Record<'a>, number: u64) -> Option<Self> {
        let at = week_at(weeks::place(number));
        match weeks::slot(record.u64(at + week::WEEK), 0, number) {
            Slot::Same => Some(Self { record: *record, at }),
            _ => None,
        }
    }

    /// The week's, in the place of an older one if need be: `ChargeFirst` while that has something due, `TooLate` if the
    /// place is a newer one's.
    pub fn take(record: &Record<'a>, number: u64) -> Result<Self, ProgramError> {
        let at = week_at(weeks::place(number));
        match weeks::slot(record.u64(at + week::WEEK), record.u64(at + week::DUE), number) {
            Slot::Same => {}
            Slot::Free => {
                record.set_u64(at + week::WEEK, number.checked_add(1).ok_or(error::OVERFLOW)?);
                record.set_u64(at + week::DUE, 0);
                record.set_u64(at + week::KEPT, 0);
            }
            Slot::Due => return Err(error::CHARGE_FIRST),
            Slot::Newer => return Err(error::TOO_LATE),
        }
        Ok(Self { record: *record, at })
    }

    pub fn due(&self) -> u64 {
        self.record.u64(self.at + week::DUE)
    }

    pub fn set_due(&self, due: u64) {
        self.record.set_u64(self.at + week::DUE, due);
    }

    pub fn add_kept(&self, kept: u64) -> ProgramResult {
        self.record.add(self.at + week::KEPT, kept)?;
        Ok(())
    }
}
