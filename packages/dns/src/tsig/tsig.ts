import { timingSafeEqual } from 'node:crypto';
import { MAX_LABEL_BYTES, TYPE } from '../numbers.ts';
import { u16 } from '../query.ts';
import type { TsigKey } from './tsig-key.ts';

/** Errors of TSIG (RFC 8945 §3); 0 for none. */
export const TSIG_ERROR = { NONE: 0, BADSIG: 16, BADKEY: 17, BADTIME: 18, BADTRUNC: 22 } as const;
const CLASS_ANY = 255;
/** Seconds that clocks may be apart (RFC 8945 §10). */
const FUDGE_SECS = 300;
/** Time signed and fudge: what messages of a stream after the first cover beside themselves. */
const TIMERS_BYTES = 8;

/** What a message's TSIG says. */
export interface TsigRecord {
  /** Owner and algorithm on the wire, lower case. */
  readonly keyName: Uint8Array;
  readonly algorithm: Uint8Array;
  readonly timeSecs: number;
  readonly fudgeSecs: number;
  readonly mac: Uint8Array;
  readonly originalId: number;
  readonly error: number;
  readonly other: Uint8Array;
}

/** How a message stands with the keys that there are. */
export type TsigVerdict =
  | { readonly kind: 'ok'; readonly key: TsigKey; readonly record: TsigRecord }
  /** `key` where the answer is signed nevertheless. */
  | { readonly kind: 'bad'; readonly error: number; readonly record: TsigRecord; readonly key?: TsigKey }
  | { readonly kind: 'malformed' };

/** Judges the TSIG at `at`, the last record of a message. `priorMac`: of the request, for an answer. */
export function verifyTsig(
  message: Uint8Array,
  length: number,
  at: number,
  keys: readonly TsigKey[],
  nowSecs: number,
  priorMac: Uint8Array = new Uint8Array(0),
): TsigVerdict {
  const record = readTsig(message, length, at);
  if (record === undefined) return { kind: 'malformed' };
  const key = keys.find((each) => same(each.name, record.keyName) && same(each.algorithm, record.algorithm));
  if (key === undefined) return { kind: 'bad', error: TSIG_ERROR.BADKEY, record };
  if (record.mac.length > key.macBytes) return { kind: 'malformed' };
  // Cut MACs are allowed by the protocol and needed by nobody.
  if (record.mac.length < key.macBytes) return { kind: 'bad', error: TSIG_ERROR.BADTRUNC, record, key };
  const covered = Buffer.from(message.subarray(0, at));
  covered.writeUInt16BE(record.originalId, 0);
  covered.writeUInt16BE(u16(message, 10) - 1, 10);
  const expected = key.mac(
    prefixed(priorMac),
    covered,
    variables(key, record.timeSecs, record.fudgeSecs, record.error, record.other),
  );
  if (!timingSafeEqual(expected, record.mac)) return { kind: 'bad', error: TSIG_ERROR.BADSIG, record };
  if (Math.abs(nowSecs - record.timeSecs) > record.fudgeSecs)
    return { kind: 'bad', error: TSIG_ERROR.BADTIME, record, key };
  return { kind: 'ok', key, record };
}

/** Bytes of the record that an answer to a message with this one ends in. */
export function tsigBytes(record: TsigRecord, key: TsigKey | undefined, error: number): number {
  const { keyName, algorithm } = record;
  const other = error === TSIG_ERROR.BADTIME ? 6 : 0;
  return keyName.length + 10 + algorithm.length + 16 + (key?.macBytes ?? 0) + other;
}

/**
 * Puts a TSIG behind the `length` bytes of an answer in `out` and counts it; where the message ends then. Without a key the
 * record says the error alone (RFC 8945 §5.2).
 */
export function writeTsig(
  out: Uint8Array,
  length: number,
  {
    request,
    key,
    error,
    nowSecs,
  }: {
    readonly request: TsigRecord;
    readonly key: TsigKey | undefined;
    readonly error: number;
    readonly nowSecs: number;
  },
): number {
  // Of a wrong time the answer says the request's, so that the client can check it, and the server's beside it.
  const badTime = error === TSIG_ERROR.BADTIME;
  const timeSecs = badTime ? request.timeSecs : nowSecs;
  const other = badTime ? time48(nowSecs) : Buffer.alloc(0);
  const mac =
    key?.mac(
      prefixed(request.mac),
      out.subarray(0, length),
      variables(key, timeSecs, FUDGE_SECS, error, other),
    ) ?? Buffer.alloc(0);
  return append(out, length, {
    keyName: request.keyName,
    algorithm: request.algorithm,
    timeSecs,
    originalId: request.originalId,
    mac,
    error,
    other,
  });
}

/** Signs messages of one stream, each over the one before (RFC 8945 §5.3.1). */
export interface TsigStream {
  /** Puts a TSIG behind the `length` bytes of a message; where it ends then. */
  sign(out: Uint8Array, length: number, nowSecs: number): number;
}

export function createTsigStream(key: TsigKey, request: TsigRecord): TsigStream {
  let before: Uint8Array = request.mac;
  let first = true;
  return {
    sign(out, length, nowSecs) {
      const covered = first
        ? variables(key, nowSecs, FUDGE_SECS, 0, Buffer.alloc(0))
        : timers(nowSecs, FUDGE_SECS);
      const mac = key.mac(prefixed(before), out.subarray(0, length), covered);
      before = mac;
      first = false;
      const { keyName, algorithm, originalId } = request;
      const other = Buffer.alloc(0);
      return append(out, length, { keyName, algorithm, timeSecs: nowSecs, originalId, mac, error: 0, other });
    },
  };
}

/** Signs a request of one's own; the message with its TSIG, and the MAC that the answer covers. */
export function signRequest(
  message: Uint8Array,
  key: TsigKey,
  nowSecs: number,
): { readonly bytes: Buffer; readonly mac: Buffer } {
  const mac = key.mac(message, variables(key, nowSecs, FUDGE_SECS, 0, Buffer.alloc(0)));
  const out = Buffer.alloc(message.length + 600);
  out.set(message);
  const { name: keyName, algorithm } = key;
  const end = append(out, message.length, {
    keyName,
    algorithm,
    timeSecs: nowSecs,
    originalId: u16(message, 0),
    mac,
    error: 0,
    other: Buffer.alloc(0),
  });
  return { bytes: out.subarray(0, end), mac };
}

type Written = Omit<TsigRecord, 'fudgeSecs'>;

function append(out: Uint8Array, length: number, of: Written): number {
  const head = Buffer.alloc(10);
  const dataLength = of.algorithm.length + 16 + of.mac.length + of.other.length;
  head.writeUInt16BE(TYPE.TSIG, 0);
  head.writeUInt16BE(CLASS_ANY, 2);
  head.writeUInt16BE(dataLength, 8);
  const sizes = Buffer.alloc(6);
  sizes.writeUInt16BE(of.originalId, 0);
  sizes.writeUInt16BE(of.error, 2);
  sizes.writeUInt16BE(of.other.length, 4);
  const macSize = Buffer.alloc(2);
  macSize.writeUInt16BE(of.mac.length);
  const record = Buffer.concat([
    of.keyName,
    head,
    of.algorithm,
    timers(of.timeSecs, FUDGE_SECS),
    macSize,
    of.mac,
    sizes,
    of.other,
  ]);
  out.set(record, length);
  const count = u16(out, 10) + 1;
  out[10] = count >> 8;
  out[11] = count & 0xff;
  return length + record.length;
}

/** Undefined where it is none, names that are compressed included (RFC 8945 §4.2). */
function readTsig(bytes: Uint8Array, length: number, at: number): TsigRecord | undefined {
  const keyName = readName(bytes, length, at);
  if (keyName === undefined) return undefined;
  const head = at + keyName.length;
  const data = head + 10;
  if (u16(bytes, head + 2) !== CLASS_ANY || u16(bytes, head + 4) !== 0 || u16(bytes, head + 6) !== 0)
    return undefined;
  const algorithm = readName(bytes, length, data);
  if (algorithm === undefined) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, length);
  const times = data + algorithm.length;
  if (times + 10 > length) return undefined;
  const macBytes = u16(bytes, times + TIMERS_BYTES);
  const rest = times + 10 + macBytes;
  if (rest + 6 > length) return undefined;
  const otherBytes = u16(bytes, rest + 4);
  if (rest + 6 + otherBytes !== length || data + u16(bytes, head + 8) !== length) return undefined;
  return {
    keyName,
    algorithm,
    timeSecs: view.readUIntBE(times, 6),
    fudgeSecs: u16(bytes, times + 6),
    mac: Uint8Array.prototype.slice.call(bytes, times + 10, rest),
    originalId: u16(bytes, rest),
    error: u16(bytes, rest + 2),
    other: Uint8Array.prototype.slice.call(bytes, rest + 6, length),
  };
}

function readName(bytes: Uint8Array, length: number, from: number): Uint8Array | undefined {
  for (let at = from; at < length && at - from < 255; at += 1 + (bytes[at] ?? 0)) {
    const size = bytes[at] ?? 0;
    if (size > MAX_LABEL_BYTES) return undefined;
    if (size === 0) return lower(bytes.subarray(from, at + 1));
  }
  return undefined;
}

const lower = (name: Uint8Array): Uint8Array =>
  Uint8Array.from(name, (byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte));

/** RFC 8945 §4.3.3. */
function variables(
  key: TsigKey,
  timeSecs: number,
  fudgeSecs: number,
  error: number,
  other: Uint8Array,
): Buffer {
  const head = Buffer.from([0, CLASS_ANY, 0, 0, 0, 0]);
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(error, 0);
  tail.writeUInt16BE(other.length, 2);
  return Buffer.concat([key.name, head, key.algorithm, timers(timeSecs, fudgeSecs), tail, other]);
}

function timers(timeSecs: number, fudgeSecs: number): Buffer {
  const fudge = Buffer.alloc(2);
  fudge.writeUInt16BE(fudgeSecs);
  return Buffer.concat([time48(timeSecs), fudge]);
}

function time48(secs: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(secs, 0, 6);
  return bytes;
}

/** A MAC with its length before it; nothing for none. */
function prefixed(mac: Uint8Array): Buffer {
  if (mac.length === 0) return Buffer.alloc(0);
  const size = Buffer.alloc(2);
  size.writeUInt16BE(mac.length);
  return Buffer.concat([size, mac]);
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
