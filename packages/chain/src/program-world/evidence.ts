import { getAddressEncoder } from '@solana/kit';
import type { Address, Instruction } from '@solana/kit';

import { ed25519Data, ed25519Instruction } from '../ed25519.ts';
import { sha256 } from '../model/sha256.ts';
import type { KnownKey } from './keys.ts';

const encodeAddress = getAddressEncoder();
const text = new TextEncoder();

function named(name: string, body: Uint8Array): Uint8Array {
  const head = text.encode(`media-network ${name}\0`);
  const message = new Uint8Array(head.length + body.length);
  message.set(head);
  message.set(body, head.length);
  return message;
}

export interface CountersSaid {
  readonly boot?: number;
  readonly hour: bigint;
  readonly slot?: number;
  readonly total: bigint;
  readonly count?: number;
}

/** What an edge signs of its counters (docs/evidence.md, Commits). */
export function countersMessage(edge: Address, said: CountersSaid): Uint8Array {
  const body = new Uint8Array(100);
  const view = new DataView(body.buffer);
  body[0] = 1;
  body.set(encodeAddress.encode(edge), 1);
  view.setUint32(33, said.boot ?? 1, true);
  view.setBigUint64(37, said.hour, true);
  body[45] = said.slot ?? 3;
  view.setBigUint64(48, said.total, true);
  view.setUint32(56, said.count ?? 1, true);
  return named('counters v1', body);
}

/** What a guard signs of edges (docs/dns.md). */
export function viewMessage(guard: Address, unixMs: bigint, down: readonly Address[]): Uint8Array {
  const body = new Uint8Array(108 + 32 * down.length);
  const view = new DataView(body.buffer);
  body.set(encodeAddress.encode(guard));
  view.setBigUint64(32, unixMs, true);
  view.setUint32(104, down.length, true);
  for (const [index, edge] of down.entries()) body.set(encodeAddress.encode(edge), 108 + 32 * index);
  return named('edge view v1', body);
}

/** Evidence as a guard commits to it and shows it. */
export interface Shown {
  readonly commitment: Uint8Array;
  readonly salt: Uint8Array;
  readonly file: Uint8Array;
  /** The instruction that stands before `elect`; none for evidence that nobody has signed. */
  readonly before: (Instruction & { readonly data: Uint8Array }) | undefined;
}

/** Evidence of two messages of one key, or of none. */
export function showEvidence(
  guard: Address,
  messages: readonly Uint8Array[],
  key: Pick<KnownKey, 'address' | 'sign'> | undefined,
): Shown {
  const data =
    key === undefined
      ? undefined
      : ed25519Data(messages.map((message) => ({ key: key.address, signature: key.sign(message), message })));
  return showData(guard, data);
}

/** Evidence of an Ed25519 instruction as it stands. */
export function showData(guard: Address, data: Uint8Array | undefined): Shown {
  const salt = sha256(text.encode('salt'), data ?? new Uint8Array(0));
  const file = sha256(text.encode('file'), data ?? new Uint8Array(0));
  const commitment = sha256(
    text.encode('mn.evidn'),
    new Uint8Array(encodeAddress.encode(guard)),
    salt,
    file,
    data === undefined ? new Uint8Array(32) : sha256(data),
  );
  return { commitment, salt, file, before: data === undefined ? undefined : ed25519Instruction(data) };
}
