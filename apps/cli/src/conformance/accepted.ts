/** What the edge does otherwise than the suite would like, and why. Nothing required is among it. */
const REASONS: readonly (readonly [reason: string, ids: readonly string[]])[] = [
  [
    'An error is kept by its own word only: a guess must not keep a repaired page away.',
    ['404', '405', '410', '414', '501', '599'].map((status) => `heuristic-${status}-cached`),
  ],
  ['Only answers to GET are kept.', ['method-POST']],
  [
    'Fields whose grammar is unknown are compared byte for byte: white space may mean something to the origin.',
    ['vary-normalise-space'],
  ],
  ['Which language an origin would choose is for the origin to say.', ['vary-normalise-lang-select']],
  [
    'A response that was made after the date in If-Modified-Since is not "not modified" (RFC 9111 §4.3.2).',
    ['conditional-lm-fresh-no-lm'],
  ],
  ['What sets a cookie is never kept.', ['other-set-cookie']],
  [
    'Dates are read to the letter (RFC 9110 §5.6.7 is case-sensitive).',
    ['weekday', 'month', 'tz'].map((what) => `freshness-expires-wrong-case-${what}`),
  ],
];

const BY_ID: ReadonlyMap<string, string> = new Map(
  REASONS.flatMap(([reason, ids]) => ids.map((id) => [id, reason] as const)),
);

/** Why a failure of an optional test is as it should be; undefined where nobody has said so. */
export function acceptedReason(id: string): string | undefined {
  return BY_ID.get(id);
}
