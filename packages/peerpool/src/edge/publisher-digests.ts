import { CHUNK_BYTES } from '../wire/messages.ts';
import type { DigestSource } from './digest-source.ts';
import { readDigest } from './digest.ts';
import type { SegmentDigest } from './digest.ts';

/** Longest statement: one of a segment of 32 MiB. */
const MAX_STATEMENT_BYTES = 64 * 1024;
const WAIT_MS = 4_000;
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/**
 * Digests that the publisher signed, whoever carries its stream: each segment's stands beside it, at the same address with
 * `.digest.json` behind the path. What the publisher did not sign, or signed of another file, is nothing. `publisher` is
 * its address, from somewhere that the page believes. Throws a TypeError where it is none.
 */
export function publisherDigests(publisher: string): DigestSource {
  const raw = addressBytes(publisher);
  const key = crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify']);
  key.catch(() => undefined);
  return async (url) => {
    const { origin, pathname, search } = new URL(url);
    const response = await fetch(`${origin}${pathname}.digest.json${search}`, {
      signal: AbortSignal.timeout(WAIT_MS),
      credentials: 'same-origin',
    });
    const text = response.ok ? await response.text() : '';
    if (text.length === 0 || text.length > MAX_STATEMENT_BYTES) return undefined;
    const said = JSON.parse(text) as { readonly name?: unknown; readonly signature?: unknown };
    const digest = readDigest(said);
    const { name, signature } = said;
    if (digest === undefined || typeof name !== 'string' || typeof signature !== 'string') return undefined;
    if (!decodeURI(pathname).endsWith(`/${name}`)) return undefined;
    const signed = bytesOf(signature);
    return (await crypto.subtle.verify('Ed25519', await key, signed, messageOf(name, digest)))
      ? digest
      : undefined;
  };
}

const bytesOf = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/** As `packages/protocol` writes it (`published-segment.ts`). */
function messageOf(name: string, { length, sha256, chunks }: SegmentDigest): Uint8Array<ArrayBuffer> {
  const named = new TextEncoder().encode(name);
  const size = new DataView(new ArrayBuffer(8));
  size.setBigUint64(0, BigInt(length), true);
  return Uint8Array.from([
    ...new TextEncoder().encode('media-network published segment v1\0'),
    named.length & 255,
    ...named,
    ...new Uint8Array(size.buffer),
    ...bytesOf(sha256 + chunks.slice(0, Math.ceil(length / CHUNK_BYTES)).join('')),
  ]);
}

/** 32 bytes of base58. */
function addressBytes(text: string): Uint8Array<ArrayBuffer> {
  let value = 0n;
  for (const letter of text) {
    const digit = ALPHABET.indexOf(letter);
    if (digit === -1) throw new TypeError('no address of a publisher');
    value = value * 58n + BigInt(digit);
  }
  if (text.length > 44 || value >> 256n !== 0n || text === '')
    throw new TypeError('no address of a publisher');
  return bytesOf(value.toString(16).padStart(64, '0'));
}
