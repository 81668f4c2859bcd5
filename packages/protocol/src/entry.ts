import { addressBytes, addressOf, compareAddresses } from './address.ts';
import { concatBytes, recordReader, recordWriter } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { saturate, saturatingAdd } from './integer.ts';
import { LEAF_DOMAIN, leafHash, merkleRoot } from './merkle.ts';

export const ENTRY_BYTES = 208;
export const SLOTS = 12;

/** What an edge served of one resource in one hour (docs/evidence.md). */
export interface Entry {
  readonly resource: string;
  /** Bytes written to sockets in each of the hour's twelve samples. */
  readonly slots: readonly bigint[];
  /** Open bytes that the edge asks to be paid for (`askOpen`); at most the sum of `slots`. */
  readonly asked: bigint;
  readonly receiptsRoot: Uint8Array;
  readonly digestRoot: Uint8Array;
  /** Records of the receipts list. */
  readonly sessions: number;
  /** Records of the digest list. */
  readonly digests: number;
}

/** Σ slots, at most 2⁶⁴ − 1, as the program adds. */
export function sumSlots(slots: readonly bigint[]): bigint {
  return saturate(slots.reduce((sum, bytes) => sum + bytes, 0n));
}

export function encodeEntry(entry: Entry): Uint8Array {
  if (entry.slots.length !== SLOTS) throw new RangeError(`an entry has ${SLOTS} slots`);
  const writer = recordWriter(ENTRY_BYTES).bytes(addressBytes(entry.resource), 32);
  for (const bytes of entry.slots) writer.u64(bytes);
  return writer
    .u64(entry.asked)
    .bytes(entry.receiptsRoot, 32)
    .bytes(entry.digestRoot, 32)
    .u32(entry.sessions)
    .u32(entry.digests)
    .done();
}

export function decodeEntry(data: Uint8Array): Entry | undefined {
  if (data.length !== ENTRY_BYTES) return undefined;
  const read = recordReader(data);
  return {
    resource: addressOf(read.bytes(32)),
    slots: Array.from({ length: SLOTS }, () => read.u64()),
    asked: read.u64(),
    receiptsRoot: read.bytes(32),
    digestRoot: read.bytes(32),
    sessions: read.u32(),
    digests: read.u32(),
  };
}

/** Entries in the order of a report: by address bytes. */
export function sortEntries(entries: readonly Entry[]): readonly Entry[] {
  return sortByAddress(entries, (entry) => entry.resource);
}

/** Sorted by the bytes of an address. */
export function sortByAddress<T>(items: readonly T[], address: (item: T) => string): readonly T[] {
  return items.toSorted((a, b) => compareAddresses(address(a), address(b)));
}

/** The blob of a report: its entries end to end, in the order given. */
export function encodeEntries(entries: readonly Entry[]): Uint8Array {
  return concatBytes(entries.map(encodeEntry));
}

export function decodeEntries(blob: Uint8Array): readonly Entry[] | undefined {
  return splitRecords(blob, ENTRY_BYTES)?.map((record) => {
    const entry = decodeEntry(record);
    // splitRecords made records of exactly the size that decodeEntry asks for.
    if (entry === undefined) throw new RangeError('entry of a wrong size');
    return entry;
  });
}

/** Root over a blob of entries; undefined when its length is off. */
export function entriesRoot(blob: Uint8Array, sha256: Sha256): Uint8Array | undefined {
  const records = splitRecords(blob, ENTRY_BYTES);
  if (records === undefined) return undefined;
  return merkleRoot(
    records.map((record) => leafHash(LEAF_DOMAIN.entry, record, sha256)),
    sha256,
  );
}

/** Cuts a blob into records of one size; undefined when it does not divide. */
export function splitRecords(blob: Uint8Array, size: number): readonly Uint8Array[] | undefined {
  if (blob.length % size !== 0) return undefined;
  return Array.from({ length: blob.length / size }, (_, i) => blob.subarray(i * size, (i + 1) * size));
}

/** What goes on chain for an hour. */
export interface ReportBody {
  readonly hour: bigint;
  readonly bytes: bigint;
  readonly root: Uint8Array;
  readonly entryCount: number;
}

/** A report and the blob behind it, out of entries in any order. */
export function buildReport(
  hour: bigint,
  entries: readonly Entry[],
  sha256: Sha256,
): { readonly report: ReportBody; readonly blob: Uint8Array } {
  const sorted = sortEntries(entries);
  const blob = encodeEntries(sorted);
  const bytes = sorted.reduce((sum, entry) => saturatingAdd(sum, sumSlots(entry.slots)), 0n);
  const root = merkleRoot(
    sorted.map((entry) => leafHash(LEAF_DOMAIN.entry, encodeEntry(entry), sha256)),
    sha256,
  );
  return { report: { hour, bytes, root, entryCount: sorted.length }, blob };
}
