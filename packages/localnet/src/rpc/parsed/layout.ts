import type { Address } from '@solana/kit';
import { addressFrom } from '../../codec/base58.ts';

/** An instruction of a known program as `jsonParsed` shows it (agave, `transaction-status/src/parse_*.rs`). */
export interface ParsedInstruction {
  readonly type: string;
  readonly info: Readonly<Record<string, unknown>>;
}

/** An account of a known program as `jsonParsed` shows it (agave, `account-decoder/src/parse_*.rs`). */
export interface ParsedAccount {
  readonly type: string;
  readonly info?: unknown;
}

/** Reads an instruction's data from left to right. Throws RangeError where it ends too early. */
export interface DataReader {
  readonly left: number;
  u8(): number;
  u16(): number;
  u32(): number;
  u64(): bigint;
  i16(): number;
  i64(): bigint;
  f64(): number;
  take(bytes: number): Buffer;
  address(): Address;
  /** A string with its length as u64 before it, as bincode writes them. */
  text(): string;
  rest(): Buffer;
}

export function dataReader(data: Uint8Array): DataReader {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.length);
  let at = 0;
  const step = (size: number): number => {
    at += size;
    return at - size;
  };
  const u64 = (): bigint => buffer.readBigUInt64LE(step(8));
  return {
    get left() {
      return buffer.length - at;
    },
    u8: () => buffer.readUInt8(step(1)),
    u16: () => buffer.readUInt16LE(step(2)),
    u32: () => buffer.readUInt32LE(step(4)),
    u64,
    i16: () => buffer.readInt16LE(step(2)),
    i64: () => buffer.readBigInt64LE(step(8)),
    f64: () => buffer.readDoubleLE(step(8)),
    take(bytes) {
      if (bytes > buffer.length - at) throw new RangeError('fewer bytes than there should be');
      const start = step(bytes);
      return buffer.subarray(start, at);
    },
    address: () => addressFrom(buffer, step(32)),
    text() {
      const length = u64();
      if (length > BigInt(buffer.length - at)) throw new RangeError('a string longer than its instruction');
      const start = step(Number(length));
      return buffer.toString('utf8', start, at);
    },
    rest: () => buffer.subarray(step(buffer.length - at)),
  };
}

/** An instruction by its accounts, in order, and what its data adds. */
export interface InstructionLayout {
  readonly type: string;
  readonly accounts: readonly string[];
  readonly data?: (reader: DataReader) => Readonly<Record<string, unknown>>;
}

/** The accounts under their names; `undefined` if there are too few of them. */
export function named(
  names: readonly string[],
  accounts: readonly Address[],
): Record<string, unknown> | undefined {
  if (accounts.length < names.length) return undefined;
  return Object.fromEntries(names.map((name, i) => [name, accounts[i]]));
}
