import { buildHour, recordTail, verdictCommitment } from '@media-network/protocol';
import type { Hour } from '@media-network/protocol';
import { getTransferInstruction } from '@solana-program/token';
import { getAddressEncoder } from '@solana/kit';
import type { Address } from '@solana/kit';

import { ringSeed } from '../addresses.ts';
import { decodeAccount } from '../codec/accounts.ts';
import type { InstructionArgs } from '../codec/values.ts';
import { leafHash, merkleTree } from '../model/merkle.ts';
import { sha256 } from '../model/sha256.ts';
import { PROGRAMS } from '../programs.ts';
import { RING_SIZE } from '../plans.ts';
import { ROLE } from '../schema/index.ts';
import { createTeller } from './teller.ts';
import type { StoryStep } from './teller.ts';
import { addressOf, signerOf } from './world.ts';
import type { ProgramWorld } from './world.ts';

const QUOTE_MINT = addressOf('quote mint');
const SECOND_QUOTE_MINT = addressOf('second quote mint');
const MEDIA = 1_000_000_000n;

/** Short periods, so that a story of weeks is one of minutes; each differs from every other, so that two swapped show. */
export const STORY_PARAMS: InstructionArgs<'genesis'> = {
  sampleSecs: 10,
  reportSlots: 6,
  commitSlots: 9,
  verdictSlots: 12,
  finalHours: 3,
  lateHours: 5,
  hoursPerWeek: 4,
  monthSlots: 100,
  unbondSecs: 1_500,
  twapSecs: 70,
  spotSecs: 31,
  spotBps: 300,
  votingSecs: 61,
  timelockSecs: 62,
  maxGuards: 21,
  minGuards: 1,
  poolFeeBps: 25,
  guardShareBps: 2_000,
  openYieldBps: 900,
  feePerGb: 1_000_000_000n,
  quotaKbpsPerMedia: 1_000n,
  minEdgeStake: 25n * MEDIA,
  minGuardStake: 30n * MEDIA,
  minPoolMedia: 100n * MEDIA,
  dustBytes: 1_048_576n,
  quotes: [QUOTE_MINT, SECOND_QUOTE_MINT, PROGRAMS.system, PROGRAMS.system].map((mint) => ({
    mint,
    flags: 0,
    pad: 0,
  })),
};

const HOUR = 12n * BigInt(STORY_PARAMS.sampleSecs);
const WEEK = HOUR * BigInt(STORY_PARAMS.hoursPerWeek);
const addressBytes = getAddressEncoder();
const NODE = { region: new Uint8Array(8), endpoint: 'http://node.example:8080' };
const TERMS = { allowance: 10n ** 12n, vouchKey: new Uint8Array(32).fill(5) };

/** After an hour's end: when its reports are due, and when its verdicts are. */
const REPORTS = 1n;
const COMMITS = BigInt(STORY_PARAMS.sampleSecs * STORY_PARAMS.reportSlots) + 1n;

function claimLeaf(owner: Address, amount: bigint): Uint8Array {
  const payload = new Uint8Array(40);
  payload.set(addressBytes.encode(owner));
  new DataView(payload.buffer).setBigUint64(32, amount, true);
  return leafHash('mn.claim', payload);
}

/** An hour in which resources were served so many bytes, all in the first sample. */
function hourOf(served: readonly (readonly [resource: Address, bytes: bigint])[]): Hour {
  const resources = served.map(([resource, bytes]) => ({
    resource,
    slots: [bytes, ...Array<bigint>(11).fill(0n)],
    billable: bytes,
    disputed: 0n,
  }));
  return buildHour({ resources, edges: [], base: undefined, table: [], right: [1] }, sha256);
}

/** What a guard reveals of an hour with `count` reports, all of them good. */
function verdictOf(guard: Address, hour: bigint, count: number) {
  const payload = new Uint8Array(4 + Math.ceil(count / 4) + 2).fill(0b0101_0101, 4, 4 + Math.ceil(count / 4));
  payload[0] = count;
  const [holding, prevRoot, salt] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const secrets = { holding, prevRoot, salt };
  return {
    payload,
    reveal: { hour, length: payload.length, ...secrets },
    commitment: verdictCommitment({ guard, hour, ...secrets, payload }, sha256),
  };
}

/** The whole life of a network, in which every instruction succeeds at least once. */
export async function* tellStory(world: ProgramWorld): AsyncGenerator<StoryStep, void, void> {
  const { addresses } = world;
  const { other, step } = createTeller(world);
  const [alice, dave] = [addressOf('alice'), addressOf('dave')];
  const [quote, quote2] = [QUOTE_MINT, SECOND_QUOTE_MINT];

  for (const each of [alice, dave]) world.fund(each);
  for (const mint of [quote, quote2]) {
    world.createMint(mint, { supply: 10n ** 18n });
    for (const owner of [alice, dave]) {
      world.createToken(await addresses.associatedToken(owner, mint), mint, owner, 10n ** 16n);
    }
  }

  // The network and its pools.
  yield await step('genesis', { payer: alice, ...STORY_PARAMS });
  const begin = world.now();
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
  other('ownerMedia', daveMedia);
  other('ownerQuote', await addresses.associatedToken(dave, quote));
  const first = { media: 100_000n * MEDIA, quote: 10n ** 12n };
  yield await step('createPool', { payer: alice, quoteMint: quote2, ...first }, false);
  const [pool, pool2] = [await addresses.pool(quote), await addresses.pool(quote2)];
  const lpMint2 = await addresses.lpMint(pool2);
  other('pool', pool2);
  for (const name of ['lpMint', 'mediaVault', 'quoteVault', 'lpVault'] as const)
    other(name, await addresses[name](pool2));
  other('ownerQuote', await addresses.associatedToken(alice, quote2));
  other('ownerLp', await addresses.associatedToken(alice, lpMint2));
  yield await step('createPool', { payer: alice, quoteMint: quote, ...first });
  for (const lpMint of [await addresses.lpMint(pool), lpMint2])
    world.createToken(await addresses.associatedToken(dave, lpMint), lpMint, dave, 0n);
  other('ownerLp', await addresses.associatedToken(dave, await addresses.lpMint(pool)));
  other('owner', dave);
  other('publisher', dave);
  other('operator', dave);

  const amounts = { maxMedia: 100_000n * MEDIA, maxQuote: 10n ** 12n, minLp: 1n };
  yield await step('addLiquidity', { owner: alice, quoteMint: quote, ...amounts });
  yield await step('addLiquidity', { owner: dave, quoteMint: quote, ...amounts }, false);
  yield await step('addLiquidity', { owner: dave, quoteMint: quote2, ...amounts }, false);
  yield await step('swap', { owner: alice, quoteMint: quote, direction: 0, amountIn: MEDIA, minOut: 1n });
  const back = { direction: 1, amountIn: 10n ** 7n, minOut: 1n };
  yield await step('swap', { owner: alice, quoteMint: quote, ...back }, false);
  const out = { lp: 1_000n, minMedia: 1n, minQuote: 1n };
  yield await step('removeLiquidity', { owner: alice, quoteMint: quote, ...out });

  // Stakes and nodes, Dave's first, so that Alice's can be mistaken for them.
  const lp = 500_000_000_000n;
  for (const [owner, each] of [
    [dave, pool],
    [alice, pool2],
  ] as const) {
    for (const role of [ROLE.publisher, ROLE.edge, ROLE.guard]) {
      yield await step('stake', { owner, pool: each, role, lp }, false);
      other('stake', await addresses.stake(owner, each, role));
    }
  }
  yield await step('stake', { owner: alice, pool, role: ROLE.publisher, lp });
  for (const role of [ROLE.edge, ROLE.guard])
    yield await step('stake', { owner: alice, pool, role, lp }, false);
  const stakes = {
    publisher: await addresses.stake(alice, pool, ROLE.publisher),
    edge: await addresses.stake(alice, pool, ROLE.edge),
    guard: await addresses.stake(alice, pool, ROLE.guard),
  };
  const asGuard = { ...NODE, sealKey: new Uint8Array(32).fill(7) };
  const asEdge = { ...NODE, control: 'http://node.example:8081' };
  yield await step('registerGuard', { owner: dave, pool, operator: dave, ...asGuard }, false);
  yield await step('registerEdge', { owner: dave, pool, operator: dave, ...asEdge }, false);
  const guard = await addresses.guard(alice);
  const edge = await addresses.edge(alice);
  other('guard', await addresses.guard(dave));
  other('edge', await addresses.edge(dave));
  yield await step('registerGuard', { owner: alice, pool, operator: alice, ...asGuard });
  yield await step('updateGuard', { owner: alice, operator: alice, ...asGuard });
  yield await step('registerEdge', { owner: alice, pool, operator: alice, ...asEdge });
  yield await step('updateEdge', { owner: alice, pool, operator: alice, ...asEdge });
  const seat = { operator: alice, guard, stake: stakes.guard, pool };
  yield await step('joinGuardSet', { ...seat, week: 1n }, false);
  other('guardSet', await addresses.guardSet(1n));
  yield await step('joinGuardSet', { ...seat, week: 0n });

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
    yield await step('registerResource', { publisher, pool, id: 1n, lp: lp / 10n, ...TERMS }, probe);
    world.createBlank(eachRing, RING_SIZE);
    const tail = new TextEncoder().encode(await ringSeed(each));
    yield await step('attachRing', { publisher, resource: each, ring: eachRing, tail }, probe);
    for (const settingsVersion of [1, 2]) {
      const to = { publisher, resource: each, settingsVersion };
      const second = probe && settingsVersion === 2;
      yield await step('openSettings', { ...to, capacity: content.length }, second);
      yield await step('writeSettings', { ...to, offset: 0, tail: content }, second);
      yield await step('sealSettings', { ...to, ...sealed }, second);
    }
    if (probe) continue;
    other('resource', resource2);
    other('ring', ring2);
    other('resources', resource2, ring2);
    other('settings', await addresses.settings(resource2, 2));
    other('previous', await addresses.settings(resource2, 2));
  }
  const vote = { operator: alice, guard };
  const looked = { ...vote, week: 0n, pool, settingsVersion: 2 };
  yield await step('authorise', { ...looked, resource: resource2 }, false);
  yield await step('authorise', { ...looked, resource });
  yield await step('pauseResource', { publisher: alice, resource, paused: 1 });
  yield await step('pauseResource', { publisher: alice, resource, paused: 0 }, false);
  yield await step('authorise', { ...looked, resource }, false);
  const raised = { lp: lp / 5n, ...TERMS, allowance: 10n ** 13n };
  yield await step('updateResource', { publisher: alice, resource, pool, ...raised });
  yield await step('refreshQuota', { pool, resource });

  // An hour of evidence: reports, a verdict, the root.
  const report = { week: 0n, bytes: 10n ** 9n, root: new Uint8Array(32).fill(3), entryCount: 2 };
  const daveEdge = await addresses.edge(dave);
  const daveEdgeStake = await addresses.stake(dave, pool, ROLE.edge);
  const asDave = { operator: dave, edge: daveEdge, stake: daveEdgeStake, pool };
  const asAlice = { operator: alice, edge, stake: stakes.edge, pool };
  world.setTime(begin + HOUR + REPORTS);
  yield await step('submitReport', { ...asDave, hour: 0n, ...report }, false);
  yield await step('submitReport', { ...asAlice, hour: 0n, ...report });
  world.setTime(begin + HOUR + COMMITS);
  const verdict = verdictOf(guard, 0n, 2);
  const commit = { ...vote, week: 0n, hour: 0n, commitment: verdict.commitment, reports: 2 };
  yield await step('commitVerdict', commit);
  yield await step('writeVerdict', { ...vote, hour: 0n, offset: 0, tail: verdict.payload });
  yield await step('revealVerdict', { ...vote, ...verdict.reveal });

  // A second hour, which can be mistaken for the first; Dave's resource is served for more than its stake covers.
  world.setTime(begin + 2n * HOUR + REPORTS);
  yield await step('submitReport', { ...asAlice, hour: 1n, ...report }, false);
  world.setTime(begin + 2n * HOUR + COMMITS);
  const verdict2 = verdictOf(guard, 1n, 1);
  yield await step(
    'commitVerdict',
    { ...commit, hour: 1n, commitment: verdict2.commitment, reports: 1 },
    false,
  );
  yield await step('writeVerdict', { ...vote, hour: 1n, offset: 0, tail: verdict2.payload }, false);
  yield await step('revealVerdict', { ...vote, ...verdict2.reveal }, false);
  other('report', await addresses.report(daveEdge, 0n), await addresses.report(edge, 1n));
  other('hourAccount', await addresses.hour(1n));
  other('verdict', await addresses.verdict(1n, guard));
  const served = hourOf([
    [resource, 10n ** 9n],
    [resource2, 10n ** 9n],
  ]);
  const { root, leaves } = served;
  const basis = { reports: 2, reveals: 1 };
  yield await step('proposeHour', { ...vote, week: 0n, hour: 0n, root, leaves, ...basis });
  const second = hourOf([
    [resource, 10n ** 9n],
    [resource2, 1_500n * MEDIA],
  ]);
  const after = { root: second.root, leaves: second.leaves, reports: 1, reveals: 1 };
  yield await step('proposeHour', { ...vote, week: 0n, hour: 1n, ...after }, false);
  const pair = [
    { resource, ring },
    { resource: resource2, ring: ring2 },
  ];
  const one = { hour: 0n, count: 1 };
  const [mine, his] = [recordTail(served, 0, 1), recordTail(served, 1, 1)];
  yield await step('record', { ...one, index: 1, resources: pair.slice(1), tail: his }, false);
  yield await step('record', { ...one, index: 0, resources: pair.slice(0, 1), tail: mine });
  const both = { hour: 1n, index: 0, count: 2, resources: pair, tail: recordTail(second, 0, 2) };
  yield await step('record', both, false);

  // What is due, and what the stake could not cover.
  const daveStake = await addresses.stake(dave, pool, ROLE.publisher);
  const daveOwes = { pool, stake: daveStake, resource: resource2 };
  yield await step('charge', { payer: dave, ...daveOwes, week: 0n }, false);
  yield await step('charge', { payer: alice, pool, stake: stakes.publisher, resource, week: 0n });
  const more = { resource: resource2, pool, lp: lp / 5n, ...TERMS };
  yield await step('updateResource', { publisher: dave, ...more }, false);
  yield await step('payDebt', daveOwes);
  yield await step('refreshQuota', { pool, resource: resource2 }, false);

  // The week's end: its own set decides, the next endorses; claims.
  world.setTime(begin + WEEK + HOUR);
  const claims = merkleTree([alice, dave].map((owner) => claimLeaf(owner, 1_000n)));
  const charged = world.account(await addresses.epoch(0n))?.data ?? new Uint8Array(0);
  const { kept } = decodeAccount('epoch', charged);
  const shared = { week: 0n, root: claims.root, rewards: 2_000n, kept };
  yield await step('proposeEpoch', { ...vote, ...shared, setWeek: 0n });
  yield await step('proposeEpoch', { ...vote, ...shared, setWeek: 1n }, false);
  const claimOf = (index: number) => ({
    payer: alice,
    week: 0n,
    amount: 1_000n,
    tail: claims.proofs[index] ?? new Uint8Array(0),
  });
  yield await step('claim', { ...claimOf(1), owner: dave, ownerMedia: daveMedia }, false);
  other('claim', await addresses.claim(dave));
  yield await step('claim', { ...claimOf(0), owner: alice, ownerMedia: aliceMedia });

  // What is closed.
  yield await step('removeResource', { publisher: alice, resource });
  world.setTime(begin + 6n * WEEK);
  yield await step('releaseResource', { publisher: alice, resource, pool, settingsVersion: 2 });
  world.setTime(begin + 8n * WEEK);
  yield await step('closeReport', { report: await addresses.report(edge, 0n), payer: alice, hour: 0n });
  const spent = await addresses.verdict(0n, guard);
  yield await step('closeVerdict', { verdict: spent, payer: alice, hour: 0n });
  yield await step('closeHour', { payer: dave, hour: 0n });
  yield await step('closeSet', { payer: alice, week: 0n });
  yield await step('closeEpoch', { payer: dave, week: 0n });
  yield await step('leaveEdge', { owner: alice });
  yield await step('leaveGuard', { owner: alice, week: 9n });
  yield await step('beginUnbond', { owner: alice, pool, role: ROLE.edge, lp: 1_000n });
  world.setTime(begin + 12n * WEEK);
  yield await step('withdraw', { owner: alice, pool, role: ROLE.edge });
}
