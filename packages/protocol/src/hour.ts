import { addressBytes, addressOf, compareAddresses } from './address.ts';
import { concatBytes, recordReader, recordWriter } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { SLOTS } from './entry.ts';
import { LEAF_DOMAIN, leafHash, merkleRoot, merkleTree } from './merkle.ts';
import type { LeafDomain } from './merkle.ts';
import { packNumbers } from './packed-numbers.ts';

export const RESOURCE_HOUR_BYTES = 144;
export const CREDIT_ROW_BYTES = 40;
export const WEIGHT_ROW_BYTES = 80;
/** Nobody fetches or keeps an hour's blob above this (three million rows of weights). */
export const MAX_HOUR_BLOB_BYTES: number = 256 * 1_024 * 1_024;

/** A resource's hour: what is recorded on chain by proof. */
export interface ResourceHour {
  readonly resource: string;
  /** Sum to billable + disputed. */
  readonly slots: readonly bigint[];
  /** Charged, and earned by edges. */
  readonly billable: bigint;
  /** Charged, and earned by nobody. */
  readonly disputed: bigint;
}

/** What an edge is credited for a resource in an hour. */
export interface CreditRow {
  readonly resource: string;
  readonly credited: bigint;
}

/** An edge's hour: what its reward is counted by. */
export interface EdgeCredits {
  readonly edge: string;
  /** Sorted by resource. */
  readonly rows: readonly CreditRow[];
}

/** History of a resource at an edge, fading by 1/168 an hour. */
export interface WeightRow {
  readonly resource: string;
  readonly edge: string;
  readonly vouched: bigint;
  readonly credited: bigint;
}

/** What follows from an hour's reports. */
export interface HourContent {
  /** Sorted by resource. */
  readonly resources: readonly ResourceHour[];
  /** Sorted by edge. */
  readonly edges: readonly EdgeCredits[];
  /** The hour whose table this one continues; undefined for none. */
  readonly base: bigint | undefined;
  /** Sorted by resource, then edge. */
  readonly table: readonly WeightRow[];
  /** Numbers of the guards whose reveal was right, sorted. */
  readonly right: readonly number[];
}

export interface Hour extends HourContent {
  readonly root: Uint8Array;
  /** Leaves of the tree: resources, edges, the table, the right guards. */
  readonly leaves: number;
  readonly blob: Uint8Array;
  /** Proof of the leaves of `count` resources from `first` on, for `record`. */
  resourceProof(first: number, count?: number): readonly Uint8Array[];
}

export function encodeResourceHour(leaf: ResourceHour): Uint8Array {
  const writer = recordWriter(RESOURCE_HOUR_BYTES).bytes(addressBytes(leaf.resource), 32);
  for (const number of resourceNumbers(leaf)) writer.u64(number);
  return writer.done();
}

function resourceNumbers(leaf: ResourceHour): readonly bigint[] {
  if (leaf.slots.length !== SLOTS) throw new RangeError(`an hour has ${SLOTS} slots`);
  return [...leaf.slots, leaf.billable, leaf.disputed];
}

/** The numbers of consecutive leaves as `record` takes them; the resources come as accounts. */
export function packResourceHours(leaves: readonly ResourceHour[]): Uint8Array {
  return packNumbers(leaves.flatMap(resourceNumbers));
}

/** The tail of `record`: u16 length of the packed numbers ‖ packed numbers ‖ proof, 32 bytes a node. */
export function recordTail(hour: Hour, first: number, count: number): Uint8Array {
  const packed = packResourceHours(hour.resources.slice(first, first + count));
  return concatBytes([
    recordWriter(2).u16(packed.length).done(),
    packed,
    ...hour.resourceProof(first, count),
  ]);
}

function encodeCreditRow(row: CreditRow): Uint8Array {
  return recordWriter(CREDIT_ROW_BYTES).bytes(addressBytes(row.resource), 32).u64(row.credited).done();
}

function encodeWeightRow(row: WeightRow): Uint8Array {
  return recordWriter(WEIGHT_ROW_BYTES)
    .bytes(addressBytes(row.resource), 32)
    .bytes(addressBytes(row.edge), 32)
    .u64(row.vouched)
    .u64(row.credited)
    .done();
}

const u32 = (value: number): Uint8Array => recordWriter(4).u32(value).done();

/** Sorts by resource, then edge. */
export function sortWeights(rows: readonly WeightRow[]): readonly WeightRow[] {
  return rows.toSorted(
    (a, b) => compareAddresses(a.resource, b.resource) || compareAddresses(a.edge, b.edge),
  );
}

/** The records of an hour as they are hashed and sent. */
interface HourRecords {
  readonly resources: readonly Uint8Array[];
  readonly edges: readonly { readonly edge: Uint8Array; readonly rows: readonly Uint8Array[] }[];
  readonly base: Uint8Array;
  readonly table: readonly Uint8Array[];
  readonly right: Uint8Array;
}

/** Tree and blob of an hour, its parts in the order given; `creditHour` gives them sorted. */
export function buildHour(content: HourContent, sha256: Sha256): Hour {
  const records: HourRecords = {
    resources: content.resources.map(encodeResourceHour),
    edges: content.edges.map(({ edge, rows }) => ({
      edge: addressBytes(edge),
      rows: rows.map(encodeCreditRow),
    })),
    base: recordWriter(8)
      .u64(content.base === undefined ? 0n : content.base + 1n)
      .done(),
    table: content.table.map(encodeWeightRow),
    right: concatBytes(content.right.map(u32)),
  };
  const { resources, edges, base, table, right } = records;
  const blob = concatBytes([
    u32(resources.length),
    ...resources,
    u32(edges.length),
    ...edges.flatMap(({ edge, rows }) => [edge, u32(rows.length), ...rows]),
    base,
    u32(table.length),
    ...table,
    u32(content.right.length),
    right,
  ]);
  return hourOf(content, records, blob, sha256);
}

function hourOf(content: HourContent, records: HourRecords, blob: Uint8Array, sha256: Sha256): Hour {
  const { resources, edges, base, table, right } = records;
  const rowsRoot = (domain: LeafDomain, rows: readonly Uint8Array[]): Uint8Array =>
    merkleRoot(
      rows.map((row) => leafHash(domain, row, sha256)),
      sha256,
    );
  const tree = merkleTree(
    [
      ...resources.map((record) => leafHash(LEAF_DOMAIN.hour, record, sha256)),
      ...edges.map(({ edge, rows }) =>
        leafHash(LEAF_DOMAIN.credit, concatBytes([edge, rowsRoot(LEAF_DOMAIN.creditRow, rows)]), sha256),
      ),
      leafHash(LEAF_DOMAIN.weights, concatBytes([base, rowsRoot(LEAF_DOMAIN.weightRow, table)]), sha256),
      leafHash(LEAF_DOMAIN.right, right, sha256),
    ],
    sha256,
  );
  return {
    ...content,
    root: tree.root,
    leaves: resources.length + edges.length + 2,
    blob,
    resourceProof: (first, count = 1) => tree.rangeProof(first, count),
  };
}

/** The hour of a blob, with the root computed from it; undefined when the blob is malformed. */
export function decodeHour(blob: Uint8Array, sha256: Sha256): Hour | undefined {
  if (blob.length > MAX_HOUR_BLOB_BYTES) return undefined;
  const records = cutRecords(blob);
  return records === undefined ? undefined : hourOf(contentOf(records), records, blob, sha256);
}

/** Cuts a blob into its records, as views. */
function cutRecords(blob: Uint8Array): HourRecords | undefined {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  let at = 0;
  const left = (): number => blob.length - at;
  const cut = (size: number): Uint8Array => {
    at += size;
    return blob.subarray(at - size, at);
  };
  const count = (): number | undefined => {
    if (left() < 4) return undefined;
    at += 4;
    return view.getUint32(at - 4, true);
  };
  /** Counted records of one size; undefined when there are not so many bytes left. */
  const list = (size: number): readonly Uint8Array[] | undefined => {
    const records = count();
    if (records === undefined || records * size > left()) return undefined;
    return Array.from({ length: records }, () => cut(size));
  };
  const resources = list(RESOURCE_HOUR_BYTES);
  const edgeCount = resources === undefined ? undefined : count();
  if (resources === undefined || edgeCount === undefined) return undefined;
  const edges: { readonly edge: Uint8Array; readonly rows: readonly Uint8Array[] }[] = [];
  while (edges.length < edgeCount) {
    if (left() < 32) return undefined;
    const edge = cut(32);
    const rows = list(CREDIT_ROW_BYTES);
    if (rows === undefined) return undefined;
    edges.push({ edge, rows });
  }
  if (left() < 8) return undefined;
  const base = cut(8);
  const table = list(WEIGHT_ROW_BYTES);
  const rightCount = table === undefined ? undefined : count();
  if (table === undefined || rightCount === undefined || left() !== 4 * rightCount) return undefined;
  return { resources, edges, base, table, right: cut(4 * rightCount) };
}

function contentOf(records: HourRecords): HourContent {
  const base = recordReader(records.base).u64();
  const right = recordReader(records.right);
  return {
    resources: records.resources.map((record) => {
      const read = recordReader(record);
      return {
        resource: addressOf(read.bytes(32)),
        slots: Array.from({ length: SLOTS }, () => read.u64()),
        billable: read.u64(),
        disputed: read.u64(),
      };
    }),
    edges: records.edges.map(({ edge, rows }) => ({
      edge: addressOf(edge),
      rows: rows.map((record) => {
        const read = recordReader(record);
        return { resource: addressOf(read.bytes(32)), credited: read.u64() };
      }),
    })),
    base: base === 0n ? undefined : base - 1n,
    table: records.table.map((record) => {
      const read = recordReader(record);
      return {
        resource: addressOf(read.bytes(32)),
        edge: addressOf(read.bytes(32)),
        vouched: read.u64(),
        credited: read.u64(),
      };
    }),
    right: Array.from({ length: records.right.length / 4 }, () => right.u32()),
  };
}
