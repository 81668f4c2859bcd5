import { getAddressDecoder, getAddressEncoder } from '@solana/kit';
import type { Address } from '@solana/kit';

import { sha256 } from '../../src/model/sha256.ts';
import type { MediaInstruction } from '../../src/instructions.ts';
import { RING_SIZE } from '../../src/plans.ts';
import { createProgramWorld } from '../../src/program-world/world.ts';
import { INSTRUCTIONS } from '../../src/schema/index.ts';
import type { FieldType, InstructionName, InstructionSchema } from '../../src/schema/index.ts';
import { addTokens, begin } from './begin.ts';
import { createChoices } from './choices.ts';

import { allOf, checkInvariants, productOf } from './invariants.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { createScene } from './scene.ts';
import type { Cast, Choice } from './scene.ts';
import { createTwin } from './twin.ts';
import type { Twin } from './twin.ts';

export interface TraceResult {
  /** Successes and refusals by instruction. */
  readonly counts: Readonly<Record<string, { ok: number; refused: number }>>;
  readonly codes: ReadonlySet<number>;
}

const COMPARE_ALL_EVERY = 500;
const addressBytes = getAddressEncoder();
const decodeAddress = getAddressDecoder();

/** Random instructions through the program and the model; throws at the first difference, with the seed and the step. */
export async function runTrace(seed: number, steps: number): Promise<TraceResult> {
  const random = createRandom(seed);
  const twin = createTwin(createProgramWorld());
  const { cast, epochZero } = await begin(twin);
  const choices = createChoices(createScene(random, twin.model, twin.world, cast, epochZero));
  // Both have succeeded in `begin`.
  const counts: Record<string, { ok: number; refused: number }> = {
    genesis: { ok: 1, refused: 0 },
    createPool: { ok: 2, refused: 0 },
  };
  const codes = new Set<number>();

  for (let step = 0; step < steps; step += 1) {
    passTime(random, twin);
    const made = choices.next();
    try {
      const before = made.name === 'swap' ? products(twin) : undefined;
      const result = twin.step(await toInstruction(random, twin, made, cast));
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
      throw new Error(
        `seed ${seed}, step ${step}, ${made.name}: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
  }
  twin.compareAll();
  return { counts, codes };
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
    previous: 'settings',
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
    case 'previous': {
      const other = random.maybe(allOf(twin.model, kinds[name]));
      if (other !== undefined) input[name] = other.address;
      return;
    }
    case 'ownerMedia':
      input[name] = await addresses.associatedToken(owner, await addresses.mediaMint());
      return;
    case 'ownerQuote':
      input[name] = await addresses.associatedToken(owner, random.pick(cast.quotes));
      return;
    case 'ownerLp':
      input[name] = await addresses.associatedToken(owner, await addresses.lpMint(pool));
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

/** Instructions that never succeeded in a trace. */
export function missingSuccesses(result: TraceResult): InstructionName[] {
  // Object.keys widens the names of the table.
  return (Object.keys(INSTRUCTIONS) as InstructionName[]).filter(
    (name) => (result.counts[name]?.ok ?? 0) === 0,
  );
}
