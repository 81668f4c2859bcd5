import type { Address } from '@solana/kit';

import { readTable, viewOf } from '../codec/fields.ts';
import { tableSize } from '../codec/layout.ts';
import type { InstructionArgs } from '../codec/values.ts';
import type { Allocation } from '../founding.ts';
import { PROGRAMS } from '../programs.ts';
import {
  ALLOCATION_INPUT,
  LEAST_LOCK_SAMPLES,
  MAX_ALLOCATIONS,
  MEDIA_SUPPLY,
  PURPOSE,
} from '../schema/index.ts';
import type { Context } from './context.ts';
import { fail } from './failure.ts';
import { checkSame, checkToken } from './pool-rules.ts';
import type { Rules } from './rules.ts';
import type { Draft } from './state.ts';

const NOBODY: Address = PROGRAMS.system;
const ENTRY = tableSize(ALLOCATION_INPUT);

export interface Schedule {
  /** Unix seconds of genesis. */
  readonly foundedAt: bigint;
  readonly lockSecs: number;
  readonly vestSecs: number;
}

/** MEDIA of an allocation that its schedule has let go of at a moment, in base units, rounded down (whitepaper §5.4). */
export function vestedAt(schedule: Schedule, amount: bigint, now: bigint): bigint {
  const sinceUnlocked = now - schedule.foundedAt - BigInt(schedule.lockSecs);
  if (sinceUnlocked < 0n) return 0n;
  const whole = BigInt(schedule.vestSecs);
  return sinceUnlocked < whole ? (amount * sinceUnlocked) / whole : amount;
}

/** Nobody's allocation, one for nothing, a lock of less than seven years: no founding. */
export function readAllocations(
  args: InstructionArgs<'genesis'>,
  tail: Uint8Array,
): { readonly entries: readonly Allocation[]; readonly locked: bigint } {
  const count = tail.length / ENTRY;
  if (!Number.isInteger(count) || count > MAX_ALLOCATIONS) fail('InvalidParameter');
  // readTable follows the table that Allocation has the fields of.
  const entries = Array.from(
    { length: count },
    (_, index) => readTable(viewOf(tail), index * ENTRY, ALLOCATION_INPUT) as unknown as Allocation,
  );
  const purposes: readonly number[] = Object.values(PURPOSE);
  for (const { purpose, beneficiary, amount } of entries)
    if (amount === 0n || beneficiary === NOBODY || !purposes.includes(purpose)) fail('InvalidParameter');
  if (count > 0 && args.lockSecs < LEAST_LOCK_SAMPLES * args.sampleSecs) fail('InvalidParameter');
  const locked = entries.reduce((sum, { amount }) => sum + amount, 0n);
  if (locked + args.toFund > MEDIA_SUPPLY) fail('InvalidParameter');
  return { entries, locked };
}

function open(context: Context, index: number) {
  const founding = context.open('founding', context.at('founding'));
  return {
    founding,
    entryOf: () => founding.allocations[index < founding.count ? index : -1] ?? fail('InvalidParameter'),
  };
}

function replace(
  founding: Draft<'founding'>,
  index: number,
  entry: Draft<'founding'>['allocations'][number],
): void {
  founding.allocations = founding.allocations.with(index, entry);
}

/** Founding allocations (docs/chain.md, Founding). */
export const foundingRules: Pick<Rules, 'release' | 'changeBeneficiary'> = {
  release(context, { index }) {
    const config = context.open('config', context.at('config'));
    const { founding, entryOf } = open(context, index);
    checkSame(context.at('foundingVault'), founding.vault);
    const entry = entryOf();
    const to = context.at('beneficiaryMedia');
    if (entry.beneficiary === context.at('config')) checkSame(to, config.fund);
    else checkToken(context, to, config.mediaMint, entry.beneficiary);
    const vested = vestedAt(founding, entry.amount, context.now);
    if (vested <= entry.released) fail('NothingVested');
    context.transfer(founding.vault, to, vested - entry.released, context.at('config'));
    replace(founding, index, { ...entry, released: vested });
  },

  changeBeneficiary(context, { index, successor }) {
    const { founding, entryOf } = open(context, index);
    const entry = entryOf();
    checkSame(context.at('beneficiary'), entry.beneficiary);
    if (successor === NOBODY) fail('InvalidParameter');
    replace(founding, index, { ...entry, beneficiary: successor });
  },
};
