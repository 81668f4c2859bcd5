import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluateConditions } from './conditional.ts';
import { entryMeta } from './entry-meta.ts';
import { freshnessOf } from './freshness.ts';
import { lookupIn } from './headers.ts';
import { evaluateRange, parseRange } from './range.ts';
import { confirms, metaAfterNotModified, validatorsFor } from './revalidation.ts';

const NOW = Date.UTC(2026, 10, 21);
const OLD = 'Sun, 06 Nov 1994 08:49:37 GMT';
const OLDER = 'Sun, 06 Nov 1994 08:49:36 GMT';
const NEWER = 'Sun, 06 Nov 1994 08:49:38 GMT';
const stored = { status: 200, headers: ['ETag', '"a"', 'Last-Modified', OLD, 'Date', NEWER] };
const weak = { status: 200, headers: ['ETag', 'W/"a"'] };

describe('preconditions (RFC 9110 §13.2.2)', () => {
  test.each<[string, readonly string[], string, typeof stored?]>([
    ['none', [], 'send'],
    ['If-None-Match equal', ['If-None-Match', '"a"'], 'not-modified'],
    ['If-None-Match weak against strong', ['If-None-Match', 'W/"a"'], 'not-modified'],
    ['If-None-Match in a list', ['If-None-Match', '"x", "a"'], 'not-modified'],
    ['If-None-Match with a comma inside', ['If-None-Match', '"x,", "a"'], 'not-modified'],
    ['If-None-Match *', ['If-None-Match', '*'], 'not-modified'],
    ['If-None-Match other', ['If-None-Match', '"b"'], 'send'],
    ['If-None-Match without quotes', ['If-None-Match', 'a'], 'send'],
    [
      'If-None-Match wins over If-Modified-Since',
      ['If-None-Match', '"b"', 'If-Modified-Since', NEWER],
      'send',
    ],
    ['If-Modified-Since equal', ['If-Modified-Since', OLD], 'not-modified'],
    ['If-Modified-Since before', ['If-Modified-Since', OLDER], 'send'],
    ['If-Modified-Since unreadable', ['If-Modified-Since', 'yesterday'], 'send'],
    ['If-Match equal', ['If-Match', '"a"'], 'send'],
    ['If-Match other', ['If-Match', '"b"'], 'precondition-failed'],
    ['If-Match weak', ['If-Match', 'W/"a"'], 'precondition-failed', weak],
    ['If-Unmodified-Since before', ['If-Unmodified-Since', OLDER], 'precondition-failed'],
    ['If-Unmodified-Since equal', ['If-Unmodified-Since', OLD], 'send'],
    ['not on a 404', ['If-None-Match', '"a"'], 'send', { ...stored, status: 404 }],
  ])('%s', (_name, headers, outcome, what) => {
    expect(evaluateConditions(lookupIn(headers), what ?? stored, NOW)).toBe(outcome);
  });
});