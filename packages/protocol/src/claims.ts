import { addressBytes, addressOf } from './address.ts';
import { concatBytes, recordReader, recordWriter } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { sortByAddress, splitRecords } from './entry.ts';
import { LEAF_DOMAIN, leafHash, merkleTree } from './merkle.ts';

export const CLAIM_BYTES = 40;

/** What an owner has earned in one week. */
export interface ClaimLeaf {
  readonly owner: string;
  readonly amount: bigint;
}

/** All claims of a week, sorted by owner. */
export interface Claims {
  readonly claims: readonly ClaimLeaf[];
  readonly root: Uint8Array;
  readonly blob: Uint8Array;
  /** Proof of an owner's leaf; undefined when it has none. */
  claimProof(owner: string): { readonly amount: bigint; readonly proof: readonly Uint8Array[] } | undefined;
}

export function encodeClaim(claim: ClaimLeaf): Uint8Array {
  return recordWriter(CLAIM_BYTES).bytes(addressBytes(claim.owner), 32).u64(claim.amount).done();
}

function claimsOf(claims: readonly ClaimLeaf[], sha256: Sha256): Claims {
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
      return claim === undefined ? undefined : { amount: claim.amount, proof: tree.proof(index) };
    },
  };
}

/** Sorted by owner, zero amounts left out. */
export function buildClaims(amounts: ReadonlyMap<string, bigint>, sha256: Sha256): Claims {
  const leaves = [...amounts]
    .filter(([, amount]) => amount > 0n)
    .map(([owner, amount]) => ({ owner, amount }));
  return claimsOf(
    sortByAddress(leaves, (leaf) => leaf.owner),
    sha256,
  );
}

/** The claims of a blob, with the root computed from it; undefined when the blob is malformed. */
export function decodeClaims(blob: Uint8Array, sha256: Sha256): Claims | undefined {
  const records = splitRecords(blob, CLAIM_BYTES);
  if (records === undefined) return undefined;
  const claims = records.map((record) => {
    const read = recordReader(record);
    return { owner: addressOf(read.bytes(32)), amount: read.u64() };
  });
  return claimsOf(claims, sha256);
}
