import { getAddressEncoder } from '@solana/kit';

import { viewOf } from '../codec/fields.ts';
import { CLAIM_WINDOW, EPOCH_STATUS, RESOURCE_STATUS } from '../schema/index.ts';
import { mulDiv, poolValue, saturated, u64 } from './arithmetic.ts';
import type { Context } from './context.ts';
import { isClosable, placeVote } from './evidence-rules.ts';
import { fail } from './failure.ts';
import { leafHash, provesTo, sameBytes } from './merkle.ts';
import { freeOfFund } from './fund.ts';
import { isQuorum, openQuorum, openSeated } from './node-rules.ts';
import { averageOf, checkSame, checkSpot, checkToken, unwrap } from './pool-rules.ts';
import { refreshedQuota } from './resource-rules.ts';
import type { Rules } from './rules.ts';
import { closeSpan } from './spans.ts';
import type { Draft } from './state.ts';
import { boostOf } from './terms.ts';
import { hourAt, ownUntil, weekAt } from './time.ts';

const addressBytes = getAddressEncoder();
const Q32 = 2n ** 32n;

function openMoney(context: Context) {
  const config = context.open('config', context.at('config'));
  const pool = context.open('pool', context.at('pool'));
  const stake = context.open('stake', context.at('stake'));
  const resource = context.open('resource', context.at('resource'));
  checkSame(resource.pool, context.at('pool'));
  checkSame(resource.stake, context.at('stake'));
  for (const name of ['lpMint', 'lpVault', 'mediaVault'] as const) checkSame(context.at(name), pool[name]);
  checkSame(context.at('fund'), config.fund);
  return { config, pool, stake, resource };
}

interface Taken {
  /** MEDIA of the sum that the LP covers. */
  readonly covered: bigint;
  readonly media: bigint;
  readonly quote: bigint;
}

/** Takes LP of a resource for a sum at fair value, or all of it, and unwraps it: MEDIA to the fund, quote set apart. */
function take(context: Context, money: ReturnType<typeof openMoney>, sum: bigint, canWait: boolean): Taken {
  const { config, pool, stake, resource } = money;
  if (canWait) checkSpot(pool, config, context.now);
  const value = poolValue(pool, averageOf(pool, config, context.now));
  // Not limited to 64 bits: what does not fit is more than any resource has.
  const wanted = value === 0n ? resource.lp + 1n : (sum * pool.lpSupply + value - 1n) / value;
  const isWhole = wanted <= resource.lp;
  const lp = isWhole ? wanted : resource.lp;
  const affordable = mulDiv(lp, value, pool.lpSupply);
  const covered = isWhole || affordable > sum ? sum : affordable;
  resource.lp = u64(resource.lp - lp);
  stake.lp = u64(stake.lp - lp);
  stake.allocated = u64(stake.allocated - lp);
  resource.charged = u64(resource.charged + covered);
  return { covered, ...unwrap(context, config, pool, lp) };
}

/** What may be paid out of a week now: half of what stood behind the set that decided it, and as much again each week. */
function released(epoch: Draft<'epoch'>, currentWeek: bigint): bigint {
  const half = epoch.slashable / 2n;
  if (epoch.rewards <= half) return epoch.rewards;
  const sum = half * (1n + currentWeek - epoch.endorsedAt);
  return sum < epoch.rewards ? sum : epoch.rewards;
}

/** Takes a week into an owner's window; weeks that fall out of it count as claimed. */
function markClaimed(claim: Draft<'claim'>, week: bigint): void {
  const size = BigInt(CLAIM_WINDOW);
  if (week < claim.base) fail('TooLate');
  const bits = Uint8Array.from(claim.claimed);
  const place = (of: bigint): readonly [number, number] => {
    const bit = Number(of % size);
    return [bit >> 3, 1 << (bit & 7)];
  };
  if (week >= claim.base + size) {
    const base = week + 1n - size;
    // Bits of weeks that leave the window are free for those that enter it.
    const from = base > claim.base + size ? base - size : claim.base;
    for (let each = from; each < base; each += 1n) {
      const [byte, mask] = place(each);
      bits[byte] = (bits[byte] ?? 0) & ~mask;
    }
    claim.base = base;
  }
  const [byte, mask] = place(week);
  if (((bits[byte] ?? 0) & mask) !== 0) fail('NothingToClaim');
  bits[byte] = (bits[byte] ?? 0) | mask;
  claim.claimed = bits;
}

/** Fees, epochs, claims (docs/chain.md, Evidence). */
export const settlementRules: Pick<
  Rules,
  'charge' | 'payDebt' | 'proposeEpoch' | 'claim' | 'closeSet' | 'closeEpoch'
> = {
  charge(context, args) {
    const money = openMoney(context);
    const { config, pool, resource } = money;
    const place = Number(args.week % BigInt(resource.weeks.length));
    const entry = resource.weeks[place] ?? fail('NothingDue');
    if (entry.week !== args.week + 1n || entry.due === 0n) fail('NothingDue');
    const at = context.at('epoch');
    const average = averageOf(pool, config, context.now);
    // A price that its pool's owner keeps in motion puts the bill off no longer than this.
    const canWait = context.now < ownUntil(config, lastHour(config, args.week));
    const { covered, media, quote } = take(context, money, entry.due, canWait);
    const isOver = isClosable(config, lastHour(config, args.week), context.now);
    const epoch = isOver
      ? null
      : (context.find('epoch', at) ??
        context.create('epoch', at, { week: args.week, payer: context.at('payer') }));
    const owed = entry.due - covered;
    resource.debt = saturated(resource.debt + owed);
    if (owed > 0n && resource.status === RESOURCE_STATUS.active) {
      resource.status = RESOURCE_STATUS.exhausted;
      closeSpan(resource, hourAt(config, context.now));
    }
    let [kept, ownKept] = [0n, 0n];
    if (epoch?.status === EPOCH_STATUS.open) {
      kept = media < covered / 2n ? media : covered / 2n;
      ownKept = kept;
      const added = addedOf(context, config, { week: args.week, covered, kept });
      config.rewardBudget -= added;
      kept += added;
      epoch.fees = u64(epoch.fees + covered);
      epoch.kept = u64(epoch.kept + kept);
      epoch.toBurn = saturated(epoch.toBurn + saturated((quote * Q32) / average));
      config.kept = u64(config.kept + kept);
      // Votes that were cast before are for a sum that is no longer so.
      if (kept > 0n) [epoch.voteCount, epoch.laterCount] = [0, 0];
    }
    config.late = u64(config.late + media - ownKept);
    resource.weeks = resource.weeks.with(place, {
      week: entry.week,
      due: 0n,
      kept: u64(entry.kept + kept),
    });
    if (resource.status === RESOURCE_STATUS.active)
      resource.quotaKbps = refreshedQuota(resource, pool, config, context.now);
  },

  payDebt(context) {
    const money = openMoney(context);
    const { config, pool, resource } = money;
    if (resource.debt === 0n) fail('NothingDue');
    if (resource.lp === 0n) fail('InsufficientStake');
    const { covered, media } = take(context, money, resource.debt, true);
    resource.debt -= covered;
    if (resource.status === RESOURCE_STATUS.active)
      resource.quotaKbps = refreshedQuota(resource, pool, config, context.now);
    config.late = u64(config.late + media);
  },

  proposeEpoch(context, args) {
    const config = context.open('config', context.at('config'));
    const guard = openSeated(context, config, args.setWeek);
    const epoch = context.open('epoch', context.at('epoch'));
    const current = weekAt(config, context.now);
    if (current <= args.week) fail('TooEarly');
    const isOwn = args.setWeek === args.week;
    if (!isOwn && args.setWeek !== current) fail('WrongWeek');
    const set = openQuorum(context, guard, config);
    if (epoch.status === EPOCH_STATUS.endorsed) fail('AlreadyDecided');
    // A set speaks once: whoever decided is followed by a later one.
    if (epoch.status === EPOCH_STATUS.decided && args.setWeek <= epoch.decidedWeek) fail('AlreadyDecided');
    if (args.kept !== epoch.kept) fail('BasisChanged');
    if (args.rewards > epoch.kept) fail('RewardsAboveKept');
    if (!isOwn && epoch.laterWeek !== args.setWeek) {
      epoch.laterWeek = args.setWeek;
      epoch.laterCount = 0;
    }
    const vote = { no: guard.no, pad: 0, root: args.root, rewards: args.rewards };
    const before = isOwn
      ? { votes: epoch.votes, count: epoch.voteCount }
      : { votes: epoch.laterVotes, count: epoch.laterCount };
    const placed = placeVote(before.votes, before.count, vote);
    if (isOwn) {
      epoch.votes = placed.votes;
      epoch.voteCount = placed.count;
    } else {
      epoch.laterVotes = placed.votes;
      epoch.laterCount = placed.count;
    }
    const same = placed.votes
      .slice(0, placed.count)
      .filter(({ root, rewards }) => rewards === args.rewards && sameBytes(root, args.root)).length;
    if (!isQuorum(same, set.count)) return;
    const isSame = epoch.rewards === args.rewards && sameBytes(epoch.root, args.root);
    if (epoch.status === EPOCH_STATUS.decided && isSame) {
      epoch.status = EPOCH_STATUS.endorsed;
      epoch.endorsedAt = current;
      config.allocated = u64(config.allocated + args.rewards);
      return;
    }
    epoch.status = EPOCH_STATUS.decided;
    epoch.root = args.root;
    epoch.rewards = args.rewards;
    epoch.decidedWeek = args.setWeek;
    epoch.laterCount = 0;
    epoch.slashable = set.entries.slice(0, set.count).reduce((sum, { worth }) => saturated(sum + worth), 0n);
  },

  claim(context, args) {
    const config = context.open('config', context.at('config'));
    const epoch = context.open('epoch', context.at('epoch'));
    const [owner, at] = [context.at('owner'), context.at('claim')];
    checkSame(context.at('fund'), config.fund);
    checkToken(context, context.at('ownerMedia'), config.mediaMint, owner);
    if (epoch.status !== EPOCH_STATUS.endorsed) fail('NotEndorsed');
    const payload = new Uint8Array(40);
    payload.set(addressBytes.encode(owner));
    viewOf(payload).setBigUint64(32, args.amount, true);
    if (!provesTo(leafHash('mn.claim', payload), context.tail, epoch.root)) fail('WrongProof');
    if (args.amount === 0n) fail('NothingToClaim');
    const claim = context.find('claim', at) ?? context.create('claim', at, { owner });
    markClaimed(claim, args.week);
    if (u64(epoch.paid + args.amount) > released(epoch, weekAt(config, context.now))) fail('PayoutCapped');
    epoch.paid += args.amount;
    claim.total = u64(claim.total + args.amount);
    config.claimed = u64(config.claimed + args.amount);
    if (config.claimed > config.allocated) fail('InvariantBroken');
    context.transfer(config.fund, context.at('ownerMedia'), args.amount, context.at('config'));
  },

  closeSet(context, args) {
    const config = context.open('config', context.at('config'));
    const set = context.open('guardSet', context.at('guardSet'));
    checkSame(set.payer, context.at('payer'));
    if (!isClosable(config, lastHour(config, args.week), context.now)) fail('TooEarly');
    context.remove(context.at('guardSet'));
  },

  closeEpoch(context, args) {
    const config = context.open('config', context.at('config'));
    const epoch = context.open('epoch', context.at('epoch'));
    checkSame(epoch.payer, context.at('payer'));
    const isPaid = epoch.status === EPOCH_STATUS.endorsed && epoch.paid >= epoch.rewards;
    if (!isPaid && weekAt(config, context.now) <= args.week + BigInt(CLAIM_WINDOW)) fail('TooEarly');
    if (!isClosable(config, lastHour(config, args.week), context.now)) fail('TooEarly');
    context.remove(context.at('epoch'));
  },
};

/** What the fund adds to the rewards of a week for a fee: its part of it, while there is budget and the fund has it free. */
function addedOf(
  context: Context,
  config: Draft<'config'>,
  { week, covered, kept }: { readonly week: bigint; readonly covered: bigint; readonly kept: bigint },
): bigint {
  const wanted = (covered * BigInt(boostOf(config, week))) / 10_000n;
  const free = freeOfFund(config, context.token(config.fund).amount) - kept;
  return [wanted, config.rewardBudget, free < 0n ? 0n : free].reduce((a, b) => (a < b ? a : b));
}

function lastHour(config: Draft<'config'>, week: bigint): bigint {
  return (week + 1n) * BigInt(config.hoursPerWeek) - 1n;
}
