import { getAddressDecoder, getAddressEncoder } from '@solana/kit';
import type { Address } from '@solana/kit';

import { viewOf } from '../codec/fields.ts';
import { PROGRAMS } from '../programs.ts';
import {
  ACCOUNTS,
  ELECTION_STATUS,
  ELECTION_VOTE,
  EVIDENCE_KIND,
  NODE_STATUS,
  ROLE,
} from '../schema/index.ts';
import { poolValue, u64 } from './arithmetic.ts';
import type { Context } from './context.ts';
import { closableAfter, placeVote } from './evidence-rules.ts';
import { fail } from './failure.ts';
import { sameBytes } from './merkle.ts';
import { isQuorum, openQuorum, openSeated } from './node-rules.ts';
import { averageOf, checkSame, unwrap } from './pool-rules.ts';
import type { Rules } from './rules.ts';
import { joinSeasons } from './seasons.ts';
import { sha256 } from './sha256.ts';
import type { Draft } from './state.ts';
import { hourAt, hourEnd, reportsUntil, weekOf } from './time.ts';

const encodeAddress = getAddressEncoder();
const decodeAddress = getAddressDecoder();
const text = new TextEncoder();

const or = (set: number, otherwise: number): bigint => BigInt(set === 0 ? otherwise : set);

/** What elections go by; what is not set is as the whitepaper's network has it. */
export function electionParams(
  config: Pick<
    Draft<'config'>,
    | 'electionBond'
    | 'electionVoteSecs'
    | 'electionAppealSecs'
    | 'evidenceDelaySecs'
    | 'slashElectorBps'
    | 'maxElections'
    | 'minEdgeStake'
    | 'votingSecs'
    | 'timelockSecs'
    | 'sampleSecs'
  >,
): {
  /** MEDIA base units. */
  readonly bond: bigint;
  readonly voteSecs: bigint;
  readonly appealSecs: bigint;
  readonly delaySecs: bigint;
  readonly electorBps: bigint;
  readonly most: number;
} {
  return {
    bond: config.electionBond === 0n ? config.minEdgeStake : config.electionBond,
    voteSecs: or(config.electionVoteSecs, config.votingSecs),
    appealSecs: or(config.electionAppealSecs, config.timelockSecs),
    delaySecs: or(config.evidenceDelaySecs, config.sampleSecs),
    electorBps: or(Math.min(config.slashElectorBps, 10_000), 2_000),
    most: config.maxElections === 0 ? 4 : config.maxElections,
  };
}

type Accused = 'edge' | 'guard';

function accusedBy(fault: number): Accused {
  if (fault === EVIDENCE_KIND.views) return 'guard';
  const ofEdges: readonly number[] = [EVIDENCE_KIND.counters, EVIDENCE_KIND.overreport, EVIDENCE_KIND.probes];
  return ofEdges.includes(fault) ? 'edge' : fail('InvalidParameter');
}

/** The hour that an election is about: of what nobody has signed it stands before the elector's number. */
export function electionHour(fault: number, number: bigint): bigint {
  return fault === EVIDENCE_KIND.probes ? number >> 32n : number;
}

/** Evidence of an hour counts until what stood behind the node then may be gone. */
function electableUntil(config: Draft<'config'>, hour: bigint): bigint {
  const unbonded = hourEnd(config, hour) + BigInt(config.unbondSecs);
  // Nor can its report be gone.
  const closable = closableAfter(config, hour);
  return closable < unbonded ? closable : unbonded;
}

function votesUntil(config: Draft<'config'>, election: Draft<'election'>): bigint {
  return election.startedAt + electionParams(config).voteSecs;
}

/** LP worth so much at the average price, rounded up. */
function lpWorth(pool: Draft<'pool'>, config: Draft<'config'>, now: bigint, media: bigint): bigint {
  const value = poolValue(pool, averageOf(pool, config, now));
  return value === 0n ? 2n ** 64n : (media * pool.lpSupply + value - 1n) / value;
}

interface Statement {
  readonly key: Address;
  readonly message: Uint8Array;
}

/** The two signatures of an Ed25519 instruction that points nowhere but into itself; undefined for any other. */
function readTwo(data: Uint8Array): readonly [Statement, Statement] | undefined {
  if (data[0] !== 2) return undefined;
  const parts: Statement[] = [];
  const view = viewOf(data);
  for (const start of [2, 16]) {
    if (data.length < start + 14) return undefined;
    const numbers = Array.from({ length: 7 }, (_, index) => view.getUint16(start + 2 * index, true));
    const [, signatureIn, keyAt = 0, keyIn, messageAt = 0, size = 0, messageIn] = numbers;
    if ([signatureIn, keyIn, messageIn].some((index) => index !== 0xffff)) return undefined;
    if (keyAt + 32 > data.length || messageAt + size > data.length) return undefined;
    parts.push({
      key: decodeAddress.decode(data.subarray(keyAt, keyAt + 32)),
      message: data.subarray(messageAt, messageAt + size),
    });
  }
  const [a, b] = parts;
  return a === undefined || b === undefined ? undefined : [a, b];
}

/** The body after a statement's name. */
function bodyOf(message: Uint8Array, name: string): Uint8Array | undefined {
  const head = text.encode(`media-network ${name}\0`);
  return message.length >= head.length && sameBytes(message.subarray(0, head.length), head)
    ? message.subarray(head.length)
    : undefined;
}

interface Counted {
  readonly edge: Address;
  readonly boot: number;
  readonly hour: bigint;
  readonly slot: number;
  readonly total: bigint;
  readonly count: bigint;
}

function readCounters(message: Uint8Array): Counted {
  const body = bodyOf(message, 'counters v1');
  if (body?.length !== 100 || body[0] !== 1 || body[46] !== 0 || body[47] !== 0) return fail('WrongEvidence');
  const view = viewOf(body);
  const slot = view.getUint8(45);
  if (slot > 11) fail('WrongEvidence');
  return {
    edge: decodeAddress.decode(body.subarray(1, 33)),
    boot: view.getUint32(33, true),
    hour: view.getBigUint64(37, true),
    slot,
    total: view.getBigUint64(48, true),
    count: BigInt(view.getUint32(56, true)),
  };
}

/** Guard and moment of a view. */
function readView(message: Uint8Array): { readonly guard: Address; readonly unixMs: bigint } {
  const body = bodyOf(message, 'edge view v1');
  if (body === undefined || body.length < 108) return fail('WrongEvidence');
  const view = viewOf(body);
  if (body.length !== 108 + 32 * view.getUint32(104, true)) return fail('WrongEvidence');
  return { guard: decodeAddress.decode(body.subarray(0, 32)), unixMs: view.getBigUint64(32, true) };
}

const U64 = 2n ** 64n - 1n;
const most64 = (value: bigint): bigint => (value > U64 ? U64 : value);

function isOverreport(bytes: bigint, hour: bigint, before: Counted, after: Counted): boolean {
  if (!(before.hour < hour && hour < after.hour)) return false;
  if (before.boot !== after.boot || after.total < before.total) return false;
  const rose = after.total - before.total;
  return bytes > most64(rose + most64(bytes / 64n + after.count * 16_384n));
}

interface Case {
  readonly config: Draft<'config'>;
  readonly accused: Draft<Accused>;
  readonly fault: number;
  readonly hour: bigint;
  /** Bytes of the accused's report of the hour. */
  readonly reported: bigint | undefined;
}

function checkKey(of: Case, hour: bigint, key: Address): void {
  const { accused } = of;
  const right = hour < accused.operatorFrom ? accused.previousOperator : accused.operator;
  if (key !== right) fail('NotSigned');
}

/** Whether stake falls by two statements of the accused; fails where they show nothing. */
function isSlashable(context: Context, of: Case): boolean {
  const [a, b] = readTwo(context.before?.data ?? new Uint8Array(0)) ?? fail('NotSigned');
  if (sameBytes(a.message, b.message)) fail('WrongEvidence');
  const who = context.at('accused');
  if (of.fault === EVIDENCE_KIND.views) {
    const moments = [a, b].map(({ message }) => {
      const { guard, unixMs } = readView(message);
      const seconds = unixMs / 1_000n;
      if (guard !== who || seconds < of.config.epochZero) return fail('WrongEvidence');
      return hourAt(of.config, seconds) === of.hour ? unixMs : fail('WrongEvidence');
    });
    for (const { key } of [a, b]) checkKey(of, of.hour, key);
    return moments[0] === moments[1] ? true : fail('WrongEvidence');
  }
  const [first, second] = [readCounters(a.message), readCounters(b.message)];
  if (first.edge !== who || second.edge !== who) fail('WrongEvidence');
  checkKey(of, first.hour, a.key);
  checkKey(of, second.hour, b.key);
  if (of.fault === EVIDENCE_KIND.overreport) {
    const { reported } = of;
    return reported !== undefined && isOverreport(reported, of.hour, first, second)
      ? true
      : fail('WrongEvidence');
  }
  const isOneMoment = first.boot === second.boot && first.hour === second.hour && first.slot === second.slot;
  if (!isOneMoment || first.hour !== of.hour) fail('WrongEvidence');
  // Before the report is due nobody can say that there is none.
  if (of.reported === undefined && context.now < reportsUntil(of.config, of.hour)) fail('TooEarly');
  return of.reported !== undefined;
}

/** Unwraps LP that has fallen; its MEDIA rewards nobody. */
function fall(context: Context, config: Draft<'config'>, pool: Draft<'pool'>, lp: bigint): void {
  if (lp > 0n) config.late = u64(config.late + unwrap(context, config, pool, lp).media);
}

/** What the votes come to, as ELECTION_STATUS (docs/chain.md, Elections). */
export function electionOutcome(
  election: Pick<Draft<'election'>, 'votes' | 'voteCount' | 'setCount' | 'slashes'>,
): number {
  const votes = election.votes.slice(0, election.voteCount);
  const count = (wanted: number): number => votes.filter(({ vote }) => vote === wanted).length;
  if (isQuorum(count(ELECTION_VOTE.uphold), election.setCount))
    return election.slashes === 1 ? ELECTION_STATUS.slashed : ELECTION_STATUS.removed;
  return isQuorum(count(ELECTION_VOTE.reject), election.setCount)
    ? ELECTION_STATUS.rejected
    : ELECTION_STATUS.undecided;
}

/** Elections and slashing (docs/chain.md, Elections; whitepaper §2.9). */
export const electionRules: Pick<
  Rules,
  | 'commitEvidence'
  | 'withdrawEvidence'
  | 'elect'
  | 'voteElection'
  | 'appealElection'
  | 'finaliseElection'
  | 'closeElection'
> = {
  commitEvidence(context, args) {
    const config = context.open('config', context.at('config'));
    const guard = context.open('guard', context.at('guard'));
    const stake = context.open('stake', context.at('stake'));
    const pool = context.open('pool', context.at('pool'));
    checkSame(guard.operator, context.at('operator'));
    if (guard.status !== NODE_STATUS.active) fail('NotActive');
    checkSame(guard.stake, context.at('stake'));
    checkSame(stake.pool, context.at('pool'));
    const bond = lpWorth(pool, config, context.now, electionParams(config).bond);
    if (bond > stake.lp - stake.bonded) fail('InsufficientStake');
    context.create('evidence', context.at('evidence'), {
      guard: context.at('guard'),
      stake: context.at('stake'),
      payer: context.at('operator'),
      nonce: args.nonce,
      commitment: args.commitment,
      committedAt: context.now,
      bond,
    });
    stake.bonded = u64(stake.bonded + bond);
  },

  withdrawEvidence(context) {
    const guard = context.open('guard', context.at('guard'));
    const stake = context.open('stake', context.at('stake'));
    const evidence = context.open('evidence', context.at('evidence'));
    checkSame(guard.operator, context.at('operator'));
    checkSame(evidence.guard, context.at('guard'));
    checkSame(evidence.stake, context.at('stake'));
    checkSame(evidence.payer, context.at('payer'));
    stake.bonded = u64(stake.bonded - evidence.bond);
    context.remove(context.at('evidence'));
  },

  elect(context, args) {
    const config = context.open('config', context.at('config'));
    const evidence = context.open('evidence', context.at('evidence'));
    const stake = context.open('stake', context.at('accusedStake'));
    const kind = accusedBy(args.kind);
    const accused = context.open(kind, context.at('accused'));
    const hour = electionHour(args.kind, args.number);
    const reported = context.find('report', context.at('reported'))?.bytes;
    // What answers is what stands behind the node, whatever else its owner has.
    checkSame(accused.stake, context.at('accusedStake'));
    if (context.open('guard', context.at('guard')).owner === accused.owner) fail('OwnCase');
    checkSame(context.open('guard', context.at('guard')).operator, context.at('operator'));
    checkSame(evidence.guard, context.at('guard'));
    checkSame(evidence.payer, context.at('payer'));
    const current = hourAt(config, context.now);
    if (weekOf(config, current) !== args.week) fail('WrongWeek');
    if (hour > current) fail('TooEarly');
    if (context.now > electableUntil(config, hour)) fail('TooLate');
    if (accused.removedAt > 0n && hour <= hourAt(config, accused.removedAt)) fail('TooLate');
    if (accused.status === NODE_STATUS.removed) fail('NodeRemoved');
    const guard = openSeated(context, config, args.week);
    const set = openQuorum(context, guard, config);
    const params = electionParams(config);
    if (context.now < evidence.committedAt + params.delaySecs) fail('TooEarly');
    const isSigned = args.kind !== EVIDENCE_KIND.probes;
    const signed = isSigned ? (context.before ?? fail('NotSigned')) : undefined;
    const shown = signed === undefined ? new Uint8Array(32) : sha256(signed.data);
    const commitment = sha256(
      text.encode('mn.evidn'),
      new Uint8Array(encodeAddress.encode(context.at('guard'))),
      args.salt,
      args.file,
      shown,
    );
    if (!sameBytes(commitment, evidence.commitment)) fail('EvidenceMismatch');
    let slashes = false;
    if (isSigned) slashes = isSlashable(context, { config, accused, fault: args.kind, hour, reported });
    else if ((args.number & 0xffff_ffffn) !== BigInt(guard.no)) fail('InvalidParameter');
    const at = context.at('election');
    let election = context.find('election', at);
    if (election === null) {
      checkSame(context.at('displaced'), PROGRAMS.system);
      if (accused.elections >= params.most) fail('TooManyElections');
      election = context.create('election', at, {
        payer: context.at('operator'),
        accused: context.at('accused'),
        accusedStake: context.at('accusedStake'),
        number: args.number,
        week: args.week,
        startedAt: context.now,
        endsAt: context.now + params.voteSecs + params.appealSecs,
        fault: args.kind,
        setCount: set.count,
        slashes: slashes ? 1 : 0,
      });
      accused.elections += 1;
      stake.elections += 1;
    } else {
      if (election.status !== ELECTION_STATUS.open) fail('AlreadyDecided');
      if (evidence.committedAt >= election.committedAt) fail('LaterCommitment');
      if (context.now >= votesUntil(config, election)) fail('TooLate');
      checkSame(context.at('displaced'), election.electorStake);
      const displaced = context.open('stake', context.at('displaced'));
      displaced.bonded = u64(displaced.bonded - election.bond);
    }
    election.elector = context.at('guard');
    election.electorOwner = guard.owner;
    election.electorStake = evidence.stake;
    election.committedAt = evidence.committedAt;
    election.bond = evidence.bond;
    election.file = args.file;
    context.remove(context.at('evidence'));
  },

  voteElection(context, args) {
    const config = context.open('config', context.at('config'));
    const election = context.open('election', context.at('election'));
    checkSame(context.open('guard', context.at('guard')).operator, context.at('operator'));
    if (election.status !== ELECTION_STATUS.open) fail('AlreadyDecided');
    if (election.week !== args.week) fail('WrongWeek');
    const guard = openSeated(context, config, args.week);
    openQuorum(context, guard, config);
    if (election.accused === context.at('guard')) fail('OwnCase');
    const known: readonly number[] = Object.values(ELECTION_VOTE);
    if (!known.includes(args.vote)) fail('InvalidParameter');
    const isAppealed = election.appealedAt > 0n && context.now < election.endsAt;
    if (context.now >= votesUntil(config, election) && !isAppealed) fail('TooLate');
    const placed = placeVote(election.votes, election.voteCount, { no: guard.no, vote: args.vote });
    election.votes = placed.votes;
    election.voteCount = placed.count;
  },

  appealElection(context, args) {
    const config = context.open('config', context.at('config'));
    const election = context.open('election', context.at('election'));
    checkSame(context.at('accused'), election.accused);
    const accused = context.open(accusedBy(election.fault), context.at('accused'));
    const signer = context.at('signer');
    if (signer !== accused.owner && signer !== accused.operator) fail('WrongAddress');
    if (election.status !== ELECTION_STATUS.open) fail('AlreadyDecided');
    if (election.appealedAt > 0n) fail('AlreadyAppealed');
    if (context.now >= election.endsAt) fail('TooLate');
    const least = context.now + electionParams(config).appealSecs;
    if (election.endsAt < least) election.endsAt = least;
    election.appealedAt = context.now;
    election.appeal = args.file;
  },

  finaliseElection(context) {
    const config = context.open('config', context.at('config'));
    const election = context.open('election', context.at('election'));
    const fallen = context.open('stake', context.at('accusedStake'));
    const bonded = context.open('stake', context.at('electorStake'));
    const pool = context.open('pool', context.at('pool'));
    checkSame(context.at('accused'), election.accused);
    const accused = context.open(accusedBy(election.fault), context.at('accused'));
    checkSame(context.at('accusedStake'), election.accusedStake);
    checkSame(context.at('electorStake'), election.electorStake);
    const outcome = electionOutcome(election);
    checkSame((outcome === ELECTION_STATUS.rejected ? bonded : fallen).pool, context.at('pool'));
    for (const name of ['lpMint', 'lpVault', 'mediaVault'] as const) checkSame(context.at(name), pool[name]);
    checkSame(context.at('fund'), config.fund);
    const reward = context.at('reward');
    const rewarded = { owner: election.electorOwner, pool: context.at('pool'), role: ROLE.guard };
    if (outcome === ELECTION_STATUS.slashed) {
      checkSame(reward, context.address(ACCOUNTS.stake.seeds, rewarded));
      context.find('stake', reward);
    }
    if (election.status !== ELECTION_STATUS.open) fail('AlreadyDecided');
    if (context.now < election.endsAt) fail('TooEarly');
    election.status = outcome;
    accused.elections -= 1;
    fallen.elections -= 1;
    bonded.bonded = u64(bonded.bonded - election.bond);
    if (outcome === ELECTION_STATUS.rejected) {
      const forfeit = election.bond < bonded.lp ? election.bond : bonded.lp;
      bonded.lp -= forfeit;
      election.slashed = forfeit;
      fall(context, config, pool, forfeit);
    }
    if (outcome !== ELECTION_STATUS.removed && outcome !== ELECTION_STATUS.slashed) return;
    accused.status = NODE_STATUS.removed;
    accused.leftAt = context.now;
    accused.removedAt = context.now;
    if (outcome === ELECTION_STATUS.removed) return;
    const whole = u64(fallen.lp + fallen.unbonding);
    const part = (whole * electionParams(config).electorBps) / 10_000n;
    fallen.lp = 0n;
    fallen.unbonding = 0n;
    election.slashed = whole;
    election.rewarded = part;
    if (part > 0n) {
      const { owner, pool: of, role } = rewarded;
      const to =
        context.find('stake', reward) ?? context.create('stake', reward, { owner, pool: of, flags: role });
      if (to.lp === 0n && to.unbonding === 0n) to.since = context.now;
      joinSeasons(to, to.lp, config, context.now);
      to.lp = u64(to.lp + part);
    }
    fall(context, config, pool, whole - part);
  },

  closeElection(context) {
    const config = context.open('config', context.at('config'));
    const election = context.open('election', context.at('election'));
    checkSame(election.payer, context.at('payer'));
    if (election.status === ELECTION_STATUS.open) fail('WrongStatus');
    if (context.now <= electableUntil(config, electionHour(election.fault, election.number)))
      fail('TooEarly');
    context.remove(context.at('election'));
  },
};
