import { addressBytes } from './address.ts';
import { concatBytes, recordReader, recordWriter, utf8 } from './bytes.ts';
import type { Sha256 } from './bytes.ts';

/** What a guard says of a report: not judged, full, vouched bytes only, rejected. */
export type Level = 0 | 1 | 2 | 3;

/** Wrong bytes: this entry of this report. */
export interface Dispute {
  /** `report.index` on chain. */
  readonly report: number;
  /** Place of the entry in the report's blob. */
  readonly entry: number;
}

/** One guard's judgement of an hour. */
export interface VerdictPayload {
  /** By report index. */
  readonly levels: readonly Level[];
  /** Sorted by report, then entry. */
  readonly disputes: readonly Dispute[];
}

/** Most disputes in a verdict. */
export const MAX_DISPUTES = 100;

/** n u32 ‖ ⌈n/4⌉ bytes, two bits a report, lowest first ‖ m u16 ‖ m × {report u32, entry u32}. */
export function encodeVerdict({ levels, disputes }: VerdictPayload): Uint8Array {
  const sorted = disputes.toSorted((a, b) => a.report - b.report || a.entry - b.entry);
  const unique = sorted.filter((each, i) => {
    const before = sorted[i - 1];
    return before === undefined || before.report !== each.report || before.entry !== each.entry;
  });
  if (unique.length > MAX_DISPUTES) throw new RangeError(`a verdict has at most ${MAX_DISPUTES} disputes`);
  const bits = new Uint8Array(Math.ceil(levels.length / 4));
  levels.forEach((level, i) => {
    bits[i >> 2] = (bits[i >> 2] ?? 0) | (level << (2 * (i & 3)));
  });
  const writer = recordWriter(4 + bits.length + 2 + 8 * unique.length)
    .u32(levels.length)
    .bytes(bits, bits.length)
    .u16(unique.length);
  for (const { report, entry } of unique) writer.u32(report).u32(entry);
  return writer.done();
}

/** Undefined when the length, the order, the count of disputes or a bit beyond the last report is off. */
export function decodeVerdict(payload: Uint8Array): VerdictPayload | undefined {
  if (payload.length < 6) return undefined;
  const read = recordReader(payload);
  const count = read.u32();
  const bitBytes = Math.ceil(count / 4);
  if (read.left() < bitBytes + 2) return undefined;
  const bits = read.bytes(bitBytes);
  const levelAt = (i: number): Level => (((bits[i >> 2] ?? 0) >> (2 * (i & 3))) & 3) as Level; // two bits
  for (let i = count; i < 4 * bitBytes; i += 1) if (levelAt(i) !== 0) return undefined;
  const disputeCount = read.u16();
  if (disputeCount > MAX_DISPUTES || read.left() !== 8 * disputeCount) return undefined;
  const disputes = Array.from({ length: disputeCount }, () => ({ report: read.u32(), entry: read.u32() }));
  const rising = disputes.every((each, i) => {
    const before = disputes[i - 1];
    return (
      before === undefined ||
      before.report < each.report ||
      (before.report === each.report && before.entry < each.entry)
    );
  });
  if (!rising) return undefined;
  return { levels: Array.from({ length: count }, (_, i) => levelAt(i)), disputes };
}

/** What one report adds to `holdingOf`: SHA-256(guard account ‖ entries blob). Nobody has it without the entries. */
export function holdingPiece(guard: string, entriesBlob: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(concatBytes([addressBytes(guard), entriesBlob]));
}

/** Shows that a guard held the entries of all reports it gave level 1 or 2; `pieces` by rising report index. */
export function holdingOf(guard: string, pieces: readonly Uint8Array[], sha256: Sha256): Uint8Array {
  return sha256(concatBytes([utf8('mn.hold.'), addressBytes(guard), ...pieces]));
}

/** What a guard commits to before it reveals; the salt keeps a short payload from being guessed. */
export function verdictCommitment(
  verdict: {
    /** Account of the guard. */
    readonly guard: string;
    readonly hour: bigint;
    readonly holding: Uint8Array;
    /** Root of the hour that this hour builds on; `EMPTY_ROOT` where there is none. */
    readonly prevRoot: Uint8Array;
    /** 32 random bytes. */
    readonly salt: Uint8Array;
    readonly payload: Uint8Array;
  },
  sha256: Sha256,
): Uint8Array {
  const head = recordWriter(8 + 32 + 8 + 32 + 32 + 32)
    .bytes(utf8('mn.vrdct'), 8)
    .bytes(addressBytes(verdict.guard), 32)
    .u64(verdict.hour)
    .bytes(verdict.holding, 32)
    .bytes(verdict.prevRoot, 32)
    .bytes(verdict.salt, 32)
    .done();
  return sha256(concatBytes([head, verdict.payload]));
}
