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
import { encodeAllocations } from '../founding.ts';
import { RING_SIZE } from '../plans.ts';
import { ELECTION_VOTE, EVIDENCE_KIND, LEAST_LOCK_SAMPLES, PURPOSE, ROLE } from '../schema/index.ts';
import { countersMessage, showEvidence } from './evidence.ts';
import { keyOf } from './keys.ts';
import { tellGovernance } from './story-governance.ts';
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
  seasoningSecs: 63,
  quorumVotes: 1_000n * MEDIA,
  depositQuote: 10_000_000_000n,
  depositFloor: 200n * MEDIA,
  depositCeiling: 20_000n * MEDIA,
  quotes: [QUOTE_MINT, SECOND_QUOTE_MINT, PROGRAMS.system, PROGRAMS.system].map((mint) => ({
    mint,
    flags: 0,
    pad: 0,
  })),
  lockSecs: LEAST_LOCK_SAMPLES * 10,
  vestSecs: 1_000_003,
  toFund: 100_000n * MEDIA,
};

const HOUR = 12n * BigInt(STORY_PARAMS.sampleSecs);
const WEEK = HOUR * BigInt(STORY_PARAMS.hoursPerWeek);
const addressBytes = getAddressEncoder();
/** What a domain is found by: an address of words is the SHA-256 of them. */
const domainKey = addressOf;
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
  const teller = createTeller(world);
  const { other, step } = teller;
  const daveKey = keyOf('dave');
  const [alice, dave] = [addressOf('alice'), daveKey.address];
  const [quote, quote2] = [QUOTE_MINT, SECOND_QUOTE_MINT];

  for (const each of [alice, dave]) world.fund(each);
  for (const mint of [quote, quote2]) {
    world.createMint(mint, { supply: 10n ** 18n });
    for (const owner of [alice, dave]) {
      world.createToken(await addresses.associatedToken(owner, mint), mint, owner, 10n ** 16n);
    }
  }

  // The network and its pools.
  const allocations = [
    { purpose: PURPOSE.rewards, beneficiary: await addresses.config(), amount: 700_000n * MEDIA + 1n },
    { purpose: PURPOSE.ecosystem, beneficiary: alice, amount: 600_000n * MEDIA + 3n },
    { purpose: PURPOSE.technology, beneficiary: dave, amount: 500_000n * MEDIA + 7n },
  ];
  yield await step('genesis', { payer: alice, ...STORY_PARAMS, tail: encodeAllocations(allocations) });
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

  // Domains of PeerPool, Dave's with a stake of his own.
  for (const owner of [dave, alice])
    yield await step('stake', { owner, pool, role: ROLE.peerpool, lp }, false);
  const enough = 30_000_000_000n;
  const named = (name: string) => ({ name, key: domainKey(name), lp: enough });
  const daveDomain = await addresses.domain(domainKey('dave.example'));
  other('stake', await addresses.stake(dave, pool, ROLE.peerpool));
  yield await step('registerDomain', { owner: dave, pool, ...named('dave.example') }, false);
  other('domain', daveDomain);
  yield await step('registerDomain', { owner: alice, pool, ...named('alice.example') });
  const domain = await addresses.domain(domainKey('alice.example'));
  other('caller', dave);
  yield await step('noticeDomain', { caller: alice, pool, domain });
  yield await step('keepDomain', { owner: alice, pool, domain, lp: enough + 1n });
  yield await step('noticeDomain', { caller: alice, pool, domain }, false);
  yield await step('noticeDomain', { caller: dave, pool, domain: daveDomain }, false);

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
  yield await step('buyback', { pool });
  yield await step('burnBought', { pool });
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

  // Dave's edge has signed two different counters of one moment of an hour that it reported: Alice's guard elects it, and takes
  // the place of an election of its own that it committed to later.
  const said = [1n, 2n].map((total) => countersMessage(daveEdge, { hour: 0n, total }));
  const shown = showEvidence(guard, said, daveKey);
  const bound = { operator: alice, guard, stake: stakes.guard };
  const evidence = (nonce: bigint): Promise<Address> => addresses.evidence(guard, nonce);
  yield await step('commitEvidence', { ...bound, pool, nonce: 1n, commitment: shown.commitment });
  world.setTime(world.now() + 1n);
  for (const [nonce, commitment] of [
    [2n, shown.salt],
    [3n, shown.commitment],
    [4n, shown.salt],
  ] as const)
    yield await step('commitEvidence', { ...bound, pool, nonce, commitment }, false);
  yield await step('withdrawEvidence', { ...bound, evidence: await evidence(2n), payer: alice });
  world.setTime(world.now() + BigInt(STORY_PARAMS.sampleSecs));
  const accused = { accused: daveEdge, accusedStake: daveEdgeStake };
  const accusation = {
    operator: alice,
    guard,
    payer: alice,
    ...accused,
    week: 1n,
    kind: EVIDENCE_KIND.counters,
    number: 0n,
    salt: shown.salt,
    file: shown.file,
  };
  const later = { ...accusation, evidence: await evidence(3n), displaced: PROGRAMS.system };
  yield await step('elect', later, false, shown.before);
  other('evidence', await evidence(4n));
  other('accused', edge);
  other('accusedStake', stakes.edge);
  other('reported', await addresses.report(edge, 0n));
  other('displaced', await addresses.stake(dave, pool, ROLE.guard));
  const first1 = { ...accusation, evidence: await evidence(1n), displaced: stakes.guard };
  yield await step('elect', first1, true, shown.before);
  const election = await addresses.election(daveEdge, EVIDENCE_KIND.counters, 0n);
  const upheld = { operator: alice, guard, election, week: 1n, vote: ELECTION_VOTE.uphold };
  yield await step('voteElection', upheld);
  yield await step('appealElection', { signer: dave, accused: daveEdge, election, file: shown.salt });
  world.setTime(world.now() + BigInt(STORY_PARAMS.votingSecs + STORY_PARAMS.timelockSecs));
  const end = { payer: alice, election, ...accused, electorStake: stakes.guard, reward: stakes.guard, pool };
  yield await step('finaliseElection', end);

  // What is closed.
  const peers = { stake: await addresses.stake(alice, pool, ROLE.peerpool), domain };
  yield await step('removeResource', { publisher: alice, resource });
  world.setTime(begin + 6n * WEEK);
  // Two of its hundred samples are above 0: five are ignored.
  yield await step('finaliseMonth', { resource, ring, month: 0, p95Kbps: 0 });
  yield await step('releaseResource', { publisher: alice, resource, pool, settingsVersion: 2 });
  world.setTime(begin + 8n * WEEK);
  yield await step('closeElection', { election, payer: alice });
  yield await step('freeDomain', { ...peers, owner: alice });
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

  // What genesis locked: half of it vested, and the rest handed on.
  world.setTime(begin + BigInt(STORY_PARAMS.lockSecs) + BigInt(STORY_PARAMS.vestSecs) / 2n);
  other('beneficiaryMedia', daveMedia);
  other('beneficiary', dave);
  yield await step('release', { index: 1, beneficiaryMedia: aliceMedia });
  yield await step('release', { index: 0, beneficiaryMedia: await addresses.fund() }, false);
  yield await step('changeBeneficiary', { beneficiary: alice, index: 1, successor: dave });
  const people = { alice, dave, pool, aliceMedia, daveMedia };
  const nextWeek = (): bigint => (world.now() - begin) / WEEK + 1n;
  yield* tellGovernance(world, teller, { ...people, resource: resource2, periods: STORY_PARAMS, nextWeek });
}
