import type { Address } from '@solana/kit';

import type { MediaInstruction } from '../../src/instructions.ts';
import { RING_SIZE } from '../../src/plans.ts';
import { STORY_PARAMS } from '../../src/program-world/story.ts';
import { addressOf, createProgramWorld } from '../../src/program-world/world.ts';
import { PROGRAMS } from '../../src/programs.ts';
import { INSTRUCTIONS, MEDIA_SUPPLY } from '../../src/schema/index.ts';
import type { FieldType, InstructionName, InstructionSchema } from '../../src/schema/index.ts';
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

/** One more than a week's set holds, so that guards displace each other. */
const OWNERS = 5;
const COMPARE_ALL_EVERY = 500;

/** Random instructions through the program and the model; throws at the first difference, with the seed and the step. */
export async function runTrace(seed: number, steps: number): Promise<TraceResult> {
  const random = createRandom(seed);
  const twin = createTwin(createProgramWorld());
  const { cast, epochZero } = await begin(twin);
  const choices = createChoices(createScene(random, twin.model, twin.world, cast, epochZero));
  // Both have succeeded in `begin`.
  const counts: Record<string, { ok: number; refused: number }> = {
    genesis: { ok: 1, refused: 0 },
    createPool: { ok: 3, refused: 0 },
  };
  const codes = new Set<number>();
  const rings: Address[] = [];

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
        if (made.name === 'registerResource') addRing(random, twin, rings);
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

/** Genesis, three pools, and owners with everything. */
async function begin(twin: Twin): Promise<{ cast: Cast; epochZero: bigint }> {
  const { world } = twin;
  const { addresses, instructions } = world;
  const owners = Array.from({ length: OWNERS }, (_, index) => addressOf(`owner ${index}`));
  // The last one's pool is empty until a step fills it.
  const quotes = [addressOf('quote a'), addressOf('quote b'), addressOf('quote d')];
  const unlisted = addressOf('quote c');
  for (const owner of owners) world.fund(owner);
  for (const mint of [...quotes, unlisted]) twin.createMint(mint);
  const [first] = owners;
  if (first === undefined) throw new Error('no owners');
  const places = [...quotes, PROGRAMS.system].map((mint) => ({ mint }));
  const params = {
    ...STORY_PARAMS,
    unbondSecs: 200,
    maxGuards: 4,
    minGuards: 2,
    feePerGb: 50_000_000n,
    quotes: places,
  };
  const epochZero = world.now();
  twin.step(await instructions.genesis({ payer: first, ...params }));
  const media = await addresses.mediaMint();
  for (const owner of owners) {
    twin.createToken(
      await addresses.associatedToken(owner, media),
      media,
      owner,
      MEDIA_SUPPLY / BigInt(OWNERS),
    );
    for (const mint of [...quotes, unlisted])
      twin.createToken(await addresses.associatedToken(owner, mint), mint, owner, 10n ** 17n);
  }
  const pools: Address[] = [];
  for (const quoteMint of quotes) {
    twin.step(await instructions.createPool({ payer: first, quoteMint }));
    const pool = await addresses.pool(quoteMint);
    const lpMint = await addresses.lpMint(pool);
    pools.push(pool);
    for (const owner of owners) {
      twin.createToken(await addresses.associatedToken(owner, lpMint), lpMint, owner, 0n);
      if (quoteMint === quotes.at(-1)) continue;
      twin.step(
        await instructions.addLiquidity({
          owner,
          quoteMint,
          maxMedia: 10n ** 14n,
          maxQuote: 10n ** 14n,
          minLp: 1n,
        }),
      );
    }
  }
  return {
    cast: { owners, quotes: [...quotes, unlisted], pools, hourPlans: new Map(), claimPlans: new Map() },
    epochZero,
  };
}

function passTime(random: Random, twin: Twin): void {
  const { world } = twin;
  if (random.chance(0.002)) world.setTime(world.now() + BigInt(random.int(2_000)));
  else if (random.chance(0.5)) world.setTime(world.now() + BigInt(random.int(5)));
}

function addRing(random: Random, twin: Twin, rings: Address[]): void {
  const ring = addressOf(`ring ${rings.length}`);
  rings.push(ring);
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
  'buybackVault',
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
    case 'buybackVault':
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
