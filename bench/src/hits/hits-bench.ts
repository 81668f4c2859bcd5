import { belady } from './belady.ts';
import { createLru } from './lru.ts';
import { createOurs } from './ours.ts';
import { replay } from './replay.ts';
import type { PolicyCache } from './replay.ts';
import { createS3Fifo } from './s3-fifo.ts';
import { createSieve } from './sieve.ts';
import { makeTrace } from './trace.ts';
import type { Trace, TraceOptions } from './trace.ts';
import { createWTinyLfu } from './w-tiny-lfu.ts';

/** Hit ratios on one trace, 0 to 1, by requests. */
export interface HitsRow {
  readonly trace: string;
  /** Of all objects' weight. */
  readonly capacityShare: number;
  readonly us: number;
  readonly lru: number;
  readonly wTinyLfu: number;
  readonly s3Fifo: number;
  readonly sieve: number;
  /** What no policy betters; of objects of different weights a good figure only. */
  readonly belady: number;
  /** Ours less the best of W-TinyLFU, S3-FIFO and SIEVE, in points of a hundred. */
  readonly pointsToBest: number;
  /** Whether ours is above LRU and within two points of the best of the three. */
  readonly ok: boolean;
}

export interface BenchHitsOptions {
  /** Objects that are asked for by popularity, ten times as often as there are of them. 100,000 by default. */
  readonly objects?: number;
  readonly seed?: number;
  readonly capacityShare?: number;
  readonly say?: (line: string) => void;
}

const OBJECTS = 100_000;
const REQUESTS_AN_OBJECT = 10;
/** How far below the best of the three ours may lie, in points of a hundred. */
const MAX_POINTS_BELOW = 2;

function traces(objects: number, seed: number): TraceOptions[] {
  const base = { seed, objects, requests: objects * REQUESTS_AN_OBJECT };
  const scan = Math.round(objects / 2);
  return [
    { ...base, name: 'Zipf 0.8', alpha: 0.8 },
    { ...base, name: 'Zipf 1.0', alpha: 1 },
    { ...base, name: 'Zipf 1.0 with a scan', alpha: 1, scan },
    { ...base, name: 'Zipf 0.8, sized', alpha: 0.8, sized: true },
    { ...base, name: 'Zipf 1.0, sized', alpha: 1, sized: true },
    { ...base, name: 'Zipf 1.0 with a scan, sized', alpha: 1, scan, sized: true },
  ];
}

/** Our admission and eviction beside others', on seeded traces. */
export function benchHits(options: BenchHitsOptions = {}): HitsRow[] {
  const capacityShare = options.capacityShare ?? 0.1;
  return traces(options.objects ?? OBJECTS, options.seed ?? 1).map((each) => {
    const row = hitsRow(makeTrace(each), capacityShare, each.objects);
    options.say?.(`${row.trace}: ${percent(row.us)}, best of the others ${percent(bestOf(row))}`);
    return row;
  });
}

const percent = (ratio: number): string => `${(100 * ratio).toFixed(2)} %`;
const bestOf = (row: Pick<HitsRow, 'wTinyLfu' | 's3Fifo' | 'sieve'>): number =>
  Math.max(row.wTinyLfu, row.s3Fifo, row.sieve);

/** The capacity is that part of what the objects weigh that are asked for by popularity: a scan's do not count. */
function hitsRow(trace: Trace, capacityShare: number, popular: number): HitsRow {
  let total = 0;
  for (const weight of trace.weights.subarray(0, popular)) total += weight;
  const capacity = Math.floor(total * capacityShare);
  const expected = Math.ceil(popular * capacityShare);
  const of = (cache: PolicyCache): number => replay(trace, cache).ratio;
  const ratios = {
    us: of(createOurs(capacity, expected)),
    lru: of(createLru(capacity)),
    wTinyLfu: of(createWTinyLfu(capacity, expected)),
    s3Fifo: of(createS3Fifo(capacity)),
    sieve: of(createSieve(capacity)),
    belady: belady(trace, capacity).ratio,
  };
  const pointsToBest = Math.round((ratios.us - bestOf(ratios)) * 10_000) / 100;
  return {
    trace: trace.name,
    capacityShare,
    ...ratios,
    pointsToBest,
    ok: ratios.us > ratios.lru && pointsToBest >= -MAX_POINTS_BELOW,
  };
}
