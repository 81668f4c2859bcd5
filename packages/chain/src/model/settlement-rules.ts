import { getAddressEncoder } from '@solana/kit';

import { viewOf } from '../codec/fields.ts';
import { ACCOUNTS, EPOCH_STATUS, RESOURCE_STATUS } from '../schema/index.ts';
import { mulDiv, poolValue, saturated, u64, worthOf } from './arithmetic.ts';
import type { Context } from './context.ts';
import { placeVote } from './evidence-rules.ts';
import { fail } from './failure.ts';
import { leafHash, provesTo, sameBytes } from './merkle.ts';
import { isQuorum, openQuorum, openVoter } from './node-rules.ts';
import { averageOf, checkSame, checkToken, setReserves, touchPrice } from './pool-rules.ts';
import { refreshedQuota } from './resource-rules.ts';
import type { Rules } from './rules.ts';
import type { Draft } from './state.ts';
import { weekAt } from './time.ts';

const addressBytes = getAddressEncoder();

/** Whether an epoch can take in nothing more: it is closed, or a later one is. */
function isPast(config: Draft<'config'>, week: bigint): boolean {
  return week < config.lastEpoch;
}

/** The epoch that a fee goes to: that of the due week, or the current one if that is past. */
function epochForFee(context: Context, config: Draft<'config'>, dueWeek: bigint): Draft<'epoch'> {
  const week = isPast(config, dueWeek) ? weekAt(config, context.now) : dueWeek;
  const at = context.at('epoch');
  checkSame(at, context.address(ACCOUNTS.epoch.seeds, { week }));
  if (isPast(config, week)) return fail('WrongWeek');
  return context.find('epoch', at) ?? context.create('epoch', at, { week, payer: context.at('payer') });
}

/** Fees, unwrapping, epochs, claims (docs/chain.md, Evidence). */
export const settlementRules: Pick<Rules, 'charge' | 'unwrap' | 'proposeEpoch' | 'claim'> = {
  charge(context, args) {
    const config = context.open('config', context.at('config'));
    const pool = context.open('pool', context.at('pool'));
    const stake = context.open('stake', context.at('stake'));
    const resource = context.open('resource', context.at('resource'));
    checkSame(resource.pool, context.at('pool'));
    checkSame(resource.stake, context.at('stake'));
    if (resource.due === 0n) fail('NothingDue');
    if (args.week !== resource.dueWeek) fail('WrongWeek');
    const epoch = epochForFee(context, config, args.week);
    if (pool.feeLp > 0n && pool.feeWeek !== epoch.week && !isPast(config, pool.feeWeek)) fail('UnwrapFirst');
    const value = poolValue(pool, averageOf(pool, config, context.now));
    // Not limited to 64 bits: what does not fit is more than any resource has.
    const wanted = value === 0n ? resource.lp + 1n : (resource.due * pool.lpSupply + value - 1n) / value;
    const lp = wanted <= resource.lp ? wanted : resource.lp;
    const affordable = mulDiv(lp, value, pool.lpSupply);
    const covered = wanted <= resource.lp || affordable > resource.due ? resource.due : affordable;
    resource.debt = saturated(resource.debt + resource.due - covered);
    if (wanted > resource.lp && resource.status === RESOURCE_STATUS.active)
      resource.status = RESOURCE_STATUS.exhausted;
    resource.lp = u64(resource.lp - lp);
    stake.lp = u64(stake.lp - lp);
    stake.allocated = u64(stake.allocated - lp);
    pool.staked = u64(pool.staked - lp);
    pool.feeLp = u64(pool.feeLp + lp);
    pool.feeWeek = epoch.week;
    epoch.fees = u64(epoch.fees + covered);
    resource.charged = u64(resource.charged + covered);
    resource.due = 0n;
    if (resource.status === RESOURCE_STATUS.active)
      resource.quotaKbps = refreshedQuota(resource, pool, config, context.now);
  },

  unwrap(context, args) {
    const config = context.open('config', context.at('config'));
    const pool = context.open('pool', context.at('pool'));
    const epoch = context.open('epoch', context.at('epoch'));
    for (const name of ['lpMint', 'lpVault', 'mediaVault', 'quoteVault', 'buybackVault'] as const)
      checkSame(context.at(name), pool[name]);
    checkSame(context.at('fund'), config.fund);
    if (pool.feeLp === 0n) fail('NothingDue');
    if (pool.feeWeek !== args.week) fail('WrongWeek');
    if (epoch.status !== EPOCH_STATUS.open) fail('WrongStatus');
    const lp = pool.feeLp;
    const media = mulDiv(lp, pool.reserveMedia, pool.lpSupply);
    const quote = mulDiv(lp, pool.reserveQuote, pool.lpSupply);
    const average = averageOf(pool, config, context.now);
    const fair = worthOf(pool, average, lp) / 2n;
    touchPrice(pool, config, context.now);
    pool.lpSupply = u64(pool.lpSupply - lp);
    setReserves(pool, pool.reserveMedia - media, pool.reserveQuote - quote);
    pool.feeLp = 0n;
    pool.toBurn = u64(pool.toBurn + quote);
    const kept = fair < media ? fair : media;
    epoch.kept = u64(epoch.kept + kept);
    epoch.toBurn = u64(epoch.toBurn + mulDiv(quote, 2n ** 32n, average));
    config.kept = u64(config.kept + kept);
    const authority = context.at('config');
    context.burn(pool.lpMint, pool.lpVault, lp, authority);
    context.transfer(pool.mediaVault, config.fund, media, authority);
    context.transfer(pool.quoteVault, pool.buybackVault, quote, authority);
  },

  proposeEpoch(context, args) {
    const config = context.open('config', context.at('config'));
    const guard = openVoter(context);
    const epoch = context.open('epoch', context.at('epoch'));
    if (weekAt(config, context.now) <= args.week) fail('TooEarly');
    const set = openQuorum(context, guard, config);
    if (epoch.status !== EPOCH_STATUS.open) fail('AlreadyDecided');
    if (args.rewards > epoch.kept) fail('RewardsAboveKept');
    if (args.week < config.lastEpoch) fail('WrongWeek');
    const placed = placeVote(epoch.votes, epoch.voteCount, {
      no: guard.no,
      pad: 0,
      root: args.root,
      rewards: args.rewards,
    });
    epoch.votes = placed.votes;
    epoch.voteCount = placed.count;
    const same = placed.votes
      .slice(0, placed.count)
      .filter(({ root, rewards }) => rewards === args.rewards && sameBytes(root, args.root)).length;
    if (!isQuorum(same, set.count)) return;
    epoch.status = EPOCH_STATUS.closed;
    epoch.root = args.root;
    epoch.rewards = args.rewards;
    epoch.cumulative = u64(config.allocated + args.rewards);
    epoch.prevEpoch = config.lastEpoch;
    config.allocated = epoch.cumulative;
    config.lastEpoch = args.week + 1n;
  },

  claim(context, args) {
    const config = context.open('config', context.at('config'));
    const epoch = context.open('epoch', context.at('epoch'));
    const [owner, at] = [context.at('owner'), context.at('claim')];
    checkSame(context.at('fund'), config.fund);
    checkToken(context, context.at('ownerMedia'), config.mediaMint, owner);
    if (args.week + 1n !== config.lastEpoch) fail('NotLastEpoch');
    if (epoch.status !== EPOCH_STATUS.closed) fail('WrongStatus');
    const payload = new Uint8Array(40);
    payload.set(addressBytes.encode(owner));
    viewOf(payload).setBigUint64(32, args.cumulative, true);
    if (!provesTo(leafHash('mn.claim', payload), context.tail, epoch.root)) fail('WrongProof');
    const claim = context.find('claim', at) ?? context.create('claim', at, { owner });
    if (args.cumulative <= claim.claimed) fail('NothingToClaim');
    const pay = args.cumulative - claim.claimed;
    if (config.claimed + pay > config.allocated) fail('InvariantBroken');
    claim.claimed = args.cumulative;
    config.claimed += pay;
    context.transfer(config.fund, context.at('ownerMedia'), pay, context.at('config'));
  },
};
