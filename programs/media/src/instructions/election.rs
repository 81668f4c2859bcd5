//! Elections: evidence against a node, the guards' votes, and what follows (`docs/chain.md`, Elections).

use media_rules::amount::mul_div;
use media_rules::charge;
use media_rules::quorum::decides;
use media_rules::statement;
use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use crate::account::{Kind, Record};
use crate::context::Ctx;
use crate::layout::{
    MAX_GUARDS, config, edge, election, election_status, election_vote, error, evidence, evidence_kind, guard, guard_set, ix, node_status, report,
    role, seed, stake,
};
use crate::pda::{self, New, Numbered, Place, Seeds};
use crate::pool as pools;
use crate::signed::{self, Signed};
use crate::time::{self, Periods};
use crate::voter::{self, Voter};
use crate::unwrap::Unwrapping;
use crate::{hash, season};

const BPS: u64 = 10_000;

/// Where a kind of node stores what elections read and write.
struct Node {
    kind: &'static Kind,
    stake: usize,
    owner: usize,
    operator: usize,
    previous: usize,
    from: usize,
    left_at: usize,
    elections: usize,
    removed_at: usize,
}

static EDGE: Node = Node {
    kind: &edge::KIND,
    stake: edge::STAKE,
    owner: edge::OWNER,
    operator: edge::OPERATOR,
    previous: edge::PREVIOUS_OPERATOR,
    from: edge::OPERATOR_FROM,
    left_at: edge::LEFT_AT,
    elections: edge::ELECTIONS,
    removed_at: edge::REMOVED_AT,
};
static GUARD: Node = Node {
    kind: &guard::KIND,
    stake: guard::STAKE,
    owner: guard::OWNER,
    operator: guard::OPERATOR,
    previous: guard::PREVIOUS_OPERATOR,
    from: guard::OPERATOR_FROM,
    left_at: guard::LEFT_AT,
    elections: guard::ELECTIONS,
    removed_at: guard::REMOVED_AT,
};

impl Node {
    /// Whom a kind of evidence accuses: `InvalidParameter` if there is no such kind.
    fn of(kind: u32) -> Result<&'static Self, ProgramError> {
        match kind {
            evidence_kind::COUNTERS | evidence_kind::OVERREPORT | evidence_kind::PROBES => Ok(&EDGE),
            evidence_kind::VIEWS => Ok(&GUARD),
            _ => Err(error::INVALID_PARAMETER),
        }
    }

    /// The key that signed for a node in an hour.
    fn key_in(&self, record: &Record<'_>, hour: u64) -> [u8; 32] {
        record.bytes(if hour < record.u64(self.from) { self.previous } else { self.operator })
    }
}

/// A parameter of elections, or what stands in for it while it is not set.
fn parameter(config: &Record<'_>, offset: usize, otherwise: usize) -> u64 {
    let set = config.u32(offset);
    u64::from(if set == 0 { config.u32(otherwise) } else { set })
}

fn most_elections(config: &Record<'_>) -> u32 {
    let set = config.u32(config::MAX_ELECTIONS);
    if set == 0 { 4 } else { set }
}

/// The hour that evidence is about.
fn hour_of(kind: u32, number: u64) -> u64 {
    if kind == evidence_kind::PROBES { number >> 32 } else { number }
}

pub fn commit_evidence(ctx: &Ctx<'_>) -> ProgramResult {
    let [operator, config, guard_view, stake, pool_view, view, _system] = ctx.first::<7>();
    let nonce = ctx.args.array::<8>(ix::commit_evidence::NONCE);
    let config = ctx.config(config)?;
    let seeds: [&[u8]; 3] = [seed::EC, guard_view.address().as_array(), nonce];
    let seeds = Seeds(&seeds);
    let place = ctx.place(view, &evidence::KIND, &seeds)?;
    let guard = ctx.load(guard_view, &guard::KIND)?;
    let backing = ctx.load_backing(pool_view, stake)?;
    guard.require_key(guard::OPERATOR, operator.address())?;
    if guard.status() != node_status::ACTIVE {
        return Err(error::NOT_ACTIVE);
    }
    guard.require_key(guard::STAKE, stake.address())?;
    backing.stake.require_key(stake::POOL, pool_view.address())?;
    let now = time::now()?;
    let wanted = match config.u64(config::ELECTION_BOND) {
        0 => config.u64(config::MIN_EDGE_STAKE),
        bond => bond,
    };
    let free = backing.stake.u64(stake::LP).saturating_sub(backing.stake.u64(stake::BONDED));
    let price = pools::average_price(&config, &backing.pool, now)?;
    let taken = charge::take(wanted, free, &pools::reserves(&backing.pool), price).ok_or(error::OVERFLOW)?;
    if taken.covered < wanted {
        return Err(error::INSUFFICIENT_STAKE);
    }
    let Place::Empty(bump) = place else { return Err(error::ALREADY_EXISTS) };
    let record = ctx.create(operator, view, &New::of(&evidence::KIND, bump), &seeds)?;
    record.set_key(evidence::GUARD, guard_view.address());
    record.set_key(evidence::STAKE, stake.address());
    record.set_key(evidence::PAYER, operator.address());
    record.set_bytes(evidence::NONCE, nonce);
    record.set_bytes(evidence::COMMITMENT, ctx.args.array::<32>(ix::commit_evidence::COMMITMENT));
    record.set_u64(evidence::COMMITTED_AT, now);
    record.set_u64(evidence::BOND, taken.lp);
    backing.stake.add(stake::BONDED, taken.lp)?;
    Ok(())
}

pub fn withdraw_evidence(ctx: &Ctx<'_>) -> ProgramResult {
    let [operator, guard_view, stake, view, payer] = ctx.first::<5>();
    let guard = ctx.load(guard_view, &guard::KIND)?;
    let stake = ctx.stake(stake)?;
    let record = ctx.load(view, &evidence::KIND)?;
    guard.require_key(guard::OPERATOR, operator.address())?;
    record.require_key(evidence::GUARD, guard_view.address())?;
    record.require_key(evidence::STAKE, stake.address())?;
    record.require_key(evidence::PAYER, payer.address())?;
    stake.sub(stake::BONDED, record.u64(evidence::BOND))?;
    pda::close(view, payer)
}

/// What an election is begun with, all accounts but the election's own checked and linked.
struct Case<'a> {
    config: Record<'a>,
    guard: Record<'a>,
    evidence: Record<'a>,
    node: &'static Node,
    accused: Record<'a>,
    stake: Record<'a>,
    /// Bytes that the accused has reported of the hour, where it has.
    reported: Option<u64>,
    periods: Periods,
    kind: u32,
    hour: u64,
    number: u64,
    now: u64,
}

pub fn elect(ctx: &Ctx<'_>) -> ProgramResult {
    let [operator, _, guard_view, set_view, evidence_view, payer, accused_view, _, reported, view, displaced, sysvar, _system] = ctx.first::<13>();
    let kind = ctx.args.array::<1>(ix::elect::KIND);
    let seeds: [&[u8]; 4] = [seed::EL, accused_view.address().as_array(), kind, ctx.args.array::<8>(ix::elect::NUMBER)];
    let seeds = Seeds(&seeds);
    ctx.config(&ctx.accounts[1])?;
    let week = ctx.args.u64(ix::elect::WEEK);
    let set = ctx.place_of(set_view, &guard_set::KIND, seed::GS, Numbered { offset: guard_set::WEEK, value: week })?;
    let report: [&[u8]; 3] = [seed::REP, accused_view.address().as_array(), ctx.args.array::<8>(ix::elect::NUMBER)];
    let report = ctx.place(reported, &report::KIND, &Seeds(&report))?;
    let place = ctx.place(view, &election::KIND, &seeds)?;
    ctx.load(guard_view, &guard::KIND)?;
    let Place::Here(set) = set else { return Err(error::WRONG_OWNER) };
    let reported = match report {
        Place::Here(report) => Some(report.u64(report::BYTES)),
        Place::Empty(_) => None,
    };
    let case = Case::open(ctx, reported)?;
    case.guard.require_key(guard::OPERATOR, operator.address())?;
    case.evidence.require_key(evidence::GUARD, guard_view.address())?;
    case.evidence.require_key(evidence::PAYER, payer.address())?;
    case.require_timely(week)?;
    voter::require_seated(&case.guard, &set, &case.periods)?;
    let voter = Voter::of(&case.guard, &set, week)?;
    case.require_committed(ctx, sysvar)?;
    let slashes = case.shown(signed::before(sysvar))?;
    let record = match place {
        Place::Here(record) => {
            case.displace(ctx, &record, displaced)?;
            record
        }
        Place::Empty(bump) => {
            if displaced.address() != &pinocchio_system::ID {
                return Err(error::WRONG_ADDRESS);
            }
            if case.accused.u32(case.node.elections) >= most_elections(&case.config) {
                return Err(error::TOO_MANY_ELECTIONS);
            }
            let record = ctx.create(operator, view, &New::of(&election::KIND, bump), &seeds)?;
            record.set_key(election::PAYER, operator.address());
            case.begin(&record, &Begin { week, count: voter.count, slashes })?;
            record
        }
    };
    record.set_key(election::ELECTOR, guard_view.address());
    record.set_bytes(election::ELECTOR_OWNER, &case.guard.bytes::<32>(guard::OWNER));
    record.set_bytes(election::ELECTOR_STAKE, &case.evidence.bytes::<32>(evidence::STAKE));
    record.set_u64(election::COMMITTED_AT, case.evidence.u64(evidence::COMMITTED_AT));
    record.set_u64(election::BOND, case.evidence.u64(evidence::BOND));
    record.set_bytes(election::FILE, ctx.args.array::<32>(ix::elect::FILE));
    // The bond stays bound, by the election now.
    pda::close(evidence_view, payer)
}

struct Begin {
    week: u64,
    count: u32,
    slashes: u32,
}

impl<'a> Case<'a> {
    #[inline(never)]
    fn open(ctx: &Ctx<'a>, reported: Option<u64>) -> Result<Self, ProgramError> {
        let [_, config, guard_view, _, evidence_view, _, accused_view, stake_view] = ctx.first::<8>();
        let config = ctx.config(config)?;
        let guard = ctx.load(guard_view, &guard::KIND)?;
        let evidence = ctx.load(evidence_view, &evidence::KIND)?;
        let stake = ctx.stake(stake_view)?;
        let kind = u32::from(ctx.args.u8(ix::elect::KIND));
        let number = ctx.args.u64(ix::elect::NUMBER);
        let node = Node::of(kind)?;
        let accused = ctx.load(accused_view, node.kind)?;
        let hour = hour_of(kind, number);
        // The one behind it, and no other of its owner's: an accomplice would elect it with one that is empty.
        accused.require_key(node.stake, stake_view.address())?;
        if guard.key(guard::OWNER) == accused.key(node.owner) {
            return Err(error::OWN_CASE);
        }
        let periods = time::periods(&config);
        let now = time::now()?;
        Ok(Self { config, guard, evidence, node, accused, stake, reported, periods, kind, hour, number, now })
    }

    /// The hour is over or on, and its stake cannot have gone since; nor has the node been removed for what it did before.
    fn require_timely(&self, week: u64) -> ProgramResult {
        let current = time::hour_at(&self.periods, self.now)?;
        if self.periods.week(current) != week {
            return Err(error::WRONG_WEEK);
        }
        if self.hour > current {
            return Err(error::TOO_EARLY);
        }
        if self.now > electable_until(&self.config, &self.periods, self.hour)? {
            return Err(error::TOO_LATE);
        }
        let removed_at = self.accused.u64(self.node.removed_at);
        if removed_at > 0 && self.hour <= time::hour_at(&self.periods, removed_at)? {
            return Err(error::TOO_LATE);
        }
        if self.accused.status() == node_status::REMOVED {
            return Err(error::NODE_REMOVED);
        }
        Ok(())
    }

    /// What is shown is what was committed to, long enough ago that nobody can have copied it.
    #[inline(never)]
    fn require_committed(&self, ctx: &Ctx<'_>, sysvar: &AccountView) -> ProgramResult {
        let delay = parameter(&self.config, config::EVIDENCE_DELAY_SECS, config::SAMPLE_SECS);
        let open_from = self.evidence.u64(evidence::COMMITTED_AT).checked_add(delay).ok_or(error::OVERFLOW)?;
        if self.now < open_from {
            return Err(error::TOO_EARLY);
        }
        let shown = if self.kind == evidence_kind::PROBES {
            [0; 32]
        } else {
            hash::sha256(&[signed::before(sysvar).ok_or(error::NOT_SIGNED)?.0])
        };
        let guard = self.evidence.bytes::<32>(evidence::GUARD);
        let salt: &[u8; 32] = ctx.args.array(ix::elect::SALT);
        let file: &[u8; 32] = ctx.args.array(ix::elect::FILE);
        if hash::sha256(&[b"mn.evidn", &guard, salt, file, &shown]) != self.evidence.bytes::<32>(evidence::COMMITMENT) {
            return Err(error::EVIDENCE_MISMATCH);
        }
        Ok(())
    }

    /// Whether stake falls by what is shown: `NotSigned`, `WrongEvidence` where it shows nothing.
    #[inline(never)]
    fn shown(&self, signed: Option<Signed<'_>>) -> Result<u32, ProgramError> {
        if self.kind == evidence_kind::PROBES {
            // One of each elector and hour, so that nobody takes the place of another's.
            if self.number as u32 != self.guard.u32(guard::NO) {
                return Err(error::INVALID_PARAMETER);
            }
            return Ok(0);
        }
        let [a, b] = signed.and_then(|signed| signed.two()).ok_or(error::NOT_SIGNED)?;
        if !statement::differ(a.message, b.message) {
            return Err(error::WRONG_EVIDENCE);
        }
        if self.kind == evidence_kind::VIEWS {
            let both = [self.view(a.message)?, self.view(b.message)?];
            self.require_signers([a.key, b.key], [self.hour; 2])?;
            return if both[0] == both[1] { Ok(1) } else { Err(error::WRONG_EVIDENCE) };
        }
        let commit = |message| statement::commit(message).ok_or(error::WRONG_EVIDENCE);
        let both = [commit(a.message)?, commit(b.message)?];
        if both.iter().any(|each| each.edge != self.accused.address().to_bytes()) {
            return Err(error::WRONG_EVIDENCE);
        }
        self.require_signers([a.key, b.key], [both[0].hour, both[1].hour])?;
        let [a, b] = &both;
        match self.kind {
            // A backup that was restored contradicts itself honestly: stake falls where the hour was reported for money.
            evidence_kind::COUNTERS if statement::same_moment(a, b) && a.hour == self.hour => self.asked_to_be_paid(),
            evidence_kind::OVERREPORT if self.reported.is_some_and(|bytes| statement::overreports(bytes, self.hour, a, b)) => Ok(1),
            _ => Err(error::WRONG_EVIDENCE),
        }
    }

    /// Whether the accused has reported the hour. Before the report is due nobody can say that there is none: an accomplice would
    /// elect early, and the stake be safe for good.
    fn asked_to_be_paid(&self) -> Result<u32, ProgramError> {
        if self.reported.is_none() && self.now < self.periods.reports_until(self.hour).ok_or(error::OVERFLOW)? {
            return Err(error::TOO_EARLY);
        }
        Ok(u32::from(self.reported.is_some()))
    }

    /// The moment of a view of the accused, in the hour that it is accused of.
    fn view(&self, message: &[u8]) -> Result<u64, ProgramError> {
        let view = statement::view(message).ok_or(error::WRONG_EVIDENCE)?;
        if view.guard != self.accused.address().to_bytes() || self.periods.hour(view.unix_ms / 1_000) != Some(self.hour) {
            return Err(error::WRONG_EVIDENCE);
        }
        Ok(view.unix_ms)
    }

    fn require_signers(&self, keys: [&[u8; 32]; 2], hours: [u64; 2]) -> ProgramResult {
        for (key, hour) in keys.into_iter().zip(hours) {
            if *key != self.node.key_in(&self.accused, hour) {
                return Err(error::NOT_SIGNED);
            }
        }
        Ok(())
    }

    /// Takes the place of an elector that committed later, which gets its bond back.
    fn displace(&self, ctx: &Ctx<'a>, record: &Record<'_>, displaced: &'a AccountView) -> ProgramResult {
        if record.status() != election_status::OPEN {
            return Err(error::ALREADY_DECIDED);
        }
        if self.evidence.u64(evidence::COMMITTED_AT) >= record.u64(election::COMMITTED_AT) {
            return Err(error::LATER_COMMITMENT);
        }
        if self.now >= votes_until(&self.config, record)? {
            return Err(error::TOO_LATE);
        }
        record.require_key(election::ELECTOR_STAKE, displaced.address())?;
        ctx.stake(displaced)?.sub(stake::BONDED, record.u64(election::BOND))?;
        Ok(())
    }

    #[inline(never)]
    fn begin(&self, record: &Record<'_>, begin: &Begin) -> ProgramResult {
        record.set_status(election_status::OPEN);
        record.set_key(election::ACCUSED, self.accused.address());
        record.set_key(election::ACCUSED_STAKE, self.stake.address());
        record.set_u64(election::NUMBER, self.number);
        record.set_u64(election::WEEK, begin.week);
        record.set_u64(election::STARTED_AT, self.now);
        record.set_u32(election::FAULT, self.kind);
        record.set_u32(election::SET_COUNT, begin.count);
        record.set_u32(election::SLASHES, begin.slashes);
        let appeal = parameter(&self.config, config::ELECTION_APPEAL_SECS, config::TIMELOCK_SECS);
        record.set_u64(election::ENDS_AT, votes_until(&self.config, record)?.checked_add(appeal).ok_or(error::OVERFLOW)?);
        let open = self.accused.u32(self.node.elections);
        self.accused.set_u32(self.node.elections, open + 1);
        self.stake.set_u32(stake::ELECTIONS, self.stake.u32(stake::ELECTIONS) + 1);
        Ok(())
    }
}

/// Until when guards that have not voted may.
fn votes_until(config: &Record<'_>, record: &Record<'_>) -> Result<u64, ProgramError> {
    let votes = parameter(config, config::ELECTION_VOTE_SECS, config::VOTING_SECS);
    record.u64(election::STARTED_AT).checked_add(votes).ok_or(error::OVERFLOW)
}

/// Evidence of an hour counts for as long as what stood behind the node then cannot have been withdrawn.
fn electable_until(config: &Record<'_>, periods: &Periods, hour: u64) -> Result<u64, ProgramError> {
    let end = periods.hour_end(hour).ok_or(error::OVERFLOW)?;
    let unbonded = end.checked_add(u64::from(config.u32(config::UNBOND_SECS))).ok_or(error::OVERFLOW)?;
    // Nor can its report be gone.
    Ok(unbonded.min(periods.closable_after(hour).ok_or(error::OVERFLOW)?))
}

pub fn vote_election(ctx: &Ctx<'_>) -> ProgramResult {
    let [operator, config, guard_view, set_view, view] = ctx.first::<5>();
    let week = ctx.args.u64(ix::vote_election::WEEK);
    let vote = ctx.args.u8(ix::vote_election::VOTE);
    let config = ctx.config(config)?;
    let set = ctx.place_of(set_view, &guard_set::KIND, seed::GS, Numbered { offset: guard_set::WEEK, value: week })?;
    let guard = ctx.load(guard_view, &guard::KIND)?;
    let Place::Here(set) = set else { return Err(error::WRONG_OWNER) };
    let record = ctx.load(view, &election::KIND)?;
    guard.require_key(guard::OPERATOR, operator.address())?;
    if record.status() != election_status::OPEN {
        return Err(error::ALREADY_DECIDED);
    }
    if record.u64(election::WEEK) != week {
        return Err(error::WRONG_WEEK);
    }
    let periods = time::periods(&config);
    let now = time::now()?;
    voter::require_seated(&guard, &set, &periods)?;
    let voter = Voter::of(&guard, &set, time::week_at(&periods, now)?)?;
    if record.key(election::ACCUSED) == *guard_view.address() {
        return Err(error::OWN_CASE);
    }
    if vote != election_vote::UPHOLD && vote != election_vote::REJECT {
        return Err(error::INVALID_PARAMETER);
    }
    let appealed = record.u64(election::APPEALED_AT) > 0 && now < record.u64(election::ENDS_AT);
    if now >= votes_until(&config, &record)? && !appealed {
        return Err(error::TOO_LATE);
    }
    let count = record.u32(election::VOTE_COUNT);
    let at = (0..count).find(|&index| record.u32(vote_at(index) + election::votes_entry::NO) == voter.no).unwrap_or(count);
    if at as usize >= MAX_GUARDS {
        return Err(error::TOO_LARGE);
    }
    record.set_u32(vote_at(at) + election::votes_entry::NO, voter.no);
    record.set_u32(vote_at(at) + election::votes_entry::VOTE, u32::from(vote));
    record.set_u32(election::VOTE_COUNT, count.max(at + 1));
    Ok(())
}

fn vote_at(index: u32) -> usize {
    election::VOTES + index as usize * election::VOTES_STRIDE
}

pub fn appeal_election(ctx: &Ctx<'_>) -> ProgramResult {
    let [signer, config, accused_view, view] = ctx.first::<4>();
    let config = ctx.config(config)?;
    let record = ctx.load(view, &election::KIND)?;
    record.require_key(election::ACCUSED, accused_view.address())?;
    let node = Node::of(record.u32(election::FAULT))?;
    let accused = ctx.load(accused_view, node.kind)?;
    let by = signer.address();
    if accused.key(node.owner) != *by && accused.key(node.operator) != *by {
        return Err(error::WRONG_ADDRESS);
    }
    let now = time::now()?;
    if record.status() != election_status::OPEN {
        return Err(error::ALREADY_DECIDED);
    }
    if record.u64(election::APPEALED_AT) > 0 {
        return Err(error::ALREADY_APPEALED);
    }
    let ends_at = record.u64(election::ENDS_AT);
    if now >= ends_at {
        return Err(error::TOO_LATE);
    }
    // Guards have a whole window to look at it, however late it comes.
    let appeal = parameter(&config, config::ELECTION_APPEAL_SECS, config::TIMELOCK_SECS);
    record.set_u64(election::ENDS_AT, ends_at.max(now.checked_add(appeal).ok_or(error::OVERFLOW)?));
    record.set_u64(election::APPEALED_AT, now);
    record.set_bytes(election::APPEAL, ctx.args.array::<32>(ix::appeal_election::FILE));
    Ok(())
}

/// What the votes come to.
fn outcome(record: &Record<'_>) -> u8 {
    let count = record.u32(election::SET_COUNT);
    let of = |wanted: u8| {
        let cast = 0..record.u32(election::VOTE_COUNT);
        cast.filter(|&index| record.u32(vote_at(index) + election::votes_entry::VOTE) == u32::from(wanted)).count() as u32
    };
    if decides(of(election_vote::UPHOLD), count) {
        return if record.u32(election::SLASHES) == 0 { election_status::REMOVED } else { election_status::SLASHED };
    }
    if decides(of(election_vote::REJECT), count) { election_status::REJECTED } else { election_status::UNDECIDED }
}

/// Unwraps LP that has fallen, as fees are; its MEDIA rewards nobody.
fn unwrap_fallen(through: &Unwrapping<'_>, lp: u64, now: u64) -> ProgramResult {
    if lp == 0 {
        return Ok(());
    }
    let (media, _) = through.unwrap(lp, now)?;
    through.config.add(config::LATE, media)?;
    Ok(())
}

pub fn finalise_election(ctx: &Ctx<'_>) -> ProgramResult {
    let [payer, config, view, accused_view, accused_stake, elector_stake, reward, pool_view, lp_mint, lp_vault, media_vault, fund, _system, _token] =
        ctx.first::<14>();
    let config = ctx.config(config)?;
    let record = ctx.load(view, &election::KIND)?;
    let accused_stake = ctx.stake(accused_stake)?;
    let elector_stake = ctx.stake(elector_stake)?;
    let pool = ctx.pool(pool_view)?;
    record.require_key(election::ACCUSED, accused_view.address())?;
    let node = Node::of(record.u32(election::FAULT))?;
    let accused = ctx.load(accused_view, node.kind)?;
    record.require_key(election::ACCUSED_STAKE, accused_stake.address())?;
    record.require_key(election::ELECTOR_STAKE, elector_stake.address())?;
    let outcome = outcome(&record);
    let loser = if outcome == election_status::REJECTED { &elector_stake } else { &accused_stake };
    loser.require_key(stake::POOL, pool_view.address())?;
    let through = Unwrapping { config, pool, lp_mint, lp_vault, media_vault, fund };
    through.require_links()?;
    let place = if outcome == election_status::SLASHED { Some(Reward { payer, view: reward, pool: pool_view }.place(ctx, &record)?) } else { None };
    if record.status() != election_status::OPEN {
        return Err(error::ALREADY_DECIDED);
    }
    let now = time::now()?;
    if now < record.u64(election::ENDS_AT) {
        return Err(error::TOO_EARLY);
    }
    record.set_status(outcome);
    accused.set_u32(node.elections, accused.u32(node.elections).checked_sub(1).ok_or(error::OVERFLOW)?);
    accused_stake.set_u32(stake::ELECTIONS, accused_stake.u32(stake::ELECTIONS).checked_sub(1).ok_or(error::OVERFLOW)?);
    let bond = record.u64(election::BOND);
    elector_stake.sub(stake::BONDED, bond)?;
    if outcome == election_status::REJECTED {
        let lp = bond.min(elector_stake.u64(stake::LP));
        elector_stake.sub(stake::LP, lp)?;
        record.set_u64(election::SLASHED, lp);
        return unwrap_fallen(&through, lp, now);
    }
    if outcome == election_status::UNDECIDED {
        return Ok(());
    }
    accused.set_status(node_status::REMOVED);
    accused.set_u64(node.left_at, now);
    accused.set_u64(node.removed_at, now);
    let Some(place) = place else { return Ok(()) };
    let whole = accused_stake.u64(stake::LP).checked_add(accused_stake.u64(stake::UNBONDING)).ok_or(error::OVERFLOW)?;
    let part = parameter_bps(&through.config);
    let reward_lp = mul_div(whole, part, BPS).ok_or(error::OVERFLOW)?;
    accused_stake.set_u64(stake::LP, 0);
    accused_stake.set_u64(stake::UNBONDING, 0);
    record.set_u64(election::SLASHED, whole);
    record.set_u64(election::REWARDED, reward_lp);
    if reward_lp > 0 {
        // It stays staked: what the elector gets answers for what it says for as long as any stake does.
        let to = Reward { payer, view: reward, pool: pool_view }.open(ctx, &record, place)?;
        if to.u64(stake::LP) == 0 && to.u64(stake::UNBONDING) == 0 {
            to.set_u64(stake::SINCE, now);
        }
        season::add(&to, &season::STAKE, to.u64(stake::LP), &through.config, now);
        to.add(stake::LP, reward_lp)?;
    }
    unwrap_fallen(&through, whole - reward_lp, now)
}

/// Part of what is slashed that goes to the elector.
fn parameter_bps(config: &Record<'_>) -> u64 {
    match config.u32(config::SLASH_ELECTOR_BPS) {
        0 => 2_000,
        bps => u64::from(bps).min(BPS),
    }
}

/// The elector's stake as a guard in the pool of what fell.
struct Reward<'a> {
    payer: &'a AccountView,
    view: &'a AccountView,
    pool: &'a AccountView,
}

const REWARD_ROLE: [u8; 1] = [role::GUARD as u8];

impl<'a> Reward<'a> {
    #[inline(never)]
    fn place(&self, ctx: &Ctx<'a>, record: &Record<'_>) -> Result<Place<'a>, ProgramError> {
        let owner = record.bytes::<32>(election::ELECTOR_OWNER);
        ctx.place(self.view, &stake::KIND, &Seeds(&[seed::STK, &owner, self.pool.address().as_array(), &REWARD_ROLE]))
    }

    #[inline(never)]
    fn open(&self, ctx: &Ctx<'a>, record: &Record<'_>, place: Place<'a>) -> Result<Record<'a>, ProgramError> {
        let bump = match place {
            Place::Here(stake) => return Ok(stake),
            Place::Empty(bump) => bump,
        };
        let owner = record.bytes::<32>(election::ELECTOR_OWNER);
        let seeds: [&[u8]; 4] = [seed::STK, &owner, self.pool.address().as_array(), &REWARD_ROLE];
        let stake = ctx.create(self.payer, self.view, &New::of(&stake::KIND, bump), &Seeds(&seeds))?;
        stake.set_flags(role::GUARD);
        stake.set_bytes(stake::OWNER, &owner);
        stake.set_key(stake::POOL, self.pool.address());
        Ok(stake)
    }
}

pub fn close_election(ctx: &Ctx<'_>) -> ProgramResult {
    let [config, view, payer] = ctx.first::<3>();
    let config = ctx.config(config)?;
    let record = ctx.load(view, &election::KIND)?;
    record.require_key(election::PAYER, payer.address())?;
    if record.status() == election_status::OPEN {
        return Err(error::WRONG_STATUS);
    }
    let hour = hour_of(record.u32(election::FAULT), record.u64(election::NUMBER));
    if time::now()? <= electable_until(&config, &time::periods(&config), hour)? {
        return Err(error::TOO_EARLY);
    }
    pda::close(view, payer)
}
