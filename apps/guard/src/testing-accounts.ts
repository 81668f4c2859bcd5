import { accountSize, decodeAccount } from '@media-network/chain';
import type { Found } from '@media-network/chain';
import { ACCOUNTS, ACCOUNT_VERSION } from '@media-network/chain/schema';
import type { AccountName } from '@media-network/chain/schema';
import { addressOf } from '@media-network/protocol';
import { address } from '@solana/kit';
import type { Address } from '@solana/kit';

/** Address of 32 equal bytes, for tests. */
export function addressAt(byte: number): Address {
  return address(addressOf(new Uint8Array(32).fill(byte)));
}

/** An account as read from chain, all fields zero but for those given; for tests. */
export function blankAccount<N extends AccountName>(
  kind: N,
  at: Address,
  fields: Partial<Found<N>>,
): Found<N> {
  const data = new Uint8Array(accountSize(kind));
  data[0] = ACCOUNTS[kind].tag;
  data[1] = ACCOUNT_VERSION;
  return { ...decodeAccount(kind, data), address: at, lamports: 0n, ...fields };
}
