import { fuzz } from '@media-network/runtime/testing';
import { expect, test } from 'vitest';
import { FUZZ_TARGETS } from './fuzz-targets.ts';

/** Without these a run has not been where it should. */
const REACHED: Readonly<Record<string, readonly string[]>> = {
  'rtmp-sessions': [
    'handshake',
    'connecting',
    'refused',
    'ended with media',
    'publishing with media',
    'rtmp/malformed',
    'rtmp/too-much',
    'rtmp/out-of-order',
  ],
  'rtmp-chunks': ['none', 'messages', 'rtmp/malformed', 'rtmp/too-much'],
  'amf-values': ['nothing', 'values', 'rtmp/malformed'],
  'media-tags': ['silent', 'unknown', 'avc config', 'avc frame', 'hevc frame', 'aac frame'],
};

test.each(FUZZ_TARGETS)('$name: $doc', (target) => {
  // A part of what `media fuzz rtmp` does, always the same one.
  const inputs = target.name.startsWith('rtmp-') ? 3_000 : 20_000;
  const result = fuzz(target, { seed: 1, inputs });
  expect(result.failure).toBeUndefined();
  expect(Object.keys(result.kinds)).toEqual(expect.arrayContaining([...(REACHED[target.name] ?? [])]));
});
