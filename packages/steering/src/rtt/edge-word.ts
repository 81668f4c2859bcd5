import { medianOf } from '../share.ts';
import { createRttTable } from './rtt-table.ts';
import type { RttKey, RttTable } from './rtt-table.ts';

/** What edges told of one prefix in one window, as most guards passed it on. */
export interface Told {
  /** The prefix by its number, then its network. */
  readonly keys: readonly RttKey[];
  readonly edge: string;
  readonly ms: number;
  readonly count: number;
}

/**
 * Round trips by edges' own clocks. An edge has an interest in what comes of them, so its word is heard beside what viewers' pages
 * say and never instead of it: it moves an estimate by half of it at most, and where it is not what pages measure of the same prefixes
 * it is not heard at all.
 */
export interface EdgeWord {
  /** One more; `measured`: what pages and guards measured. */
  add(told: Told, measured: RttTable): void;
  /** `ms`, drawn towards what the edge told of these keys. */
  drawn(keys: readonly RttKey[], edge: string, ms: number, measured: RttTable): number;
  /** Edges that told of a prefix. */
  edgesOf(prefix: RttKey): number;
  /** Whether an edge is heard. */
  isHeard(edge: string): boolean;
}

/** An estimate becomes half of what it was, or twice that, whatever an edge says. */
const MOST_PART = 2;
/** Round trips of an edge's own that count against those of pages, which count up to 24. */
const MOST_WEIGHT = 8;
/** What weighs for the estimate that is there, with what is known of the prefix. */
const STANDS = 4;
/** Pairs that both an edge and pages have measured: the last are held against each other, and so many say something. */
const [PAIRS_KEPT, PAIRS_NEEDED] = [64, 8];
/** An edge's word and a page's are of one another's like within this part, or within so many milliseconds: a page takes its own time as well. */
const ALIKE = 1.5;
const ALIKE_MS = 10;
/** Of one edge, the middle of what pages measured twice at least. */
const MEASURED_AT_LEAST = 2;

export function createEdgeWord(): EdgeWord {
  const table = createRttTable();
  /** By edge: the told part of what was measured. */
  const ratios = new Map<string, number[]>();

  function isHeard(edge: string): boolean {
    const of = ratios.get(edge) ?? [];
    if (of.length < PAIRS_NEEDED) return true;
    const middle = medianOf(of) ?? 1;
    return middle < ALIKE && middle > 1 / ALIKE;
  }

  return {
    isHeard,
    add({ keys, edge, ms, count }, measured) {
      table.add({ keys: keys.slice(0, 2), edge, ms, count: Math.min(count, MOST_WEIGHT) });
      const known = measured.known(keys[0] ?? '', edge);
      if (known === undefined || known.weight < MEASURED_AT_LEAST) return;
      const of = ratios.get(edge) ?? [];
      ratios.delete(edge);
      ratios.set(edge, of);
      of.push(Math.abs(ms - known.mean) <= ALIKE_MS ? 1 : ms / known.mean);
      if (of.length > PAIRS_KEPT) of.shift();
    },
    drawn(keys, edge, ms, measured) {
      if (!isHeard(edge)) return ms;
      let drawn = ms;
      // The wider first, as estimates go; of a whole region an edge has nothing to say.
      for (const key of keys.slice(0, 2).toReversed()) {
        const told = table.known(key, edge);
        if (told === undefined) continue;
        const weight = Math.min(told.weight, MOST_WEIGHT);
        const stands = STANDS + (measured.known(key, edge)?.weight ?? 0);
        const heard = Math.min(ms * MOST_PART, Math.max(ms / MOST_PART, told.mean));
        drawn = (drawn * stands + heard * weight) / (stands + weight);
      }
      return drawn;
    },
    edgesOf: (prefix) => table.edgesOf(prefix),
  };
}
