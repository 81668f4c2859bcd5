import { buildClaims, buildHour, verdictCommitment } from '@media-network/protocol';
import type { Hour } from '@media-network/protocol';
import type { Address, Instruction } from '@solana/kit';
import { getAddressDecoder } from '@solana/kit';
import { describe, expect, it } from 'vitest';

import { claimPlan } from '../src/claim-plan.ts';
import { decodeAccount, encodeAccount } from '../src/codec/accounts.ts';
import { MAX_TRANSACTION_BYTES, transactionBytes } from '../src/pack-transactions.ts';
import type { PlanStep } from '../src/plans.ts';
import { sha256 } from '../src/model/sha256.ts';
import { tellStory } from '../src/program-world/story.ts';
import type { StoryStep } from '../src/program-world/teller.ts';
import { addressOf, createProgramWorld, signerOf } from '../src/program-world/world.ts';
import type { ProgramWorld } from '../src/program-world/world.ts';
import type { Found } from '../src/reads.ts';
import { recordPlan } from '../src/record-plan.ts';
import { EPOCH_STATUS, RESOURCE_STATUS, SAMPLE_RING, VERDICT_STATUS } from '../src/schema/index.ts';
import type { AccountName, InstructionName } from '../src/schema/index.ts';
import { revealPlan } from '../src/verdict-plan.ts';

const alice = addressOf('alice');

/** The story up to the first time that an instruction is tried at everything. */
async function until(name: InstructionName): Promise<{ world: ProgramWorld; step: StoryStep }> {
  const world = createProgramWorld();
  for await (const step of tellStory(world)) {
    if (step.name === name && step.probe) return { world, step };
    world.must(step.instruction);
  }
  throw new Error(`the story has no ${name}`);
}

/** What of the client the plans need, on the program alone. */
function clientOf(world: ProgramWorld) {
  const { addresses, instructions } = world;
  const read = <N extends AccountName>(kind: N, address: Address): Found<N> | null => {
    const there = world.account(address);
    if (there === null || there.data.length === 0) return null;
    return { ...decodeAccount(kind, there.data), address, lamports: there.lamports };
  };
  return {
    addresses,
    instructions,
    accounts: async <N extends AccountName>(kind: N, wanted: readonly Address[]) =>
      wanted.map((each) => read(kind, each)),
    claimed: async (owner: Address) => read('claim', await addresses.claim(owner)),
    verdict: async (hour: bigint, guard: Address) => read('verdict', await addresses.verdict(hour, guard)),
  };
}

/** Runs a plan; every transaction of it has to fit. The payer of fees is another one here, as large as any. */
function runPlan(world: ProgramWorld, payer: Address, steps: readonly PlanStep[]): Instruction[][] {
  const all = steps.flatMap(({ transactions }) => transactions.map((each) => [...each]));
  for (const each of all) {
    expect(transactionBytes(payer, each)).toBeLessThanOrEqual(MAX_TRANSACTION_BYTES);
    world.must(...each);
  }
  return all;
}

function put(world: ProgramWorld, address: Address, data: Uint8Array): void {
  world.setAccount(address, { owner: world.programId, data, lamports: 10n ** 10n });
}

const decodeAddress = getAddressDecoder();
/** Addresses in the order of their bytes. */
const placeOf = (index: number): Address =>
  decodeAddress.decode(
    Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? index >> 8 : at === 1 ? index & 255 : 7)),
  );

describe('recordPlan', () => {
  const count = 400;

  async function begin(): Promise<{ world: ProgramWorld; content: Hour; places: Address[] }> {
    const { world, step } = await until('record');
    const [hourAccount, resource] = [
      step.instruction.accounts[1]?.address,
      step.instruction.accounts[2]?.address,
    ];
    if (hourAccount === undefined || resource === undefined) throw new Error('no accounts');
    const like = decodeAccount('resource', world.account(resource)?.data ?? new Uint8Array(0));
    const places = Array.from({ length: count }, (_, index) => placeOf(index));
    for (const [index, place] of places.entries()) {
      const ring = addressOf(`ring ${index}`);
      const isReleased = index === 5;
      put(
        world,
        place,
        encodeAccount('resource', {
          ...like,
          ring: isReleased ? addressOf('none') : ring,
          status: isReleased ? RESOURCE_STATUS.released : like.status,
        }),
      );
      const samples = new Uint32Array(SAMPLE_RING);
      put(
        world,
        ring,
        encodeAccount('ring', { bump: 0, status: 0, flags: 0, resource: place, head: 0n, tail: samples }),
      );
    }
    const resources = places.map((each, index) => ({
      resource: each as string,
      // A megabyte or ten a sample, as resources of a few gigabytes a day have.
      slots: Array.from({ length: 12 }, (_, slot) =>
        BigInt(1_000_000 + ((index * 7_919 + slot * 104_729) % 9_000_000)),
      ),
      billable: 50_000_000n,
      disputed: 0n,
    }));
    const edges = Array.from({ length: 30 }, (_, index) => ({
      edge: placeOf(1_000 + index) as string,
      rows: [],
    }));
    const content = buildHour({ resources, edges, base: undefined, table: [], right: [1] }, sha256);
    const hour = decodeAccount('hour', world.account(hourAccount)?.data ?? new Uint8Array(0));
    put(world, hourAccount, encodeAccount('hour', { ...hour, root: content.root, leaves: content.leaves }));
    return { world, content, places };
  }

  it('records everything, some to a transaction, and what is done only once', async () => {
    const { world, content, places } = await begin();
    const input = { payer: signerOf(alice), hour: 0n, content };
    const plan = await recordPlan(clientOf(world), input);
    const all = runPlan(world, alice, plan);
    expect(all.length).toBeLessThan(count / 4);
    for (const place of places) {
      const found = decodeAccount('resource', world.account(place)?.data ?? new Uint8Array(0));
      expect(found.lastHour).toBe(1n);
    }
    expect(await recordPlan(clientOf(world), input)).toEqual([]);
  });

  it('goes on where some are recorded', async () => {
    const { world, content } = await begin();
    const input = { payer: signerOf(alice), hour: 0n, content };
    const [first] = await recordPlan(clientOf(world), input);
    const transactions = first?.transactions ?? [];
    const done = transactions.filter((_, index) => index % 2 === 1);
    for (const each of done) world.must(...each);
    const rest = await recordPlan(clientOf(world), input);
    expect(rest[0]?.transactions).toEqual(transactions.filter((_, index) => index % 2 === 0));
    runPlan(world, alice, rest);
  });
});

async function beginVerdict(bytes: number) {
  const { world, step } = await until('writeVerdict');
  const [operator, guard, hour, verdict] = [0, 2, 3, 4].map(
    (at) => step.instruction.accounts[at]?.address,
  ) as [Address, Address, Address, Address];
  const payload = Uint8Array.from({ length: bytes }, (_, index) => index % 251);
  const secret = new Uint8Array(32).fill(4);
  const secrets = { holding: secret, prevRoot: secret, salt: secret };
  const commitment = verdictCommitment({ guard, hour: 0n, ...secrets, payload }, sha256);
  const committed = decodeAccount('verdict', world.account(verdict)?.data ?? new Uint8Array(0));
  put(world, verdict, encodeAccount('verdict', { ...committed, commitment }));
  const there = decodeAccount('hour', world.account(hour)?.data ?? new Uint8Array(0));
  put(world, hour, encodeAccount('hour', { ...there, reports: 10_000 }));
  const input = { operator: signerOf(operator), guard, hour: 0n, payload, ...secrets };
  const status = () => decodeAccount('verdict', world.account(verdict)?.data ?? new Uint8Array(0)).status;
  return { world, input, status };
}

const transactionCount = (steps: readonly PlanStep[]): number =>
  steps.flatMap(({ transactions }) => transactions).length;

describe('revealPlan', () => {
  it('takes one transaction where there are few reports', async () => {
    const { world, input, status } = await beginVerdict(12);
    expect(runPlan(world, alice, await revealPlan(clientOf(world), input))).toHaveLength(1);
    expect(status()).toBe(VERDICT_STATUS.revealed);
    expect(await revealPlan(clientOf(world), input)).toEqual([]);
  });

  it('takes five for ten thousand reports with all the disputes there may be, and goes on where it broke off', async () => {
    const { world, input, status } = await beginVerdict(4 + 2_500 + 2 + 800);
    const plan = await revealPlan(clientOf(world), input);
    const [second] = (plan[0]?.transactions ?? []).slice(1);
    if (second === undefined) throw new Error('no second piece');
    world.must(...second);
    const rest = await revealPlan(clientOf(world), input);
    expect(transactionCount(plan)).toBeLessThanOrEqual(5);
    expect(transactionCount(rest)).toBe(transactionCount(plan) - 1);
    runPlan(world, alice, rest);
    expect(status()).toBe(VERDICT_STATUS.revealed);
  });
});

describe('claimPlan', () => {
  it('claims a long absence in a few transactions and says what it leaves', async () => {
    const { world } = await until('claim');
    const { addresses } = world;
    const epochAddress = await addresses.epoch(0n);
    const like = decodeAccount('epoch', world.account(epochAddress)?.data ?? new Uint8Array(0));
    // Two hundred who earn: proofs of eight steps.
    const earned = new Map<string, bigint>([[alice, 7n]]);
    for (let index = 0; index < 199; index += 1) earned.set(placeOf(index), 5n);
    const built = buildClaims(earned, sha256);
    const { root } = built;
    const found = built.claimProof(alice);
    if (found === undefined) throw new Error('no proof');
    const weeks = Array.from({ length: 30 }, (_, index) => BigInt(100 + index));
    for (const week of weeks) {
      const [address, bump] = await addresses.derive([{ text: 'ep' }, { arg: 'week', as: 'u64' }], { week });
      const status = week === 103n ? EPOCH_STATUS.decided : EPOCH_STATUS.endorsed;
      const slashable = week === 104n ? 2n : like.slashable;
      const epoch = { ...like, bump, week, root, status, slashable, rewards: 2_000n, endorsedAt: 90n + week };
      put(world, address, encodeAccount('epoch', epoch));
    }
    const claims = weeks.toReversed().map((week) => ({ week, ...found }));
    const input = { payer: signerOf(alice), owner: alice, currentWeek: 1n, claims };
    const { steps, left } = await claimPlan(clientOf(world), input);
    expect(left).toEqual([
      { week: 103n, why: 'not-endorsed' },
      { week: 104n, why: 'capped' },
    ]);
    const before = world.tokens(await addresses.associatedToken(alice, await addresses.mediaMint()));
    // Fees have endowed the fund with more than these weeks ask for; what they may take in all is the epochs' business.
    const config = await addresses.config();
    const there = decodeAccount('config', world.account(config)?.data ?? new Uint8Array(0));
    put(world, config, encodeAccount('config', { ...there, allocated: 10n ** 9n }));
    const all = runPlan(world, alice, steps);
    expect(all.length).toBeLessThanOrEqual(14);
    const after = world.tokens(await addresses.associatedToken(alice, await addresses.mediaMint()));
    expect(after - before).toBe(28n * 7n);
    const again = await claimPlan(clientOf(world), input);
    expect(again.steps).toEqual([]);
    expect(again.left.filter(({ why }) => why === 'claimed')).toHaveLength(28);
  });
});
