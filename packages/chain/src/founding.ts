import type { Address } from '@solana/kit';

import { viewOf, writeTable } from './codec/fields.ts';
import { tableSize } from './codec/layout.ts';
import type { InstructionArgs } from './codec/values.ts';
import { ALLOCATION_INPUT, LEAST_LOCK_SAMPLES, PURPOSE } from './schema/index.ts';
import type { FOUNDING_PARAMS } from './schema/index.ts';

/** MEDIA that genesis locks for somebody. */
export interface Allocation {
  /** PURPOSE. */
  readonly purpose: number;
  readonly beneficiary: Address;
  /** Base units. */
  readonly amount: bigint;
}

/** How genesis shares the supply out; what it does not name goes to the founder, free. */
export interface Founding extends Pick<InstructionArgs<'genesis'>, keyof typeof FOUNDING_PARAMS> {
  readonly allocations: readonly Allocation[];
}

/** All MEDIA to the founder: for networks to try things on. */
export const UNLOCKED: Founding = { lockSecs: 0, vestSecs: 0, toFund: 0n, allocations: [] };

const MEDIA = 1_000_000_000n;
/** Samples of a day: the network's own, where it counts faster than in life. */
const DAY_SAMPLES = 288;
/** Days over which allocations vest when they are unlocked: four years, so that no day brings more than a part in 1,461. */
export const VEST_DAYS = 1_461;
/** Days in which nothing is released: seven years with two leap days. */
export const LOCK_DAYS: number = LEAST_LOCK_SAMPLES / DAY_SAMPLES;

/**
 * The founding allocations of the documents (docs/chain.md, Founding): 300,000 MEDIA free in the fund, 100,000 free for those
 * who were sold them, the rest locked.
 */
export function documentedFounding(input: {
  readonly sampleSecs: number;
  /** What nobody is named for is the fund's, whose owner the config is. */
  readonly config: Address;
  readonly ecosystem: Address;
  readonly technology: Address;
  readonly reserve?: Address;
  readonly lockDays?: number;
  readonly vestDays?: number;
}): Founding {
  const day = DAY_SAMPLES * input.sampleSecs;
  const of = (purpose: number, beneficiary: Address, media: bigint): Allocation => ({
    purpose,
    beneficiary,
    amount: media * MEDIA,
  });
  return {
    lockSecs: (input.lockDays ?? LOCK_DAYS) * day,
    vestSecs: (input.vestDays ?? VEST_DAYS) * day,
    toFund: 300_000n * MEDIA,
    allocations: [
      of(PURPOSE.rewards, input.config, 1_700_000n),
      of(PURPOSE.ecosystem, input.ecosystem, 2_250_000n),
      of(PURPOSE.technology, input.technology, 1_500_000n),
      of(PURPOSE.reserve, input.reserve ?? input.config, 4_150_000n),
    ],
  };
}

/** Allocations as the tail of genesis has them. */
export function encodeAllocations(allocations: readonly Allocation[]): Uint8Array {
  const size = tableSize(ALLOCATION_INPUT);
  const bytes = new Uint8Array(allocations.length * size);
  for (const [index, each] of allocations.entries())
    writeTable(viewOf(bytes), index * size, ALLOCATION_INPUT, each, `allocations[${index}]`);
  return bytes;
}
