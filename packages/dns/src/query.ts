import { CLASS_IN, HEADER_BYTES, MAX_LABEL_BYTES, MAX_NAME_BYTES, OPTION, RCODE, TYPE } from './numbers.ts';

/** What a message is worth: an answer, nothing at all, or an error that says which. */
export type Reading =
  | 'query'
  /** Not a query, or too short to be told from noise: an answer could go round in circles between two servers. */
  | 'drop'
  | 'form-error'
  | 'not-implemented'
  | 'bad-version';

/** The client's subnet as its resolver says it (RFC 7871). */
export interface ReadSubnet {
  present: boolean;
  /** 1 IPv4, 2 IPv6, 0 none. */
  family: number;
  sourceBits: number;
  /** Zero beyond `sourceBits`. */
  readonly address: Uint8Array;
}

/** Additional records of a query: an OPT and a TSIG. Each costs a walk over a name. */
const MAX_ADDITIONAL = 2;
/** Options of an OPT that are looked at; what has more is not a resolver. */
const MAX_OPTIONS = 32;
const CLIENT_COOKIE = 8;

/**
 * One strict reading of a query into fields that the next one overwrites, so that a packet costs no memory. Every walk ends
 * with the message: names in a query have no pointers, and counts are believed only as far as there are bytes.
 */
export class QueryReader {
  id = 0;
  flags = 0;
  /** Lower case, as on the wire. */
  readonly name: Buffer = Buffer.alloc(MAX_NAME_BYTES);
  nameLength = 0;
  /** Offset of each label within the name; the root's is the last. */
  readonly labelStarts: Uint8Array = new Uint8Array(128);
  labels = 0;
  type = 0;
  class = 0;
  /** Offset behind the question; 0 where there is none to repeat. */
  questionEnd = 0;
  hasEdns = false;
  /** What the client takes by UDP, as it says. */
  udpBytes = 0;
  dnssecOk = false;
  /** RFC 9824: takes NXDOMAIN in a compact denial. */
  compactOk = false;
  readonly subnet: ReadSubnet = { present: false, family: 0, sourceBits: 0, address: new Uint8Array(16) };
  /** Length of the cookie option: 0, 8, or 16 to 40. */
  cookieLength = 0;
  readonly cookie: Uint8Array = new Uint8Array(40);
  /** Offset of a TSIG record, the last of the message; 0 where there is none. */
  tsigAt = 0;

  read(bytes: Uint8Array, length: number): Reading {
    this.questionEnd = 0;
    this.hasEdns = false;
    this.udpBytes = 0;
    this.dnssecOk = false;
    this.compactOk = false;
    this.subnet.present = false;
    this.cookieLength = 0;
    this.tsigAt = 0;
    if (length < HEADER_BYTES) return 'drop';
    this.id = u16(bytes, 0);
    this.flags = u16(bytes, 2);
    if ((this.flags & 0x8000) !== 0) return 'drop';
    if ((this.flags & 0x7800) !== 0) return 'not-implemented';
    // RFC 9619: a query has one question.
    if (u16(bytes, 4) !== 1) return 'form-error';
    const nameEnd = this.readName(bytes, length);
    if (nameEnd < 0 || nameEnd + 4 > length) return 'form-error';
    this.type = u16(bytes, nameEnd);
    this.class = u16(bytes, nameEnd + 2);
    this.questionEnd = nameEnd + 4;
    if (u16(bytes, 6) !== 0) return 'form-error';
    const authority = u16(bytes, 8);
    // An IXFR says in its authority section what it has (RFC 1995).
    if (authority !== 0 && !(authority === 1 && this.type === TYPE.IXFR)) return 'form-error';
    let at = this.questionEnd;
    if (authority === 1) {
      at = skipRecord(bytes, at, length);
      if (at < 0) return 'form-error';
    }
    const additional = u16(bytes, 10);
    if (additional > MAX_ADDITIONAL) return 'form-error';
    return additional === 0
      ? at === length
        ? 'query'
        : 'form-error'
      : this.readAdditional(bytes, at, length, additional);
  }

  /** Offset behind the name; -1 where it is none. */
  private readName(bytes: Uint8Array, length: number): number {
    const { name, labelStarts } = this;
    let at = HEADER_BYTES;
    let written = 0;
    let labels = 0;
    for (;;) {
      if (at >= length) return -1;
      const size = bytes[at] ?? 0;
      if (size > MAX_LABEL_BYTES || at + 1 + size > length) return -1;
      if (written + 1 + size > MAX_NAME_BYTES - (size === 0 ? 0 : 1)) return -1;
      labelStarts[labels] = written;
      labels += 1;
      name[written] = size;
      written += 1;
      at += 1;
      if (size === 0) break;
      for (let i = 0; i < size; i += 1) {
        const byte = bytes[at + i] ?? 0;
        name[written + i] = byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte;
      }
      written += size;
      at += size;
    }
    this.nameLength = written;
    this.labels = labels;
    return at;
  }

  private readAdditional(bytes: Uint8Array, from: number, length: number, count: number): Reading {
    let at = from;
    let outcome: Reading = 'query';
    for (let i = 0; i < count; i += 1) {
      const begin = at;
      at = skipName(bytes, at, length);
      if (at < 0 || at + 10 > length) return 'form-error';
      const type = u16(bytes, at);
      const dataLength = u16(bytes, at + 8);
      const data = at + 10;
      const end = data + dataLength;
      if (end > length || this.tsigAt !== 0) return 'form-error';
      if (type === TYPE.OPT) {
        // RFC 6891 §6.1.1: one, and owned by the root.
        if (this.hasEdns || bytes[begin] !== 0) return 'form-error';
        this.hasEdns = true;
        this.udpBytes = u16(bytes, at + 2);
        const flags = u16(bytes, at + 6);
        this.dnssecOk = (flags & 0x8000) !== 0;
        this.compactOk = (flags & 0x4000) !== 0;
        if (bytes[at + 5] !== 0) outcome = 'bad-version';
        else if (!this.readOptions(bytes, data, end)) return 'form-error';
      } else if (type === TYPE.TSIG) {
        this.tsigAt = begin;
      } else return 'form-error';
      at = end;
    }
    return at === length ? outcome : 'form-error';
  }

  private readOptions(bytes: Uint8Array, from: number, end: number): boolean {
    let at = from;
    for (let seen = 0; at < end; seen += 1) {
      if (seen >= MAX_OPTIONS || at + 4 > end) return false;
      const code = u16(bytes, at);
      const size = u16(bytes, at + 2);
      at += 4;
      if (at + size > end) return false;
      if (code === OPTION.SUBNET) {
        if (this.subnet.present || !this.readSubnet(bytes, at, size)) return false;
      } else if (code === OPTION.COOKIE) {
        // RFC 7873 §5.2.2. The first counts, of several.
        if (size !== CLIENT_COOKIE && (size < 16 || size > 40)) return false;
        if (this.cookieLength === 0) {
          for (let i = 0; i < size; i += 1) this.cookie[i] = bytes[at + i] ?? 0;
          this.cookieLength = size;
        }
      }
      at += size;
    }
    return true;
  }

  /** RFC 7871 §6 and §7.2.1: of exactly as many bytes as the prefix has, nothing set behind it, no scope in a query. */
  private readSubnet(bytes: Uint8Array, at: number, size: number): boolean {
    if (size < 4) return false;
    const family = u16(bytes, at);
    const sourceBits = bytes[at + 2] ?? 0;
    if (bytes[at + 3] !== 0) return false;
    const addressBytes = (sourceBits + 7) >> 3;
    const most = family === 1 ? 32 : family === 2 ? 128 : 0;
    if (family > 2 || sourceBits > most || size !== 4 + addressBytes) return false;
    const { subnet } = this;
    subnet.address.fill(0);
    for (let i = 0; i < addressBytes; i += 1) subnet.address[i] = bytes[at + 4 + i] ?? 0;
    const spare = addressBytes * 8 - sourceBits;
    if (spare > 0 && ((subnet.address[addressBytes - 1] ?? 0) & ((1 << spare) - 1)) !== 0) return false;
    subnet.present = true;
    subnet.family = family;
    subnet.sourceBits = sourceBits;
    return true;
  }

  get recursionDesired(): boolean {
    return (this.flags & 0x0100) !== 0;
  }

  get isInternet(): boolean {
    return this.class === CLASS_IN;
  }
}

/** The answer that an unreadable message gets. */
export const READING_RCODE: Readonly<Record<Exclude<Reading, 'query' | 'drop'>, number>> = {
  'form-error': RCODE.FORMERR,
  'not-implemented': RCODE.NOTIMP,
  'bad-version': RCODE.BADVERS,
};

export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** Offset behind a name of an additional record, which may end in a pointer: it is not followed. -1 where it is none. */
function skipName(bytes: Uint8Array, from: number, length: number): number {
  let at = from;
  while (at < length) {
    const size = bytes[at] ?? 0;
    if (size === 0) return at + 1;
    if (size >= 0xc0) return at + 2 <= length ? at + 2 : -1;
    if (size > MAX_LABEL_BYTES) return -1;
    at += 1 + size;
  }
  return -1;
}

function skipRecord(bytes: Uint8Array, from: number, length: number): number {
  const at = skipName(bytes, from, length);
  if (at < 0 || at + 10 > length) return -1;
  const end = at + 10 + u16(bytes, at + 8);
  return end <= length ? end : -1;
}
