import { addressBytes, addressOf } from './address.ts';
import { compareBytes, concatBytes, recordReader, recordWriter } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { splitRecords } from './entry.ts';
import { LEAF_DOMAIN, leafHash, merkleTree } from './merkle.ts';

export const CLAIM_BYTES = 40;

export interface ClaimLeaf {
  readonly owner: string;
  readonly cumulative: bigint;
}

/** The cumulative table of a closed epoch. */
export interface Epoch {
  readonly claims: readonly ClaimLeaf[];
  readonly root: Uint8Array;
  readonly blob: Uint8Array;
  /** Proof of an owner's leaf; undefined when it has none. */
  claimProof(
    owner: string,
  ): { readonly cumulative: bigint; readonly proof: readonly Uint8Array[] } | undefined;
}

export function encodeClaim(claim: ClaimLeaf): Uint8Array {
  return recordWriter(CLAIM_BYTES).bytes(addressBytes(claim.owner), 32).u64(claim.cumulative).done();
}

function epochOf(claims: readonly ClaimLeaf[], sha256: Sha256): Epoch {
  const records = claims.map(encodeClaim);
  const tree = merkleTree(
    records.map((record) => leafHash(LEAF_DOMAIN.claim, record, sha256)),
    sha256,
  );
  return {
    claims,
    root: tree.root,
    blob: concatBytes(records),
    claimProof(owner) {
      const index = claims.findIndex((claim) => claim.owner === owner);
      const claim = claims[index];
      return claim === undefined ? undefined : { cumulative: claim.cumulative, proof: tree.proof(index) };
    },
  };
}

/** Sorted by owner, zero entries left out. */
export function buildEpoch(cumulative: ReadonlyMap<string, bigint>, sha256: Sha256): Epoch {
  const records = [...cumulative]
    .filter(([, amount]) => amount > 0n)
    .map(([owner, amount]) => ({ owner, cumulative: amount }));
  const sorted = records
    .map((claim) => ({ claim, key: addressBytes(claim.owner) }))
    .sort((a, b) => compareBytes(a.key, b.key))
    .map(({ claim }) => claim);
  return epochOf(sorted, sha256);
}

/** The table of a blob, with the root computed from it; undefined when the blob is malformed. */
export function decodeEpoch(blob: Uint8Array, sha256: Sha256): Epoch | undefined {
  const records = splitRecords(blob, CLAIM_BYTES);
  if (records === undefined) return undefined;
  const claims = records.map((record) => {
    const read = recordReader(record);
    return { owner: addressOf(read.bytes(32)), cumulative: read.u64() };
  });
  return epochOf(claims, sha256);
}
