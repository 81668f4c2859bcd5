import type { Address } from '@solana/kit';

import { PROGRAMS } from '../programs.ts';
import { MAX_GUARDS, NODE_STATUS, ROLE } from '../schema/index.ts';
import type { Context } from './context.ts';
import { fail } from './failure.ts';
import { checkSame, worthForRights } from './pool-rules.ts';
import type { Rules } from './rules.ts';
import { openStake } from './stake-rules.ts';
import type { Draft } from './state.ts';
import { termsOf } from './terms.ts';
import { hourAt, weekAt } from './time.ts';

/** 1…126 bytes of printable ASCII without spaces. */
function checkEndpoint(endpoint: string): void {
  if (!/^[\x21-\x7e]{1,126}$/.test(endpoint)) fail('InvalidParameter');
}

/** A node that was removed comes back in a later week, with a stake filled after that; none does while it is accused. */
function checkReturn(context: Context, found: Draft<NodeKind> | null): void {
  if (found?.status === NODE_STATUS.active) fail('AlreadyActive');
  if (found === null) return;
  if (found.elections > 0) fail('ElectionOpen');
  const { config, stake } = openStake(context, 'owner');
  // Until nothing that the node did can be shown any more, the stake it had then answers for it.
  const isAnother = found.stake !== context.at('stake');
  if (isAnother && context.now <= found.leftAt + BigInt(config.unbondSecs)) fail('TooEarly');
  if (found.status !== NODE_STATUS.removed) return;
  const isLater = weekAt(config, context.now) > weekAt(config, found.removedAt);
  if (!isLater || stake.since <= found.removedAt) fail('NodeRemoved');
}

/** Worth of the stake behind a node, enough for its role. */
function nodeWorth(context: Context, role: number): bigint {
  const { config, pool, stake } = openStake(context, 'owner');
  if (stake.flags !== role) fail('WrongRole');
  const minimum = role === ROLE.edge ? config.minEdgeStake : config.minGuardStake;
  const value = worthForRights(pool, config, context.now, stake.lp);
  return value < minimum ? fail('InsufficientStake') : value;
}

/** Another operator's signatures off chain hold from the next hour on; those of the one before until then. */
function changeOperator(node: Draft<NodeKind>, operator: Address, hour: bigint): void {
  if (node.operator === operator) return;
  if (node.operatorFrom <= hour) {
    node.previousOperator = node.operator;
    node.operatorFrom = hour + 1n;
  }
  node.operator = operator;
}

type NodeKind = 'guard' | 'edge';

function openOwn<K extends NodeKind>(context: Context, kind: K): Draft<K> {
  const node = context.open(kind, context.at(kind));
  checkSame(node.owner, context.at('owner'));
  if (node.status !== NODE_STATUS.active) fail('NotActive');
  return node;
}

/** A set that has begun and has enough guards: it decides, and never changes again. */
function isUsable(set: Draft<'guardSet'>, config: Draft<'config'>, now: bigint): boolean {
  return weekAt(config, now) >= set.week && set.count >= set.minGuards;
}

export function isQuorum(votes: number, count: number): boolean {
  return 3 * votes > 2 * count;
}

/** A guard that acts by its operator. */
export function openVoter(context: Context): Draft<'guard'> {
  const guard = context.open('guard', context.at('guard'));
  checkSame(guard.operator, context.at('operator'));
  if (guard.status !== NODE_STATUS.active) fail('NotActive');
  return guard;
}

/** As `openVoter`; one that left still finishes what its seats up to the week of its leaving are for. */
export function openSeated(context: Context, config: Draft<'config'>, week: bigint): Draft<'guard'> {
  const guard = context.open('guard', context.at('guard'));
  checkSame(guard.operator, context.at('operator'));
  if (guard.status === NODE_STATUS.removed) fail('NotActive');
  if (guard.status !== NODE_STATUS.active && week > weekAt(config, guard.leftAt)) fail('NotActive');
  return guard;
}

/** The week's set, usable, with the guard in it. */
export function openQuorum(
  context: Context,
  guard: Draft<'guard'>,
  config: Draft<'config'>,
): Draft<'guardSet'> {
  const set = context.open('guardSet', context.at('guardSet'));
  if (!isUsable(set, config, context.now)) fail('SetNotReady');
  if (!set.entries.slice(0, set.count).some(({ no }) => no === guard.no)) fail('NotInSet');
  return set;
}

/** A guard that may be seated. */
export interface Candidate {
  readonly guard: Address;
  readonly no: number;
  readonly worth: bigint;
}

/** Whether a vote keeps a guard out of the set of a week. */
export function isBarred(guard: Draft<'guard'>, week: bigint): boolean {
  return week < guard.barredUntil;
}

/** The set of a week; where there is none, a new one on the terms of its week. */
export function openSet(
  context: Context,
  config: Draft<'config'>,
  week: bigint,
  payer: Address,
): Draft<'guardSet'> {
  const at = context.at('guardSet');
  const { minGuards, guardShareBps, openYieldBps, feePerGb, dustBytes } = termsOf(config, week);
  const terms = { minGuards, guardShareBps, openYieldBps, feePerGb, dustBytes };
  return context.find('guardSet', at) ?? context.create('guardSet', at, { week, payer, ...terms });
}

/** Seats of a set: as many as the config says, and never fewer than the set itself needs to be usable. */
function seatsOf(config: Draft<'config'>, set: Draft<'guardSet'>): number {
  return Math.min(Math.max(config.maxGuards, set.minGuards), MAX_GUARDS);
}

/** Takes a guard's seat out of a set, if it has one. */
export function unseat(set: Draft<'guardSet'>, no: number): void {
  const seat = set.entries.slice(0, set.count).findIndex((entry) => entry.no === no);
  if (seat < 0) return;
  // Those after it move up, so that the order of entry, which decides ties, stays.
  const empty = { guard: PROGRAMS.system, no: 0, pad: 0, worth: 0n };
  set.entries = [...set.entries.toSpliced(seat, 1), empty];
  set.count -= 1;
}

/** The seat of the lowest worth, the later one among equals. */
function lowestOf(members: Draft<'guardSet'>['entries']): number {
  let lowest = 0;
  for (const [index, each] of members.entries())
    if (each.worth <= (members[lowest]?.worth ?? 0n)) lowest = index;
  return lowest;
}

/** A barred guard's seat goes to its successor; one without a seat leaves it a free one, or that of the lowest. */
export function replaceSeat(
  config: Draft<'config'>,
  set: Draft<'guardSet'>,
  leaver: number,
  { guard, no, worth }: Candidate,
): void {
  const members = set.entries.slice(0, set.count);
  if (members.some((entry) => entry.no === no)) {
    unseat(set, leaver);
    return;
  }
  const own = members.findIndex((entry) => entry.no === leaver);
  const isFull = set.count >= seatsOf(config, set);
  const seat = own >= 0 ? own : isFull ? lowestOf(members) : set.count;
  set.entries = set.entries.with(seat, { guard, no, pad: 0, worth });
  if (seat === set.count) set.count += 1;
}

/** Guards, edges, the week's set (docs/chain.md, Money: Nodes; Quorum). */
export const nodeRules: Pick<
  Rules,
  | 'registerGuard'
  | 'updateGuard'
  | 'leaveGuard'
  | 'registerEdge'
  | 'updateEdge'
  | 'leaveEdge'
  | 'joinGuardSet'
> = {
  registerGuard(context, args) {
    const config = context.open('config', context.at('config'));
    nodeWorth(context, ROLE.guard);
    const found = context.find('guard', context.at('guard'));
    checkReturn(context, found);
    checkEndpoint(args.endpoint);
    const owner = context.at('owner');
    let guard = found;
    if (guard === null) {
      guard = context.create('guard', context.at('guard'), {
        owner,
        no: config.nextGuardNo,
        operator: args.operator,
        previousOperator: args.operator,
      });
      config.nextGuardNo += 1;
    }
    changeOperator(guard, args.operator, hourAt(config, context.now));
    Object.assign(guard, args, {
      status: NODE_STATUS.active,
      stake: context.at('stake'),
      joinedAt: context.now,
      leftAt: 0n,
    });
  },

  updateGuard(context, args) {
    const config = context.open('config', context.at('config'));
    const guard = openOwn(context, 'guard');
    checkEndpoint(args.endpoint);
    changeOperator(guard, args.operator, hourAt(config, context.now));
    Object.assign(guard, args);
  },

  leaveGuard(context, args) {
    const config = context.open('config', context.at('config'));
    const guard = openOwn(context, 'guard');
    if (args.week !== weekAt(config, context.now) + 1n) fail('WrongWeek');
    guard.status = NODE_STATUS.left;
    guard.leftAt = context.now;
    const set = context.find('guardSet', context.at('guardSet'));
    if (set !== null) unseat(set, guard.no);
  },

  registerEdge(context, args) {
    const config = context.open('config', context.at('config'));
    const value = nodeWorth(context, ROLE.edge);
    const found = context.find('edge', context.at('edge'));
    checkReturn(context, found);
    checkEndpoint(args.endpoint);
    checkEndpoint(args.control);
    const edge =
      found ??
      context.create('edge', context.at('edge'), {
        owner: context.at('owner'),
        operator: args.operator,
        previousOperator: args.operator,
      });
    changeOperator(edge, args.operator, hourAt(config, context.now));
    Object.assign(edge, args, {
      status: NODE_STATUS.active,
      stake: context.at('stake'),
      worth: value,
      joinedAt: context.now,
      leftAt: 0n,
    });
  },

  updateEdge(context, args) {
    const config = context.open('config', context.at('config'));
    const pool = context.open('pool', context.at('pool'));
    const stake = context.open('stake', context.at('stake'));
    const linked = context.open('edge', context.at('edge'));
    checkSame(linked.owner, context.at('owner'));
    checkSame(linked.stake, context.at('stake'));
    checkSame(stake.pool, context.at('pool'));
    const edge = openOwn(context, 'edge');
    checkEndpoint(args.endpoint);
    checkEndpoint(args.control);
    edge.worth = worthForRights(pool, config, context.now, stake.lp);
    if (edge.worth < config.minEdgeStake) fail('InsufficientStake');
    changeOperator(edge, args.operator, hourAt(config, context.now));
    Object.assign(edge, args);
  },

  leaveEdge(context) {
    const edge = openOwn(context, 'edge');
    edge.status = NODE_STATUS.left;
    edge.leftAt = context.now;
  },

  joinGuardSet(context, args) {
    const config = context.open('config', context.at('config'));
    const pool = context.open('pool', context.at('pool'));
    const stake = context.open('stake', context.at('stake'));
    const guard = openVoter(context);
    checkSame(context.at('stake'), guard.stake);
    checkSame(stake.pool, context.at('pool'));
    const week = weekAt(config, context.now);
    if (args.week !== week && args.week !== week + 1n) fail('WrongWeek');
    if (isBarred(guard, args.week)) fail('Barred');
    const set = openSet(context, config, args.week, context.at('operator'));
    if (isUsable(set, config, context.now)) fail('SetFrozen');
    const members = set.entries.slice(0, set.count);
    if (members.some(({ no }) => no === guard.no)) fail('AlreadyInSet');
    const value = worthForRights(pool, config, context.now, stake.lp);
    if (value < config.minGuardStake) fail('InsufficientStake');
    const entry = { guard: context.at('guard'), no: guard.no, pad: 0, worth: value };
    if (set.count < seatsOf(config, set)) {
      set.entries = set.entries.with(set.count, entry);
      set.count += 1;
      return;
    }
    const lowest = lowestOf(members);
    if (value <= (members[lowest]?.worth ?? 0n)) fail('WorthTooLow');
    set.entries = set.entries.with(lowest, entry);
  },
};
