import { fuzz } from '@media-network/runtime/testing';
import { expect, test } from 'vitest';
import { FUZZ_TARGETS } from './fuzz-targets.ts';

/** A part of what `media fuzz edge` does, always the same one. */
const INPUTS: Readonly<Record<string, number>> = {
  'request-parser': 60_000,
  chunks: 60_000,
  'h2-frames': 8_000,
};
/** Without these a run has not been where it should. */
const REACHED: Readonly<Record<string, readonly string[]>> = {
  'request-parser': [
    'plain',
    'valid',
    'incomplete',
    'refused host-repeated',
    'refused bare-lf',
    'refused head-too-large',
  ],
  chunks: ['done', 'more', 'bad'],
  'h2-frames': [-1, 1, 3, 5, 6, 9].map((code) => `ended with ${code}`),
};

test.each(FUZZ_TARGETS)(
  '$name: $doc',
  (target) => {
    const result = fuzz(target, { seed: 1, inputs: INPUTS[target.name] ?? 10_000 });
    expect(result.failure).toBeUndefined();
    expect(Object.keys(result.kinds)).toEqual(expect.arrayContaining([...(REACHED[target.name] ?? [])]));
  },
  120_000,
);
