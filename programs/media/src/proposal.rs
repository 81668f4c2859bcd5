//! Proposals: what they say, and when they may be executed (`docs/governance.md`).

use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::context::Ctx;
use crate::layout::actions::{self, PARAMETERS, Parameter};
use crate::layout::{ACTION_BYTES, config, error, proposal, proposal_status as status};
use crate::time;

/// What a proposal says, by the offsets in `layout::actions`.
#[derive(Clone, Copy)]
pub struct Action(pub [u8; ACTION_BYTES]);

impl Action {
    pub fn of(proposal: &Record<'_>) -> Self {
        Self(proposal.bytes(proposal::ACTION))
    }

    pub fn array<const N: usize>(&self, offset: usize) -> &[u8; N] {
        match self.0.get(offset..).and_then(|rest| rest.first_chunk::<N>()) {
            Some(bytes) => bytes,
            None => panic!("field outside an action"),
        }
    }

    pub fn u8(&self, offset: usize) -> u8 {
        self.array::<1>(offset)[0]
    }

    pub fn u32(&self, offset: usize) -> u32 {
        u32::from_le_bytes(*self.array(offset))
    }

    pub fn u64(&self, offset: usize) -> u64 {
        u64::from_le_bytes(*self.array(offset))
    }

    fn parameter(&self, parameter: &Parameter) -> u64 {
        if parameter.wide { self.u64(parameter.at) } else { u64::from(self.u32(parameter.at)) }
    }

    /// Whether nothing stands behind the fields of the kind.
    fn ends_at(&self, from: usize) -> bool {
        self.0.iter().skip(from).all(|&byte| byte == 0)
    }
}

/// What the config holds at a parameter's place.
fn held(config: &Record<'_>, parameter: &Parameter) -> u64 {
    if parameter.wide { config.u64(parameter.config) } else { u64::from(config.u32(parameter.config)) }
}

/// The parameters of a kind that sets some; none for the others.
fn parameters(kind: u32) -> impl Iterator<Item = &'static Parameter> {
    PARAMETERS.iter().filter(move |parameter| parameter.kind == kind)
}

/// `InvalidParameter` unless each parameter that an action sets is within its bounds, moves no further than it may, and the
/// config as it would be holds together. Nothing but what the kind has may be set.
#[inline(never)]
pub fn check_parameters(config: &Record<'_>, kind: u32, action: &Action) -> ProgramResult {
    let mask = action.u32(0);
    let (mut known, mut end) = (0, 4);
    for parameter in parameters(kind) {
        let value = action.parameter(parameter);
        known |= parameter.bit;
        end = parameter.at + if parameter.wide { 8 } else { 4 };
        let fits = if mask & parameter.bit == 0 {
            value == 0
        } else {
            (parameter.min..=parameter.max).contains(&value)
                && (!parameter.gradual || media_rules::ballot::is_gradual(held(config, parameter), value))
        };
        if !fits {
            return Err(error::INVALID_PARAMETER);
        }
    }
    let would_be = |offset: usize| {
        let set = parameters(kind).find(|parameter| parameter.config == offset && mask & parameter.bit != 0);
        set.map(|parameter| action.parameter(parameter))
    };
    let guards = |offset: usize| would_be(offset).unwrap_or(u64::from(config.u32(offset)));
    let media = |offset: usize| would_be(offset).unwrap_or(config.u64(offset));
    if mask == 0
        || mask & !known != 0
        || !action.ends_at(end)
        || guards(config::MIN_GUARDS) > guards(config::MAX_GUARDS)
        || media(config::DEPOSIT_FLOOR) > media(config::DEPOSIT_CEILING)
    {
        return Err(error::INVALID_PARAMETER);
    }
    Ok(())
}

/// Whether an action sets a parameter that holds for whole weeks.
pub fn changes_terms(kind: u32, action: &Action) -> bool {
    let mask = action.u32(0);
    parameters(kind).any(|parameter| parameter.term && mask & parameter.bit != 0)
}

/// Writes the parameters that an action sets.
pub fn write_parameters(config: &Record<'_>, kind: u32, action: &Action) {
    let mask = action.u32(0);
    for parameter in parameters(kind) {
        if mask & parameter.bit == 0 {
            continue;
        }
        let value = action.parameter(parameter);
        if parameter.wide {
            config.set_u64(parameter.config, value);
        } else {
            // Within its bounds, which 32 bits hold.
            config.set_u32(parameter.config, value as u32);
        }
    }
}

/// Whether the kind sets parameters.
pub fn sets_parameters(kind: u32) -> bool {
    parameters(kind).next().is_some()
}

/// `InvalidParameter` unless the action of a proposal is one of its kind.
#[inline(never)]
pub fn check_action(config: &Record<'_>, kind: u32, action: &Action) -> ProgramResult {
    if sets_parameters(kind) {
        return check_parameters(config, kind, action);
    }
    let is_zero = |offset: usize| *action.array::<32>(offset) == [0; 32];
    let (fits, end) = match kind {
        actions::integration::KIND => {
            use actions::integration as it;
            (is_name(action.array(it::NAME)) && action.u8(it::ENABLED) <= 1 && !is_zero(it::SHA256), it::SIZE)
        }
        actions::replace_guard::KIND => {
            use actions::replace_guard as it;
            let weeks = action.u32(it::WEEKS);
            let differ = action.array::<32>(it::GUARD) != action.array::<32>(it::SUCCESSOR);
            (!is_zero(it::GUARD) && differ && (1..=MAX_BARRED_WEEKS).contains(&weeks), it::SIZE)
        }
        actions::grant::KIND => {
            use actions::grant as it;
            let secs = action.u32(it::SECS);
            let stopping = u64::from(config.u32(config::VOTING_SECS)) + u64::from(config.u32(config::TIMELOCK_SECS));
            let is_timed = secs <= MAX_GRANT_SECS && u64::from(secs) >= GRANT_STOPS * stopping;
            (!is_zero(it::RECIPIENT) && action.u64(it::AMOUNT) > 0 && is_timed, it::SIZE)
        }
        actions::stop_grant::KIND => (action.u64(actions::stop_grant::GRANT) > 0, actions::stop_grant::SIZE),
        actions::remove_resource::KIND => (!is_zero(actions::remove_resource::RESOURCE), actions::remove_resource::SIZE),
        actions::upgrade::KIND => {
            use actions::upgrade as it;
            (!is_zero(it::DIGEST) && action.u32(it::LENGTH) > 0, it::SIZE)
        }
        _ => (false, 0),
    };
    if !fits || !action.ends_at(end) {
        return Err(error::INVALID_PARAMETER);
    }
    Ok(())
}

/// Most weeks for which one vote bars a guard: ten years.
const MAX_BARRED_WEEKS: u32 = 520;
/// A grant lasts so many times what a vote takes that stops it: no more than a part of it is paid by then.
const GRANT_STOPS: u64 = 4;
/// Longest stream of a grant: four years.
const MAX_GRANT_SECS: u32 = 4 * 365 * 86_400;

/// 1…32 of `a…z 0…9 . -`, then zeroes.
fn is_name(name: &[u8; 32]) -> bool {
    let length = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
    let (text, rest) = name.split_at(length);
    length > 0 && rest.iter().all(|&byte| byte == 0) && text.iter().all(|&byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'))
}

impl<'a> Ctx<'a> {
    /// A proposal, wherever it is.
    pub fn proposal(&self, view: &'a AccountView) -> Result<Record<'a>, ProgramError> {
        self.load(view, &proposal::KIND)
    }
}

/// A passed proposal that has not expired: `WrongKind` if it is of another kind than `fits` says, `AlreadyDecided` if it was
/// executed, `WrongStatus` unless it has passed, `TooLate`. The time.
pub fn require_passed(proposal: &Record<'_>, fits: impl Fn(u32) -> bool) -> Result<u64, ProgramError> {
    if !fits(proposal.flags()) {
        return Err(error::WRONG_KIND);
    }
    match proposal.status() {
        status::PASSED => {}
        status::EXECUTED => return Err(error::ALREADY_DECIDED),
        _ => return Err(error::WRONG_STATUS),
    }
    let now = time::now()?;
    if now >= proposal.u64(proposal::EXPIRES_AT) {
        return Err(error::TOO_LATE);
    }
    Ok(now)
}

/// A passed proposal in the time in which it may be executed: as `require_passed`, and `TooEarly` before that.
pub fn require_executable(proposal: &Record<'_>, fits: impl Fn(u32) -> bool) -> Result<u64, ProgramError> {
    let now = require_passed(proposal, fits)?;
    if now < proposal.u64(proposal::EXECUTABLE_AT) {
        return Err(error::TOO_EARLY);
    }
    Ok(now)
}

/// Once and no second time.
pub fn set_executed(proposal: &Record<'_>, now: u64) {
    proposal.set_status(status::EXECUTED);
    proposal.set_u64(proposal::EXECUTED_AT, now);
}

/// Whether nothing more comes of a proposal.
pub fn is_over(proposal: &Record<'_>, now: u64) -> bool {
    matches!(proposal.status(), status::REJECTED | status::EXECUTED) || now >= proposal.u64(proposal::EXPIRES_AT)
}
