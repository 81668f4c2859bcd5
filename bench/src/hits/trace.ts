/** Requests for objects by number, and what each object weighs. */
export interface Trace {
  readonly name: string;
  readonly requests: Uint32Array;
  /** Weight of each object; all 1 where only the count matters. */
  readonly weights: Uint32Array;
}

/** Mulberry32: small, fast, good enough to draw traces from, and the same everywhere. 0 to 1. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws ranks from 0 on, rank r with probability proportional to 1 / (r + 1)^alpha. */
export function zipf(objects: number, alpha: number, random: () => number): () => number {
  const sums = new Float64Array(objects);
  let sum = 0;
  for (let rank = 0; rank < objects; rank += 1) {
    sum += (rank + 1) ** -alpha;
    sums[rank] = sum;
  }
  return () => {
    const wanted = random() * sum;
    let low = 0;
    let high = objects - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sums[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/**
 * Sizes of a web's objects: log-normal, median 8 KB, a tail of megabytes (sigma 1.6, as measurements of CDN
 * traffic have it between 1.4 and 2.2). Between 128 bytes and 4 MB.
 */
export function objectBytes(random: () => number, medianBytes = 8_192, sigma = 1.6): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.round(Math.min(4 * 2 ** 20, Math.max(128, medianBytes * Math.exp(sigma * normal))));
}

export interface TraceOptions {
  readonly name: string;
  readonly seed: number;
  readonly objects: number;
  readonly requests: number;
  readonly alpha: number;
  /** In the middle of the trace, once through so many objects that nobody asks for before or after. */
  readonly scan?: number;
  /** Whether objects weigh what a web's do; without, each weighs 1. */
  readonly sized?: boolean;
}

/** The same options give the same trace on every machine. */
export function makeTrace(options: TraceOptions): Trace {
  const { objects, scan = 0 } = options;
  const random = seededRandom(options.seed);
  const draw = zipf(objects, options.alpha, random);
  const requests = new Uint32Array(options.requests + scan);
  const scanFrom = options.requests >> 1;
  for (let i = 0; i < requests.length; i += 1) {
    const scanned = i - scanFrom;
    requests[i] = scanned >= 0 && scanned < scan ? objects + scanned : draw();
  }
  const weights = new Uint32Array(objects + scan);
  for (let i = 0; i < weights.length; i += 1) weights[i] = options.sized === true ? objectBytes(random) : 1;
  return { name: options.name, requests, weights };
}
