import { setImmediate } from 'node:timers/promises';
import { getAddressDecoder, getAddressEncoder } from '@solana/kit';
import type { Address } from '@solana/kit';

import { sha256 } from '../../src/model/sha256.ts';
import type { MediaInstruction } from '../../src/instructions.ts';
import { RING_SIZE } from '../../src/plans.ts';
import { addressOf, createProgramWorld } from '../../src/program-world/world.ts';
import { INSTRUCTIONS, UPGRADE_SLICE } from '../../src/schema/index.ts';
import type { FieldType, InstructionName, InstructionSchema } from '../../src/schema/index.ts';
import { TRACE_PARAMS, addTokens, begin } from './begin.ts';
import { createChoices } from './choices.ts';

import { allOf, checkInvariants, productOf } from './invariants.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { createScene } from './scene.ts';
import type { Cast, Choice } from './scene.ts';
import { createTwin } from './twin.ts';
import type { Twin } from './twin.ts';

export interface TraceResult {
  readonly steps: number;
  /** Successes and refusals by instruction. */
  readonly counts: Readonly<Record<string, { ok: number; refused: number }>>;
  readonly codes: ReadonlySet<number>;
}

const COMPARE_ALL_EVERY = 1_000;
const addressBytes = getAddressEncoder();
const decodeAddress = getAddressDecoder();

/** Program and model differ, or an invariant does not hold: the trace of `seed` shows it again in `steps` steps. */
export class TraceDifference extends Error {
  readonly seed: number;
  readonly steps: number;

  constructor(seed: number, steps: number, instruction: string, cause: unknown) {
    const what = cause instanceof Error ? cause.message : String(cause);
    super(`seed ${seed}, step ${steps - 1}, ${instruction}: ${what}`, { cause });
    this.seed = seed;
    this.steps = steps;
  }
}

const TURN_EVERY = 200;

/**
 * Random instructions through the program and the model, which must agree after each in outcome, error and every byte of its
 * accounts, and every so often in all accounts. `goOn` is asked after each step.
 *
 * @throws TraceDifference at the first difference.
 */
export async function runTrace(
  seed: number,
  steps: number,
  goOn: (done: number) => boolean = () => true,
): Promise<TraceResult> {
  const random = createRandom(seed);
  const twin = createTwin(createProgramWorld());
  const { cast, epochZero } = await begin(twin);
  // Nobody waits seven years: what genesis locked begins to vest as the trace begins.
  const founding = await twin.world.addresses.founding();
  twin.change('founding', founding, { foundedAt: epochZero - BigInt(TRACE_PARAMS.lockSecs) });
  await addBuffers(twin, cast);
  const choices = createChoices(createScene(random, twin.model, twin.world, cast, epochZero));
  // Both have succeeded in `begin`.
  const counts: Record<string, { ok: number; refused: number }> = {
    genesis: { ok: 1, refused: 0 },
    createPool: { ok: 2, refused: 0 },
  };
  const codes = new Set<number>();

  let done = 0;
  for (let step = 0; step < steps; step += 1) {
    passTime(random, twin);
    const made = choices.next();
    try {
      const before = made.name === 'swap' ? products(twin) : undefined;
      const result = twin.step(await toInstruction(random, twin, made, cast), made.before);
      const count = (counts[made.name] ??= { ok: 0, refused: 0 });
      if (result.ok) {
        count.ok += 1;
        checkInvariants(twin.model);
        if (before !== undefined) checkProducts(before, products(twin));
        if (made.name === 'registerResource') addRing(random, twin, cast, made.input['publisher']);
        if (made.name === 'createPool') await addTokens(twin, cast, made.input['quoteMint']);
      } else {
        count.refused += 1;
        if (result.custom !== undefined) codes.add(result.custom);
      }
      if (step % COMPARE_ALL_EVERY === 0) twin.compareAll();
    } catch (error) {
      throw new TraceDifference(seed, step + 1, made.name, error);
    }
    done = step + 1;
    if (!goOn(done)) break;
    // What the VM gave out is freed, and signals are heard, when the event loop turns: a long run would keep 20 kB of each step.
    if (done % TURN_EVERY === 0) await setImmediate();
  }
  try {
    twin.compareAll();
  } catch (error) {
    throw new TraceDifference(seed, done, 'all accounts', error);
  }
  return { steps: done, counts, codes };
}

function passTime(random: Random, twin: Twin): void {
  const { world } = twin;
  if (random.chance(0.002)) world.setTime(world.now() + BigInt(random.int(2_000)));
  else if (random.chance(0.5)) world.setTime(world.now() + BigInt(random.int(5)));
}

function bytesOf(address: Address): Uint8Array {
  return new Uint8Array(addressBytes.encode(address));
}

/** A blank ring of a publisher, at the address that follows from a seed. */
function addRing(random: Random, twin: Twin, cast: Cast, publisher: unknown): void {
  const owner = cast.owners.find((each) => each === publisher);
  if (owner === undefined) return;
  const seed = new TextEncoder().encode(`ring ${cast.rings.size}`);
  const ring = decodeAddress.decode(sha256(bytesOf(owner), seed, bytesOf(twin.world.programId)));
  cast.rings.set(ring, { publisher: owner, seed });
  twin.createBlank(ring, random.chance(0.95) ? RING_SIZE : RING_SIZE - 4);
}

/** Programs to vote on, of one slice and of more; anybody but the program can still change one of them. */
async function addBuffers(twin: Twin, cast: Cast): Promise<void> {
  const authority = await twin.world.addresses.upgradeAuthority();
  for (const [index, length] of [700, UPGRADE_SLICE, 2 * UPGRADE_SLICE + 1].entries()) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 7 + index) & 0xff);
    for (const owner of [authority, cast.owners[0] ?? authority]) {
      const at = addressOf(`buffer ${index} of ${owner}`);
      twin.createBuffer(at, owner, bytes);
      cast.buffers.set(at, bytes);
    }
  }
}

function products(twin: Twin): bigint[] {
  return allOf(twin.model, 'pool').map(({ value }) => productOf(value));
}

function checkProducts(before: readonly bigint[], after: readonly bigint[]): void {
  if (before.some((product, index) => (after[index] ?? 0n) < product))
    throw new Error('k has fallen in a swap');
}

/** Now and then another account of the same name, or another argument, is put in. */
async function toInstruction(
  random: Random,
  twin: Twin,
  made: Choice,
  cast: Cast,
): Promise<MediaInstruction> {
  const input: Record<string, unknown> = { ...made.input };
  const schema: InstructionSchema = INSTRUCTIONS[made.name];
  if (random.chance(0.04)) spoilArgument(random, input, schema);
  if (random.chance(0.06)) await spoilAccount(random, twin, input, schema, cast);
  // The input began as one of this very instruction; what is spoilt keeps its type.
  const build = twin.world.instructions[made.name] as (
    input: Readonly<Record<string, unknown>>,
  ) => Promise<MediaInstruction>;
  return build(input);
}

function spoilArgument(random: Random, input: Record<string, unknown>, schema: InstructionSchema): void {
  const found = random.maybe(Object.entries(schema.args));
  if (found === undefined) return;
  const [name, type] = found;
  const value = spoilt(random, type, input[name]);
  if (value !== undefined) input[name] = value;
}

function spoilt(random: Random, type: FieldType, before: unknown): unknown {
  switch (type) {
    case 'u8':
      return random.int(256);
    case 'u32':
      return random.pick([0, 1, 7, 0xffff_ffff, random.int(100)]);
    case 'u64':
      return random.pick([
        0n,
        1n,
        2n ** 64n - 1n,
        random.amount(10n ** 9n),
        typeof before === 'bigint' ? (before + 1n) % 2n ** 64n : 0n,
      ]);
    default:
      return undefined;
  }
}

const SPOILABLE = new Set([
  'buffer',
  'pool',
  'stake',
  'guard',
  'edge',
  'resource',
  'ring',
  'owner',
  'publisher',
  'operator',
  'ownerMedia',
  'beneficiary',
  'beneficiaryMedia',
  'foundingVault',
  'domain',
  'caller',
  'ownerQuote',
  'ownerLp',
  'report',
  'mediaVault',
  'quoteVault',
  'lpVault',
  'lpMint',
  'previous',
  'settings',
  'payer',
  'evidence',
  'election',
  'lock',
  'proposal',
  'vote',
  'source',
  'successor',
  'proposerMedia',
  'recipientMedia',
]);

async function spoilAccount(
  random: Random,
  twin: Twin,
  input: Record<string, unknown>,
  schema: InstructionSchema,
  cast: Cast,
): Promise<void> {
  const names = schema.accounts
    .map(({ name }) => name)
    .filter((name) => SPOILABLE.has(name) && !(name in schema.args));
  const name = random.maybe(names);
  if (name === undefined) return;
  const { addresses } = twin.world;
  const owner = random.pick(cast.owners);
  const pool = random.pick(cast.pools);
  const kinds = {
    pool: 'pool',
    stake: 'stake',
    guard: 'guard',
    edge: 'edge',
    resource: 'resource',
    ring: 'ring',
    report: 'report',
    settings: 'settings',
    evidence: 'evidence',
    election: 'election',
    previous: 'settings',
    domain: 'domain',
    lock: 'lock',
    proposal: 'proposal',
    vote: 'vote',
    source: 'lock',
    successor: 'guard',
  } as const;
  switch (name) {
    case 'pool':
    case 'stake':
    case 'guard':
    case 'edge':
    case 'resource':
    case 'ring':
    case 'report':
    case 'settings':
    case 'evidence':
    case 'election':
    case 'domain':
    case 'previous':
    case 'lock':
    case 'proposal':
    case 'vote':
    case 'source':
    case 'successor': {
      const other = random.maybe(allOf(twin.model, kinds[name]));
      if (other !== undefined) input[name] = other.address;
      return;
    }
    case 'buffer': {
      const other = random.maybe([...cast.buffers.keys()]);
      if (other !== undefined) input[name] = other;
      return;
    }
    case 'beneficiaryMedia':
    case 'ownerMedia':
    case 'proposerMedia':
    case 'recipientMedia':
      input[name] = await addresses.associatedToken(owner, await addresses.mediaMint());
      return;
    case 'ownerQuote':
      input[name] = await addresses.associatedToken(owner, random.pick(cast.quotes));
      return;
    case 'ownerLp':
      input[name] = await addresses.associatedToken(owner, await addresses.lpMint(pool));
      return;
    case 'foundingVault':
      input[name] = await addresses.mediaVault(pool);
      return;
    case 'lpMint':
    case 'mediaVault':
    case 'quoteVault':
    case 'lpVault':
      input[name] = await addresses[name](pool);
      return;
    default:
      input[name] = owner;
  }
}

/** What a trace cannot do: it would leave the world with another program. `governance.test.ts` upgrades one. */
const NOT_IN_TRACES: ReadonlySet<InstructionName> = new Set(['executeUpgrade']);

/** Instructions that never succeeded in a trace. */
export function missingSuccesses(result: Pick<TraceResult, 'counts'>): InstructionName[] {
  // Object.keys widens the names of the table.
  return (Object.keys(INSTRUCTIONS) as InstructionName[]).filter(
    (name) => !NOT_IN_TRACES.has(name) && (result.counts[name]?.ok ?? 0) === 0,
  );
}
