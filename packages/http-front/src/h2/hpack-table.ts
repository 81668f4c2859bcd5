import { Field, kindOf } from './field.ts';

/** RFC 7541, Appendix A, from index 1 on. */
const STATIC_LINES: readonly (readonly [string, string])[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language', ''],
  ['accept-ranges', ''],
  ['accept', ''],
  ['access-control-allow-origin', ''],
  ['age', ''],
  ['allow', ''],
  ['authorization', ''],
  ['cache-control', ''],
  ['content-disposition', ''],
  ['content-encoding', ''],
  ['content-language', ''],
  ['content-length', ''],
  ['content-location', ''],
  ['content-range', ''],
  ['content-type', ''],
  ['cookie', ''],
  ['date', ''],
  ['etag', ''],
  ['expect', ''],
  ['expires', ''],
  ['from', ''],
  ['host', ''],
  ['if-match', ''],
  ['if-modified-since', ''],
  ['if-none-match', ''],
  ['if-range', ''],
  ['if-unmodified-since', ''],
  ['last-modified', ''],
  ['link', ''],
  ['location', ''],
  ['max-forwards', ''],
  ['proxy-authenticate', ''],
  ['proxy-authorization', ''],
  ['range', ''],
  ['referer', ''],
  ['refresh', ''],
  ['retry-after', ''],
  ['server', ''],
  ['set-cookie', ''],
  ['strict-transport-security', ''],
  ['transfer-encoding', ''],
  ['user-agent', ''],
  ['vary', ''],
  ['via', ''],
  ['www-authenticate', ''],
];

export const STATIC_COUNT: number = STATIC_LINES.length;
const staticFields: readonly Field[] = STATIC_LINES.map(
  ([name, value]) => new Field(name, value, kindOf(name)),
);

/** Static index of a name, the first one; and of a whole line. */
export const staticNames: ReadonlyMap<string, number> = new Map(
  STATIC_LINES.map(([name], i) => [name, i + 1] as const).toReversed(),
);
export const staticStatuses: ReadonlyMap<string, number> = new Map(
  STATIC_LINES.flatMap(([name, value], i) => (name === ':status' ? [[value, i + 1] as const] : [])),
);

/** The decoder's tables (RFC 7541 §2.3): 61 fixed lines, then those that the peer had us keep. */
export class HpackTable {
  /** What we announced; an update may only go below. Bounds the table's memory. */
  readonly #limitBytes: number;
  #maxBytes: number;
  #bytes = 0;
  /** A ring, newest at `#newest`. Each entry counts 32 bytes at least, so its length is bounded too. */
  readonly #ring: (Field | undefined)[];
  #newest = 0;
  #count = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.#maxBytes = limitBytes;
    this.#ring = Array.from({ length: Math.floor(limitBytes / 32) + 1 }, () => undefined);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#count;
  }

  /** The line at an index (§2.3.3), undefined beyond both tables and at 0. */
  at(index: number): Field | undefined {
    if (index <= STATIC_COUNT) return staticFields[index - 1];
    const back = index - STATIC_COUNT - 1;
    if (back >= this.#count) return undefined;
    const ring = this.#ring;
    return ring[(this.#newest - back + ring.length) % ring.length];
  }

  /** §4.4: a line larger than the table empties it and is not kept. */
  insert(field: Field): void {
    this.#evict(this.#maxBytes - field.size);
    if (field.size > this.#maxBytes) return;
    this.#newest = (this.#newest + 1) % this.#ring.length;
    this.#ring[this.#newest] = field;
    this.#bytes += field.size;
    this.#count += 1;
  }

  /** False when the peer asks for more than we announced (§6.3). */
  resize(maxBytes: number): boolean {
    if (maxBytes > this.#limitBytes) return false;
    this.#maxBytes = maxBytes;
    this.#evict(maxBytes);
    return true;
  }

  #evict(toBytes: number): void {
    const ring = this.#ring;
    while (this.#bytes > toBytes && this.#count > 0) {
      const oldest = (this.#newest - this.#count + 1 + ring.length) % ring.length;
      this.#bytes -= ring[oldest]?.size ?? 0;
      ring[oldest] = undefined;
      this.#count -= 1;
    }
  }
}
