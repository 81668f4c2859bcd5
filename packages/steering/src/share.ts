import { fraction, mix } from './hash.ts';

/** How much of its capacity an edge should use: the rest is for what comes at once. */
const WANTED_UTILISATION = 0.85;
/** A share changes by half at most, and grows by three twentieths, in one step. */
const LEAST_FACTOR = 0.5;
const MOST_FACTOR = 1.15;
/** One that is hardly open still shows whether it has recovered; told in thousandths, it has to grow by more than half of one. */
const LEAST_SHARE = 0.004;
/** Milliseconds of a detour for which an edge is open to e times as many. */
const DETOUR_MS = 7;
/** A longer detour counts no more: at its least share an edge is open to a fifth of those who have nothing else nearby. */
const MOST_DETOUR_MS = 4 * DETOUR_MS;

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

/**
 * Whether an edge is open to a prefix: a share of 0.3 is open to the same three tenths of all prefixes at every guard, and to
 * more of those that it is near and others are not. So who has another edge nearby goes there first, a few at a time.
 */
export function isOpen(prefix: number, edge: number, share: number, detourMs = 0): boolean {
  return fraction(mix(prefix, edge)) < share * Math.exp(Math.min(MOST_DETOUR_MS, detourMs) / DETOUR_MS);
}

/**
 * By edge, the milliseconds that the way to the best of the others is longer, not below 0. An edge with less than its whole
 * share is as far as its share makes it: what `isOpen` would let to it only by so long a detour.
 */
export function detours(
  edges: readonly { readonly ms: number; readonly share: number }[],
): readonly number[] {
  const costs = edges.map(({ ms, share }) => ms - DETOUR_MS * Math.log(share));
  const least = Math.min(...costs);
  const at = costs.indexOf(least);
  const next = Math.min(...costs.filter((_, edge) => edge !== at));
  return edges.map(({ ms }, edge) => Math.max(0, (edge === at ? next : least) - ms));
}

/** The middle of what several say, the lower of two; undefined where nobody says anything. */
export function medianOf(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1];
}
