import type { Address } from '@solana/kit';

import type { InstructionInput } from '../../src/instruction-inputs.ts';
import { merkleTree } from '../../src/model/merkle.ts';
import { sha256 } from '../../src/model/sha256.ts';
import type { Draft, ModelState } from '../../src/model/state.ts';
import { claimLeaf, hourLeaf, slotsOf } from '../../src/program-world/story.ts';
import type { ProgramWorld } from '../../src/program-world/world.ts';
import { EPOCH_STATUS, HOUR_STATUS, REPORT_STATUS, RESOURCE_STATUS } from '../../src/schema/index.ts';
import type { InstructionName } from '../../src/schema/index.ts';
import { allOf } from './invariants.ts';
import type { Random } from './random.ts';

export interface Choice {
  readonly name: InstructionName;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What happens off chain in a trace, and who takes part. */
export interface Cast {
  readonly owners: readonly Address[];
  readonly quotes: readonly Address[];
  readonly pools: readonly Address[];
  readonly hourPlans: Map<bigint, HourPlan>;
  readonly claimPlans: Map<bigint, ClaimPlan>;
}

interface HourPlan {
  readonly root: Uint8Array;
  readonly entries: readonly { resource: Address; previous: bigint; slots: Uint8Array; billable: bigint; proof: Uint8Array }[];
}

interface ClaimPlan {
  readonly root: Uint8Array;
  readonly rewards: bigint;
  readonly entries: readonly { owner: Address; cumulative: bigint; proof: Uint8Array }[];
}

type Maker = () => Choice | undefined;

const choice = <N extends InstructionName>(name: N, input: InstructionInput<N>): Choice => ({ name, input: { ...input } });

/** Seals and settings in a trace are this text, cut to any length. */
export const CONTENT: Uint8Array = Uint8Array.from({ length: 64 }, (_, index) => index);

/** Makers of instructions that would mostly succeed in the state as it is. */
export function createChoices(random: Random, state: ModelState, world: ProgramWorld, cast: Cast, epochZero: bigint): { next(): Choice } {
  const { pick, maybe, int, chance, amount } = random;
  const config = (): Draft<'config'> => {
    const [found] = allOf(state, 'config');
    if (found === undefined) throw new Error('no config');
    return found.value;
  };
  const hourSecs = (): bigint => 12n * BigInt(config().sampleSecs);
  const hourNow = (): bigint => (world.now() - epochZero) / hourSecs();
  const weekOf = (hour: bigint): bigint => hour / BigInt(config().hoursPerWeek);
  const recentHour = (back: number): bigint => {
    const hour = hourNow() - BigInt(int(back));
    return hour < 0n ? 0n : hour;
  };
  const ownGuard = () => {
    const found = maybe(allOf(state, 'guard'));
    return found === undefined ? undefined : { operator: found.value.operator, guard: found.address, value: found.value };
  };
  const actor = <K extends 'guard' | 'edge'>(kind: K) => maybe(allOf(state, kind));
  const poolOf = (stake: Address): Address => allOf(state, 'stake').find((each) => each.address === stake)?.value.pool ?? pick(cast.pools);
  const node = () => ({
    region: new Uint8Array(8).fill(int(5)),
    endpoint: chance(0.95) ? `http://n${int(9)}.example:80` : pick(['', 'has space', 'ünicode']),
  });
  const resourceOf = (want?: readonly number[]) =>
    maybe(allOf(state, 'resource').filter(({ value }) => want === undefined || want.includes(value.status)));

  function hourPlan(hour: bigint): HourPlan {
    const before = cast.hourPlans.get(hour);
    if (before !== undefined) return before;
    const leaves = allOf(state, 'resource').map(({ address, value }) => {
      const slots = slotsOf(Array.from({ length: 12 }, () => (chance(0.5) ? 0n : amount(10n ** 9n) % 2n ** 60n)));
      const total = Array.from({ length: 12 }, (_, i) => new DataView(slots.buffer).getBigUint64(i * 8, true)).reduce((a, b) => a + b, 0n);
      const billable = chance(0.9) ? total / BigInt(1 + int(3)) : total + BigInt(int(2));
      return { resource: address, previous: value.lastHour, slots, billable };
    });
    const tree = merkleTree(leaves.map((each) => hourLeaf(each.resource, each.previous, each.slots, each.billable)));
    const plan = { root: tree.root, entries: leaves.map((each, index) => ({ ...each, proof: tree.proofs[index] ?? new Uint8Array(0) })) };
    cast.hourPlans.set(hour, plan);
    return plan;
  }

  function claimPlan(week: bigint, kept: bigint): ClaimPlan {
    const before = cast.claimPlans.get(week);
    if (before !== undefined) return before;
    const share = kept / BigInt(cast.owners.length);
    const entries = cast.owners.map((owner) => {
      const claimed = allOf(state, 'claim').find(({ value }) => value.owner === owner)?.value.claimed ?? 0n;
      return { owner, cumulative: claimed + (chance(0.9) ? share : share * 3n) };
    });
    const tree = merkleTree(entries.map(({ owner, cumulative }) => claimLeaf(owner, cumulative)));
    const plan = {
      root: tree.root,
      rewards: chance(0.95) ? kept : kept + 1n,
      entries: entries.map((each, index) => ({ ...each, proof: tree.proofs[index] ?? new Uint8Array(0) })),
    };
    cast.claimPlans.set(week, plan);
    return plan;
  }

  const makers: readonly (readonly [weight: number, maker: Maker])[] = [
    [2, () => choice('addLiquidity', { owner: pick(cast.owners), quoteMint: pick(cast.quotes), maxMedia: amount(50n * MEDIA), maxQuote: amount(50n * MEDIA), minLp: chance(0.9) ? 0n : amount(50n * MEDIA) })],
    [2, () => choice('removeLiquidity', { owner: pick(cast.owners), quoteMint: pick(cast.quotes), lp: amount(5n * MEDIA), minMedia: chance(0.9) ? 0n : amount(5n * MEDIA), minQuote: 0n })],
    [6, () => choice('swap', { owner: pick(cast.owners), quoteMint: pick(cast.quotes), direction: chance(0.98) ? int(2) : 2, amountIn: amount(3n * MEDIA), minOut: chance(0.9) ? 0n : amount(3n * MEDIA) })],
    [4, () => choice('stake', { owner: pick(cast.owners), pool: pick(cast.pools), role: chance(0.98) ? int(3) : 3 + int(3), lp: amount(60n * MEDIA) })],
    [
      2,
      () => {
        const stake = maybe(allOf(state, 'stake'));
        if (stake === undefined) return undefined;
        const { owner, pool, flags, lp } = stake.value;
        return choice('beginUnbond', { owner, pool, role: flags, lp: chance(0.3) ? lp : amount(lp / 20n) });
      },
    ],
    [
      2,
      () => {
        const stake = maybe(allOf(state, 'stake').filter(({ value }) => value.unbonding > 0n || chance(0.1)));
        return stake === undefined ? undefined : choice('withdraw', { owner: stake.value.owner, pool: stake.value.pool, role: stake.value.flags });
      },
    ],
    [2, () => { const owner = pick(cast.owners); return choice('registerGuard', { owner, pool: pick(cast.pools), operator: owner, sealKey: new Uint8Array(32).fill(int(255)), ...node() }); }],
    [2, () => { const owner = pick(cast.owners); return choice('registerEdge', { owner, pool: pick(cast.pools), operator: owner, control: 'http://c.example', ...node() }); }],
    [0.5, () => { const owner = pick(cast.owners); return choice('updateGuard', { owner, operator: owner, sealKey: new Uint8Array(32).fill(int(255)), ...node() }); }],
    [0.5, () => { const owner = pick(cast.owners); return choice('updateEdge', { owner, operator: owner, control: 'http://c.example', ...node() }); }],
    [0.1, () => choice('leaveGuard', { owner: pick(cast.owners) })],
    [0.2, () => choice('leaveEdge', { owner: pick(cast.owners) })],
    [
      5,
      () => {
        const found = ownGuard();
        if (found === undefined) return undefined;
        const week = weekOf(hourNow()) + BigInt(chance(0.95) ? int(2) : 2);
        return choice('joinGuardSet', { operator: found.operator, guard: found.guard, stake: found.value.stake, pool: poolOf(found.value.stake), week });
      },
    ],
    [1.5, () => choice('registerResource', { publisher: pick(cast.owners), pool: pick(cast.pools), id: BigInt(int(3)), lp: amount(5n * MEDIA), unattestedBound: amount(10n ** 9n) })],
    [
      2,
      () => {
        const found = resourceOf([RESOURCE_STATUS.draft, RESOURCE_STATUS.pending]);
        const ring = maybe([...state.blanks.keys()]) ?? found?.value.ring;
        return found === undefined || ring === undefined ? undefined : choice('attachRing', { publisher: found.value.publisher, resource: found.address, ring });
      },
    ],
    [
      2,
      () => {
        const found = resourceOf();
        if (found === undefined) return undefined;
        return choice('openSettings', { publisher: found.value.publisher, resource: found.address, settingsVersion: found.value.settingsVersion + (chance(0.95) ? 1 : int(3)), capacity: chance(0.97) ? 1 + int(64) : pick([0, 8_193]) });
      },
    ],
    [
      3,
      () => {
        const open = maybe(allOf(state, 'settings').filter(({ value }) => value.status === 0 || chance(0.05)));
        const found = open === undefined ? undefined : allOf(state, 'resource').find(({ address }) => address === open.value.resource);
        if (open === undefined || found === undefined) return undefined;
        const offset = chance(0.7) ? 0 : int(64);
        return choice('writeSettings', { publisher: found.value.publisher, resource: found.address, settingsVersion: open.value.settingsVersion, offset, tail: CONTENT.subarray(offset, offset + int(Math.max(1, 66 - offset))) });
      },
    ],
    [
      3,
      () => {
        const open = maybe(allOf(state, 'settings').filter(({ value }) => value.status === 0 || chance(0.05)));
        const found = open === undefined ? undefined : allOf(state, 'resource').find(({ address }) => address === open.value.resource);
        if (open === undefined || found === undefined) return undefined;
        const length = chance(0.9) ? 1 + int(open.value.tail.length) : int(80);
        const hash = sha256(chance(0.9) ? open.value.tail.subarray(0, length) : CONTENT);
        return choice('sealSettings', { publisher: found.value.publisher, resource: found.address, settingsVersion: open.value.settingsVersion, previous: found.value.settings, length, sha256: hash });
      },
    ],
    [
      1.5,
      () => {
        const found = resourceOf();
        if (found === undefined) return undefined;
        return choice('updateResource', { publisher: found.value.publisher, resource: found.address, pool: found.value.pool, lp: chance(0.3) ? found.value.lp : amount(6n * MEDIA), unattestedBound: chance(0.6) ? found.value.unattestedBound : amount(10n ** 9n) });
      },
    ],
    [
      0.8,
      () => {
        const found = resourceOf();
        return found === undefined ? undefined : choice('pauseResource', { publisher: found.value.publisher, resource: found.address, paused: chance(0.97) ? (found.value.status === RESOURCE_STATUS.paused ? 0 : 1) : 2 });
      },
    ],
    [0.05, () => { const found = resourceOf(); return found === undefined ? undefined : choice('removeResource', { publisher: found.value.publisher, resource: found.address }); }],
    [
      0.4,
      () => {
        const found = resourceOf(chance(0.8) ? [RESOURCE_STATUS.removed] : undefined);
        if (found === undefined) return undefined;
        return choice('releaseResource', { publisher: found.value.publisher, resource: found.address, pool: found.value.pool, stake: found.value.stake, ring: found.value.ring, settings: found.value.settings, settingsVersion: found.value.settingsVersion });
      },
    ],
    [
      6,
      () => {
        const found = resourceOf(chance(0.9) ? [RESOURCE_STATUS.pending] : undefined);
        const guard = ownGuard();
        if (found === undefined || guard === undefined) return undefined;
        return choice('authorise', { operator: guard.operator, guard: guard.guard, week: weekOf(hourNow()), pool: found.value.pool, resource: found.address });
      },
    ],
    [2, () => { const found = resourceOf(); return found === undefined ? undefined : choice('refreshQuota', { pool: found.value.pool, resource: found.address }); }],
    [
      8,
      () => {
        const found = actor('edge');
        if (found === undefined) return undefined;
        const hour = chance(0.95) ? hourNow() - 1n : recentHour(4);
        if (hour < 0n) return undefined;
        return choice('submitReport', { operator: found.value.operator, edge: found.address, stake: found.value.stake, pool: poolOf(found.value.stake), hour, bytes: amount(10n ** 9n), root: CONTENT.slice(0, 32), entryCount: chance(0.97) ? 1 + int(9) : 0 });
      },
    ],
    [
      22,
      () => {
        const guard = ownGuard();
        const hour = recentHour(3);
        if (guard === undefined || !allOf(state, 'hour').some(({ value }) => value.hour === hour)) return undefined;
        const open = allOf(state, 'report').filter(({ value }) => value.hour === hour && (value.status === REPORT_STATUS.pending || chance(0.03)));
        const reports = open
          .filter(({ value }) => chance(0.03) || !value.votes.slice(0, value.voteCount).some((vote) => vote % 0x8000_0000 === guard.value.no))
          .map(({ address }) => address);
        if (reports.length === 0) return undefined;
        const tail = Uint8Array.from(reports, () => (chance(0.85) ? 0 : chance(0.97) ? 1 + int(10) : 128 + int(100)));
        return choice('vote', { operator: guard.operator, guard: guard.guard, week: weekOf(hour), hour, reports, tail: chance(0.98) ? tail : tail.subarray(1) });
      },
    ],
    [
      14,
      () => {
        const guard = ownGuard();
        const hour = maybe(allOf(state, 'hour').filter(({ value }) => value.status === HOUR_STATUS.open || chance(0.02)))?.value.hour;
        if (guard === undefined || hour === undefined) return undefined;
        return choice('proposeHour', { operator: guard.operator, guard: guard.guard, week: weekOf(hour), hour, root: chance(0.95) ? hourPlan(hour).root : CONTENT.slice(0, 32) });
      },
    ],
    [
      8,
      () => {
        const hour = maybe(allOf(state, 'hour').filter(({ value }) => value.status === HOUR_STATUS.final || chance(0.02)))?.value.hour;
        if (hour === undefined) return undefined;
        const entry = maybe(hourPlan(hour).entries);
        const found = allOf(state, 'resource').find(({ address }) => address === entry?.resource);
        if (entry === undefined || found === undefined || !state.accounts.has(found.value.ring)) return undefined;
        return choice('record', { resource: entry.resource, ring: found.value.ring, hour, previous: entry.previous, slots: entry.slots, billable: entry.billable, tail: entry.proof });
      },
    ],
    [
      5,
      () => {
        const found = maybe(allOf(state, 'resource').filter(({ value }) => value.due > 0n || chance(0.05)));
        if (found === undefined) return undefined;
        const { pool, stake, dueWeek } = found.value;
        const past = dueWeek < config().lastEpoch;
        return choice('charge', { payer: pick(cast.owners), pool, stake, resource: found.address, week: chance(0.97) ? dueWeek : dueWeek + 1n, ...(past !== chance(0.05) ? { epochWeek: weekOf(hourNow()) } : {}) });
      },
    ],
    [
      2,
      () => {
        const found = maybe(allOf(state, 'pool').filter(({ value }) => value.feeLp > 0n || chance(0.1)));
        return found === undefined ? undefined : choice('unwrap', { pool: found.address, week: chance(0.95) ? found.value.feeWeek : found.value.feeWeek + 1n });
      },
    ],
    [
      6,
      () => {
        const guard = ownGuard();
        const epoch = maybe(allOf(state, 'epoch').filter(({ value }) => value.status === EPOCH_STATUS.open || chance(0.05)))?.value;
        if (guard === undefined || epoch === undefined) return undefined;
        if (epoch.week >= weekOf(hourNow()) && chance(0.95)) return undefined;
        const plan = claimPlan(epoch.week, epoch.kept);
        return choice('proposeEpoch', { operator: guard.operator, guard: guard.guard, week: epoch.week, root: plan.root, rewards: plan.rewards });
      },
    ],
    [
      2,
      () => {
        const week = chance(0.97) ? config().lastEpoch - 1n : recentHour(9);
        const entry = week < 0n ? undefined : maybe(cast.claimPlans.get(week)?.entries ?? []);
        if (entry === undefined) return undefined;
        return choice('claim', { payer: pick(cast.owners), owner: entry.owner, week, cumulative: chance(0.95) ? entry.cumulative : entry.cumulative + 1n, tail: entry.proof });
      },
    ],
    [
      3,
      () => {
        const found = maybe(allOf(state, 'report'));
        return found === undefined ? undefined : choice('closeReport', { report: found.address, payer: found.value.payer, hour: found.value.hour });
      },
    ],
    [
      0.5,
      () => {
        const found = maybe(allOf(state, 'hour'));
        return found === undefined ? undefined : choice('closeHour', { payer: found.value.payer, hour: found.value.hour });
      },
    ],
    [0.05, () => choice('createPool', { payer: pick(cast.owners), quoteMint: pick(cast.quotes) })],
    [0.05, () => choice('genesis', { payer: pick(cast.owners), ...config() })],
  ];
  const total = makers.reduce((sum, [weight]) => sum + weight, 0);

  function next(): Choice {
    for (;;) {
      let at = (int(1_000_000) / 1_000_000) * total;
      for (const [weight, maker] of makers) {
        at -= weight;
        if (at >= 0) continue;
        const made = maker();
        if (made !== undefined) return made;
        break;
      }
    }
  }

  return { next };
}

const MEDIA = 1_000_000_000n;
