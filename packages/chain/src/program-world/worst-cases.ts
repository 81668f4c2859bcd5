import {
  LEAF_DOMAIN,
  concatBytes,
  encodeClaim,
  encodeResourceHour,
  leafHash,
  nodeHash,
  packResourceHours,
  rangeRoot,
  verdictCommitment,
} from '@media-network/protocol';
import type { Address } from '@solana/kit';

import { decodeAccount, encodeAccount } from '../codec/accounts.ts';
import { encodeAction } from '../codec/actions.ts';
import { decodeInstruction } from '../codec/instructions.ts';
import type { AccountValue, InstructionArgs } from '../codec/values.ts';
import type { MediaInstruction } from '../instructions.ts';
import { sha256 } from '../model/sha256.ts';
import { PROGRAMS } from '../programs.ts';
import {
  ACCOUNTS,
  ACTIONS,
  EPOCH_STATUS,
  HOUR_STATUS,
  MAX_GUARDS,
  PRICE_RING,
  RECORD_LEAVES,
  ROLE,
  SAMPLE_RING,
} from '../schema/index.ts';
import type { AccountName, InstructionName } from '../schema/index.ts';
import { BUDGET_UNITS } from './compute-units.ts';
import { tellStory } from './story.ts';
import type { StoryStep } from './teller.ts';
import { addressOf, createProgramWorld } from './world.ts';
import type { ProgramWorld } from './world.ts';

export interface WorstCase {
  readonly instruction: InstructionName;
  readonly what: string;
  readonly units: number;
}

/** The most that a set, a proof and an hour can ask of an instruction, measured where the story calls it. */
export async function worstCases(program?: Uint8Array): Promise<WorstCase[]> {
  const world = createProgramWorld(program);
  const found = new Map<string, WorstCase>();
  for await (const step of tellStory(world)) {
    for (const { what, prepare } of CASES[step.name] ?? []) {
      const key = `${step.name} ${what}`;
      if (!step.probe || found.has(key)) continue;
      found.set(key, { instruction: step.name, what, units: await measure(world, step, prepare) });
    }
    world.must(...step.before, step.instruction);
  }
  return [...found.values()];
}

type Prepare = (stage: Stage) => Promise<MediaInstruction> | MediaInstruction;

/** Changes accounts, runs, and puts everything back. */
async function measure(world: ProgramWorld, step: StoryStep, prepare: Prepare): Promise<number> {
  const stage = createStage(world, step);
  const instruction = await prepare(stage);
  const touched = new Set([...stage.changed, ...instruction.accounts.map(({ address }) => address)]);
  // What `change` has written is the state after it; the story's own was kept before.
  for (const address of touched) stage.keep(address);
  const units = world.must(...step.before, instruction) - BUDGET_UNITS;
  stage.restore();
  return units;
}

interface Stage {
  readonly world: ProgramWorld;
  readonly step: StoryStep;
  readonly changed: ReadonlySet<Address>;
  at(index: number): Address;
  /** Writes some fields of an account of the program that is there. */
  change<N extends AccountName>(kind: N, address: Address, fields: Partial<AccountValue<N>>): void;
  /** Writes an account of the program anew. */
  put(address: Address, data: Uint8Array): void;
  keep(address: Address): void;
  restore(): void;
}

function createStage(world: ProgramWorld, step: StoryStep): Stage {
  const kept = new Map<Address, ReturnType<ProgramWorld['account']>>();
  const changed = new Set<Address>();
  const keep = (address: Address): void => {
    if (!kept.has(address)) kept.set(address, world.account(address));
  };
  const put = (address: Address, data: Uint8Array): void => {
    keep(address);
    changed.add(address);
    world.setAccount(address, { owner: world.programId, data, lamports: 10_000_000_000n });
  };
  return {
    world,
    step,
    changed,
    keep,
    put,
    at(index) {
      const meta = step.instruction.accounts[index];
      if (meta === undefined) throw new Error(`${step.name} has no account ${index}`);
      return meta.address;
    },
    change(kind, address, fields) {
      const there = world.account(address);
      if (there === null) throw new Error(`there is no ${kind}`);
      put(address, encodeAccount(kind, { ...decodeAccount(kind, there.data), ...fields }));
    },
    restore() {
      for (const [address, account] of kept) {
        if (account === null)
          world.setAccount(address, { owner: PROGRAMS.system, data: new Uint8Array(0), lamports: 0n });
        else world.setAccount(address, account);
      }
    },
  };
}

const DEPTH = 20;
const OTHERS = MAX_GUARDS - 1;
const MOST = 2n ** 63n;

const stranger = (index: number) => ({ no: 1_000 + index, pad: 0 });
const filled = <T>(make: (index: number) => T, last: T): T[] =>
  Array.from({ length: MAX_GUARDS }, (_, index) => (index < OTHERS ? make(index) : last));

/** 21 guards, of which the story's own stands last. */
function fillSet(stage: Stage, index: number): void {
  const address = stage.at(index);
  const set = decodeAccount('guardSet', stage.world.account(address)?.data ?? new Uint8Array(0));
  const [own] = set.entries;
  if (own === undefined) throw new Error('an empty set');
  const entries = filled(
    (each) => ({ guard: addressOf(`guard ${each}`), ...stranger(each), worth: 10n ** 12n }),
    own,
  );
  stage.change('guardSet', address, { count: MAX_GUARDS, entries });
}

/** A vote of each of 21 guards. */
const votesOf = (vote: number) =>
  Array.from({ length: MAX_GUARDS }, (_, index) => ({ no: 1_000 + index, vote }));

const sibling = (index: number): Uint8Array => sha256(Uint8Array.of(index, 1));

/** A tree of 2²⁰ leaves in which these stand from 1 on, so that every level needs a sibling or two. */
function rangeOf(leaves: readonly Uint8Array[]): { root: Uint8Array; proof: Uint8Array[]; total: number } {
  for (let steps = 0; steps <= 2 * DEPTH; steps += 1) {
    const proof = Array.from({ length: steps }, (_, index) => sibling(index));
    const root = rangeRoot(leaves, 1, 2 ** DEPTH, proof, sha256);
    if (root !== undefined) return { root, proof, total: 2 ** DEPTH };
  }
  throw new Error('no proof fits');
}

/** `count` resources whose ring is a whole turn behind, with numbers of ten bytes each. */
async function recordMany(stage: Stage, count: number): Promise<MediaInstruction> {
  const { world } = stage;
  const [hourAccount, resource, ring] = [stage.at(1), stage.at(2), stage.at(3)];
  const data = world.account(resource)?.data ?? new Uint8Array(0);
  const pairs = Array.from({ length: count }, (_, index) =>
    index === 0
      ? { resource, ring }
      : { resource: addressOf(`resource ${index}`), ring: addressOf(`ring ${index}`) },
  );
  const hour = 600n;
  for (const each of pairs) {
    const before = decodeAccount('resource', data);
    stage.put(
      each.resource,
      encodeAccount('resource', { ...before, ring: each.ring, lastHour: hour - 510n, bytesTotal: 0n }),
    );
    const samples = new Uint32Array(SAMPLE_RING);
    stage.put(
      each.ring,
      encodeAccount('ring', {
        bump: 0,
        status: 0,
        flags: 0,
        resource: each.resource,
        head: 5n,
        tail: samples,
      }),
    );
  }
  const leaves = pairs.map((each, index) => ({
    resource: each.resource,
    slots: Array<bigint>(12).fill(MOST + BigInt(index)),
    billable: MOST,
    disputed: MOST - 1n,
  }));
  const hashes = leaves.map((leaf) => leafHash(LEAF_DOMAIN.hour, encodeResourceHour(leaf), sha256));
  const { root, proof, total } = rangeOf(hashes);
  stage.change('hour', hourAccount, { hour, status: HOUR_STATUS.final, root, leaves: total });
  const packed = packResourceHours(leaves);
  const tail = concatBytes([Uint8Array.of(packed.length & 255, packed.length >> 8), packed, ...proof]);
  return world.instructions.record({ hour, index: 1, count, resources: pairs, hourAccount, tail });
}

/** A month as long as the ring, which holds it. */
function finaliseFull(
  stage: Stage,
  rateOf: (sample: number) => number,
  p95Kbps: number,
): Promise<MediaInstruction> {
  const { world } = stage;
  const [config, resource, ring] = [stage.at(0), stage.at(1), stage.at(2)];
  stage.change('config', config, { monthSlots: SAMPLE_RING, epochZero: 0n });
  stage.change('ring', ring, {
    head: BigInt(SAMPLE_RING),
    tail: Uint32Array.from({ length: SAMPLE_RING }, (_, sample) => rateOf(sample)),
  });
  return world.instructions.finaliseMonth({ resource, ring, month: 0, p95Kbps });
}

async function revealMany(stage: Stage, reports: number): Promise<MediaInstruction> {
  const { world } = stage;
  const [operator, guard, verdict] = [stage.at(0), stage.at(2), stage.at(4)];
  const payload = new Uint8Array(4 + Math.ceil(reports / 4) + 2 + 800).fill(0x55);
  const secret = new Uint8Array(32).fill(9);
  const secrets = { holding: secret, prevRoot: secret, salt: secret };
  const commitment = verdictCommitment({ guard, hour: 0n, ...secrets, payload }, sha256);
  stage.change('verdict', verdict, { commitment, tail: payload });
  return world.instructions.revealVerdict({ operator, guard, hour: 0n, length: payload.length, ...secrets });
}

function argsOf<N extends InstructionName>(name: N, instruction: MediaInstruction): InstructionArgs<N> {
  const decoded = decodeInstruction(instruction.data);
  if (decoded.name !== name) throw new Error(`no ${name}`);
  // The name is that of N.
  return decoded.args;
}

interface Case {
  readonly what: string;
  readonly prepare: Prepare;
}

/** A pool whose ring of prices is full, so that an average is looked for among all of them. */
function fillRing(stage: Stage, index: number): void {
  const address = stage.at(index);
  const pool = decodeAccount('pool', stage.world.account(address)?.data ?? new Uint8Array(0));
  const now = stage.world.now();
  const ring = Array.from({ length: PRICE_RING }, (_, age) => ({
    at: now - BigInt(PRICE_RING - age),
    cumLo: BigInt(age) * pool.priceQ32,
    cumHi: 0n,
  }));
  const cumLo = BigInt(PRICE_RING) * pool.priceQ32;
  stage.change('pool', address, {
    ring,
    ringHead: 0,
    ringCount: PRICE_RING,
    cumLo,
    cumHi: 0n,
    updatedAt: now,
  });
}

const CASES: Partial<Record<InstructionName, readonly Case[]>> = {
  propose: [
    {
      what: 'a full ring of prices',
      prepare(stage) {
        fillRing(stage, 2);
        return stage.step.instruction;
      },
    },
  ],
  castStakeVote: [
    {
      what: 'a full ring of prices, the oldest level',
      prepare(stage) {
        fillRing(stage, 2);
        const young = 2 ** 31;
        const seasoned = [young, young, 0].map((since) => ({ amount: 10n ** 9n, since }));
        stage.change('stake', stage.at(3), { addedAt: young, seasoned });
        return stage.step.instruction;
      },
    },
  ],
  executeParameters: [
    {
      what: 'all of a kind',
      prepare(stage) {
        const [config, proposal] = [stage.at(0), stage.at(1)];
        const there = decodeAccount('config', stage.world.account(config)?.data ?? new Uint8Array(0));
        const { votingSecs, timelockSecs, seasoningSecs, quorumVotes, depositQuote } = there;
        const { depositFloor, depositCeiling, minGuards, maxGuards, minGuardStake } = there;
        const periods = { votingSecs, timelockSecs, seasoningSecs, quorumVotes, depositQuote };
        const rest = { depositFloor, depositCeiling, minGuards, maxGuards, minGuardStake };
        const action = encodeAction('structure', { mask: 2 ** 10 - 1, ...periods, ...rest });
        stage.change('proposal', proposal, { flags: ACTIONS.structure.kind, action });
        return stage.step.instruction;
      },
    },
  ],
  executeGuard: [
    {
      what: 'in place of the lowest of 21',
      async prepare(stage) {
        const address = stage.at(7);
        const { week } = argsOf('executeGuard', stage.step.instruction);
        const entries = Array.from({ length: MAX_GUARDS }, (_, each) => ({
          guard: addressOf(`guard ${each}`),
          ...stranger(each),
          worth: BigInt(MAX_GUARDS - each),
        }));
        const [, bump] = await stage.world.addresses.derive(ACCOUNTS.guardSet.seeds, { week });
        const like = stage.world.account(await stage.world.addresses.guardSet(1n));
        const full = decodeAccount('guardSet', like?.data ?? new Uint8Array(0));
        stage.put(address, encodeAccount('guardSet', { ...full, bump, week, count: MAX_GUARDS, entries }));
        fillRing(stage, 6);
        return stage.step.instruction;
      },
    },
  ],
  release: [
    {
      what: 'the last of eight allocations',
      prepare(stage) {
        const address = stage.at(1);
        const there = decodeAccount('founding', stage.world.account(address)?.data ?? new Uint8Array(0));
        const [, own] = there.allocations;
        if (own === undefined) throw new Error('no allocation');
        stage.change('founding', address, { count: 8, allocations: there.allocations.map(() => own) });
        return stage.world.instructions.release({ index: 7, beneficiaryMedia: stage.at(3) });
      },
    },
  ],
  registerDomain: [
    {
      what: 'a name of 126 characters, 63 labels',
      prepare(stage) {
        const [owner, pool] = [stage.at(0), stage.at(2)];
        const name = `${'a.'.repeat(62)}ab`;
        const { lp } = argsOf('registerDomain', stage.step.instruction);
        const input = { owner, pool, key: addressOf(name), lp, name };
        return stage.world.instructions.registerDomain(input);
      },
    },
  ],
  joinGuardSet: [
    {
      what: 'in place of the lowest of 21',
      async prepare(stage) {
        const address = stage.at(5);
        const other = stage.world.account(await stage.world.addresses.guardSet(1n));
        const entries = Array.from({ length: MAX_GUARDS }, (_, each) => ({
          guard: addressOf(`guard ${each}`),
          ...stranger(each),
          worth: BigInt(MAX_GUARDS - each),
        }));
        const like = decodeAccount('guardSet', other?.data ?? new Uint8Array(0));
        // Not usable yet, or it could not be joined.
        const full = { ...like, week: 0n, minGuards: MAX_GUARDS + 1, count: MAX_GUARDS, entries };
        stage.put(address, encodeAccount('guardSet', full));
        return stage.step.instruction;
      },
    },
  ],
  authorise: [
    {
      what: 'the 21st vote of 21',
      prepare(stage) {
        fillSet(stage, 3);
        const authVotes = Array.from({ length: MAX_GUARDS }, (_, index) =>
          index < OTHERS ? 1_000 + index : 0,
        );
        stage.change('resource', stage.at(5), { authCount: OTHERS, authVotes });
        return stage.step.instruction;
      },
    },
  ],
  commitVerdict: [
    {
      what: 'the last of 21 guards',
      prepare(stage) {
        fillSet(stage, 3);
        return stage.step.instruction;
      },
    },
  ],
  writeVerdict: [
    {
      what: '900 bytes at the end of 3,306',
      async prepare(stage) {
        const [operator, guard] = [stage.at(0), stage.at(2)];
        stage.change('hour', stage.at(3), { reports: 10_000 });
        const tail = new Uint8Array(900).fill(1);
        return stage.world.instructions.writeVerdict({ operator, guard, hour: 0n, offset: 2_406, tail });
      },
    },
  ],
  revealVerdict: [
    { what: '24 reports, 100 disputes', prepare: (stage) => revealMany(stage, 24) },
    { what: '10,000 reports, 100 disputes', prepare: (stage) => revealMany(stage, 10_000) },
  ],
  proposeHour: [
    {
      what: 'the 21st vote of 21, which decides',
      prepare(stage) {
        fillSet(stage, 3);
        const { root, leaves } = argsOf('proposeHour', stage.step.instruction);
        // 14 want the same: this one makes it more than two thirds.
        const votes = filled(
          (index) => ({ no: 1_000 + index, leaves, root: index < 14 ? root : sibling(index) }),
          { no: 0, leaves: 0, root: new Uint8Array(32) },
        );
        stage.change('hour', stage.at(4), {
          setCount: MAX_GUARDS,
          reveals: MAX_GUARDS,
          voteCount: OTHERS,
          votes,
        });
        const [operator, guard] = [stage.at(0), stage.at(2)];
        const args = { ...argsOf('proposeHour', stage.step.instruction), reveals: MAX_GUARDS };
        return stage.world.instructions.proposeHour({ operator, guard, ...args });
      },
    },
  ],
  record: [
    { what: 'one leaf, proof of 20', prepare: (stage) => recordMany(stage, 1) },
    { what: '3 leaves, proof of 20', prepare: (stage) => recordMany(stage, 3) },
    {
      what: `${RECORD_LEAVES} leaves, the most, proof of 20`,
      prepare: (stage) => recordMany(stage, RECORD_LEAVES),
    },
  ],
  proposeEpoch: [
    {
      what: 'the 21st vote of 21, which decides',
      prepare(stage) {
        fillSet(stage, 3);
        const { root, rewards } = argsOf('proposeEpoch', stage.step.instruction);
        const votes = filled(
          (index) => ({ ...stranger(index), root: index < 14 ? root : sibling(index), rewards }),
          { no: 0, pad: 0, root: new Uint8Array(32), rewards: 0n },
        );
        stage.change('epoch', stage.at(4), { voteCount: OTHERS, votes });
        return stage.step.instruction;
      },
    },
  ],
  voteElection: [
    {
      what: 'the 21st vote of 21',
      prepare(stage) {
        fillSet(stage, 3);
        stage.change('election', stage.at(4), { voteCount: OTHERS, votes: votesOf(1) });
        return stage.step.instruction;
      },
    },
  ],
  finaliseElection: [
    {
      what: '21 votes, a first stake for the elector',
      async prepare(stage) {
        const { addresses, instructions } = stage.world;
        const [payer, , election, accused, accusedStake, electorStake, , pool] =
          stage.step.instruction.accounts.map(({ address }) => address);
        if (payer === undefined || election === undefined || accused === undefined)
          throw new Error('accounts are missing');
        if (accusedStake === undefined || electorStake === undefined || pool === undefined)
          throw new Error('accounts are missing');
        const electorOwner = addressOf('an elector without a stake here');
        stage.change('election', election, {
          electorOwner,
          setCount: MAX_GUARDS,
          voteCount: MAX_GUARDS,
          votes: votesOf(1),
        });
        const reward = await addresses.stake(electorOwner, pool, ROLE.guard);
        return instructions.finaliseElection({
          payer,
          election,
          accused,
          accusedStake,
          electorStake,
          reward,
          pool,
        });
      },
    },
  ],
  finaliseMonth: [
    // 446 are ignored; those above the rate come last, where all that is needed is found already.
    { what: '8,928 samples, rising', prepare: (stage) => finaliseFull(stage, (sample) => sample, 8_481) },
    {
      what: '8,928 samples, falling',
      prepare: (stage) => finaliseFull(stage, (sample) => 8_928 - sample, 8_482),
    },
    { what: '8,928 samples, all alike', prepare: (stage) => finaliseFull(stage, () => 5, 5) },
    { what: '8,928 samples, none above 0', prepare: (stage) => finaliseFull(stage, () => 0, 0) },
  ],
  claim: [
    {
      what: 'proof of 20, 255 weeks after the last',
      async prepare(stage) {
        const { addresses, instructions } = stage.world;
        const [payer, epoch, owner, claim, ownerMedia] = [
          stage.at(0),
          stage.at(2),
          stage.at(3),
          stage.at(4),
          stage.at(6),
        ];
        const leaf = { owner, amount: argsOf('claim', stage.step.instruction).amount };
        const proof = Array.from({ length: DEPTH }, (_, index) => sibling(index));
        const start = leafHash(LEAF_DOMAIN.claim, encodeClaim(leaf), sha256);
        const root = proof.reduce((hash, each) => nodeHash(hash, each, sha256), start);
        const week = 510n;
        stage.change('epoch', epoch, { week, root, status: EPOCH_STATUS.endorsed });
        const [, bump] = await addresses.derive(ACCOUNTS.claim.seeds, { owner });
        const before = { base: 0n, total: 1n, claimed: new Uint8Array(32).fill(255) };
        stage.put(claim, encodeAccount('claim', { bump, status: 0, flags: 0, owner, ...before }));
        const tail = concatBytes(proof);
        return instructions.claim({ payer, ownerMedia, epoch, week, ...leaf, tail });
      },
    },
  ],
};
