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

test.each<[string, string, readonly string[], string]>([
  ['as old as Date', OLD, ['Date', OLD], 'not-modified'],
  ['older than Date', OLDER, ['Date', OLD], 'send'],
  ['an unreadable Last-Modified', OLD, ['Last-Modified', 'someday', 'Date', OLD], 'send'],
  ['neither', OLD, [], 'send'],
])(
  'If-Modified-Since where there is no Last-Modified (RFC 9111 §4.3.2): %s',
  (_name, since, headers, outcome) => {
    expect(evaluateConditions(lookupIn(['If-Modified-Since', since]), { status: 200, headers }, NOW)).toBe(
      outcome,
    );
  },
);

describe('ranges (RFC 9110 §14)', () => {
  test.each<[string, number, unknown]>([
    ['bytes=0-3', 10, { kind: 'partial', start: 0, end: 4, contentRange: 'bytes 0-3/10' }],
    ['BYTES=0-3', 10, { kind: 'partial', start: 0, end: 4, contentRange: 'bytes 0-3/10' }],
    ['bytes=4-', 10, { kind: 'partial', start: 4, end: 10, contentRange: 'bytes 4-9/10' }],
    ['bytes=4-99', 10, { kind: 'partial', start: 4, end: 10, contentRange: 'bytes 4-9/10' }],
    ['bytes=-3', 10, { kind: 'partial', start: 7, end: 10, contentRange: 'bytes 7-9/10' }],
    ['bytes=-99', 10, { kind: 'partial', start: 0, end: 10, contentRange: 'bytes 0-9/10' }],
    ['bytes=10-', 10, { kind: 'unsatisfiable', contentRange: 'bytes */10' }],
    ['bytes=-0', 10, { kind: 'unsatisfiable', contentRange: 'bytes */10' }],
    ['bytes=0-', 0, { kind: 'unsatisfiable', contentRange: 'bytes */0' }],
    ['bytes=5-4', 10, { kind: 'whole' }],
    ['bytes=0-1,3-4', 10, { kind: 'whole' }],
    ['bytes=-', 10, { kind: 'whole' }],
    ['items=0-1', 10, { kind: 'whole' }],
    ['bytes=0x0-1', 10, { kind: 'whole' }],
    ['bytes=99999999999999999999-', 10, { kind: 'whole' }],
  ])('%s of %d', (field, length, outcome) => {
    expect(parseRange(field, length)).toEqual(outcome);
  });

  test('any range lies within the body', () => {
    fc.assert(
      fc.property(
        fc.option(fc.nat(2_000), { nil: undefined }),
        fc.option(fc.nat(2_000), { nil: undefined }),
        fc.nat(1_000),
        (first, last, length) => {
          const outcome = parseRange(`bytes=${first ?? ''}-${last ?? ''}`, length);
          if (outcome.kind !== 'partial') return;
          expect(outcome.start).toBeGreaterThanOrEqual(0);
          expect(outcome.end).toBeGreaterThan(outcome.start);
          expect(outcome.end).toBeLessThanOrEqual(length);
        },
      ),
    );
  });

  test('If-Range needs the same version for sure', () => {
    const range = (field: string, what = stored) =>
      evaluateRange('GET', lookupIn(['Range', 'bytes=0-1', 'If-Range', field]), what, 10).kind;
    expect(range('"a"')).toBe('partial');
    expect(range('"b"')).toBe('whole');
    expect(range('W/"a"', weak)).toBe('whole');
    expect(range(OLD)).toBe('partial');
    expect(range(NEWER)).toBe('whole');
    expect(range(OLD, { status: 200, headers: ['Last-Modified', OLD, 'Date', OLD] })).toBe('whole');
    expect(evaluateRange('HEAD', lookupIn(['Range', 'bytes=0-1']), stored, 10).kind).toBe('whole');
  });
});

describe('revalidation (RFC 9111 §4.3)', () => {
  const first = {
    status: 200,
    headers: [
      'ETag',
      '"a"',
      'Content-Type',
      'text/plain',
      'Content-Length',
      '9',
      'X',
      '1',
      'X',
      '2',
      'Cache-Control',
      'max-age=1',
      'Date',
      OLD,
    ],
    requestedAtMs: NOW - 9_000,
    receivedAtMs: NOW - 9_000,
  };
  const meta = entryMeta(lookupIn([]), first, freshnessOf(first));

  test('asks with both validators', () => {
    expect(validatorsFor(stored)).toEqual(['If-None-Match', '"a"', 'If-Modified-Since', OLD]);
    expect(validatorsFor({ headers: [] })).toEqual([]);
  });

  test('a 304 of another version confirms nothing', () => {
    expect(confirms(stored, ['ETag', '"a"'])).toBe(true);
    expect(confirms(stored, ['ETag', '"b"'])).toBe(false);
    expect(confirms(weak, ['ETag', 'W/"a"'])).toBe(true);
    expect(confirms(weak, ['ETag', '"a"'])).toBe(false);
    expect(confirms(stored, [])).toBe(true);
    expect(confirms(stored, ['Last-Modified', NEWER])).toBe(false);
  });

  test('a 304 replaces fields, keeps what is about the body, and begins a new life', () => {
    const next = metaAfterNotModified(meta, lookupIn([]), {
      status: 304,
      headers: [
        'X',
        '3',
        'Content-Type',
        'text/html',
        'Content-Length',
        '0',
        'Content-Encoding',
        'gzip',
        'Cache-Control',
        'max-age=50',
        'Set-Cookie',
        'a=b',
        'Connection',
        'close',
      ],
      requestedAtMs: NOW,
      receivedAtMs: NOW,
    });
    expect(next.status).toBe(200);
    expect(next.headers).toEqual([
      'ETag',
      '"a"',
      'Content-Length',
      '9',
      'X',
      '3',
      'Content-Type',
      'text/html',
      'Cache-Control',
      'max-age=50',
      'Date',
      'Sat, 21 Nov 2026 00:00:00 GMT',
    ]);
    expect(next.freshness).toMatchObject({ lifetimeSeconds: 50, freshUntilMs: NOW + 50_000 });
  });
});
