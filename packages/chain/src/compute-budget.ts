import type { Instruction } from '@solana/kit';

import { viewOf } from './codec/fields.ts';
import { PROGRAMS } from './programs.ts';

/** Most compute units a transaction may ask for. */
export const MAX_COMPUTE_UNITS = 1_400_000;

export function setComputeUnitLimit(units: number): Instruction {
  const data = new Uint8Array(5);
  data[0] = 2;
  viewOf(data).setUint32(1, units, true);
  return { programAddress: PROGRAMS.computeBudget, data };
}

export function setComputeUnitPrice(microLamports: bigint): Instruction {
  const data = new Uint8Array(9);
  data[0] = 3;
  viewOf(data).setBigUint64(1, microLamports, true);
  return { programAddress: PROGRAMS.computeBudget, data };
}

/** What is paid for a compute unit beyond the base fee. */
export type PriorityFee =
  | { readonly kind: 'none' }
  | { readonly kind: 'fixed'; readonly microLamports: bigint }
  /** That percentile (0…100) of what recent blocks took for the same writable accounts, at most `maxMicroLamports`. */
  | { readonly kind: 'recent'; readonly percentile: number; readonly maxMicroLamports: bigint };

/** The fee of a percentile, nearest rank; 0 of nothing. */
export function percentileFee(fees: readonly bigint[], percentile: number): bigint {
  const sorted = [...fees].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const rank = Math.ceil((Math.min(Math.max(percentile, 0), 100) / 100) * sorted.length);
  return sorted[Math.max(rank - 1, 0)] ?? 0n;
}
