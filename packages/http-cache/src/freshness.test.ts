import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ageValueSeconds,
  correctedInitialAgeMs,
  currentAgeSeconds,
  freshnessLifetime,
  freshnessOf,
  reuse,
} from './freshness.ts';
import type { OriginResponse, Reuse } from './freshness.ts';
import { formatHttpDate, parseHttpDate } from './http-date.ts';

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);

function response(headers: readonly string[], more: Partial<OriginResponse> = {}): OriginResponse {
  return { status: 200, headers, requestedAtMs: NOW, receivedAtMs: NOW, ...more };
}
const after = (seconds: number): string => formatHttpDate(NOW + seconds * 1000);

describe('freshness lifetime (RFC 9111 §4.2.1, RFC 9213)', () => {
  test.each<[string, string[], number, string]>([
    ['max-age', ['Cache-Control', 'max-age=60'], 60, 'max-age'],
    ['names in any case', ['CACHE-CONTROL', 'Max-Age=60'], 60, 'max-age'],
    ['quoted argument', ['Cache-Control', 'max-age="60"'], 60, 'max-age'],
    ['s-maxage before max-age', ['Cache-Control', 'max-age=60, s-maxage=10'], 10, 's-maxage'],
    [
      'first of a repeated directive',
      ['Cache-Control', 'max-age=5', 'Cache-Control', 'max-age=500'],
      5,
      'max-age',
    ],
    ['max-age before Expires', ['Cache-Control', 'max-age=60', 'Expires', after(900)], 60, 'max-age'],
    ['not a number is stale', ['Cache-Control', 'max-age=1h', 'Expires', after(900)], 0, 'max-age'],
    ['negative is stale', ['Cache-Control', 'max-age=-1'], 0, 'max-age'],
    ['fraction is stale', ['Cache-Control', 'max-age=6.5'], 0, 'max-age'],
    ['huge is capped', ['Cache-Control', 'max-age=99999999999999'], 2_147_483_648, 'max-age'],
    ['directive inside a quoted string is none', ['Cache-Control', 'x="a, max-age=60"'], 0, 'none'],
    ['Expires against Date', ['Date', after(-100), 'Expires', after(200)], 300, 'expires'],
    ['Expires without Date', ['Expires', after(200)], 200, 'expires'],
    ['Expires in the past', ['Expires', after(-200)], 0, 'expires'],
    ['Expires: 0', ['Expires', '0'], 0, 'expires'],
    ['Expires in lower case', ['Expires', after(200).toLowerCase()], 0, 'expires'],
    ['first of two Expires', ['Expires', after(-200), 'Expires', after(200)], 0, 'expires'],
    ['heuristic', ['Last-Modified', after(-1000)], 100, 'heuristic'],
    ['heuristic is capped at a day', ['Last-Modified', after(-86_400 * 400)], 86_400, 'heuristic'],
    ['Last-Modified in the future', ['Last-Modified', after(1000)], 0, 'none'],
    [
      'targeted field alone',
      ['CDN-Cache-Control', 'max-age=7', 'Cache-Control', 'max-age=60', 'Expires', after(900)],
      7,
      'cdn-cache-control',
    ],
    [
      'targeted field without a lifetime: the others stay ignored',
      ['CDN-Cache-Control', 'must-revalidate', 'Cache-Control', 'max-age=60'],
      0,
      'none',
    ],
    [
      'targeted field that does not parse',
      ['CDN-Cache-Control', 'max-age=, "', 'Cache-Control', 'max-age=60'],
      60,
      'max-age',
    ],
    [
      'targeted number as string has the wrong type',
      ['CDN-Cache-Control', 'max-age="7"', 'Cache-Control', 'max-age=60'],
      0,
      'none',
    ],
    [
      'targeted names are case-sensitive',
      ['CDN-Cache-Control', 'Max-Age=7', 'Cache-Control', 'max-age=60'],
      60,
      'max-age',
    ],
    [
      'last of a repeated targeted key',
      ['CDN-Cache-Control', 'max-age=7, max-age=8'],
      8,
      'cdn-cache-control',
    ],
    [
      'targeted parameters are dropped',
      ['CDN-Cache-Control', 'max-age=7;x=y, public;z'],
      7,
      'cdn-cache-control',
    ],
    [
      'Surrogate-Control before Cache-Control',
      ['Surrogate-Control', 'foo, Max-Age=7+30', 'Cache-Control', 'no-store'],
      7,
      'cdn-cache-control',
    ],
    [
      'CDN-Cache-Control before Surrogate-Control',
      ['Surrogate-Control', 'max-age=7', 'CDN-Cache-Control', 'max-age=8'],
      8,
      'cdn-cache-control',
    ],
    [
      'Surrogate-Control for another, or of nothing',
      ['Surrogate-Control', 'max-age=7;other, content="ESI/1.0"', 'Cache-Control', 'max-age=60'],
      60,
      'max-age',
    ],
    ['empty targeted field', ['CDN-Cache-Control', '', 'Cache-Control', 'max-age=60'], 60, 'max-age'],
  ])('%s', (_name, headers, seconds, source) => {
    expect(freshnessLifetime(response(headers))).toEqual({ seconds, source });
  });

  test('no heuristic for errors', () => {
    expect(freshnessLifetime(response(['Last-Modified', after(-1000)], { status: 404 })).source).toBe('none');
  });
});

describe('errors that are kept', () => {
  test.each([
    [400, 10],
    [403, 10],
    [499, 10],
    [500, 10],
    [502, 10],
    [503, 10],
    [599, 10],
    [404, 3600],
    [410, 3600],
    [451, 3600],
  ])('%d with an hour of lifetime is fresh for %d seconds', (status, seconds) => {
    expect(freshnessLifetime(response(['Cache-Control', 'max-age=3600'], { status })).seconds).toBe(seconds);
    expect(freshnessLifetime(response(['CDN-Cache-Control', 'max-age=3600'], { status })).seconds).toBe(
      seconds,
    );
    expect(freshnessLifetime(response(['Cache-Control', 'max-age=3'], { status })).seconds).toBe(3);
  });
});

describe('age (RFC 9111 §4.2.3, §5.1)', () => {
  test.each<[string, string[], number]>([
    ['absent', [], 0],
    ['number', ['Age', '7'], 7],
    ['of a list the first', ['Age', '7, 9'], 7],
    ['of a list the first, though others are larger', ['Age', '0, 7200'], 0],
    ['of two lines the first', ['Age', '7', 'Age', '0'], 7],
    ['negative is ignored', ['Age', '-7'], 0],
    ['words are ignored', ['Age', 'old'], 0],
    ['fraction is ignored', ['Age', '7.5'], 0],
    ['parameter is ignored', ['Age', '7;x'], 0],
    ['an empty first member is ignored', ['Age', ', 7'], 0],
    ['overflow is capped', ['Age', '99999999999'], 2_147_483_648],
  ])('Age: %s', (_name, headers, seconds) => {
    expect(ageValueSeconds(headers)).toBe(seconds);
  });

  test('an Age that is no number takes nothing from the lifetime', () => {
    const headers = ['Cache-Control', 'max-age=60, stale-while-revalidate=30', 'Age', 'abc'];
    const freshness = freshnessOf(response(headers));
    expect(reuse(freshness, NOW)).toEqual({ kind: 'fresh' });
    expect(reuse(freshness, NOW + 60_000)).toEqual({ kind: 'stale-while-revalidate' });
    expect(currentAgeSeconds(freshness, NOW + 5_000)).toBe(5);
  });

  test('the larger of apparent age and Age plus delay', () => {
    expect(correctedInitialAgeMs(response(['Date', after(-30), 'Age', '10']))).toBe(30_000);
    expect(
      correctedInitialAgeMs(response(['Date', after(-5), 'Age', '10'], { requestedAtMs: NOW - 3_000 })),
    ).toBe(13_000);
    expect(correctedInitialAgeMs(response(['Date', after(500)]))).toBe(0);
  });
});

const reuseAt = (headers: readonly string[], seconds: number): Reuse =>
  reuse(freshnessOf(response(headers)), NOW + seconds * 1000);

describe('reuse', () => {
  test('fresh, then asked about', () => {
    expect(reuseAt(['Cache-Control', 'max-age=10'], 9)).toEqual({ kind: 'fresh' });
    expect(reuseAt(['Cache-Control', 'max-age=10'], 10)).toEqual({
      kind: 'revalidate',
      reason: 'stale',
      staleIfError: false,
    });
    expect(reuseAt(['Cache-Control', 'max-age=10', 'Age', '4'], 7)).toMatchObject({ kind: 'revalidate' });
    expect(reuseAt(['Cache-Control', 'max-age=10, no-cache'], 0)).toMatchObject({
      kind: 'revalidate',
      reason: 'no-cache',
    });
  });

  test('RFC 5861 windows, and what forbids them', () => {
    const both = 'max-age=10, stale-while-revalidate=20, stale-if-error=40';
    expect(reuseAt(['Cache-Control', both], 29)).toEqual({ kind: 'stale-while-revalidate' });
    expect(reuseAt(['Cache-Control', both], 31)).toMatchObject({ kind: 'revalidate', staleIfError: true });
    expect(reuseAt(['Cache-Control', both], 51)).toMatchObject({ kind: 'revalidate', staleIfError: false });
    for (const word of ['must-revalidate', 'proxy-revalidate', 'no-cache']) {
      expect(reuseAt(['Cache-Control', `${both}, ${word}`], 11)).toMatchObject({
        kind: 'revalidate',
        staleIfError: false,
      });
    }
    // Asked for by name beside s-maxage: honoured (see freshnessOf).
    expect(reuseAt(['Cache-Control', 's-maxage=10, stale-while-revalidate=20'], 15)).toEqual({
      kind: 'stale-while-revalidate',
    });
  });

  test('a response is never fresh longer than its lifetime less its age, and Age never goes back', () => {
    fc.assert(
      fc.property(
        fc.record({
          maxAge: fc.nat(10_000),
          age: fc.nat(10_000),
          dateOff: fc.integer({ min: -5_000, max: 5_000 }),
          delay: fc.nat(5_000),
          wait: fc.nat(20_000),
        }),
        ({ maxAge, age, dateOff, delay, wait }) => {
          const one = response(
            ['Cache-Control', `max-age=${maxAge}`, 'Age', String(age), 'Date', after(dateOff)],
            { requestedAtMs: NOW - delay },
          );
          const freshness = freshnessOf(one);
          const now = NOW + wait * 1000;
          const current = currentAgeSeconds(freshness, now);
          expect(current).toBeGreaterThanOrEqual(age + wait);
          expect(currentAgeSeconds(freshness, now + 1000)).toBe(current + 1);
          if (reuse(freshness, now).kind === 'fresh') expect(current).toBeLessThan(maxAge);
          else expect(current).toBeGreaterThanOrEqual(maxAge - 1);
        },
      ),
    );
  });
});

describe('dates (RFC 9110 §5.6.7)', () => {
  test('three formats, strictly', () => {
    const expected = Date.UTC(1994, 10, 6, 8, 49, 37);
    expect(parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT', NOW)).toBe(expected);
    expect(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT', NOW)).toBe(expected);
    expect(parseHttpDate('Sun Nov  6 08:49:37 1994', NOW)).toBe(expected);
    for (const wrong of [
      'Sun, 6 Nov 1994 08:49:37 GMT',
      'Sun, 06 Nov 1994 08:49:37 UTC',
      'Sun, 06 Nov 1994 08:49:37',
      '06 Nov 1994 08:49:37 GMT',
      'Sun, 31 Feb 1994 08:49:37 GMT',
      'Sun, 06 Nov 1994 24:49:37 GMT',
      '1994-11-06T08:49:37Z',
      '',
    ]) {
      expect(parseHttpDate(wrong, NOW)).toBeUndefined();
    }
  });

  test('what is formatted parses back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
        expect(parseHttpDate(formatHttpDate(seconds * 1000), NOW)).toBe(seconds * 1000);
      }),
    );
  });
});
