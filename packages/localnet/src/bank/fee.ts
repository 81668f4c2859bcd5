import type { Address } from '@solana/kit';
import {
  COMPUTE_BUDGET_PROGRAM,
  LOADER_V2,
  LOADER_V3,
  PRECOMPILES,
  SYSTEM_PROGRAM,
} from '../svm/program-ids.ts';
import type { WireTransaction } from '../svm/wire-transaction.ts';

export const LAMPORTS_PER_SIGNATURE = 5000n;
const MICRO_LAMPORTS = 1_000_000n;
const MAX_COMPUTE_UNITS = 1_400_000n;
const DEFAULT_UNITS = 200_000n;
/** SIMD-0170: what an instruction of a builtin program reserves by default. */
const BUILTIN_UNITS = 3_000n;
const SET_LIMIT = 2;
const SET_PRICE = 3;

const BUILTINS: ReadonlySet<Address> = new Set([
  SYSTEM_PROGRAM,
  COMPUTE_BUDGET_PROGRAM,
  LOADER_V2,
  LOADER_V3,
  ...PRECOMPILES,
]);

type FeeMessage = Pick<WireTransaction, 'header' | 'staticKeys' | 'instructions'>;

/** Signatures that a message pays for: its signers' and those that precompiles check. */
export function signaturesOf(message: FeeMessage): bigint {
  let signatures = BigInt(message.header.signers);
  for (const instruction of message.instructions) {
    const program = message.staticKeys[instruction.programIndex];
    if (program !== undefined && PRECOMPILES.has(program)) signatures += BigInt(instruction.data[0] ?? 0);
  }
  return signatures;
}

/** What is offered for each compute unit beyond the base fee, in micro-lamports. */
export function priorityPriceOf(message: FeeMessage): bigint {
  for (const { programIndex, data } of message.instructions) {
    if (
      message.staticKeys[programIndex] === COMPUTE_BUDGET_PROGRAM &&
      data[0] === SET_PRICE &&
      data.length >= 9
    )
      return Buffer.from(data).readBigUInt64LE(1);
  }
  return 0n;
}

/** The fee that a message will cost: signatures, precompile signatures and the priority fee (agave, `fee`). */
export function feeOf(message: FeeMessage): bigint {
  let limit: bigint | undefined;
  let price = 0n;
  let defaults = 0n;
  for (const instruction of message.instructions) {
    const program = message.staticKeys[instruction.programIndex];
    const data = Buffer.from(instruction.data);
    if (program === undefined) continue;
    if (program === COMPUTE_BUDGET_PROGRAM && data[0] === SET_LIMIT && data.length >= 5)
      limit = BigInt(data.readUInt32LE(1));
    if (program === COMPUTE_BUDGET_PROGRAM && data[0] === SET_PRICE && data.length >= 9)
      price = data.readBigUInt64LE(1);
    defaults += BUILTINS.has(program) ? BUILTIN_UNITS : DEFAULT_UNITS;
  }
  const wanted = limit ?? defaults;
  const units = wanted < MAX_COMPUTE_UNITS ? wanted : MAX_COMPUTE_UNITS;
  return (
    signaturesOf(message) * LAMPORTS_PER_SIGNATURE + (price * units + MICRO_LAMPORTS - 1n) / MICRO_LAMPORTS
  );
}
