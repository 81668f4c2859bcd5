import type { Address, Instruction } from '@solana/kit';
import { getAddressEncoder } from '@solana/kit';

import { PROGRAMS } from './programs.ts';

/** A message that somebody has signed with Ed25519. */
export interface SignedMessage {
  readonly key: Address;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
}

const HEAD = 2;
const OFFSETS = 14;
/** As an index of an instruction: this very one. */
const ITSELF = 0xffff;
const encodeAddress = getAddressEncoder();

/** Data of an instruction of Solana's Ed25519 program, all that is verified within itself: head, offsets, then key, signature and message of each. */
export function ed25519Data(signed: readonly SignedMessage[]): Uint8Array {
  const size = signed.reduce((sum, { message }) => sum + 96 + message.length, HEAD + OFFSETS * signed.length);
  const data = new Uint8Array(size);
  const view = new DataView(data.buffer);
  data[0] = signed.length;
  let at = HEAD + OFFSETS * signed.length;
  for (const [index, { key, signature, message }] of signed.entries()) {
    data.set(encodeAddress.encode(key), at);
    data.set(signature, at + 32);
    data.set(message, at + 96);
    const numbers = [at + 32, ITSELF, at, ITSELF, at + 96, message.length, ITSELF];
    for (const [place, number] of numbers.entries())
      view.setUint16(HEAD + OFFSETS * index + 2 * place, number, true);
    at += 96 + message.length;
  }
  return data;
}

/** The instruction that has the runtime verify signatures, so that the next instruction can rely on them. */
export function ed25519Instruction(data: Uint8Array): Instruction & { readonly data: Uint8Array } {
  return { programAddress: PROGRAMS.ed25519, accounts: [], data };
}
