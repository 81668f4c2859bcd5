import { fraction, mix } from './hash.ts';

/** How much of its capacity an edge should use: the rest is for what comes at once. */
const WANTED_UTILISATION = 0.85;
/** A share changes by half at most, and grows by three twentieths, in one step. */
const LEAST_FACTOR = 0.5;
const MOST_FACTOR = 1.15;
/** One that is hardly open still shows whether it has recovered. */
const LEAST_SHARE = 0.01;

/**
 * The share of an edge after one TTL at this utilisation (what it served of what it can). To be applied once per TTL and no
 * oftener: what is changed before its effect has shown is changed twice, and traffic swings.
 */
export function nextShare(share: number, utilisation: number): number {
  const factor =
    utilisation <= 0
      ? MOST_FACTOR
      : Math.min(MOST_FACTOR, Math.max(LEAST_FACTOR, (WANTED_UTILISATION / utilisation) ** 0.5));
  return Math.min(1, Math.max(LEAST_SHARE, share * factor));
}

/** Whether an edge is open to a prefix: a share of 0.3 is open to the same three tenths of all prefixes at every guard. */
export function isOpen(prefix: number, edge: number, share: number): boolean {
  return fraction(mix(prefix, edge)) < share;
}

/** The middle of what several say, the lower of two; undefined where nobody says anything. */
export function medianOf(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1];
}
