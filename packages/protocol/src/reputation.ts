/** Something that is on chain about an edge: a judged hour of it, or an election. */
export interface ReputationFact {
  /** Of the report; of an election, that in which it began. */
  readonly hour: bigint;
  readonly kind: ReputationKind;
  /** Where anybody can look: account of the report or of the election. */
  readonly evidence: string;
}

export type ReputationKind =
  /** Decided in full; for its vouched bytes alone; not at all. */
  | 'full'
  | 'vouched'
  | 'rejected'
  /** Wrong bytes of one resource in an hour, by more than half of the guards that judged the report. */
  | 'disputed'
  /** Voted out: on what guards saw, or by its own signature. */
  | 'removed'
  | 'slashed';

/**
 * The published weights. An hour that is served and judged in full counts one; what is bad counts many, so that no edge buys a lie
 * with a good day. Hours in which it reported nothing count nothing, and so does what a policy refuses (451): no guard judges it.
 */
export const REPUTATION_POINTS: Readonly<Record<ReputationKind, number>> = {
  full: 1,
  vouched: 0,
  rejected: -8,
  disputed: -24,
  removed: -168,
  slashed: -840,
};
/** What is an hour old counts 167 of 168 parts: half after five days, as in the table of credit. */
export const REPUTATION_FADE = { of: 167n, in: 168n } as const;
/** Parts that a point is counted in. */
const UNIT = 1_000_000n;
/** Score of an edge with nothing but full hours, ever. */
export const MAX_REPUTATION = 1_000;

export interface ReputationPoint extends ReputationFact {
  readonly points: number;
  /** What is left of them now, in millionths of a point. */
  readonly left: bigint;
}

export interface Reputation {
  /** 0 to 1,000: ⌊1,000 · Σ left / 168⌋, cut at both ends. After a week of nothing but full hours it is 633. */
  readonly score: number;
  /** Every point there is, the newest first. */
  readonly points: readonly ReputationPoint[];
}

/** What is left of one point after so many hours, in millionths, each hour rounded towards nothing. */
const LEFT: bigint[] = [UNIT];
/** Nothing is left of a point by then. */
const GONE_HOURS = 2_500n;

function leftAfter(hours: bigint): bigint {
  if (hours > GONE_HOURS) return 0n;
  for (let i = LEFT.length; i <= Number(hours); i += 1)
    LEFT.push(((LEFT[i - 1] ?? 0n) * REPUTATION_FADE.of) / REPUTATION_FADE.in);
  return LEFT[Number(hours)] ?? 0n;
}

/** The reputation of an edge at an hour: a pure function of what is on chain, the same for everybody. Facts of later hours are left out. */
export function reputationOf(facts: readonly ReputationFact[], now: bigint): Reputation {
  const points = facts
    .filter(({ hour }) => hour <= now)
    .map((fact): ReputationPoint => {
      const worth = REPUTATION_POINTS[fact.kind];
      return { ...fact, points: worth, left: BigInt(worth) * leftAfter(now - fact.hour) };
    })
    .sort((a, b) => Number(b.hour - a.hour));
  const sum = points.reduce((total, { left }) => total + left, 0n);
  const score = sum <= 0n ? 0 : Number((sum * BigInt(MAX_REPUTATION)) / (REPUTATION_FADE.in * UNIT));
  return { score: Math.min(score, MAX_REPUTATION), points };
}
