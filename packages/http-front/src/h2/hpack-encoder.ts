import { staticNames, staticStatuses } from './hpack-table.ts';
import { huffmanEncode, huffmanLength } from './huffman.ts';

/** Before the first block of a connection: our dynamic table is of no bytes, whatever the peer allows (RFC 7541 §6.3). */
export const NO_TABLE: number = 0x20;

/** Fields that belong to an HTTP/1.1 connection (RFC 9113 §8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);
/** Their values never enter anybody's table (RFC 7541 §7.1.3). */
const NEVER_INDEXED: ReadonlySet<string> = new Set(['set-cookie', 'www-authenticate', 'media-token']);

/** Not `trim`: it takes 0xa0 away as well, which is a byte of the value like any other. */
const OUTER_SPACE = /^[ \t]+|[ \t]+$/g;
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * The header block of a response. Throws a TypeError for what cannot be sent. Nothing of it refers to a dynamic table, so that the same bytes serve
 * every connection: a stored answer's block is made once, and no peer's table costs us memory.
 *
 * `fields` is name, value, name, value…, latin1, in any case; what belongs to an HTTP/1.1 connection is
 * left out. Trailers have no status.
 */
export function encodeBlock(status: number | undefined, fields: readonly string[]): Buffer {
  let room = 8;
  for (const text of fields) room += text.length * 4 + 8;
  const target = Buffer.allocUnsafe(room);
  let at = 0;
  if (status !== undefined) {
    if (!Number.isInteger(status) || status < 100 || status > 999)
      throw new TypeError(`${status} is no status of HTTP`);
    const text = String(status);
    const index = staticStatuses.get(text);
    if (index !== undefined) {
      target[at] = 0x80 | index;
      at += 1;
    } else {
      at = writeInteger(target, at, 0x00, 4, staticNames.get(':status') ?? 8);
      at = writeString(target, at, text);
    }
  }
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = (fields[i] ?? '').toLowerCase();
    if (CONNECTION_FIELDS.has(name)) continue;
    const value = (fields[i + 1] ?? '').replace(OUTER_SPACE, '');
    if (!NAME.test(name) || !VALUE.test(value))
      throw new TypeError(`the field ${JSON.stringify(name)} cannot be sent`);
    const index = staticNames.get(name) ?? 0;
    at = writeInteger(target, at, NEVER_INDEXED.has(name) ? 0x10 : 0x00, 4, index);
    if (index === 0) at = writeString(target, at, name);
    at = writeString(target, at, value);
  }
  return Buffer.from(target.subarray(0, at));
}

function writeInteger(target: Buffer, from: number, pattern: number, bits: number, value: number): number {
  const mask = (1 << bits) - 1;
  let at = from;
  if (value < mask) {
    target[at] = pattern | value;
    return at + 1;
  }
  target[at] = pattern | mask;
  at += 1;
  let rest = value - mask;
  while (rest >= 0x80) {
    target[at] = 0x80 | (rest & 0x7f);
    at += 1;
    rest >>>= 7;
  }
  target[at] = rest;
  return at + 1;
}

function writeString(target: Buffer, from: number, text: string): number {
  const coded = huffmanLength(text);
  if (coded < text.length) return huffmanEncode(text, target, writeInteger(target, from, 0x80, 7, coded));
  const at = writeInteger(target, from, 0x00, 7, text.length);
  target.write(text, at, 'latin1');
  return at + text.length;
}
