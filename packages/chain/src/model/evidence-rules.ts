import {
  HOUR_STATUS,
  MAX_GUARDS,
  NODE_STATUS,
  REPORT_STATUS,
  RESOURCE_STATUS,
  SAMPLES_PER_REPORT,
  VOTE_REJECT,
} from '../schema/index.ts';
import { viewOf } from '../codec/fields.ts';
import { getAddressEncoder } from '@solana/kit';
import { feeOf, sampleKbps, saturated } from './arithmetic.ts';
import type { Context } from './context.ts';
import { fail } from './failure.ts';
import { leafHash, provesTo, sameBytes } from './merkle.ts';
import { isQuorum, openQuorum, openVoter } from './node-rules.ts';
import { checkSame, worth } from './pool-rules.ts';
import type { Rules } from './rules.ts';
import type { Draft } from './state.ts';
import { areReportsFixed, hourEnd, hourSecs, reportsUntil, verdictsUntil, voidFrom, weekOf } from './time.ts';

const MAX_VERDICTS = 24;
const VERDICT_MAX = 127;
const addressBytes = getAddressEncoder();

interface RootVote {
  readonly no: number;
  readonly root: Uint8Array;
}

/** Puts a guard's vote in the place of its earlier one, or at the end. */
export function placeVote<V extends RootVote>(
  votes: readonly V[],
  count: number,
  vote: V,
): { votes: readonly V[]; count: number } {
  const before = votes.slice(0, count).findIndex(({ no }) => no === vote.no);
  if (before >= 0) return { votes: votes.with(before, vote), count };
  if (count >= MAX_GUARDS) return fail('TooLarge');
  return { votes: votes.with(count, vote), count: count + 1 };
}

function decide(report: Draft<'report'>, hour: Draft<'hour'>, count: number): void {
  const votes = report.votes.slice(0, report.voteCount);
  const against = votes.filter((vote) => vote >= VOTE_REJECT).length;
  if (isQuorum(votes.length - against, count)) {
    report.status = REPORT_STATUS.confirmed;
    hour.confirmed += 1;
    hour.confirmedBytes = saturated(hour.confirmedBytes + report.bytes);
    hour.decided += 1;
  } else if (isQuorum(against, count)) {
    report.status = REPORT_STATUS.rejected;
    hour.decided += 1;
  }
}

function recordSamples(
  ring: Draft<'ring'>,
  config: Draft<'config'>,
  hour: bigint,
  slots: readonly bigint[],
): void {
  ring.tail = Uint32Array.from(ring.tail);
  for (const [index, bytes] of slots.entries()) {
    const sample = hour * BigInt(SAMPLES_PER_REPORT) + BigInt(index);
    const month = sample / BigInt(config.monthSlots);
    if (month > ring.month) {
      ring.tail.fill(0);
      ring.month = month;
    }
    if (month === ring.month)
      ring.tail[Number(sample % BigInt(config.monthSlots))] = sampleKbps(bytes, config.sampleSecs);
  }
}

function slotBytes(slots: Uint8Array): bigint[] {
  return Array.from({ length: SAMPLES_PER_REPORT }, (_, index) =>
    viewOf(slots).getBigUint64(index * 8, true),
  );
}

/** Reports, verdicts, hours, records (docs/chain.md, Evidence). */
export const evidenceRules: Pick<
  Rules,
  'submitReport' | 'vote' | 'proposeHour' | 'record' | 'closeReport' | 'closeHour'
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
    if (context.now < hourEnd(config, args.hour)) fail('TooEarly');
    if (context.now >= reportsUntil(config, args.hour)) fail('TooLate');
    if (worth(pool, config, context.now, stake.lp) < config.minEdgeStake) fail('InsufficientStake');
    if (args.entryCount < 1 || args.bytes < 1n) fail('ZeroAmount');
    const payer = context.at('operator');
    context.create('report', context.at('report'), { ...args, edge: context.at('edge'), payer });
    const at = context.at('hourAccount');
    const hour = context.find('hour', at) ?? context.create('hour', at, { hour: args.hour, payer });
    hour.reports += 1;
  },

  vote(context, args) {
    const config = context.open('config', context.at('config'));
    const guard = openVoter(context);
    const hour = context.open('hour', context.at('hourAccount'));
    if (args.week !== weekOf(config, args.hour)) fail('WrongWeek');
    const set = openQuorum(context, guard, config);
    if (context.now < hourEnd(config, args.hour)) fail('TooEarly');
    if (areReportsFixed(config, hour, context.now)) fail('TooLate');
    if (context.tail.length < 1 || context.tail.length > MAX_VERDICTS) fail('InvalidParameter');
    if (context.tail.length > context.remaining.length) fail('NotEnoughAccounts');
    if (context.tail.length < context.remaining.length) fail('InvalidInstruction');
    for (const [index, address] of context.remaining.entries()) {
      const verdict = context.tail[index] ?? 0;
      const report = context.open('report', address);
      if (report.hour !== args.hour) fail('WrongAddress');
      if (verdict > VERDICT_MAX) fail('InvalidParameter');
      if (report.status !== REPORT_STATUS.pending) fail('AlreadyDecided');
      const voted = report.votes.slice(0, report.voteCount);
      if (voted.some((vote) => vote % VOTE_REJECT === guard.no)) fail('AlreadyVoted');
      report.votes = report.votes.with(report.voteCount, verdict === 0 ? guard.no : guard.no + VOTE_REJECT);
      report.reasons = report.reasons.with(report.voteCount, verdict);
      report.voteCount += 1;
      decide(report, hour, set.count);
    }
  },

  proposeHour(context, args) {
    const config = context.open('config', context.at('config'));
    const guard = openVoter(context);
    const hour = context.open('hour', context.at('hourAccount'));
    if (args.week !== weekOf(config, args.hour)) fail('WrongWeek');
    const set = openQuorum(context, guard, config);
    if (!areReportsFixed(config, hour, context.now)) fail('TooEarly');
    if (hour.status === HOUR_STATUS.final) fail('AlreadyDecided');
    if (context.now >= voidFrom(config, args.hour)) fail('TooLate');
    const placed = placeVote(hour.votes, hour.voteCount, { no: guard.no, pad: 0, root: args.root });
    hour.votes = placed.votes;
    hour.voteCount = placed.count;
    const same = placed.votes.slice(0, placed.count).filter(({ root }) => sameBytes(root, args.root)).length;
    if (!isQuorum(same, set.count)) return;
    hour.status = HOUR_STATUS.final;
    hour.root = args.root;
    hour.finalAt = context.now;
  },

  record(context, args) {
    const config = context.open('config', context.at('config'));
    const hour = context.open('hour', context.at('hourAccount'));
    const resource = context.open('resource', context.at('resource'));
    const released = resource.status === RESOURCE_STATUS.released;
    if (!released) checkSame(context.at('ring'), resource.ring);
    const ring = released ? null : context.open('ring', resource.ring);
    if (hour.status !== HOUR_STATUS.final) fail('WrongStatus');
    if (resource.status === RESOURCE_STATUS.draft) fail('WrongStatus');
    if (!provesTo(recordLeaf(context, args), context.tail, hour.root)) fail('WrongProof');
    if (args.previous !== resource.lastHour || args.hour < args.previous) fail('WrongPrevious');
    const slots = slotBytes(args.slots);
    const total = slots.reduce((sum, bytes) => saturated(sum + bytes), 0n);
    if (total === 0n || args.billable > total) fail('InvalidParameter');
    const week = weekOf(config, args.hour);
    if (resource.due > 0n && resource.dueWeek !== week) fail('ChargeFirst');
    // A tombstone owes nothing any more, but its hours are still recorded, once each and in order.
    const fee = released ? 0n : feeOf(args.billable, config.feePerGb);
    resource.due = saturated(resource.due + fee);
    if (fee > 0n) resource.dueWeek = week;
    resource.bytesTotal = saturated(resource.bytesTotal + total);
    resource.lastHour = args.hour + 1n;
    if (ring !== null) recordSamples(ring, config, args.hour, slots);
  },

  closeReport(context, args) {
    const config = context.open('config', context.at('config'));
    const hour = context.find('hour', context.at('hourAccount'));
    const report = context.open('report', context.at('report'));
    if (report.hour !== args.hour) fail('WrongAddress');
    checkSame(report.payer, context.at('payer'));
    if (hour?.status !== HOUR_STATUS.final && context.now < voidFrom(config, args.hour)) fail('TooEarly');
    context.remove(context.at('report'));
  },

  closeHour(context, args) {
    const config = context.open('config', context.at('config'));
    const hour = context.open('hour', context.at('hourAccount'));
    checkSame(hour.payer, context.at('payer'));
    const hours = BigInt(config.finalHours) + 4n * BigInt(config.hoursPerWeek);
    if (context.now <= verdictsUntil(config, args.hour) + hours * hourSecs(config)) fail('TooEarly');
    // Guards close a week only when all of it is recorded: a final hour may go once its week is past.
    if (hour.status === HOUR_STATUS.final && weekOf(config, args.hour) >= config.lastEpoch) fail('TooEarly');
    context.remove(context.at('hourAccount'));
  },
};

/** Leaf `mn.hour.`: resource ‖ previous ‖ slots ‖ billable. */
function recordLeaf(
  context: Context,
  args: { previous: bigint; slots: Uint8Array; billable: bigint },
): Uint8Array {
  const payload = new Uint8Array(144);
  payload.set(addressBytes.encode(context.at('resource')));
  viewOf(payload).setBigUint64(32, args.previous, true);
  payload.set(args.slots, 40);
  viewOf(payload).setBigUint64(136, args.billable, true);
  return leafHash('mn.hour.', payload);
}
