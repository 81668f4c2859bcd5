/** Bytes that a resource may have from this edge in one sample, by the word of guards. */
export interface Share {
  /** Seconds until the resource may be served again; 0 while it may. */
  waitSeconds(chainMs: number): number;
  /** Bytes that may be served before it has to wait. */
  roomBytes(chainMs: number): number;
  spend(bytes: number): void;
  /** What it may have in a sample: this one or the next. Said again of the same sample, the last word counts. */
  grant(sample: number, bytes: number): void;
}

export interface ShareDeps {
  readonly sampleAt: (chainMs: number) => number;
  /** When a sample begins, by the chain's clock. */
  readonly startMs: (sample: number) => number;
  /** Bytes of the resource that were counted in a sample. */
  readonly served: (sample: number) => number;
  /** It is served and nobody has said how far, or most of what was said is used: guards should be asked. */
  readonly onWanted: () => void;
}

/** Where nobody says how far. */
const UNLIMITED = 2 ** 52;
/** More of the share is asked for when a quarter of it is left. */
const LOW = 1 / 4;
/** What was sent beyond a share is taken from the next ones, up to so many of them. */
const MAX_OWED_SHARES = 12;

/**
 * Counts down what is left of a sample's share. A response that was admitted is never cut, so it can be overdrawn: what was
 * overdrawn is taken from the samples that follow. A sample of which no guard says anything has no limit here (`createQuota` has one).
 * What a request costs is one look at the time and one at what is left; what a write costs is one subtraction and one comparison.
 */
export function createShare(deps: ShareDeps): Share {
  let sample = -1;
  let endMs = Number.NEGATIVE_INFINITY;
  /** Of the sample. */
  let share: number | undefined;
  let next: { readonly sample: number; readonly bytes: number } | undefined;
  let owed = 0;
  let left = UNLIMITED;
  /** Below it guards are asked, once. */
  let askBelow = UNLIMITED;

  function apply(bytes: number | undefined): void {
    left = bytes === undefined ? UNLIMITED : bytes - owed - deps.served(sample);
    // Guards that have said the same again have no more to give in this sample.
    if (bytes !== undefined && bytes !== share) askBelow = bytes * LOW;
    share = bytes;
  }

  function roll(chainMs: number): void {
    const now = deps.sampleAt(chainMs);
    const granted = next?.sample === now ? next.bytes : undefined;
    // Of a sample that was skipped nobody said anything.
    const overdrawn =
      share === undefined || now !== sample + 1 ? 0 : Math.max(0, deps.served(sample) + owed - share);
    owed = Math.min(overdrawn, MAX_OWED_SHARES * (granted ?? 0));
    sample = now;
    endMs = deps.startMs(now + 1);
    if (next !== undefined && next.sample <= now) next = undefined;
    share = undefined;
    askBelow = UNLIMITED;
    apply(granted);
  }

  return {
    waitSeconds(chainMs) {
      if (chainMs >= endMs) roll(chainMs);
      return left > 0 ? 0 : Math.max(1, Math.ceil((endMs - chainMs) / 1000));
    },
    roomBytes(chainMs) {
      if (chainMs >= endMs) roll(chainMs);
      return Math.max(0, left);
    },
    spend(bytes) {
      left -= bytes;
      if (left >= askBelow) return;
      askBelow = Number.NEGATIVE_INFINITY;
      deps.onWanted();
    },
    grant(of, bytes) {
      if (of === sample) apply(bytes);
      else if (of > sample) next = { sample: of, bytes };
    },
  };
}
