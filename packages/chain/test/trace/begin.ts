import type { Address } from '@solana/kit';

import type { InstructionArgs } from '../../src/codec/values.ts';
import { encodeAllocations } from '../../src/founding.ts';
import { keyOf } from '../../src/program-world/keys.ts';
import { addressOf } from '../../src/program-world/world.ts';
import { PROGRAMS } from '../../src/programs.ts';
import { LEAST_LOCK_SAMPLES, MEDIA_SUPPLY, PURPOSE } from '../../src/schema/index.ts';
import type { Cast } from './scene.ts';
import type { Twin } from './twin.ts';

/** One more than a week's set holds, so that guards displace each other. */
const OWNERS = 5;
const MEDIA = 1_000_000_000n;
/** Every value differs from every other, so that one taken for another shows. */
export const TRACE_PARAMS = {
  sampleSecs: 10,
  reportSlots: 5,
  commitSlots: 9,
  verdictSlots: 13,
  finalHours: 3,
  lateHours: 8,
  hoursPerWeek: 6,
  monthSlots: 100,
  unbondSecs: 1_950,
  twapSecs: 70,
  spotSecs: 21,
  spotBps: 1_500,
  votingSecs: 61,
  timelockSecs: 67,
  maxGuards: 4,
  minGuards: 2,
  poolFeeBps: 25,
  guardShareBps: 2_003,
  openYieldBps: 907,
  feePerGb: 50_000_000n,
  quotaKbpsPerMedia: 1_000n,
  minEdgeStake: 25n * MEDIA,
  minGuardStake: 26n * MEDIA,
  minPoolMedia: 400n * MEDIA,
  dustBytes: 1_048_576n,
  lockSecs: 10 * LEAST_LOCK_SAMPLES,
  vestSecs: 20_011,
  toFund: 100_000n * MEDIA,
  seasoningSecs: 73,
  quorumVotes: 50n * MEDIA,
  depositQuote: 3n * MEDIA,
  depositFloor: 2n * MEDIA,
  depositCeiling: 40n * MEDIA,
} as const;
/** What genesis locks in a trace: for the fund, for an owner, and for one who changes it most. */
const LOCKED = [300_000n * MEDIA, 400_000n * MEDIA + 1n, 200_000n * MEDIA - 1n] as const;
/** Genesis, three pools, and owners with everything. */
export async function begin(
  twin: Twin,
  changed: Partial<Omit<InstructionArgs<'genesis'>, 'quotes'>> = {},
): Promise<{ cast: Cast; epochZero: bigint }> {
  const { world } = twin;
  const { addresses, instructions } = world;
  const known = Array.from({ length: OWNERS }, (_, index) => keyOf(`owner ${index}`));
  const owners = known.map(({ address }) => address);
  // The last one's pool is opened by a step.
  const quotes = [addressOf('quote a'), addressOf('quote b'), addressOf('quote d')];
  const unlisted = addressOf('quote c');
  for (const owner of owners) world.fund(owner);
  for (const mint of [...quotes, unlisted]) twin.createMint(mint);
  const [first] = owners;
  if (first === undefined) throw new Error('no owners');
  const places = [...quotes, PROGRAMS.system].map((mint) => ({ mint, flags: 0, pad: 0 }));
  const params = { ...TRACE_PARAMS, ...changed, quotes: places };
  const epochZero = world.now();
  const [, second, third] = owners;
  const beneficiaries = [await addresses.config(), second ?? first, third ?? first];
  const tail = encodeAllocations(
    LOCKED.map((amount, index) => ({
      purpose: [PURPOSE.rewards, PURPOSE.ecosystem, PURPOSE.reserve][index] ?? PURPOSE.reserve,
      beneficiary: beneficiaries[index] ?? first,
      amount,
    })),
  );
  twin.step(await instructions.genesis({ payer: first, ...params, tail }));
  const media = await addresses.mediaMint();
  const free = MEDIA_SUPPLY - params.toFund - LOCKED.reduce((sum, each) => sum + each, 0n);
  for (const owner of owners) {
    twin.createToken(await addresses.associatedToken(owner, media), media, owner, free / BigInt(OWNERS));
    for (const mint of [...quotes, unlisted])
      twin.createToken(await addresses.associatedToken(owner, mint), mint, owner, 10n ** 17n);
  }
  const pools: Address[] = [];
  const cast: Cast = {
    owners,
    keys: new Map(known.map((each) => [each.address, each])),
    quotes: [...quotes, unlisted],
    pools,
    rings: new Map(),
    verdicts: new Map(),
    buffers: new Map(),
    hourPlans: new Map(),
    claimPlans: new Map(),
  };
  for (const quoteMint of quotes) {
    pools.push(await addresses.pool(quoteMint));
    if (quoteMint === quotes.at(-1)) continue;
    const deposit = { media: 10n ** 14n, quote: 10n ** 14n };
    twin.step(await instructions.createPool({ payer: first, quoteMint, ...deposit }));
    await addTokens(twin, cast, quoteMint);
    for (const owner of owners) {
      if (owner === first) continue;
      const more = { maxMedia: 10n ** 14n, maxQuote: 10n ** 14n, minLp: 1n };
      twin.step(await instructions.addLiquidity({ owner, quoteMint, ...more }));
    }
  }
  return { cast, epochZero };
}

/** Token accounts for the LP of a pool that has just been opened, for all who lack one. */
export async function addTokens(twin: Twin, cast: Cast, quoteMint: unknown): Promise<void> {
  const { addresses } = twin.world;
  const quote = cast.quotes.find((each) => each === quoteMint);
  if (quote === undefined) return;
  const lpMint = await addresses.lpMint(await addresses.pool(quote));
  for (const owner of cast.owners) {
    const at = await addresses.associatedToken(owner, lpMint);
    if (!twin.model.tokens.has(at)) twin.createToken(at, lpMint, owner, 0n);
  }
}
