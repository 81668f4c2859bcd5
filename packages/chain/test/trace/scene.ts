import type { Address } from '@solana/kit';

import type { InstructionInput } from '../../src/instruction-inputs.ts';
import { saturated } from '../../src/model/arithmetic.ts';
import { merkleTree } from '../../src/model/merkle.ts';
import type { Draft, ModelState } from '../../src/model/state.ts';
import { claimLeaf, hourLeaf, slotsOf } from '../../src/program-world/story.ts';
import type { ProgramWorld } from '../../src/program-world/world.ts';
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
  readonly entries: readonly {
    resource: Address;
    previous: bigint;
    slots: Uint8Array;
    billable: bigint;
    proof: Uint8Array;
  }[];
}

interface ClaimPlan {
  readonly root: Uint8Array;
  readonly rewards: bigint;
  readonly entries: readonly { owner: Address; cumulative: bigint; proof: Uint8Array }[];
}

/** An instruction that would mostly succeed in the state as it is, how often it is tried, or nothing to be done. */
export type Maker = readonly [weight: number, make: () => Choice | undefined];

export const choice = <N extends InstructionName>(name: N, input: InstructionInput<N>): Choice => ({
  name,
  input: { ...input },
});

/** Seals and settings in a trace are this text, cut to any length. */
export const CONTENT: Uint8Array = Uint8Array.from({ length: 64 }, (_, index) => index);

// The inferred type is the list of what it returns.
export function createScene(
  random: Random,
  state: ModelState,
  world: ProgramWorld,
  cast: Cast,
  epochZero: bigint,
) {
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
    return found === undefined
      ? undefined
      : { operator: found.value.operator, guard: found.address, value: found.value };
  };
  const actor = <K extends 'guard' | 'edge'>(kind: K) => maybe(allOf(state, kind));
  const poolOf = (stake: Address): Address =>
    allOf(state, 'stake').find((each) => each.address === stake)?.value.pool ?? pick(cast.pools);
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
      const slots = slotsOf(Array.from({ length: 12 }, () => (chance(0.5) ? 0n : amount(10n ** 9n))));
      const total = Array.from({ length: 12 }, (_, i) =>
        new DataView(slots.buffer).getBigUint64(i * 8, true),
      ).reduce((sum, each) => saturated(sum + each), 0n);
      const billable = saturated(chance(0.9) ? total / BigInt(1 + int(3)) : total + BigInt(int(2)));
      return { resource: address, previous: value.lastHour, slots, billable };
    });
    const tree = merkleTree(
      leaves.map((each) => hourLeaf(each.resource, each.previous, each.slots, each.billable)),
    );
    const plan = {
      root: tree.root,
      entries: leaves.map((each, index) => ({ ...each, proof: tree.proofs[index] ?? new Uint8Array(0) })),
    };
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

  return {
    ...random,
    state,
    cast,
    config,
    hourNow,
    weekOf,
    recentHour,
    ownGuard,
    actor,
    poolOf,
    node,
    resourceOf,
    hourPlan,
    claimPlan,
  };
}

export type Scene = ReturnType<typeof createScene>;
