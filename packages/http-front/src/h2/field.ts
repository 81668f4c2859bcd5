import type { AuthorityReading } from '../authority.ts';
import type { TargetReading } from '../target.ts';

/** What a field means to the reader of a request. Pseudo-fields come first: `kind <= LAST_PSEUDO`. */
export const METHOD = 0;
export const SCHEME = 1;
export const PATH = 2;
export const AUTHORITY = 3;
/** Of extended CONNECT (RFC 8441 §4). */
export const PROTOCOL = 4;
/** Any other name that begins with a colon: none of them belongs into a request (RFC 9113 §8.3). */
export const FOREIGN_PSEUDO = 5;
export const LAST_PSEUDO = 5;
export const REGULAR = 6;
export const HOST = 7;
export const COOKIE = 8;
export const CONTENT_LENGTH = 9;
export const TE = 10;
/** Fields of an HTTP/1.1 connection: a request that holds one is malformed (§8.2.2). */
export const CONNECTION_SPECIFIC = 11;
/** Fields that the plain requests of the fast lane do not carry. */
export const NOT_PLAIN = 12;
/** Range and conditions, which a hit may answer as well. */
export const SELECTIVE = 13;
/** The name itself is no lower-case token, or the value no field value (§8.2.1). */
export const MALFORMED = 14;

const KINDS: ReadonlyMap<string, number> = new Map([
  [':method', METHOD],
  [':scheme', SCHEME],
  [':path', PATH],
  [':authority', AUTHORITY],
  [':protocol', PROTOCOL],
  ['host', HOST],
  ['cookie', COOKIE],
  ['content-length', CONTENT_LENGTH],
  ['te', TE],
  ['connection', CONNECTION_SPECIFIC],
  ['proxy-connection', CONNECTION_SPECIFIC],
  ['keep-alive', CONNECTION_SPECIFIC],
  ['transfer-encoding', CONNECTION_SPECIFIC],
  ['upgrade', CONNECTION_SPECIFIC],
  ['range', SELECTIVE],
  ['expect', NOT_PLAIN],
  ['authorization', NOT_PLAIN],
  ['proxy-authorization', NOT_PLAIN],
  ['if-match', SELECTIVE],
  ['if-none-match', SELECTIVE],
  ['if-modified-since', SELECTIVE],
  ['if-unmodified-since', SELECTIVE],
  ['if-range', SELECTIVE],
]);

const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

/**
 * One field line. It is judged when it is made: what the dynamic table holds is judged once and used many
 * times, and so is what a reader found in it.
 */
export class Field {
  readonly name: string;
  readonly value: string;
  readonly kind: number;
  /** As RFC 7541 §4.1 and RFC 9113 §6.5.2 count. */
  readonly size: number;
  /** Left here by the reader of requests: what an authority or a path says. */
  authority: AuthorityReading | undefined;
  target: TargetReading | undefined;

  constructor(name: string, value: string, kind: number) {
    this.name = name;
    this.value = value;
    this.kind = VALUE.test(value) ? kind : MALFORMED;
    this.size = name.length + value.length + 32;
  }
}

/** The meaning of a name; `MALFORMED` for what is no field name. */
export function kindOf(name: string): number {
  const kind = KINDS.get(name);
  if (kind !== undefined) return kind;
  if (name.startsWith(':')) return FOREIGN_PSEUDO;
  return NAME.test(name) ? REGULAR : MALFORMED;
}
