import { getAddressEncoder } from '@solana/kit';
import type { Address, Instruction } from '@solana/kit';

import type { InstructionInput } from '../../src/instruction-inputs.ts';
import { seedBytes } from '../../src/addresses.ts';
import { pdaFinderOf } from '../../src/model/pda.ts';
import { saturated } from '../../src/model/arithmetic.ts';
import type { Draft, ModelState } from '../../src/model/state.ts';
import { leafHash, merkleTree } from '../../src/model/merkle.ts';
import { sha256 } from '../../src/model/sha256.ts';
import type { KnownKey } from '../../src/program-world/keys.ts';
import type { ProgramWorld } from '../../src/program-world/world.ts';
import { ACCOUNTS } from '../../src/schema/index.ts';
import type { InstructionName } from '../../src/schema/index.ts';
import { allOf } from './invariants.ts';
import type { Random } from './random.ts';

export interface Choice {
  readonly name: InstructionName;
  readonly input: Readonly<Record<string, unknown>>;
  /** What stands before it in its transaction. */
  readonly before?: Instruction;
}

/** What happens off chain in a trace, and who takes part. */
export interface Cast {
  readonly owners: readonly Address[];
  /** Keys of the owners: some of them sign off chain. */
  readonly keys: ReadonlyMap<Address, KnownKey>;
  readonly quotes: readonly Address[];
  readonly pools: readonly Address[];
  /** Blank accounts that can be a ring, by address. */
  readonly rings: Map<Address, { readonly publisher: Address; readonly seed: Uint8Array }>;
  /** Verdicts of a guard and hour before they are revealed, by `hour/guard`. */
  readonly verdicts: Map<string, VerdictPlan>;
  /** Buffers of the loader that might be upgraded to, by address. */
  readonly buffers: Map<Address, Uint8Array>;
  readonly hourPlans: Map<bigint, HourPlan>;
  readonly claimPlans: Map<bigint, ClaimPlan>;
}

interface VerdictPlan {
  readonly payload: Uint8Array;
  readonly holding: Uint8Array;
  readonly prevRoot: Uint8Array;
  readonly salt: Uint8Array;
  readonly commitment: Uint8Array;
}

interface HourPlan {
  readonly root: Uint8Array;
  readonly hashes: readonly Uint8Array[];
  readonly entries: readonly { readonly resource: Address; readonly numbers: readonly bigint[] }[];
}

interface ClaimPlan {
  readonly root: Uint8Array;
  readonly rewards: bigint;
  readonly entries: readonly { owner: Address; amount: bigint; proof: Uint8Array }[];
}

/** An instruction that would mostly succeed in the state as it is, how often it is tried, or nothing to be done. */
export type Maker = readonly [weight: number, make: () => Choice | undefined];

export const choice = <N extends InstructionName>(name: N, input: InstructionInput<N>): Choice => ({
  name,
  input: { ...input },
});

const addressBytes = getAddressEncoder();

function withNumbers(start: Address, numbers: readonly bigint[]): Uint8Array {
  const payload = new Uint8Array(32 + 8 * numbers.length);
  payload.set(addressBytes.encode(start));
  for (const [index, number] of numbers.entries())
    new DataView(payload.buffer).setBigUint64(32 + 8 * index, number, true);
  return payload;
}

export function hourLeafOf(resource: Address, numbers: readonly bigint[]): Uint8Array {
  return leafHash('mn.hour.', withNumbers(resource, numbers));
}

export function claimLeaf(owner: Address, amount: bigint): Uint8Array {
  return leafHash('mn.claim', withNumbers(owner, [amount]));
}

/** A verdict of a guard, whatever it says: for the chain it is bytes. */
export function planVerdict(
  hour: bigint,
  guard: Address,
  payload: Uint8Array = Uint8Array.of(1, 0, 0, 0, 1, 0, 0),
  fill: readonly number[] = [1, 2, 3],
): VerdictPlan {
  const [holding, prevRoot, salt] = fill.map((byte) => new Uint8Array(32).fill(byte)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, hour, true);
  const commitment = sha256(
    new TextEncoder().encode('mn.vrdct'),
    new Uint8Array(addressBytes.encode(guard)),
    number,
    holding,
    prevRoot,
    salt,
    payload,
  );
  return { payload, holding, prevRoot, salt, commitment };
}

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
  /** Which of an hour's windows is open now. */
  const windowOf = (hour: bigint): 'early' | 'commits' | 'reveals' | 'own' | 'late' | 'over' => {
    const { sampleSecs, reportSlots, commitSlots, verdictSlots, finalHours, lateHours } = config();
    const past = world.now() - epochZero - (hour + 1n) * hourSecs();
    const slots = Number(past) / sampleSecs;
    if (slots < reportSlots) return 'early';
    if (slots < commitSlots) return 'commits';
    if (slots < verdictSlots) return 'reveals';
    if (slots < verdictSlots + 12 * finalHours) return 'own';
    return slots < verdictSlots + 12 * (finalHours + lateHours) ? 'late' : 'over';
  };
  /** A guard of a week's set; now and then any. */
  const seated = (week: bigint) => {
    const set = allOf(state, 'guardSet').find(({ value }) => value.week === week)?.value;
    const numbers = set?.entries.slice(0, set.count).map(({ no }) => no) ?? [];
    const found = maybe(
      allOf(state, 'guard').filter(({ value }) => numbers.includes(value.no) || chance(0.03)),
    );
    return found === undefined
      ? undefined
      : { operator: found.value.operator, guard: found.address, value: found.value };
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
    const entries = allOf(state, 'resource').map(({ address }) => {
      const slots = Array.from({ length: 12 }, () => (chance(0.5) ? 0n : amount(10n ** 9n)));
      const total = slots.reduce((sum, each) => saturated(sum + each), 0n);
      const disputed = chance(0.8) ? 0n : amount(10n ** 8n);
      return { resource: address, numbers: [...slots, total / BigInt(1 + int(3)), disputed] };
    });
    const hashes = entries.map(({ resource, numbers }) => hourLeafOf(resource, numbers));
    // As in life, what follows the resources: edges and tables, of which the chain sees only hashes.
    const others = Array.from({ length: int(4) }, () => new Uint8Array(32).fill(int(255)));
    const plan = { root: merkleTree([...hashes, ...others]).root, hashes: [...hashes, ...others], entries };
    cast.hourPlans.set(hour, plan);
    return plan;
  }

  function verdictPlan(hour: bigint, guard: Address): VerdictPlan {
    const key = `${hour}/${guard}`;
    const before = cast.verdicts.get(key);
    if (before !== undefined) return before;
    const payload = Uint8Array.from({ length: 1 + int(12) }, () => int(256));
    const plan = planVerdict(hour, guard, payload, [int(200), int(200), int(200)]);
    cast.verdicts.set(key, plan);
    return plan;
  }

  function claimPlan(week: bigint, kept: bigint): ClaimPlan {
    const before = cast.claimPlans.get(week);
    if (before !== undefined) return before;
    const share = kept / BigInt(cast.owners.length);
    const entries = cast.owners.map((owner) => ({
      owner,
      amount: chance(0.9) ? share : chance(0.5) ? share * 3n : 0n,
    }));
    const tree = merkleTree(entries.map(({ owner, amount }) => claimLeaf(owner, amount)));
    const plan = {
      root: tree.root,
      rewards: chance(0.95) ? kept : kept + 1n,
      entries: entries.map((each, index) => ({ ...each, proof: tree.proofs[index] ?? new Uint8Array(0) })),
    };
    cast.claimPlans.set(week, plan);
    return plan;
  }

  const findPda = pdaFinderOf(world.programId);
  const stakeAt = (owner: Address, pool: Address, role: number): Address =>
    findPda(seedBytes(ACCOUNTS.stake.seeds, { owner, pool, role }))[0];

  return {
    ...random,
    now: () => world.now(),
    hourSecs,
    stakeAt,
    state,
    cast,
    config,
    hourNow,
    weekOf,
    recentHour,
    ownGuard,
    seated,
    windowOf,
    actor,
    poolOf,
    node,
    resourceOf,
    hourPlan,
    verdictPlan,
    claimPlan,
  };
}

export type Scene = ReturnType<typeof createScene>;
