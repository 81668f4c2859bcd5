import type { SuiteRequest, SuiteSection, SuiteTest } from './suite-types.ts';

/**
 * Where the suite's authors have changed their mind since the release that npm carries: RFC 9110 and 9111
 * came out after it. Written from the RFCs and the published verdicts; the newest revision of the suite has
 * the same ids, kinds and outcomes.
 */
const KINDS: Readonly<Record<'required' | 'optimal' | 'check', readonly string[]>> = {
  required: ['partial-use-stored-headers'],
  optimal: ['rfc850', 'ansi-c', 'wrong-case-weekday', 'wrong-case-month', 'wrong-case-tz'].map(
    (what) => `freshness-expires-${what}`,
  ),
  check: [
    'age-parse-parameter',
    'age-parse-numeric-parameter',
    // Which fields of a 304 a cache takes over: some must not be, and the RFC leaves the rest to the field.
    'Clear-Site-Data',
    'Content-Encoding',
    'Content-Location',
    'Content-MD5',
    'Content-Range',
    'Content-Security-Policy',
    'Content-Type',
    'ETag',
    'Expires',
    'Public-Key-Pins',
    'Set-Cookie',
    'Set-Cookie2',
    'X-Frame-Options',
    'X-XSS-Protection',
    // RFC 9111 §4.4 made it a choice.
    'invalidate-POST-location',
    'invalidate-PUT-location',
    'invalidate-DELETE-location',
    'invalidate-M-SEARCH-location',
    'invalidate-POST-cl',
    'invalidate-PUT-cl',
    'invalidate-DELETE-cl',
    'invalidate-M-SEARCH-cl',
  ].map((id) => (/^[A-Z]/.test(id) ? `304-etag-update-response-${id}` : id)),
};

/** RFC 9111 §5.1: an Age that is no number is ignored, and of several the first one counts. */
const FRESH_AFTER_ALL = [
  'nonnumeric',
  'negative',
  'float',
  'prefix-twoline',
  'dup-0',
  'dup-0-twoline',
  'dup-old',
].map((what) => `age-parse-${what}`);

/** RFC 9111 §5.3: an Expires that is no date is in the past. */
const STALE_AFTER_ALL = [
  'utc',
  'aest',
  '2-digit-year',
  'no-comma',
  'multiple-spaces',
  'date-dashes',
  'time-periods',
  '1-digit-hour',
  'multiple-lines',
].map((what) => `freshness-expires-invalid-${what}`);

/** Asked no more: quoted arguments, and what became other tests. */
const DROPPED: ReadonlySet<string> = new Set([
  'freshness-max-age-ignore-quoted-all',
  'freshness-max-age-ignore-quoted-all-rev',
  'freshness-max-age-multiple-line',
  'freshness-max-age-multiple-directive',
]);

function lastExpects(test: SuiteTest, expected: 'cached' | 'not_cached'): readonly SuiteRequest[] {
  return test.requests.map((request, i) =>
    i === test.requests.length - 1 ? { ...request, expected_type: expected } : request,
  );
}

function amended(test: SuiteTest): SuiteTest {
  const { id } = test;
  if (FRESH_AFTER_ALL.includes(id)) return { ...test, requests: lastExpects(test, 'cached') };
  if (STALE_AFTER_ALL.includes(id))
    return { ...test, kind: 'required', requests: lastExpects(test, 'not_cached') };
  for (const kind of ['required', 'optimal', 'check'] as const)
    if (KINDS[kind].includes(id)) return { ...test, kind };
  return test;
}

/** The sections as they are asked today, with further ones; a further test takes the place of one with its id. */
export function amendedSections(
  sections: readonly SuiteSection[],
  further: readonly SuiteSection[],
): SuiteSection[] {
  const replaced = new Set(further.flatMap((section) => section.tests.map((test) => test.id)));
  return [
    ...sections.map((section) => ({
      ...section,
      tests: section.tests
        .filter((test) => test.browser_only !== true && !DROPPED.has(test.id) && !replaced.has(test.id))
        .map(amended),
    })),
    ...further,
  ];
}
