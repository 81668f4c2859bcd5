import { isSignerRole, isWritableRole } from '@solana/kit';
import type { Address, Instruction, Transaction } from '@solana/kit';

import { addressBytes } from '../codec/address-bytes.ts';

interface Place {
  readonly address: Address;
  signer: boolean;
  writable: boolean;
}

/** The lifetime of a transaction for a VM that asks for none. */
const NO_BLOCKHASH = new Uint8Array(32);

/**
 * Bytes of an unsigned transaction of version 0 without lookup tables. It is what `compileAny` makes, a tenth of the time:
 * addresses are turned into bytes once. Only for a VM that checks neither signatures nor blockhashes.
 */
export function unsignedTransaction(payer: Address, instructions: readonly Instruction[]): Transaction {
  const places = new Map<Address, Place>();
  const add = (address: Address, signer: boolean, writable: boolean): void => {
    const there = places.get(address);
    if (there === undefined) places.set(address, { address, signer, writable });
    else {
      there.signer ||= signer;
      there.writable ||= writable;
    }
  };
  add(payer, true, true);
  for (const { programAddress, accounts = [] } of instructions) {
    for (const { address, role } of accounts) add(address, isSignerRole(role), isWritableRole(role));
    add(programAddress, false, false);
  }
  const all = [...places.values()];
  const of = (signer: boolean, writable: boolean): Place[] =>
    all.filter((each) => each.signer === signer && each.writable === writable);
  const readonlySigners = of(true, false);
  const readonlyOthers = of(false, false);
  // The payer was the first, and is the first of these.
  const ordered = [...of(true, true), ...readonlySigners, ...of(false, true), ...readonlyOthers];
  const indices = new Map(ordered.map(({ address }, index) => [address, index]));
  const index = (address: Address): number => indices.get(address) ?? 0;
  const signers = ordered.filter(({ signer }) => signer);

  const bytes: number[] = [0x80, signers.length, readonlySigners.length, readonlyOthers.length];
  pushLength(bytes, ordered.length);
  for (const { address } of ordered) bytes.push(...addressBytes(address));
  bytes.push(...NO_BLOCKHASH);
  pushLength(bytes, instructions.length);
  for (const { programAddress, accounts = [], data = new Uint8Array(0) } of instructions) {
    bytes.push(index(programAddress));
    pushLength(bytes, accounts.length);
    for (const { address } of accounts) bytes.push(index(address));
    pushLength(bytes, data.length);
    for (const byte of data) bytes.push(byte);
  }
  // No lookup tables.
  bytes.push(0);
  return {
    // The brand says that these are bytes of a message, which they are.
    messageBytes: Uint8Array.from(bytes) as unknown as Transaction['messageBytes'],
    signatures: Object.fromEntries(signers.map(({ address }) => [address, null])),
  };
}

/** The format's short vector length: seven bits a byte. */
function pushLength(bytes: number[], length: number): void {
  let left = length;
  while (left > 0x7f) {
    bytes.push((left & 0x7f) | 0x80);
    left >>= 7;
  }
  bytes.push(left);
}
