import { knownPath } from './known-body.ts';
import type { Told } from './ask-known.ts';

/** How answers ended. */
export interface ToldCounts {
  readonly right: number;
  readonly hits: number;
  readonly cut: number;
  readonly left: number;
  /** Of paths whose origin fails on purpose. */
  readonly refusedByOrigin: number;
  /** Of others: nothing was in the way of an answer. */
  readonly refused: number;
  readonly wrong: number;
}

const KEPT_WORDS = 20;

/** Counts answers, says what was wrong at once, and keeps the first of it. */
export function createTellTally(say: (line: string) => void): {
  told(path: string, told: Told): void;
  wrong(why: string): void;
  readonly counts: ToldCounts;
  readonly words: readonly string[];
} {
  const counts = { right: 0, hits: 0, cut: 0, left: 0, refusedByOrigin: 0, refused: 0, wrong: 0 };
  const words: string[] = [];
  function wrong(why: string): void {
    counts.wrong += 1;
    say(`wrong: ${why}`);
    if (words.length < KEPT_WORDS) words.push(why);
  }
  return {
    counts,
    words,
    wrong,
    told(path, told) {
      if (told.kind === 'wrong') wrong(told.why);
      else if (told.kind === 'refused') {
        if (knownPath(path)?.kind === 'flap') counts.refusedByOrigin += 1;
        else {
          counts.refused += 1;
          if (words.length < KEPT_WORDS) words.push(`${path}: refused with ${told.status}`);
        }
      } else counts[told.kind] += 1;
      if (told.kind === 'right' && told.hit) counts.hits += 1;
    },
  };
}
