import { getTransferInstruction } from '@solana-program/token';
import { getAddressEncoder } from '@solana/kit';
import type { Address } from '@solana/kit';

import { viewOf } from '../codec/fields.ts';
import type { InstructionArgs } from '../codec/values.ts';
import type { InstructionInput } from '../instruction-inputs.ts';
import type { MediaInstruction } from '../instructions.ts';
import { leafHash, merkleTree } from '../model/merkle.ts';
import { sha256 } from '../model/sha256.ts';
import { PROGRAMS } from '../programs.ts';
import { RING_SIZE } from '../plans.ts';
import { ROLE } from '../schema/index.ts';
import type { InstructionName } from '../schema/index.ts';
import { addressOf, signerOf } from './world.ts';
import type { ProgramWorld } from './world.ts';

const QUOTE_MINT = addressOf('quote mint');
const SECOND_QUOTE_MINT = addressOf('second quote mint');

/** Short periods, so that a story of weeks is one of minutes. */
export const STORY_PARAMS: InstructionArgs<'genesis'> = {
  sampleSecs: 10,
  reportSlots: 6,
  verdictSlots: 12,
  finalHours: 3,
  hoursPerWeek: 4,
  monthSlots: 100,
  unbondSecs: 300,
  twapSecs: 60,
  votingSecs: 60,
  timelockSecs: 60,
  maxGuards: 21,
  minGuards: 1,
  poolFeeBps: 25,
  guardShareBps: 2_000,
  feePerGb: 1_000_000_000n,
  quotaKbpsPerMedia: 1_000n,
  minEdgeStake: 25_000_000_000n,
  minGuardStake: 25_000_000_000n,
  quotes: [QUOTE_MINT, SECOND_QUOTE_MINT, PROGRAMS.system, PROGRAMS.system].map((mint) => ({ mint })),
};

const HOUR = 12n * BigInt(STORY_PARAMS.sampleSecs);
const WEEK = HOUR * BigInt(STORY_PARAMS.hoursPerWeek);
const MEDIA = 1_000_000_000n;
const addressBytes = getAddressEncoder();

/** A step of the story: an instruction that succeeds now. The one who reads the story runs it. */
export interface StoryStep {
  readonly name: InstructionName;
  readonly instruction: MediaInstruction;
  /** Accounts of the same kinds that belong to someone else or to another pool, hour or week, by name. */
  readonly others: Readonly<Record<string, readonly Address[]>>;
  /** The first of its name, with everything there that could be mistaken for its accounts. */
  readonly probe: boolean;
}

/** The 144-byte leaf of a resource's hour. */
export function hourLeaf(
  resource: Address,
  previous: bigint,
  slots: Uint8Array,
  billable: bigint,
): Uint8Array {
  const payload = new Uint8Array(144);
  payload.set(addressBytes.encode(resource));
  viewOf(payload).setBigUint64(32, previous, true);
  payload.set(slots, 40);
  viewOf(payload).setBigUint64(136, billable, true);
  return leafHash('mn.hour.', payload);
}

export function claimLeaf(owner: Address, cumulative: bigint): Uint8Array {
  const payload = new Uint8Array(40);
  payload.set(addressBytes.encode(owner));
  viewOf(payload).setBigUint64(32, cumulative, true);
  return leafHash('mn.claim', payload);
}

export function slotsOf(bytes: readonly bigint[]): Uint8Array {
  const slots = new Uint8Array(96);
  for (const [index, each] of bytes.entries()) viewOf(slots).setBigUint64(index * 8, each, true);
  return slots;
}

const NODE = { region: new Uint8Array(8), endpoint: 'http://node.example:8080' };

/** The whole life of a network, in which every instruction succeeds at least once. */
export async function* tellStory(world: ProgramWorld): AsyncGenerator<StoryStep, void, void> {
  const { addresses, instructions } = world;
  const [alice, dave] = [addressOf('alice'), addressOf('dave')];
  const [quote, quote2] = [QUOTE_MINT, SECOND_QUOTE_MINT];
  const others: Record<string, Address[]> = {};
  const other = (name: string, ...more: readonly Address[]): void => {
    others[name] = [...(others[name] ?? []), ...more];
  };

  async function* step<N extends InstructionName>(
    name: N,
    input: InstructionInput<N>,
    probe = true,
  ): AsyncGenerator<StoryStep, void, void> {
    // The name picks the builder of this very input.
    const build = instructions[name] as (input: InstructionInput<N>) => Promise<MediaInstruction>;
    yield { name, instruction: await build(input), others: { ...others }, probe };
  }

  for (const each of [alice, dave]) world.fund(each);
  for (const mint of [quote, quote2]) {
    world.createMint(mint, { supply: 10n ** 18n });
    for (const owner of [alice, dave]) {
      world.createToken(await addresses.associatedToken(owner, mint), mint, owner, 10n ** 16n);
    }
  }

  // The network and its pools.
  yield* step('genesis', { payer: alice, ...STORY_PARAMS });
  const mediaMint = await addresses.mediaMint();
  const aliceMedia = await addresses.associatedToken(alice, mediaMint);
  const daveMedia = await addresses.associatedToken(dave, mediaMint);
  world.createToken(daveMedia, mediaMint, dave, 0n);
  world.must(
    getTransferInstruction({
      source: aliceMedia,
      destination: daveMedia,
      authority: signerOf(alice),
      amount: 10n ** 15n,
    }),
  );
  other('quoteMint', quote2);
  yield* step('createPool', { payer: alice, quoteMint: quote });
  yield* step('createPool', { payer: alice, quoteMint: quote2 }, false);
  const pool = await addresses.pool(quote);
  const pool2 = await addresses.pool(quote2);
  for (const [each, mint] of [
    [pool, quote],
    [pool2, quote2],
  ] as const) {
    const lpMint = await addresses.lpMint(each);
    for (const owner of [alice, dave])
      world.createToken(await addresses.associatedToken(owner, lpMint), lpMint, owner, 0n);
    if (each === pool) continue;
    other('pool', each);
    for (const name of ['lpMint', 'mediaVault', 'quoteVault', 'lpVault', 'buybackVault'] as const)
      other(name, await addresses[name](each));
    other('ownerQuote', await addresses.associatedToken(alice, mint));
    other('ownerLp', await addresses.associatedToken(alice, lpMint));
  }
  other('ownerMedia', daveMedia);
  other('ownerQuote', await addresses.associatedToken(dave, quote));
  other('ownerLp', await addresses.associatedToken(dave, await addresses.lpMint(pool)));
  other('owner', dave);
  other('publisher', dave);
  other('operator', dave);

  const amounts = { maxMedia: 100_000n * MEDIA, maxQuote: 10n ** 12n, minLp: 1n };
  yield* step('addLiquidity', { owner: alice, quoteMint: quote2, ...amounts }, false);
  yield* step('addLiquidity', { owner: alice, quoteMint: quote, ...amounts });
  yield* step('addLiquidity', { owner: dave, quoteMint: quote, ...amounts }, false);
  yield* step('addLiquidity', { owner: dave, quoteMint: quote2, ...amounts }, false);
  yield* step('swap', { owner: alice, quoteMint: quote, direction: 0, amountIn: MEDIA, minOut: 1n });
  yield* step(
    'swap',
    { owner: alice, quoteMint: quote, direction: 1, amountIn: 10n ** 7n, minOut: 1n },
    false,
  );
  yield* step('removeLiquidity', { owner: alice, quoteMint: quote, lp: 1_000n, minMedia: 1n, minQuote: 1n });

  // Stakes and nodes, Dave's first, so that Alice's can be mistaken for them.
  const lp = 500_000_000_000n;
  for (const [owner, each] of [
    [dave, pool],
    [alice, pool2],
  ] as const) {
    for (const role of [ROLE.publisher, ROLE.edge, ROLE.guard]) {
      yield* step('stake', { owner, pool: each, role, lp }, false);
      other('stake', await addresses.stake(owner, each, role));
    }
  }
  yield* step('stake', { owner: alice, pool, role: ROLE.publisher, lp });
  for (const role of [ROLE.edge, ROLE.guard]) yield* step('stake', { owner: alice, pool, role, lp }, false);
  const stakes = {
    publisher: await addresses.stake(alice, pool, ROLE.publisher),
    edge: await addresses.stake(alice, pool, ROLE.edge),
    guard: await addresses.stake(alice, pool, ROLE.guard),
  };
  const asGuard = { ...NODE, sealKey: new Uint8Array(32).fill(7) };
  const asEdge = { ...NODE, control: 'http://node.example:8081' };
  yield* step('registerGuard', { owner: dave, pool, operator: dave, ...asGuard }, false);
  yield* step('registerEdge', { owner: dave, pool, operator: dave, ...asEdge }, false);
  const guard = await addresses.guard(alice);
  const edge = await addresses.edge(alice);
  other('guard', await addresses.guard(dave));
  other('edge', await addresses.edge(dave));
  yield* step('registerGuard', { owner: alice, pool, operator: alice, ...asGuard });
  yield* step('updateGuard', { owner: alice, operator: alice, ...asGuard });
  yield* step('registerEdge', { owner: alice, pool, operator: alice, ...asEdge });
  yield* step('updateEdge', { owner: alice, operator: alice, ...asEdge });
  yield* step('joinGuardSet', { operator: alice, guard, stake: stakes.guard, pool, week: 1n }, false);
  other('guardSet', await addresses.guardSet(1n));
  yield* step('joinGuardSet', { operator: alice, guard, stake: stakes.guard, pool, week: 0n });

  // Resources with ring and settings.
  const resource = await addresses.resource(alice, 1n);
  const resource2 = await addresses.resource(dave, 1n);
  const [ring, ring2] = [await addresses.ring(alice, resource), await addresses.ring(dave, resource2)];
  const content = new Uint8Array(600).fill(9);
  const sealed = { length: content.length, sha256: sha256(content) };
  for (const [publisher, each, eachRing, probe] of [
    [dave, resource2, ring2, false],
    [alice, resource, ring, true],
  ] as const) {
    yield* step(
      'registerResource',
      { publisher, pool, id: 1n, lp: lp / 10n, unattestedBound: 10n ** 12n },
      probe,
    );
    world.createBlank(eachRing, RING_SIZE);
    yield* step('attachRing', { publisher, resource: each, ring: eachRing }, probe);
    for (const settingsVersion of [1, 2]) {
      const to = { publisher, resource: each, settingsVersion };
      const second = probe && settingsVersion === 2;
      yield* step('openSettings', { ...to, capacity: content.length }, second);
      yield* step('writeSettings', { ...to, offset: 0, tail: content }, second);
      yield* step('sealSettings', { ...to, ...sealed }, second);
    }
    if (probe) continue;
    other('resource', resource2);
    other('ring', ring2);
    other('settings', await addresses.settings(resource2, 2));
    other('previous', await addresses.settings(resource2, 2));
  }
  const vote = { operator: alice, guard };
  yield* step('authorise', { ...vote, week: 0n, pool, resource: resource2 }, false);
  yield* step('authorise', { ...vote, week: 0n, pool, resource });
  yield* step('pauseResource', { publisher: alice, resource, paused: 1 });
  yield* step('pauseResource', { publisher: alice, resource, paused: 0 }, false);
  yield* step('authorise', { ...vote, week: 0n, pool, resource }, false);
  yield* step('updateResource', {
    publisher: alice,
    resource,
    pool,
    lp: lp / 5n,
    unattestedBound: 10n ** 13n,
  });
  yield* step('refreshQuota', { pool, resource });

  // Two hours of evidence; the second one is there to be mistaken for the first.
  const begin = world.now();
  world.setTime(begin + HOUR + 1n);
  const report = { bytes: 10n ** 9n, root: new Uint8Array(32).fill(3), entryCount: 2 };
  const daveEdge = await addresses.edge(dave);
  const daveEdgeStake = await addresses.stake(dave, pool, ROLE.edge);
  yield* step(
    'submitReport',
    { operator: dave, edge: daveEdge, stake: daveEdgeStake, pool, hour: 0n, ...report },
    false,
  );
  yield* step('submitReport', { operator: alice, edge, stake: stakes.edge, pool, hour: 0n, ...report });
  const reports = [await addresses.report(edge, 0n)];
  const daveReport = await addresses.report(daveEdge, 0n);
  yield* step('vote', { ...vote, week: 0n, hour: 0n, reports, tail: Uint8Array.of(0) });
  yield* step('vote', { ...vote, week: 0n, hour: 0n, reports: [daveReport], tail: Uint8Array.of(1) }, false);
  world.setTime(begin + 2n * HOUR + 1n);
  yield* step(
    'submitReport',
    { operator: alice, edge, stake: stakes.edge, pool, hour: 1n, ...report },
    false,
  );
  other('report', daveReport, await addresses.report(edge, 1n));
  other('hourAccount', await addresses.hour(1n));
  const slots = slotsOf([10n ** 9n]);
  const hours = [resource, resource2].map((each) => ({ each, leaf: hourLeaf(each, 0n, slots, 10n ** 9n) }));
  const hourTree = merkleTree(hours.map(({ leaf }) => leaf));
  world.setTime(begin + 2n * HOUR + HOUR / 2n);
  yield* step('proposeHour', { ...vote, week: 0n, hour: 0n, root: hourTree.root });
  const recorded = { hour: 0n, previous: 0n, slots, billable: 10n ** 9n };
  yield* step(
    'record',
    { resource: resource2, ring: ring2, ...recorded, tail: hourTree.proofs[1] ?? new Uint8Array(0) },
    false,
  );
  yield* step('record', { resource, ring, ...recorded, tail: hourTree.proofs[0] ?? new Uint8Array(0) });
  const daveStake = await addresses.stake(dave, pool, ROLE.publisher);
  yield* step('charge', { payer: dave, pool, stake: daveStake, resource: resource2, week: 0n }, false);
  yield* step('charge', { payer: alice, pool, stake: stakes.publisher, resource, week: 0n });
  yield* step('unwrap', { pool, week: 0n });

  // The week's end, claims, and what is closed.
  world.setTime(begin + WEEK + HOUR);
  const claims = [alice, dave].map((owner) => claimLeaf(owner, 1_000n));
  const claimTree = merkleTree(claims);
  yield* step('proposeEpoch', { ...vote, week: 0n, root: claimTree.root, rewards: 2_000n });
  const claimed = { week: 0n, cumulative: 1_000n };
  yield* step(
    'claim',
    {
      payer: alice,
      owner: dave,
      ownerMedia: daveMedia,
      ...claimed,
      tail: claimTree.proofs[1] ?? new Uint8Array(0),
    },
    false,
  );
  other('claim', await addresses.claim(dave));
  yield* step('claim', {
    payer: alice,
    owner: alice,
    ...claimed,
    tail: claimTree.proofs[0] ?? new Uint8Array(0),
  });
  const aliceReport = await addresses.report(edge, 0n);
  yield* step('closeReport', { report: aliceReport, payer: alice, hour: 0n });
  yield* step('removeResource', { publisher: alice, resource });
  world.setTime(begin + 6n * WEEK);
  yield* step('releaseResource', { publisher: alice, resource, pool, settingsVersion: 2 });
  yield* step('closeHour', { payer: dave, hour: 0n });
  yield* step('leaveEdge', { owner: alice });
  yield* step('leaveGuard', { owner: alice });
  yield* step('beginUnbond', { owner: alice, pool, role: ROLE.edge, lp: 1_000n });
  world.setTime(begin + 8n * WEEK);
  yield* step('withdraw', { owner: alice, pool, role: ROLE.edge });
}
