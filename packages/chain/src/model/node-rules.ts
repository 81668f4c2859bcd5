import { MAX_GUARDS, NODE_STATUS, ROLE } from '../schema/index.ts';
import type { Context } from './context.ts';
import { fail } from './failure.ts';
import { checkSame, worth } from './pool-rules.ts';
import type { Rules } from './rules.ts';
import { openStake } from './stake-rules.ts';
import type { Draft } from './state.ts';
import { weekAt } from './time.ts';

/** 1…126 bytes of printable ASCII without spaces. */
function checkEndpoint(endpoint: string): void {
  if (!/^[\x21-\x7e]{1,126}$/.test(endpoint)) fail('InvalidParameter');
}

function checkNodeStake(context: Context, role: number): void {
  const { config, pool, stake } = openStake(context, 'owner');
  if (stake.flags !== role) fail('WrongRole');
  const minimum = role === ROLE.edge ? config.minEdgeStake : config.minGuardStake;
  if (worth(pool, config, context.now, stake.lp) < minimum) fail('InsufficientStake');
}

function openOwn<K extends 'guard' | 'edge'>(context: Context, kind: K): Draft<K> {
  const node = context.open(kind, context.at(kind));
  checkSame(node.owner, context.at('owner'));
  if (node.status !== NODE_STATUS.active) fail('NotActive');
  return node;
}

/** A set that has begun and has enough guards: it decides, and never changes again. */
function isUsable(set: Draft<'guardSet'>, config: Draft<'config'>, now: bigint): boolean {
  return weekAt(config, now) >= set.week && set.count >= config.minGuards;
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
    checkNodeStake(context, ROLE.guard);
    const found = context.find('guard', context.at('guard'));
    if (found?.status === NODE_STATUS.active) fail('AlreadyActive');
    checkEndpoint(args.endpoint);
    const owner = context.at('owner');
    let guard = found;
    if (guard === null) {
      guard = context.create('guard', context.at('guard'), { owner, no: config.nextGuardNo });
      config.nextGuardNo += 1;
    }
    Object.assign(guard, args, {
      status: NODE_STATUS.active,
      stake: context.at('stake'),
      joinedAt: context.now,
      leftAt: 0n,
    });
  },

  updateGuard(context, args) {
    const guard = openOwn(context, 'guard');
    checkEndpoint(args.endpoint);
    Object.assign(guard, args);
  },

  leaveGuard(context) {
    const guard = openOwn(context, 'guard');
    guard.status = NODE_STATUS.left;
    guard.leftAt = context.now;
  },

  registerEdge(context, args) {
    checkNodeStake(context, ROLE.edge);
    const found = context.find('edge', context.at('edge'));
    if (found?.status === NODE_STATUS.active) fail('AlreadyActive');
    checkEndpoint(args.endpoint);
    checkEndpoint(args.control);
    const edge = found ?? context.create('edge', context.at('edge'), { owner: context.at('owner') });
    Object.assign(edge, args, {
      status: NODE_STATUS.active,
      stake: context.at('stake'),
      joinedAt: context.now,
      leftAt: 0n,
    });
  },

  updateEdge(context, args) {
    const edge = openOwn(context, 'edge');
    checkEndpoint(args.endpoint);
    checkEndpoint(args.control);
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
    const set =
      context.find('guardSet', context.at('guardSet')) ??
      context.create('guardSet', context.at('guardSet'), { week: args.week });
    if (isUsable(set, config, context.now)) fail('SetFrozen');
    const members = set.entries.slice(0, set.count);
    if (members.some(({ no }) => no === guard.no)) fail('AlreadyInSet');
    const value = worth(pool, config, context.now, stake.lp);
    if (value < config.minGuardStake) fail('InsufficientStake');
    const entry = { guard: context.at('guard'), no: guard.no, pad: 0, worth: value };
    if (set.count < Math.min(config.maxGuards, MAX_GUARDS)) {
      set.entries = set.entries.with(set.count, entry);
      set.count += 1;
      return;
    }
    let lowest = 0;
    for (const [index, each] of members.entries())
      if (each.worth <= (members[lowest]?.worth ?? 0n)) lowest = index;
    if (value <= (members[lowest]?.worth ?? 0n)) fail('WorthTooLow');
    set.entries = set.entries.with(lowest, entry);
  },
};
