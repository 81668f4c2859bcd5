import { addressBytes, addressOf } from './address.ts';
import { concatBytes, recordReader, recordWriter } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { SLOTS } from './entry.ts';
import { LEAF_DOMAIN, leafHash, merkleTree } from './merkle.ts';

export const RESOURCE_HOUR_BYTES = 144;
export const EDGE_HOUR_BYTES = 40;

/** A resource's hour: what is recorded on chain by proof. */
export interface ResourceHour {
  readonly resource: string;
  /** Hour + 1 of the last final hour with this resource; 0 for none. */
  readonly previous: bigint;
  readonly slots: readonly bigint[];
  readonly billable: bigint;
}

/** An edge's hour: what its reward is counted by. */
export interface EdgeHour {
  readonly edge: string;
  readonly credited: bigint;
}

export interface Hour {
  readonly resources: readonly ResourceHour[];
  readonly edges: readonly EdgeHour[];
  readonly root: Uint8Array;
  readonly blob: Uint8Array;
  /** Proof of the leaf of `resources[index]`. */
  resourceProof(index: number): readonly Uint8Array[];
  /** Proof of the leaf of `edges[index]`. */
  edgeProof(index: number): readonly Uint8Array[];
}

export function encodeResourceHour(leaf: ResourceHour): Uint8Array {
  if (leaf.slots.length !== SLOTS) throw new RangeError(`an hour has ${SLOTS} slots`);
  const writer = recordWriter(RESOURCE_HOUR_BYTES).bytes(addressBytes(leaf.resource), 32).u64(leaf.previous);
  for (const bytes of leaf.slots) writer.u64(bytes);
  return writer.u64(leaf.billable).done();
}

export function encodeEdgeHour(leaf: EdgeHour): Uint8Array {
  return recordWriter(EDGE_HOUR_BYTES).bytes(addressBytes(leaf.edge), 32).u64(leaf.credited).done();
}

/** Leaves in the order given: resources, then edges. `creditHour` gives them sorted. */
export function buildHour(
  resources: readonly ResourceHour[],
  edges: readonly EdgeHour[],
  sha256: Sha256,
): Hour {
  const resourceRecords = resources.map(encodeResourceHour);
  const edgeRecords = edges.map(encodeEdgeHour);
  const tree = merkleTree(
    [
      ...resourceRecords.map((record) => leafHash(LEAF_DOMAIN.hour, record, sha256)),
      ...edgeRecords.map((record) => leafHash(LEAF_DOMAIN.credit, record, sha256)),
    ],
    sha256,
  );
  return {
    resources,
    edges,
    root: tree.root,
    blob: concatBytes([recordWriter(4).u32(resources.length).done(), ...resourceRecords, ...edgeRecords]),
    resourceProof: (index) => tree.proof(index),
    edgeProof: (index) => tree.proof(resources.length + index),
  };
}

/** The hour of a blob, with the root computed from it; undefined when the blob is malformed. */
export function decodeHour(blob: Uint8Array, sha256: Sha256): Hour | undefined {
  if (blob.length < 4) return undefined;
  const read = recordReader(blob);
  const count = read.u32();
  const edgeBytes = read.left() - count * RESOURCE_HOUR_BYTES;
  if (edgeBytes < 0 || edgeBytes % EDGE_HOUR_BYTES !== 0) return undefined;
  const resources = Array.from({ length: count }, () => ({
    resource: addressOf(read.bytes(32)),
    previous: read.u64(),
    slots: Array.from({ length: SLOTS }, () => read.u64()),
    billable: read.u64(),
  }));
  const edges = Array.from({ length: edgeBytes / EDGE_HOUR_BYTES }, () => ({
    edge: addressOf(read.bytes(32)),
    credited: read.u64(),
  }));
  return buildHour(resources, edges, sha256);
}
