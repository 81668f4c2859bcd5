import { wilsonLower } from './wilson.ts';

/** What somebody saw of an edge's bytes of a resource, the origin having settled before and after. */
export interface Observation {
  /** Who: the guard itself, or a session that the publisher vouched for. */
  readonly by: string;
  /** Hex SHA-256 of the target. */
  readonly target: string;
  readonly wrong: boolean;
}

/**
 * The published threshold: with less than `least` observations nobody is blamed, and then only if the true share of
 * wrong answers is above `sharePpm` with the confidence of `z` (2.576: one in 200 that it is not).
 */
export const GUILT = { least: 4, sharePpm: 50_000, z: 2.576 } as const;

export interface GuiltFinding {
  readonly guilty: boolean;
  readonly observations: number;
  readonly wrong: number;
  /** Wilson's lower bound of the share of wrong answers, in parts per million. */
  readonly lowerPpm: number;
}

/**
 * Whether an edge is blamed for wrong bytes of a resource in an hour. One right answer clears nobody, one wrong answer
 * convicts nobody. A witness counts once a target, with its worst answer, so that repeating oneself adds no weight;
 * the guard's own probes (`ownName`) count each.
 */
export function guilt(observations: readonly Observation[], ownName = 'self'): GuiltFinding {
  const witnesses = new Map<string, boolean>();
  let [count, wrong] = [0, 0];
  for (const each of observations) {
    if (each.by === ownName) {
      count += 1;
      if (each.wrong) wrong += 1;
    } else {
      const key = `${each.by} ${each.target}`;
      witnesses.set(key, each.wrong || witnesses.get(key) === true);
    }
  }
  count += witnesses.size;
  wrong += [...witnesses.values()].filter(Boolean).length;
  const lowerPpm = Math.floor(wilsonLower(wrong, count, GUILT.z) * 1_000_000);
  return {
    guilty: count >= GUILT.least && lowerPpm > GUILT.sharePpm,
    observations: count,
    wrong,
    lowerPpm,
  };
}
