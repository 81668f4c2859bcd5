import type { SuiteRequest, SuiteSection, SuiteTest } from './suite-types.ts';

/**
 * What the suite asks today and its release on npm does not: CDN-Cache-Control (RFC 9213), the windows of
 * RFC 5861, `must-understand`, large ages. In the suite's own form and under its ids.
 */
type Kind = NonNullable<SuiteTest['kind']>;
type Field = readonly [name: string, value: string | number, visible?: boolean];

/** Hidden from the suite's comparison of what came with what was sent: a cache may take it out. */
const cdn = (value: string): Field => ['CDN-Cache-Control', value, false];
const cc = (value: string): Field => ['Cache-Control', value];
/** Seconds from now. */
const expires = (seconds: number): Field => ['Expires', seconds];
const NOW: Field = ['Date', 0];

const first = (headers: readonly Field[], more: SuiteRequest = {}): SuiteRequest => ({
  response_headers: headers,
  setup: true,
  pause_after: true,
  ...more,
});

/** Asks twice, three seconds apart, and expects the second answer from the cache, or not. */
function twice(
  id: string,
  kind: Kind,
  expected: 'cached' | 'not_cached',
  headers: readonly Field[],
  depends: readonly string[] = [],
): SuiteTest {
  const name = `${kind}: ${expected === 'cached' ? 'reuses' : 'does not reuse'} ${id}`;
  return { id, name, kind, depends_on: depends, requests: [first(headers), { expected_type: expected }] };
}

const TARGETED = ['cdn-max-age'];
const AGE = ['freshness-max-age-age'];

const cdnCacheControl: SuiteSection = {
  id: 'cdn-cache-control',
  name: 'CDN-Cache-Control (RFC 9213)',
  tests: [
    twice('cdn-max-age', 'optimal', 'cached', [cdn('max-age=3600')], ['freshness-none']),
    twice('cdn-max-age-max', 'optimal', 'cached', [cdn(`max-age=${2 ** 31}`)], ['freshness-none']),
    twice('cdn-max-age-max-plus', 'optimal', 'cached', [cdn('max-age=99999999999')], ['freshness-none']),
    twice('cdn-max-age-age', 'required', 'not_cached', [NOW, cdn('max-age=3600'), ['Age', '7200']], TARGETED),
    twice(
      'cdn-max-age-space-before-equals',
      'check',
      'not_cached',
      [cc('max-age=1'), cdn('max-age =100')],
      TARGETED,
    ),
    twice(
      'cdn-max-age-space-after-equals',
      'check',
      'not_cached',
      [cc('max-age=1'), cdn('max-age= 100')],
      TARGETED,
    ),
    twice('cdn-max-age-0', 'required', 'not_cached', [cdn('max-age=0')], TARGETED),
    twice('cdn-max-age-extension', 'optimal', 'cached', [cdn('foobar, max-age=3600')], TARGETED),
    twice('cdn-max-age-case-insensitive', 'check', 'cached', [cdn('MaX-aGe=3600')], TARGETED),
    twice('cdn-max-age-expires', 'optimal', 'cached', [cdn('max-age=3600'), expires(-10_000), NOW], TARGETED),
    twice(
      'cdn-max-age-cc-max-age-invalid-expires',
      'optimal',
      'cached',
      [cdn('max-age=3600'), ['Expires', '0', false], NOW],
      TARGETED,
    ),
    twice(
      'cdn-max-age-0-expires',
      'required',
      'not_cached',
      [cdn('max-age=0'), expires(10_000), NOW],
      TARGETED,
    ),
    twice(
      'cdn-max-age-short-cc-max-age',
      'optimal',
      'cached',
      [cc('max-age=1'), cdn('max-age=3600')],
      TARGETED,
    ),
    twice(
      'cdn-max-age-long-cc-max-age',
      'required',
      'not_cached',
      [cc('max-age=3600'), cdn('max-age=1')],
      TARGETED,
    ),
    ...['private', 'no-cache', 'no-store'].map((directive) =>
      twice(
        directive === 'no-store' ? 'cdn-no-store-cc-fresh' : `cdn-${directive}`,
        'required',
        'not_cached',
        [cdn(directive), cc('max-age=10000'), expires(10_000), NOW],
        directive === 'no-store' ? ['freshness-none'] : [],
      ),
    ),
    twice(
      'cdn-fresh-cc-nostore',
      'required',
      'cached',
      [cc('no-store'), cdn('max-age=10000')],
      ['freshness-none'],
    ),
    twice(
      'cdn-cc-invalid-sh-type-unknown',
      'required',
      'not_cached',
      [cdn('max-age=10000, &&&&&'), cc('no-store')],
      TARGETED,
    ),
    twice(
      'cdn-cc-invalid-sh-type-wrong',
      'required',
      'not_cached',
      [cdn('max-age="10000"'), cc('no-store')],
      TARGETED,
    ),
    ...(
      [
        ['cdn-remove-header', [cc('max-age=10000'), cdn('foo'), NOW], ['CDN-Cache-Control', 'foo']],
        ['cdn-remove-age-exceed', [cc('max-age=1'), cdn('max-age=10000'), NOW], 'Age'],
        ['cdn-date-update-exceed', [cc('max-age=1'), cdn('max-age=10000'), NOW], NOW],
        ['cdn-expires-update-exceed', [cc('max-age=1'), expires(1), cdn('max-age=10000'), NOW], expires(1)],
      ] as const
    ).map(([id, headers, expected]): SuiteTest => ({
      id,
      name: `what comes with ${id}`,
      kind: 'check',
      depends_on: id === 'cdn-remove-header' ? [] : TARGETED,
      requests:
        id === 'cdn-remove-header'
          ? [{ response_headers: headers, expected_response_headers: [expected] }]
          : [first(headers), { expected_response_headers: [expected] }],
    })),
  ],
};

const lifetimes: SuiteSection = {
  id: 'further-lifetimes',
  name: 'Lifetimes, ages and windows',
  tests: [
    twice('freshness-max-age-stale', 'required', 'not_cached', [cc('max-age=2'), NOW], ['freshness-max-age']),
    ...[2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1].map((age, i) =>
      twice(
        `age-parse-${['large-minus-one', 'large', 'larger'][i] ?? ''}`,
        'required',
        'not_cached',
        [NOW, cc('max-age=3600'), ['Age', String(age), false]],
        AGE,
      ),
    ),
    twice('freshness-expires-32bit', 'optimal', 'cached', [
      ['Expires', 'Tue, 19 Jan 2038 14:14:08 GMT', false],
      NOW,
    ]),
    twice('freshness-expires-far-future', 'optimal', 'cached', [
      ['Expires', 'Sun, 21 Nov 2286 04:46:39 GMT', false],
      NOW,
    ]),
    ...(['no-store', 'no-store, max-age=0'] as const).map((later): SuiteTest => ({
      id: later === 'no-store' ? 'cc-resp-no-store-old-new' : 'cc-resp-no-store-old-max-age',
      name: 'goes on with what is fresh, whatever the origin would say now',
      depends_on: ['cc-resp-no-store'],
      requests: [
        first([cc('max-age=10000'), expires(10_000), NOW, ['A', '1']]),
        first([cc(later), NOW, ['A', '2']]),
        { expected_type: 'cached', expected_response_headers: [['a', '1']] },
      ],
    })),
    twice(
      'stale-while-revalidate',
      'optimal',
      'cached',
      [cc('max-age=1, stale-while-revalidate=3600'), ['ETag', '"abc"']],
      ['freshness-max-age-stale'],
    ),
    {
      id: 'stale-while-revalidate-window',
      name: 'serves nothing stale after the window',
      depends_on: ['stale-while-revalidate'],
      requests: [
        first([cc('max-age=1, stale-while-revalidate=4'), ['ETag', '"abc"']]),
        first(
          [
            ['Cache-Control', 'no-cache', false],
            ['ETag', '"def"', false],
          ],
          { expected_type: 'cached' },
        ),
        { expected_response_headers: [['client-request-count', '3']] },
      ],
    },
    {
      id: 'status-200-must-understand',
      name: 'keeps what it understands, though others must not',
      kind: 'optimal',
      depends_on: ['status-200-fresh', 'cc-resp-no-store-fresh'],
      requests: [
        {
          response_status: [200, 'OK'],
          response_headers: [cc('max-age=3600, no-store, must-understand')],
          setup: true,
        },
        { expected_type: 'cached' },
      ],
    },
    {
      id: 'stale-sie-503',
      name: 'is stale-if-error taken at its word on a 503?',
      kind: 'check',
      depends_on: ['freshness-max-age-stale'],
      requests: [
        first([cc('max-age=2, stale-if-error=60')]),
        { response_status: [503, 'Service Unavailable'], expected_status: 200, expected_type: 'cached' },
      ],
    },
    ...(['Date', 'Expires'] as const).map((field): SuiteTest => ({
      id: field === 'Date' ? 'other-date-update-expires' : 'other-date-update-expires-update',
      name: `leaves ${field} as it was when it reuses a response`,
      kind: field === 'Date' ? 'required' : 'check',
      depends_on: ['freshness-expires-future'],
      requests: [
        first([expires(30 * 86_400), NOW]),
        {
          expected_type: 'cached',
          expected_response_headers: [field === 'Date' ? NOW : expires(30 * 86_400)],
        },
      ],
    })),
  ],
};

export const FURTHER_SECTIONS: readonly SuiteSection[] = [cdnCacheControl, lifetimes];
