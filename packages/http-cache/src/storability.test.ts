import { describe, expect, test } from 'vitest';
import { cacheKey, tenantPrefix } from './cache-key.ts';
import { cacheStatusField, cacheStatusMember } from './cache-status.ts';
import { entryMeta } from './entry-meta.ts';
import { freshnessOf } from './freshness.ts';
import { endToEndHeaders, listMembers, lookupIn } from './headers.ts';
import { formatHttpDate } from './http-date.ts';
import { invalidatedTargets, invalidates } from './invalidation.ts';
import { storability } from './storability.ts';
import { readVary, secondaryKey } from './vary.ts';
import * as fc from 'fast-check';

const NOW = Date.UTC(2026, 10, 21);

function decide(
  headers: readonly string[],
  more: { status?: number; method?: string; request?: readonly string[] } = {},
): string {
  const result = storability(
    { method: more.method ?? 'GET', header: lookupIn(more.request ?? []) },
    { status: more.status ?? 200, headers, requestedAtMs: NOW, receivedAtMs: NOW },
  );
  return result.kind === 'store' ? 'store' : result.reason;
}

const FRESH = ['Cache-Control', 'max-age=60'];

describe('storability (RFC 9111 §3)', () => {
  test.each<[string, string, readonly string[], Parameters<typeof decide>[1]?]>([
    ['explicit freshness', 'store', FRESH],
    ['POST', 'method', FRESH, { method: 'POST' }],
    ['HEAD', 'method', FRESH, { method: 'HEAD' }],
    ['206', 'status', FRESH, { status: 206 }],
    ['304', 'status', FRESH, { status: 304 }],
    ['599 with freshness', 'store', FRESH, { status: 599 }],
    ['no-store', 'no-store', ['Cache-Control', 'max-age=60, no-store']],
    ['No-Store in capitals', 'no-store', ['Cache-Control', 'max-age=60', 'cache-control', 'NO-STORE']],
    ['private', 'private', ['Cache-Control', 'Private, max-age=60']],
    ['private with fields', 'private', ['Cache-Control', 'private="x", max-age=60']],
    ['must-understand lifts no-store', 'store', ['Cache-Control', 'max-age=60, no-store, must-understand']],
    [
      'must-understand of a strange status',
      'must-understand',
      ['Cache-Control', 'max-age=60, must-understand'],
      { status: 599 },
    ],
    ['Set-Cookie', 'set-cookie', [...FRESH, 'set-cookie', 'a=b']],
    [
      'Set-Cookie even with public',
      'set-cookie',
      ['Cache-Control', 'public, s-maxage=60', 'Set-Cookie', 'a=b'],
    ],
    ['Authorization', 'authorization', FRESH, { request: ['Authorization', 'Basic x'] }],
    [
      'Authorization and public',
      'store',
      ['Cache-Control', 'max-age=60, public'],
      { request: ['authorization', 'Basic x'] },
    ],
    [
      'Authorization and s-maxage',
      'store',
      ['Cache-Control', 's-maxage=60'],
      { request: ['authorization', 'Basic x'] },
    ],
    ['Vary: *', 'vary-any', [...FRESH, 'Vary', 'Accept', 'Vary', '*']],
    ['Vary that cannot be read', 'vary-any', [...FRESH, 'Vary', 'a b']],
    ['Content-Range on a 200', 'content-range', [...FRESH, 'Content-Range', 'bytes 0-1/2']],
    ['nothing said', 'no-freshness', []],
    ['a validator and nothing said', 'store', ['ETag', '"a"']],
    ['max-age=0 with a validator', 'store', ['Cache-Control', 'max-age=0', 'ETag', '"a"']],
    ['max-age=0 without one', 'no-freshness', ['Cache-Control', 'max-age=0']],
    ['max-age=0 with SWR', 'store', ['Cache-Control', 'max-age=0, stale-while-revalidate=9']],
    ['no-cache with a validator', 'store', ['Cache-Control', 'no-cache', 'ETag', '"a"']],
    ['no-cache without one', 'no-freshness', ['Cache-Control', 'no-cache, max-age=60']],
    ['heuristic', 'store', ['Last-Modified', formatHttpDate(NOW - 1e8)]],
    [
      '404 without explicit freshness',
      'no-freshness',
      ['Last-Modified', formatHttpDate(NOW - 1e8)],
      { status: 404 },
    ],
    ['404 with it', 'store', FRESH, { status: 404 }],
    ['500 with a validator only', 'no-freshness', ['ETag', '"a"'], { status: 500 }],
    [
      'targeted field over no-store',
      'store',
      ['Cache-Control', 'no-store', 'CDN-Cache-Control', 'max-age=60'],
    ],
    ['targeted no-store', 'no-store', [...FRESH, 'CDN-Cache-Control', 'no-store']],
    ['targeted no-store that is false', 'store', ['CDN-Cache-Control', 'no-store=?0, max-age=60']],
    [
      'request no-store and no-cache are ignored',
      'store',
      FRESH,
      { request: ['Cache-Control', 'no-store, no-cache'] },
    ],
  ])('%s: %s', (_name, expected, headers, more) => {
    expect(decide(headers, more)).toBe(expected);
  });
});

const varyKeyOf = (headers: readonly string[]): string =>
  secondaryKey(['accept-encoding', 'cookie'], lookupIn(headers));

describe('Vary', () => {
  test('names are sorted, lower-case, once; values are normalised', () => {
    const names = readVary(['Vary', 'Accept-Encoding, COOKIE', 'vary', 'cookie']);
    expect(names).toEqual(['accept-encoding', 'cookie']);
    expect(varyKeyOf(['Accept-Encoding', 'gzip,  br', 'Cookie', 'A'])).toBe(
      varyKeyOf(['accept-encoding', 'BR , gzip', 'Cookie', 'A']),
    );
    expect(varyKeyOf(['Cookie', 'A'])).not.toBe(varyKeyOf(['Cookie', 'a']));
    expect(varyKeyOf([])).not.toBe(varyKeyOf(['Cookie', '']));
    expect(varyKeyOf(['Accept-Encoding', 'gzip;q=0'])).not.toBe(varyKeyOf(['Accept-Encoding', 'gzip']));
  });
});

describe('cache key', () => {
  test('no parts of one tenant make the key of another', () => {
    const parts = fc.record({
      tenant: fc.string({ maxLength: 6, unit: fc.constantFrom('1', ':', 'a', '/') }),
      host: fc.string({ maxLength: 4, unit: fc.constantFrom('1', ':', 'a') }),
      target: fc.string({ maxLength: 6, unit: fc.constantFrom('1', ':', 'a', '/') }),
    });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const same = a.tenant === b.tenant && a.host === b.host && a.target === b.target;
        expect(cacheKey(a) === cacheKey(b)).toBe(same);
        expect(cacheKey(a).startsWith(tenantPrefix(b.tenant))).toBe(a.tenant === b.tenant);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('fields', () => {
  test('hop-by-hop fields and those that Connection names are dropped', () => {
    expect(
      endToEndHeaders([
        'A',
        '1',
        'Connection',
        'close, X-Hop',
        'x-hop',
        '2',
        'Keep-Alive',
        '3',
        'TE',
        'x',
        'B',
        '4',
      ]),
    ).toEqual(['A', '1', 'B', '4']);
  });
  test('lists keep quoted commas', () => {
    expect(listMembers('a, "b,c" ,, d="e\\",f"')).toEqual(['a', '"b,c"', 'd="e\\",f"']);
    expect(listMembers('"open, a')).toEqual(['"open, a']);
  });
  test('metadata drops Age and gathers tags', () => {
    const response = {
      status: 200,
      headers: ['Age', '5', 'Cache-Tag', 'a, b', 'Surrogate-Key', 'b c', 'X', 'y', ...FRESH],
      requestedAtMs: NOW,
      receivedAtMs: NOW,
    };
    const meta = entryMeta(lookupIn([]), response, freshnessOf(response));
    expect(meta.tags).toEqual(['a', 'b', 'c']);
    expect(meta.headers).not.toContain('Age');
    expect(JSON.parse(JSON.stringify(meta))).toEqual(meta);
  });
});

describe('invalidation (RFC 9111 §4.4)', () => {
  test('unsafe and successful', () => {
    expect(invalidates('POST', 200)).toBe(true);
    expect(invalidates('DELETE', 302)).toBe(true);
    expect(invalidates('POST', 500)).toBe(false);
    expect(invalidates('OPTIONS', 200)).toBe(false);
  });
  test('named targets of the same host only', () => {
    const targets = invalidatedTargets('a.example', '/dir/x?y', [
      'Location',
      'http://a.example/%2e%2e/raw',
      'Content-Location',
      'sibling',
      'Location',
      'https://b.example/z',
      'Location',
      '//c.example/',
      'location',
      '/abs?q#f',
    ]);
    expect(targets).toEqual(['/dir/x?y', '/%2e%2e/raw', '/abs?q', '/dir/sibling']);
  });
});

describe('Cache-Status (RFC 9211)', () => {
  test('members', () => {
    expect(cacheStatusMember('edge-1', { kind: 'hit', ttlSeconds: 30.7 })).toBe('edge-1; hit; ttl=30');
    expect(
      cacheStatusMember('1 "x"', {
        kind: 'forward',
        reason: 'stale',
        originStatus: 304,
        stored: true,
        collapsed: true,
        detail: 'no room',
      }),
    ).toBe('"1 \\"x\\""; fwd=stale; fwd-status=304; stored; collapsed; detail="no room"');
    expect(cacheStatusField('Origin; hit', 'edge; hit')).toBe('Origin; hit, edge; hit');
    expect(cacheStatusField(undefined, 'edge; hit')).toBe('edge; hit');
  });
});
