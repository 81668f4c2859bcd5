import { fuzz } from '@media-network/runtime/testing';
import { expect, test } from 'vitest';
import { FUZZ_TARGETS } from './fuzz-targets.ts';

/** Without these a run has not been where it should. */
const REACHED: Readonly<Record<string, readonly string[]>> = {
  'cache-control': ['stored', 'no-store', 'private', 'no-freshness'],
  vary: ['any', '0 names, the same', '1 names, another', '2 names, another'],
  range: [
    'whole, send',
    'partial, send',
    'unsatisfiable, send',
    'partial, not-modified',
    'partial, precondition-failed',
  ],
  'disk-index': ['torn', 'refused', 'as it was'],
};

/** A part of what `media fuzz edge` does, always the same one. */
test.each(FUZZ_TARGETS)(
  '$name: $doc',
  (target) => {
    const result = fuzz(target, { seed: 1, inputs: 30_000 });
    expect(result.failure).toBeUndefined();
    expect(Object.keys(result.kinds)).toEqual(expect.arrayContaining([...(REACHED[target.name] ?? [])]));
  },
  120_000,
);
