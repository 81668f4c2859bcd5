/** An answer as far as two of them are compared. */
export interface ComparedAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

export interface BodyFacts {
  /** The origin before and after the edge was asked; hashes of the bytes compared, undefined when they were not read. */
  readonly before: ComparedAnswer & { readonly sha256: string | undefined };
  readonly after: ComparedAnswer & { readonly sha256: string | undefined };
  readonly edge: ComparedAnswer & {
    /** Seconds in `Age`; undefined when the header is missing. */
    readonly ageSecs: number | undefined;
    /** Whether its bytes equal those of the origin at the same range. */
    readonly equal: boolean;
  };
  /** When the edge was asked, and since when the origin has shown nothing but this body, by the guard's clock. */
  readonly askedAtMs: number;
  readonly stableSinceMs: number;
  /** How long a cache may give a copy of what the origin has, stale answers included; undefined when it does not say. */
  readonly freshMs: number | undefined;
}

export type BodyFinding =
  | { readonly kind: 'same' }
  | { readonly kind: 'wrong' }
  | {
      readonly kind: 'unknown';
      readonly why: 'origin-changes' | 'not-comparable' | 'other-version' | 'maybe-older';
    };

/** Clocks and the way there: an object may be this much older than its `Age` says. */
const AGE_MARGIN_MS = 3_000;

/**
 * Whether an edge gave other bytes than its origin has (docs/evidence.md, check 7). An edge may rightly serve an
 * older version that is still fresh, so it is wrong only if it says itself that it has this version, stored the
 * object when the origin already had nothing else, or has kept it for longer than the origin allows.
 */
export function judgeBody(facts: BodyFacts): BodyFinding {
  const { before, after, edge } = facts;
  if (!isWhole(before.status) || !isWhole(after.status) || before.sha256 === undefined) {
    return { kind: 'unknown', why: 'not-comparable' };
  }
  if (before.sha256 !== after.sha256) return { kind: 'unknown', why: 'origin-changes' };
  if (!isWhole(edge.status)) return { kind: 'unknown', why: 'not-comparable' };
  if (edge.equal) return { kind: 'same' };
  // An origin may change its validator with every answer; such a one says nothing.
  const steady = before.etag === after.etag && before.lastModified === after.lastModified;
  const claimsVersion = steady ? sameVersion(before, edge) : undefined;
  if (claimsVersion === true) return { kind: 'wrong' };
  // Older than anything may be that this origin lets a cache keep.
  const ageMs = (edge.ageSecs ?? 0) * 1_000;
  if (facts.freshMs !== undefined && ageMs > facts.freshMs + AGE_MARGIN_MS) return { kind: 'wrong' };
  const storedAtMs = facts.askedAtMs - ageMs - AGE_MARGIN_MS;
  if (storedAtMs >= facts.stableSinceMs) return { kind: 'wrong' };
  return { kind: 'unknown', why: claimsVersion === false ? 'other-version' : 'maybe-older' };
}

/** Whether an answer holds the object or a range of it. */
function isWhole(status: number): boolean {
  return status === 200 || status === 206;
}

/** RFC 9110 §8.8.1: equal strong validators mean equal bytes. */
function isStrong(etag: string | undefined): boolean {
  return etag !== undefined && !etag.startsWith('W/');
}

/** Whether two answers name the same version by a strong validator; undefined when neither has one to compare. */
function sameVersion(origin: ComparedAnswer, edge: ComparedAnswer): boolean | undefined {
  if (isStrong(origin.etag) && isStrong(edge.etag)) return origin.etag === edge.etag;
  return undefined;
}
