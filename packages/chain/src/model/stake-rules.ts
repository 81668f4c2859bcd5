import { NODE_STATUS, ROLE } from '../schema/index.ts';
import { u64 } from './arithmetic.ts';
import type { Context } from './context.ts';
import { fail } from './failure.ts';
import { checkSame, checkToken, worth } from './pool-rules.ts';
import type { Rules } from './rules.ts';
import { joinSeasons } from './seasons.ts';
import type { Draft } from './state.ts';
import { ACCOUNTS } from '../schema/index.ts';

/** The stake of the acting owner in the pool beside it. */
export function openStake(context: Context, actor: 'owner' | 'publisher') {
  const config = context.open('config', context.at('config'));
  const pool = context.open('pool', context.at('pool'));
  const stake = context.open('stake', context.at('stake'));
  checkSame(stake.owner, context.at(actor));
  checkSame(stake.pool, context.at('pool'));
  return { config, pool, stake };
}

type NodeKind = 'edge' | 'guard';

/** The owner's edge or guard, for a stake of that role: checked before amounts, as all addresses are. */
function nodeOf(context: Context, stake: Draft<'stake'>): Draft<NodeKind> | null {
  const role = stake.flags;
  if (role !== ROLE.edge && role !== ROLE.guard) return null;
  const kind: NodeKind = role === ROLE.edge ? 'edge' : 'guard';
  checkSame(context.at('node'), context.address(ACCOUNTS[kind].seeds, { owner: stake.owner }));
  return context.find(kind, context.at('node'));
}

/** Stakes (docs/chain.md, Money). */
export const stakeRules: Pick<Rules, 'stake' | 'beginUnbond' | 'withdraw'> = {
  stake(context, args) {
    const config = context.open('config', context.at('config'));
    const pool = context.open('pool', context.at('pool'));
    const at = context.at('stake');
    const found = context.find('stake', at);
    checkSame(context.at('lpVault'), pool.lpVault);
    checkToken(context, context.at('ownerLp'), pool.lpMint);
    if (context.at('ownerLp') === pool.lpVault) fail('WrongAddress');
    if (args.role > ROLE.user) fail('InvalidParameter');
    if (args.lp === 0n) fail('ZeroAmount');
    const owner = context.at('owner');
    const stake = found ?? context.create('stake', at, { owner, pool: context.at('pool'), flags: args.role });
    if (stake.lp === 0n && stake.unbonding === 0n) stake.since = context.now;
    joinSeasons(stake, stake.lp, config, context.now);
    stake.lp = u64(stake.lp + args.lp);
    pool.staked = u64(pool.staked + args.lp);
    context.transfer(context.at('ownerLp'), pool.lpVault, args.lp, owner);
  },

  beginUnbond(context, args) {
    const { config, pool, stake } = openStake(context, 'owner');
    const node = nodeOf(context, stake);
    if (stake.elections > 0) fail('ElectionOpen');
    if (args.lp === 0n) fail('ZeroAmount');
    if (args.lp > stake.lp) fail('InsufficientStake');
    if (args.lp > stake.lp - stake.allocated - stake.bonded) fail('StakeInUse');
    if (stake.openVotes > 0) fail('VotesOpen');
    if (node !== null && node.status === NODE_STATUS.active && node.stake === context.at('stake')) {
      const minimum = stake.flags === ROLE.edge ? config.minEdgeStake : config.minGuardStake;
      if (worth(pool, config, context.now, stake.lp - args.lp) < minimum) fail('StakeInUse');
    }
    stake.lp -= args.lp;
    stake.unbonding = u64(stake.unbonding + args.lp);
    stake.unbondAt = context.now;
  },

  withdraw(context) {
    const { config, pool, stake } = openStake(context, 'owner');
    checkSame(context.at('lpVault'), pool.lpVault);
    if (context.at('ownerLp') === pool.lpVault) fail('WrongAddress');
    checkToken(context, context.at('ownerLp'), pool.lpMint, context.at('owner'));
    if (stake.elections > 0) fail('ElectionOpen');
    if (stake.unbonding === 0n) fail('NothingUnbonding');
    if (context.now < stake.unbondAt + BigInt(config.unbondSecs)) fail('StillUnbonding');
    context.transfer(pool.lpVault, context.at('ownerLp'), stake.unbonding, context.at('config'));
    pool.staked = u64(pool.staked - stake.unbonding);
    stake.unbonding = 0n;
  },
};
