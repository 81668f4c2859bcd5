import { addressBytes, addressOf } from './address.ts';
import { concatBytes, recordReader, recordWriter, utf8, utf8Text } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { isTarget } from './settings-text.ts';
import { signedMessage, verifySignature } from './signing.ts';
import type { SignBytes } from './signing.ts';

/** What of a resource is void, under all its hosts and over either scheme. */
export type PurgeWhat =
  /** Raw path and query of one object, with all its variants. */
  | { readonly kind: 'target'; readonly target: string }
  /** A tag that answers carry in Cache-Tag or Surrogate-Key. */
  | { readonly kind: 'tag'; readonly tag: string }
  /** Paths, or paths and queries, that begin like that. */
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'all' };

/** A publisher tells edges to forget what they keep of its resource (docs/evidence.md, Purges). */
export interface PurgeBody {
  readonly resource: string;
  readonly what: readonly PurgeWhat[];
  /** Kept, and asked about before it is used again. */
  readonly soft: boolean;
  readonly unixMs: bigint;
  /** 16 random bytes: two purges of one millisecond are two. */
  readonly nonce: Uint8Array;
}
export interface Purge extends PurgeBody {
  readonly signature: Uint8Array;
}

/** Longest purge: what a node reads of a stranger before it knows who it is. */
export const MAX_PURGE_BYTES = 16_384;
/** Most that one purge names; more are more purges. */
export const MAX_PURGE_WHAT = 256;
/** Longest tag. */
export const MAX_TAG_BYTES = 1_024;
const HEAD_BYTES = 60;
const SIGNATURE_BYTES = 64;
const KINDS = ['target', 'tag', 'prefix', 'all'] as const;

/** As answers have it: printable ASCII that neither field's separators end, but for a space within. */
export function isTag(text: string): boolean {
  return /^[!-+\--~](?:[ -+\--~]*[!-+\--~])?$/.test(text) && text.length <= MAX_TAG_BYTES;
}

function textOf(what: PurgeWhat): string {
  switch (what.kind) {
    case 'target':
      return what.target;
    case 'tag':
      return what.tag;
    case 'prefix':
      return what.prefix;
    default:
      return '';
  }
}

function whatOf(kind: number, text: string): PurgeWhat | undefined {
  switch (KINDS[kind - 1]) {
    case 'target':
      return isTarget(text) ? { kind: 'target', target: text } : undefined;
    case 'tag':
      return isTag(text) ? { kind: 'tag', tag: text } : undefined;
    case 'prefix':
      return isTarget(text) ? { kind: 'prefix', prefix: text } : undefined;
    case 'all':
      return text === '' ? { kind: 'all' } : undefined;
    default:
      return undefined;
  }
}

/** Whether it can be said in a purge. */
export function isPurgeable(what: PurgeWhat): boolean {
  return whatOf(KINDS.indexOf(what.kind) + 1, textOf(what)) !== undefined;
}

/** Bytes that it takes in a purge. */
export function purgeWhatBytes(what: PurgeWhat): number {
  return 3 + utf8(textOf(what)).length;
}

/** Bytes of a purge beside what it names. */
export const PURGE_FRAME_BYTES: number = HEAD_BYTES + SIGNATURE_BYTES;

function purgeBody(purge: PurgeBody): Uint8Array {
  const head = recordWriter(HEAD_BYTES)
    .u8(1)
    .u8(purge.soft ? 1 : 0)
    .u16(purge.what.length)
    .bytes(addressBytes(purge.resource), 32)
    .u64(purge.unixMs)
    .bytes(purge.nonce, 16)
    .done();
  const named = purge.what.map((each) => {
    const text = utf8(textOf(each));
    return recordWriter(3 + text.length)
      .u8(KINDS.indexOf(each.kind) + 1)
      .u16(text.length)
      .bytes(text, text.length)
      .done();
  });
  return concatBytes([head, ...named]);
}

export async function signPurge(body: PurgeBody, sign: SignBytes): Promise<Purge> {
  return { ...body, signature: await sign(signedMessage('purge v1', purgeBody(body))) };
}

export function encodePurge(purge: Purge): Uint8Array {
  return concatBytes([purgeBody(purge), purge.signature]);
}

/** Undefined unless it is a purge to the last byte, within its bounds. */
export function decodePurge(data: Uint8Array): Purge | undefined {
  if (data.length < PURGE_FRAME_BYTES || data.length > MAX_PURGE_BYTES) return undefined;
  const read = recordReader(data);
  const version = read.u8();
  const soft = read.u8();
  const count = read.u16();
  const resource = addressOf(read.bytes(32));
  const unixMs = read.u64();
  const nonce = read.bytes(16);
  if (version !== 1 || soft > 1 || count === 0 || count > MAX_PURGE_WHAT) return undefined;
  const what: PurgeWhat[] = [];
  for (let i = 0; i < count; i += 1) {
    if (read.left() < 3 + SIGNATURE_BYTES) return undefined;
    const kind = read.u8();
    const length = read.u16();
    if (read.left() < length + SIGNATURE_BYTES) return undefined;
    const text = utf8Text(read.bytes(length));
    const each = text === undefined ? undefined : whatOf(kind, text);
    if (each === undefined) return undefined;
    what.push(each);
  }
  if (read.left() !== SIGNATURE_BYTES) return undefined;
  return { resource, what, soft: soft === 1, unixMs, nonce, signature: read.bytes(SIGNATURE_BYTES) };
}

export function verifyPurgeSignature(purge: Purge, publisher: string): Promise<boolean> {
  return verifySignature(publisher, purge.signature, signedMessage('purge v1', purgeBody(purge)));
}

/** By which a purge is known to have been heard: of what was signed, whatever the signature looks like. 32 bytes. */
export function purgeId(purge: PurgeBody, sha256: Sha256): Uint8Array {
  return sha256(purgeBody(purge));
}
