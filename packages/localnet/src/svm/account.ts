import type { Address } from '@solana/kit';

/** An account's whole state. Never mutated: a change is a new object, so copies of the map are snapshots. */
export interface StoredAccount {
  readonly lamports: bigint;
  readonly owner: Address;
  readonly executable: boolean;
  readonly data: Uint8Array;
}

/** A change of one account; `undefined` means that it is gone (no lamports). */
export interface AccountChange {
  readonly address: Address;
  readonly account: StoredAccount | undefined;
}

export function sameAccount(a: StoredAccount | undefined, b: StoredAccount | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.lamports === b.lamports &&
    a.owner === b.owner &&
    a.executable === b.executable &&
    Buffer.compare(a.data, b.data) === 0
  );
}
