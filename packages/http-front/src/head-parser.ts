import { readAuthority } from './authority.ts';
import { COLON, CR, FIELD, HT, LF, SP, TARGET, TOKEN, classes, nameIs } from './bytes.ts';
import type { FrontLimits } from './limits.ts';
import { KNOWN_METHODS, REFUSED_METHODS } from './methods.ts';
import type { Refusal, RefusalReason } from './refusal.ts';
import { TargetMemo } from './target-memo.ts';
import { readTarget } from './target.ts';

/**
 * `plain`: canonical, bodyless GET or HEAD, HTTP/1.1, nothing conditional: the fast lane may answer.
 * `valid`: one reading exists, but it is not for the fast lane.
 */
export type HeadOutcome = 'incomplete' | 'refused' | 'plain' | 'valid';

/**
 * The strict reader of a request head, on bytes (RFC 9112 §2 to §6). It is stricter than the RFC where
 * the RFC leaves a choice, so that nothing behind it can read the same bytes in another way.
 *
 * One instance serves many connections: results live in its fields until the next `parse`.
 */
export class HeadParser {
  readonly #limits: FrontLimits;
  readonly scheme: 'http' | 'https';
  readonly #spans: Int32Array;
  readonly #targets: TargetMemo;
  #buffer: Buffer = Buffer.alloc(0);
  #count = 0;
  #lastHostRaw: Buffer = Buffer.alloc(0);
  #lastHost = '';
  #lastPort: number | undefined;

  /** Where the head begins: an empty line before it is skipped. */
  headStart = 0;
  /** Just after the blank line. */
  headEnd = 0;
  method = '';
  /** As sent; `target` is what it means. */
  rawTarget = '';
  target = '';
  pathEnd = 0;
  host = '';
  port: number | undefined;
  minorVersion: 0 | 1 = 1;
  /** Of a `valid` request: whether nothing but Range and conditions keeps it from being plain. */
  selective = false;
  /** -1 when there is no Content-Length. */
  contentLength = -1;
  chunked = false;
  /** What the client asked for; HTTP/1.0 persistence is not offered. */
  keepAlive = true;
  /** When the bytes came; set by who has them read. */
  nowMs = 0;
  refusal: Refusal = { status: 400, reason: 'malformed-request-line' };

  /** `targets` may be shared with other parsers. */
  constructor(limits: FrontLimits, scheme: 'http' | 'https', targets: TargetMemo = new TargetMemo()) {
    this.#limits = limits;
    this.#targets = targets;
    this.scheme = scheme;
    this.#spans = new Int32Array(limits.maxHeaders * 4);
  }

  #refuse(reason: RefusalReason, status = 400): 'refused' {
    this.refusal = { status, reason };
    return 'refused';
  }

  parse(buffer: Buffer, start: number, end: number): HeadOutcome {
    let at = start;
    // RFC 9112 §2.2: one empty line before a request line is ignored.
    if (at < end && buffer[at] === CR) {
      if (at + 1 === end) return 'incomplete';
      if (buffer[at + 1] === LF) at += 2;
    }
    this.headStart = at;
    this.#buffer = buffer;
    this.#count = 0;
    this.contentLength = -1;
    this.chunked = false;
    this.keepAlive = true;

    const lineLimit = Math.min(end, at + this.#limits.maxRequestLineBytes);
    const methodStart = at;
    while (at < lineLimit && ((classes[buffer[at] ?? 0] ?? 0) & TOKEN) !== 0) at += 1;
    if (at === lineLimit) return this.#lineUnfinished(methodStart, end);
    if (buffer[at] !== SP || at === methodStart || at - methodStart > 32)
      return this.#refuse('malformed-request-line');
    let plain = false;
    if (
      at - methodStart === 3 &&
      buffer[methodStart] === 0x47 &&
      buffer[methodStart + 1] === 0x45 &&
      buffer[methodStart + 2] === 0x54
    ) {
      this.method = 'GET';
      plain = true;
    } else {
      this.method = buffer.toString('latin1', methodStart, at);
      plain = this.method === 'HEAD';
    }
    at += 1;

    const targetStart = at;
    let suspicious = buffer[at] !== 0x2f || buffer[at + 1] === 0x2f;
    let pathEnd = -1;
    while (at < lineLimit) {
      const byte = buffer[at] ?? 0;
      if (((classes[byte] ?? 0) & TARGET) === 0) break;
      if (pathEnd === -1) {
        if (byte === 0x3f) pathEnd = at - targetStart;
        else if (byte === 0x25) suspicious = true;
        else if (byte === 0x2e && buffer[at - 1] === 0x2f) suspicious = true;
      }
      at += 1;
    }
    if (at === lineLimit) return this.#lineUnfinished(methodStart, end);
    if (buffer[at] !== SP) {
      const newline = buffer[at] === CR || buffer[at] === LF;
      return this.#refuse(newline || at === targetStart ? 'malformed-request-line' : 'target-characters');
    }
    if (at === targetStart) return this.#refuse('malformed-request-line');
    const targetEnd = at;
    at += 1;

    if (at + 10 > end) {
      const newline = buffer.indexOf(LF, at);
      return newline !== -1 && newline < end
        ? this.#refuse('malformed-request-line')
        : this.#lineUnfinished(methodStart, end);
    }
    // "HTTP/" DIGIT "." DIGIT CRLF
    if (
      buffer[at] !== 0x48 ||
      buffer[at + 1] !== 0x54 ||
      buffer[at + 2] !== 0x54 ||
      buffer[at + 3] !== 0x50 ||
      buffer[at + 4] !== 0x2f ||
      buffer[at + 6] !== 0x2e
    ) {
      return this.#refuse('malformed-request-line');
    }
    const major = (buffer[at + 5] ?? 0) - 0x30;
    const minor = (buffer[at + 7] ?? 0) - 0x30;
    if (major < 0 || major > 9 || minor < 0 || minor > 9) return this.#refuse('malformed-request-line');
    if (buffer[at + 8] !== CR || buffer[at + 9] !== LF) {
      return this.#refuse(buffer[at + 8] === LF ? 'bare-lf' : 'malformed-request-line');
    }
    // As it would be had it come in pieces.
    if (at + 10 - methodStart > this.#limits.maxRequestLineBytes)
      return this.#refuse('request-line-too-long', 414);
    if (this.method === 'PRI') return this.#refuse('http2-preface');
    if (major !== 1 || minor > 1) return this.#refuse('http-version', 505);
    this.minorVersion = minor === 0 ? 0 : 1;
    if (minor === 0) {
      plain = false;
      this.keepAlive = false;
    }
    if (!plain) {
      if (REFUSED_METHODS.has(this.method)) return this.#refuse('method-refused', 405);
      if (!KNOWN_METHODS.has(this.method)) return this.#refuse('method-unknown', 501);
    }
    at += 10;

    this.rawTarget = this.#targets.text(buffer, targetStart, targetEnd);
    let absoluteHost: string | undefined;
    let absolutePort: number | undefined;
    if (suspicious) {
      if (this.rawTarget === '*' && this.method === 'OPTIONS') return this.#refuse('method-refused', 405);
      const reading = readTarget(this.rawTarget);
      if (reading.kind === 'refused') return this.#refuse(reading.reason);
      if (reading.scheme !== undefined) {
        if (reading.scheme !== this.scheme) return this.#refuse('target-form');
        plain = false;
      }
      this.target = reading.target;
      this.pathEnd = reading.pathEnd;
      absoluteHost = reading.host;
      absolutePort = reading.port;
    } else {
      this.target = this.rawTarget;
      this.pathEnd = pathEnd === -1 ? targetEnd - targetStart : pathEnd;
    }
    return this.#fields(at, end, plain, absoluteHost, absolutePort);
  }

  #lineUnfinished(start: number, end: number): HeadOutcome {
    return end - start >= this.#limits.maxRequestLineBytes
      ? this.#refuse('request-line-too-long', 414)
      : 'incomplete';
  }

  #fields(
    from: number,
    end: number,
    wasPlain: boolean,
    absoluteHost: string | undefined,
    absolutePort: number | undefined,
  ): HeadOutcome {
    const buffer = this.#buffer;
    const spans = this.#spans;
    const limit = Math.min(end, this.headStart + this.#limits.maxHeadBytes);
    const maxHeaders = this.#limits.maxHeaders;
    let plain = wasPlain;
    let selective = false;
    let at = from;
    let count = 0;
    let hostStart = -1;
    let hostEnd = -1;
    let lengths = 0;
    let codings = 0;

    for (;;) {
      if (at >= limit) return this.#headUnfinished(end);
      const first = buffer[at] ?? 0;
      if (first === CR) {
        if (at + 1 >= limit) return this.#headUnfinished(end);
        if (buffer[at + 1] !== LF) return this.#refuse('malformed-header');
        at += 2;
        break;
      }
      const nameStart = at;
      while (at < limit && ((classes[buffer[at] ?? 0] ?? 0) & TOKEN) !== 0) at += 1;
      if (at >= limit) return this.#headUnfinished(end);
      if (buffer[at] !== COLON || at === nameStart) {
        if (at === nameStart && (first === SP || first === HT)) return this.#refuse('line-folding');
        return this.#refuse(buffer[at] === LF ? 'bare-lf' : 'malformed-header');
      }
      const nameEnd = at;
      at += 1;
      while (at < limit && (buffer[at] === SP || buffer[at] === HT)) at += 1;
      const valueStart = at;
      while (at < limit && ((classes[buffer[at] ?? 0] ?? 0) & FIELD) !== 0) at += 1;
      if (at + 1 >= limit) return this.#headUnfinished(end);
      if (buffer[at] !== CR) return this.#refuse(buffer[at] === LF ? 'bare-lf' : 'malformed-header');
      if (buffer[at + 1] !== LF) return this.#refuse('malformed-header');
      let valueEnd = at;
      while (valueEnd > valueStart && (buffer[valueEnd - 1] === SP || buffer[valueEnd - 1] === HT))
        valueEnd -= 1;
      at += 2;
      if (count === maxHeaders) return this.#refuse('head-too-large', 431);
      const slot = count * 4;
      spans[slot] = nameStart;
      spans[slot + 1] = nameEnd;
      spans[slot + 2] = valueStart;
      spans[slot + 3] = valueEnd;
      count += 1;
      this.#count = count;

      switch (nameEnd - nameStart) {
        case 4:
          if (nameIs(buffer, nameStart, 'host')) {
            if (hostStart !== -1) return this.#refuse('host-repeated');
            hostStart = valueStart;
            hostEnd = valueEnd;
          }
          break;
        case 5:
          if (nameIs(buffer, nameStart, 'range')) selective = true;
          break;
        case 6:
          if (nameIs(buffer, nameStart, 'expect')) plain = false;
          break;
        case 7:
          if (nameIs(buffer, nameStart, 'upgrade')) plain = false;
          break;
        case 8:
          // If-Match, If-Range.
          if (nameIs(buffer, nameStart, 'if-')) selective = true;
          break;
        case 10:
          if (nameIs(buffer, nameStart, 'connection') && !this.#connection(valueStart, valueEnd))
            plain = false;
          break;
        case 13:
          if (nameIs(buffer, nameStart, 'if-none-match')) selective = true;
          else if (nameIs(buffer, nameStart, 'authorization')) plain = false;
          break;
        case 14:
          if (nameIs(buffer, nameStart, 'content-length')) {
            lengths += 1;
            if (!this.#length(valueStart, valueEnd)) return this.#refuse('length-malformed');
          }
          break;
        case 17:
          if (nameIs(buffer, nameStart, 'transfer-encoding')) {
            codings += 1;
            this.chunked = valueEnd - valueStart === 7 && nameIs(buffer, valueStart, 'chunked');
          } else if (nameIs(buffer, nameStart, 'if-modified-since')) selective = true;
          break;
        case 19:
          if (nameIs(buffer, nameStart, 'if-unmodified-since')) selective = true;
          else if (nameIs(buffer, nameStart, 'proxy-authorization')) plain = false;
          break;
        default:
      }
    }
    this.headEnd = at;

    if (lengths > 1) return this.#refuse('length-repeated');
    if (codings > 0) {
      if (lengths > 0) return this.#refuse('length-and-transfer-encoding');
      if (codings > 1 || !this.chunked || this.minorVersion === 0) return this.#refuse('transfer-encoding');
    }
    if (hostStart === -1) return this.#refuse('host-missing');
    if (!this.#readHost(hostStart, hostEnd)) return this.#refuse('host-malformed');
    if (absoluteHost !== undefined) {
      const fallback = this.scheme === 'https' ? 443 : 80;
      if (absoluteHost !== this.host || (absolutePort ?? fallback) !== (this.port ?? fallback)) {
        return this.#refuse('host-disagrees');
      }
    }
    const bodyless = plain && lengths === 0 && codings === 0;
    this.selective = bodyless && selective;
    return bodyless && !selective ? 'plain' : 'valid';
  }

  #headUnfinished(end: number): HeadOutcome {
    return end - this.headStart >= this.#limits.maxHeadBytes
      ? this.#refuse('head-too-large', 431)
      : 'incomplete';
  }

  /** False when the field says more than `close` or `keep-alive`. */
  #connection(start: number, end: number): boolean {
    const length = end - start;
    if (length === 5 && nameIs(this.#buffer, start, 'close')) {
      this.keepAlive = false;
      return true;
    }
    if (length === 10 && nameIs(this.#buffer, start, 'keep-alive')) return true;
    if (/(?:^|,)[ \t]*close[ \t]*(?:,|$)/i.test(this.#buffer.toString('latin1', start, end)))
      this.keepAlive = false;
    return false;
  }

  #length(start: number, end: number): boolean {
    const length = end - start;
    if (length < 1 || length > 15) return false;
    let value = 0;
    for (let i = start; i < end; i += 1) {
      const digit = (this.#buffer[i] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) return false;
      value = value * 10 + digit;
    }
    this.contentLength = value;
    return true;
  }

  /** Clients repeat their Host on a connection: the same bytes give the same string, read once. */
  #readHost(start: number, end: number): boolean {
    const buffer = this.#buffer;
    const last = this.#lastHostRaw;
    let same = last.length === end - start && last.length > 0;
    for (let i = 0; same && i < last.length; i += 1) same = last[i] === buffer[start + i];
    if (!same) {
      const reading = readAuthority(buffer.toString('latin1', start, end));
      if (reading.kind === 'refused') return false;
      this.#lastHostRaw = Buffer.from(buffer.subarray(start, end));
      this.#lastHost = reading.host;
      this.#lastPort = reading.port;
    }
    this.host = this.#lastHost;
    this.port = this.#lastPort;
    return true;
  }

  /** The field's values joined by `, ` in order (RFC 9110 §5.3), or undefined. `lowerName` is in lower case. */
  header(lowerName: string): string | undefined {
    let value: string | undefined;
    for (let i = 0; i < this.#count; i += 1) {
      const nameStart = this.#spans[i * 4] ?? 0;
      if ((this.#spans[i * 4 + 1] ?? 0) - nameStart !== lowerName.length) continue;
      if (!nameIs(this.#buffer, nameStart, lowerName)) continue;
      const text = this.#buffer.toString('latin1', this.#spans[i * 4 + 2] ?? 0, this.#spans[i * 4 + 3] ?? 0);
      value = value === undefined ? text : `${value}, ${text}`;
    }
    return value;
  }

  /** Name, value, name, value… as sent, values without surrounding white space, bytes as latin1. */
  rawHeaders(): string[] {
    const list: string[] = [];
    for (let i = 0; i < this.#count; i += 1) {
      list.push(
        this.#buffer.toString('latin1', this.#spans[i * 4] ?? 0, this.#spans[i * 4 + 1] ?? 0),
        this.#buffer.toString('latin1', this.#spans[i * 4 + 2] ?? 0, this.#spans[i * 4 + 3] ?? 0),
      );
    }
    return list;
  }
}
