import { fuzz } from '@media-network/runtime/testing';
import { expect, test } from 'vitest';
import { FUZZ_TARGETS } from './fuzz-targets.ts';

test.each(FUZZ_TARGETS)('$name: $doc', (target) => {
  // A part of what `media fuzz dns` does, always the same one.
  const result = fuzz(target, { seed: 1, inputs: 40_000 });
  expect(result.failure).toBeUndefined();
  // Without these a run has not been where it should.
  expect(Object.keys(result.kinds)).toEqual(
    expect.arrayContaining([
      'none',
      'NOERROR',
      'NXDOMAIN',
      'REFUSED',
      'FORMERR',
      'NOTIMP',
      'NOTAUTH',
      'truncated NOERROR',
    ]),
  );
});
