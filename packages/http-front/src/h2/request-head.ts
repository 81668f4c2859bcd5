import { readAuthority } from '../authority.ts';
import type { AuthorityReading } from '../authority.ts';
import type { FrontLimits } from '../limits.ts';
import { KNOWN_METHODS, REFUSED_METHODS } from '../methods.ts';
import type { Refusal, RefusalReason } from '../refusal.ts';
import { readTarget } from '../target.ts';
import type { TargetReading } from '../target.ts';
import type { FastRequest } from '../seam.ts';
import type { UpgradeProtocol } from '../upgrade.ts';
import {
  AUTHORITY,
  CONNECTION_SPECIFIC,
  CONTENT_LENGTH,
  COOKIE,
  FOREIGN_PSEUDO,
  HOST,
  LAST_PSEUDO,
  MALFORMED,
  METHOD,
  NOT_PLAIN,
  PATH,
  PROTOCOL,
  SCHEME,
  SELECTIVE,
  TE,
} from './field.ts';
import type { Field } from './field.ts';
import type { FieldList } from './hpack-decoder.ts';

/**
 * `malformed`: no request at all (RFC 9113 §8.1.1), the stream is reset. `refused`: a request that HTTP/1.1
 * would refuse as well, answered with the same status and reason. `plain` and `valid` as in HTTP/1.1;
 * `selective`: nothing but Range and conditions keeps it from being plain.
 */
export type RequestOutcome = 'malformed' | 'refused' | 'plain' | 'selective' | 'valid';

const LENGTH = /^[0-9]{1,15}$/;

/**
 * The strict reader of a request's fields (RFC 9113 §8.2, §8.3). Authority and target go through the same
 * two functions as in HTTP/1.1, and what they found is remembered with the field: a client that repeats a
 * field by its index has it read once.
 *
 * One instance serves a connection: results live in its fields until the next `read`.
 */
export class RequestHead implements FastRequest {
  readonly #limits: FrontLimits;
  #fields: readonly Field[] = [];
  readonly scheme: 'http' | 'https';
  method = '';
  target = '';
  pathEnd = 0;
  host = '';
  port: number | undefined;
  /** What an extended CONNECT asks for; its method is GET then, as in HTTP/1.1. */
  upgrade: UpgradeProtocol | undefined;
  /** -1 when the request does not say. */
  contentLength = -1;
  /** When the bytes came; set by who has them read. */
  nowMs = 0;
  refusal: Refusal = { status: 400, reason: 'malformed-header' };

  constructor(limits: FrontLimits, scheme: 'http' | 'https') {
    this.#limits = limits;
    this.scheme = scheme;
  }

  read(list: FieldList, endStream: boolean): RequestOutcome {
    const { fields } = list;
    this.#fields = fields;
    this.contentLength = -1;
    this.upgrade = undefined;
    let method: Field | undefined;
    let scheme: Field | undefined;
    let path: Field | undefined;
    let authority: Field | undefined;
    let protocol: Field | undefined;
    let host: Field | undefined;
    let hosts = 0;
    let plain = endStream;
    let selective = false;
    let pseudoOver = false;
    for (let i = 0; i < fields.length; i += 1) {
      const field = fields[i];
      if (field === undefined) break;
      const { kind } = field;
      if (kind <= LAST_PSEUDO) {
        if (pseudoOver || kind === FOREIGN_PSEUDO) return 'malformed';
        if (kind === METHOD && method === undefined) method = field;
        else if (kind === SCHEME && scheme === undefined) scheme = field;
        else if (kind === PATH && path === undefined) path = field;
        else if (kind === AUTHORITY && authority === undefined) authority = field;
        else if (kind === PROTOCOL && protocol === undefined) protocol = field;
        else return 'malformed';
        continue;
      }
      pseudoOver = true;
      if (kind === NOT_PLAIN) plain = false;
      else if (kind === SELECTIVE) selective = true;
      else if (kind === HOST) {
        host = field;
        hosts += 1;
      } else if (kind === CONTENT_LENGTH) {
        if (this.contentLength !== -1 || !LENGTH.test(field.value)) return 'malformed';
        this.contentLength = Number(field.value);
        plain = false;
      } else if (kind === TE) {
        if (field.value.toLowerCase() !== 'trailers') return 'malformed';
      } else if (kind === CONNECTION_SPECIFIC || kind === MALFORMED) return 'malformed';
    }
    // What was too much to keep may have been anything; the part that is kept has been judged.
    if (list.overflowed) return this.#refuse('head-too-large', 431);
    if (method === undefined || method.value === '') return 'malformed';
    this.method = method.value;
    if (protocol !== undefined) {
      const found = this.#protocol(protocol, scheme, authority);
      if (found !== undefined) return found;
      plain = false;
    } else if (this.method === 'CONNECT') return this.#refuse('method-refused', 405);
    if (scheme === undefined || path === undefined || path.value === '') return 'malformed';
    if (endStream && this.contentLength > 0) return 'malformed';
    if (this.method !== 'GET' && this.method !== 'HEAD') {
      plain = false;
      // A CONNECT that is here has been taken for the GET that it stands for.
      if (REFUSED_METHODS.has(this.method)) return this.#refuse('method-refused', 405);
      if (!KNOWN_METHODS.has(this.method)) return this.#refuse('method-unknown', 501);
    }
    if (scheme.value !== this.scheme) return this.#refuse('target-form');
    if (hosts > 1) return this.#refuse('host-repeated');
    if (this.#place(path, authority, host) === 'refused') return 'refused';
    if (!plain) return 'valid';
    return selective ? 'selective' : 'plain';
  }

  /** An extended CONNECT (RFC 8441 §4) is read as the GET that it would be in HTTP/1.1; or why it is not. */
  #protocol(
    protocol: Field,
    scheme: Field | undefined,
    authority: Field | undefined,
  ): 'malformed' | 'refused' | undefined {
    // Its length is nobody's to say: what follows is no content.
    if (this.method !== 'CONNECT' || authority === undefined || scheme === undefined) return 'malformed';
    if (this.contentLength !== -1) return 'malformed';
    if (protocol.value !== 'websocket') return this.#refuse('protocol-unknown', 501);
    this.method = 'GET';
    this.upgrade = 'websocket';
    return undefined;
  }

  /** Host and target, or why not. */
  #place(path: Field, authority: Field | undefined, host: Field | undefined): 'refused' | undefined {
    if (path.value.length > this.#limits.maxRequestLineBytes)
      return this.#refuse('request-line-too-long', 414);
    if (path.value === '*' && this.method === 'OPTIONS') return this.#refuse('method-refused', 405);
    // Absolute-form has no place in :path; readTarget would take its authority for one.
    if (!path.value.startsWith('/')) return this.#refuse('target-form');
    const target = targetOf(path);
    if (target.kind === 'refused') return this.#refuse(target.reason);
    const named = authority ?? host;
    if (named === undefined) return this.#refuse('host-missing');
    const place = authorityOf(named);
    if (place.kind === 'refused') return this.#refuse(place.reason);
    if (authority !== undefined && host !== undefined) {
      // RFC 9113 §8.3.1: a Host beside :authority says the same or the request is refused.
      const other = authorityOf(host);
      if (other.kind === 'refused') return this.#refuse(other.reason);
      const fallback = this.scheme === 'https' ? 443 : 80;
      if (other.host !== place.host || (other.port ?? fallback) !== (place.port ?? fallback))
        return this.#refuse('host-disagrees');
    }
    this.target = target.target;
    this.pathEnd = target.pathEnd;
    this.host = place.host;
    this.port = place.port;
    return undefined;
  }

  #refuse(reason: RefusalReason, status = 400): 'refused' {
    this.refusal = { status, reason };
    return 'refused';
  }

  header(lowerName: string): string | undefined {
    return valueOf(this.#fields, lowerName);
  }

  /** The fields as the seam hands them over: `host` first, cookies in one line (RFC 9113 §8.2.3). */
  rawHeaders(): string[] {
    const list: string[] = [];
    let host: string | undefined;
    let cookieAt = -1;
    for (const field of this.#fields) {
      if (field.kind === AUTHORITY || (field.kind === HOST && host === undefined)) host = field.value;
      if (field.kind <= LAST_PSEUDO || field.kind === HOST) continue;
      if (field.kind === COOKIE && cookieAt !== -1)
        list[cookieAt] = `${list[cookieAt] ?? ''}; ${field.value}`;
      else {
        list.push(field.name, field.value);
        if (field.kind === COOKIE) cookieAt = list.length - 1;
      }
    }
    return host === undefined ? list : ['host', host, ...list];
  }
}

/** Whether these fields may follow a body (RFC 9113 §8.1): no pseudo-field, nothing of the connection. */
export function trailersAreValid(list: FieldList): boolean {
  return (
    !list.overflowed &&
    list.fields.every(
      ({ kind }) => kind > LAST_PSEUDO && kind !== CONNECTION_SPECIFIC && kind !== MALFORMED && kind !== TE,
    )
  );
}

function valueOf(fields: readonly Field[], lowerName: string): string | undefined {
  let value: string | undefined;
  for (let i = 0; i < fields.length; i += 1) {
    const field = fields[i];
    if (field === undefined) break;
    const matches = field.name === lowerName || (field.kind === AUTHORITY && lowerName === 'host');
    if (!matches) continue;
    if (lowerName === 'host') return field.value;
    value =
      value === undefined ? field.value : `${value}${field.kind === COOKIE ? '; ' : ', '}${field.value}`;
  }
  return value;
}

function authorityOf(field: Field): AuthorityReading {
  field.authority ??= readAuthority(field.value);
  return field.authority;
}

function targetOf(field: Field): TargetReading {
  field.target ??= readTarget(field.value);
  return field.target;
}
