import { HOUR_STATUS, MAX_DISPUTES, MAX_GUARDS, NODE_STATUS, VERDICT_STATUS } from '../schema/index.ts';
import { getAddressEncoder } from '@solana/kit';
import { saturated, u64 } from './arithmetic.ts';
import type { Context } from './context.ts';
import { fail } from './failure.ts';
import { sameBytes } from './merkle.ts';
import { isQuorum, openQuorum, openSeated } from './node-rules.ts';
import { checkSame, worth } from './pool-rules.ts';
import type { Rules } from './rules.ts';
import { sha256 } from './sha256.ts';
import type { Draft } from './state.ts';
import { termsOf } from './terms.ts';
import {
  commitsUntil,
  hourEnd,
  hourSecs,
  ownUntil,
  reportsUntil,
  revealsUntil,
  voidFrom,
  weekAt,
  weekOf,
} from './time.ts';

/** Bytes by which an account can grow in one instruction. */
const MAX_GROWTH = 10_240;
const addressBytes = getAddressEncoder();
const textBytes = new TextEncoder();

interface Vote {
  readonly no: number;
}

/** Puts a guard's vote in the place of its earlier one, or at the end. */
export function placeVote<V extends Vote>(
  votes: readonly V[],
  count: number,
  vote: V,
): { votes: readonly V[]; count: number } {
  const before = votes.slice(0, count).findIndex(({ no }) => no === vote.no);
  if (before >= 0) return { votes: votes.with(before, vote), count };
  if (count >= MAX_GUARDS) return fail('TooLarge');
  return { votes: votes.with(count, vote), count: count + 1 };
}

/** Reveals begin when commitments are over: by the clock, or because every guard of the set has committed. */
function areCommitsOver(config: Draft<'config'>, hour: Draft<'hour'>, now: bigint): boolean {
  if (now >= commitsUntil(config, hour.hour)) return true;
  return now >= reportsUntil(config, hour.hour) && hour.setCount > 0 && hour.commits >= hour.setCount;
}

function areRevealsOver(config: Draft<'config'>, hour: Draft<'hour'>, now: bigint): boolean {
  if (now >= revealsUntil(config, hour.hour)) return true;
  return areCommitsOver(config, hour, now) && hour.setCount > 0 && hour.reveals >= hour.setCount;
}

function checkRevealWindow(config: Draft<'config'>, hour: Draft<'hour'>, now: bigint): void {
  if (!areCommitsOver(config, hour, now)) fail('TooEarly');
  if (now >= revealsUntil(config, hour.hour)) fail('TooLate');
}

/** Count, two bits a report, count of disputes, eight bytes a dispute. */
function mostVerdictBytes(hour: Draft<'hour'>): number {
  return 4 + Math.ceil(hour.reports / 4) + 2 + 8 * MAX_DISPUTES;
}

function u64Bytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

/** The own verdict of a guard: who committed may reveal, whether it has left or not. */
function openOwnVerdict(context: Context): Draft<'verdict'> {
  const guard = context.open('guard', context.at('guard'));
  checkSame(guard.operator, context.at('operator'));
  return context.open('verdict', context.at('verdict'));
}

/** Reports, verdicts, hours (docs/chain.md, Evidence). */
export const evidenceRules: Pick<
  Rules,
  | 'submitReport'
  | 'commitVerdict'
  | 'writeVerdict'
  | 'revealVerdict'
  | 'proposeHour'
  | 'closeReport'
  | 'closeVerdict'
  | 'closeHour'
> = {
  submitReport(context, args) {
    const config = context.open('config', context.at('config'));
    const edge = context.open('edge', context.at('edge'));
    const pool = context.open('pool', context.at('pool'));
    const stake = context.open('stake', context.at('stake'));
    checkSame(edge.operator, context.at('operator'));
    if (edge.status !== NODE_STATUS.active) fail('NotActive');
    checkSame(edge.stake, context.at('stake'));
    checkSame(stake.pool, context.at('pool'));
    if (args.week !== weekOf(config, args.hour)) fail('WrongWeek');
    if (context.now < hourEnd(config, args.hour)) fail('TooEarly');
    if (context.now >= reportsUntil(config, args.hour)) fail('TooLate');
    const current = worth(pool, config, context.now, stake.lp);
    const value = current < edge.worth ? current : edge.worth;
    const terms = termsOf(config, args.week);
    if (value < terms.minEdgeStake) fail('InsufficientStake');
    if (args.entryCount < 1 || args.bytes < 1n) fail('ZeroAmount');
    const payer = context.at('operator');
    const at = context.at('hourAccount');
    const set = context.find('guardSet', context.at('guardSet')) ?? terms;
    const { feePerGb, dustBytes, guardShareBps, openYieldBps } = set;
    const hour =
      context.find('hour', at) ??
      context.create('hour', at, {
        hour: args.hour,
        payer,
        feePerGb,
        dustBytes,
        guardShareBps,
        openYieldBps,
      });
    context.create('report', context.at('report'), {
      edge: context.at('edge'),
      payer,
      hour: args.hour,
      bytes: args.bytes,
      root: args.root,
      entryCount: args.entryCount,
      index: hour.reports,
      worth: value,
    });
    hour.reports += 1;
    hour.reportedBytes = saturated(hour.reportedBytes + args.bytes);
  },

  commitVerdict(context, args) {
    const config = context.open('config', context.at('config'));
    const guard = openSeated(context, config, args.week);
    const hour = context.open('hour', context.at('hourAccount'));
    if (args.week !== weekOf(config, args.hour)) fail('WrongWeek');
    const set = openQuorum(context, guard, config);
    if (context.now < reportsUntil(config, args.hour)) fail('TooEarly');
    if (context.now >= commitsUntil(config, args.hour)) fail('TooLate');
    if (hour.status === HOUR_STATUS.final) fail('AlreadyDecided');
    if (args.reports !== hour.reports) fail('BasisChanged');
    context.create('verdict', context.at('verdict'), {
      status: VERDICT_STATUS.committed,
      hour: args.hour,
      guard: context.at('guard'),
      payer: context.at('operator'),
      no: guard.no,
      commitment: args.commitment,
      tail: new Uint8Array(0),
    });
    hour.setCount = set.count;
    hour.commits += 1;
  },

  writeVerdict(context, args) {
    const config = context.open('config', context.at('config'));
    const hour = context.open('hour', context.at('hourAccount'));
    const verdict = openOwnVerdict(context);
    if (verdict.status !== VERDICT_STATUS.committed) fail('WrongStatus');
    checkRevealWindow(config, hour, context.now);
    if (context.tail.length < 1) fail('InvalidParameter');
    const end = args.offset + context.tail.length;
    if (end > mostVerdictBytes(hour)) fail('TooLarge');
    if (end > verdict.tail.length + MAX_GROWTH) fail('TooLarge');
    const grown = new Uint8Array(Math.max(verdict.tail.length, end));
    grown.set(verdict.tail);
    grown.set(context.tail, args.offset);
    verdict.tail = grown;
  },

  revealVerdict(context, args) {
    const config = context.open('config', context.at('config'));
    const hour = context.open('hour', context.at('hourAccount'));
    const verdict = openOwnVerdict(context);
    if (verdict.status !== VERDICT_STATUS.committed) fail('AlreadyVoted');
    checkRevealWindow(config, hour, context.now);
    if (args.length > verdict.tail.length) fail('TooLarge');
    const commitment = sha256(
      textBytes.encode('mn.vrdct'),
      new Uint8Array(addressBytes.encode(context.at('guard'))),
      u64Bytes(args.hour),
      args.holding,
      args.prevRoot,
      args.salt,
      verdict.tail.subarray(0, args.length),
    );
    if (!sameBytes(commitment, verdict.commitment)) fail('CommitmentMismatch');
    verdict.status = VERDICT_STATUS.revealed;
    verdict.length = args.length;
    verdict.holding = args.holding;
    verdict.prevRoot = args.prevRoot;
    verdict.salt = args.salt;
    hour.reveals += 1;
  },

  proposeHour(context, args) {
    const config = context.open('config', context.at('config'));
    const guard = openSeated(context, config, args.week);
    const hour = context.open('hour', context.at('hourAccount'));
    const late = context.now >= ownUntil(config, args.hour);
    const week = late ? weekAt(config, context.now) : weekOf(config, args.hour);
    if (args.week !== week) fail('WrongWeek');
    const set = openQuorum(context, guard, config);
    if (!areRevealsOver(config, hour, context.now)) fail('TooEarly');
    if (hour.status === HOUR_STATUS.final) fail('AlreadyDecided');
    if (context.now >= voidFrom(config, args.hour)) fail('TooLate');
    if (!late && !isQuorum(hour.reveals, set.count)) fail('NotRevealed');
    if (args.reports !== hour.reports || args.reveals !== hour.reveals) fail('BasisChanged');
    if (hour.voteWeek !== args.week) {
      hour.voteWeek = args.week;
      hour.voteCount = 0;
    }
    const { root, leaves } = args;
    const placed = placeVote(hour.votes, hour.voteCount, { no: guard.no, leaves, root });
    hour.votes = placed.votes;
    hour.voteCount = placed.count;
    const same = placed.votes
      .slice(0, placed.count)
      .filter((vote) => vote.leaves === leaves && sameBytes(vote.root, root)).length;
    if (!isQuorum(same, set.count)) return;
    hour.status = HOUR_STATUS.final;
    hour.root = root;
    hour.leaves = leaves;
    hour.finalAt = context.now;
  },

  closeReport(context, args) {
    const config = context.open('config', context.at('config'));
    context.find('hour', context.at('hourAccount'));
    const report = context.open('report', context.at('report'));
    if (report.hour !== args.hour) fail('WrongAddress');
    checkSame(report.payer, context.at('payer'));
    if (!isClosable(config, args.hour, context.now)) fail('TooEarly');
    context.remove(context.at('report'));
  },

  closeVerdict(context, args) {
    const config = context.open('config', context.at('config'));
    context.find('hour', context.at('hourAccount'));
    const verdict = context.open('verdict', context.at('verdict'));
    if (verdict.hour !== args.hour) fail('WrongAddress');
    checkSame(verdict.payer, context.at('payer'));
    if (!isClosable(config, args.hour, context.now)) fail('TooEarly');
    context.remove(context.at('verdict'));
  },

  closeHour(context, args) {
    const config = context.open('config', context.at('config'));
    const hour = context.open('hour', context.at('hourAccount'));
    checkSame(hour.payer, context.at('payer'));
    if (!isClosable(config, args.hour, context.now)) fail('TooEarly');
    context.remove(context.at('hourAccount'));
  },
};

/** Four weeks after the last moment at which an hour can become final, all of it is recorded or lost. */
export function isClosable(config: Draft<'config'>, hour: bigint, now: bigint): boolean {
  return now > closableAfter(config, hour);
}

export function closableAfter(config: Draft<'config'>, hour: bigint): bigint {
  return u64(voidFrom(config, hour) + 4n * BigInt(config.hoursPerWeek) * hourSecs(config));
}
