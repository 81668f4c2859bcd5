import { createHash } from 'node:crypto';
import type { BalanceRule, EjectRule } from '@media-network/rules';
import type { OriginPlace } from './origin-places.ts';

/** What an edge knows of one of a resource's origins. */
export interface PlaceState {
  /** Requests whose answer has not ended. */
  readonly underWay: number;
  /** Failures in a row. */
  readonly failures: number;
  /** Times that it was left alone, in a row. */
  readonly ejections: number;
  readonly ejectedUntilMs: number;
  /** Not well by the checks. */
  readonly ill: boolean;
  /** Checks in a row that said other than `ill` does. */
  readonly contrary: number;
  /** What it is ahead of its share (negative) or behind; the next in turn is the one that is most behind. */
  readonly turn: number;
}

export const NEW_PLACE: PlaceState = {
  underWay: 0,
  failures: 0,
  ejections: 0,
  ejectedUntilMs: 0,
  ill: false,
  contrary: 0,
  turn: 0,
};

export interface Asking {
  readonly by: BalanceRule['by'];
  /** What `ring` chooses by. */
  readonly key: string;
  readonly nowMs: number;
  /** Places that this request was asked of already. */
  readonly tried: ReadonlySet<number>;
}

/** `turns`: the state of all from then on, as far as it is about turns. */
export interface Choice {
  readonly at: number;
  readonly turns: readonly number[];
}

/** Whether a place is asked while others can be. */
export function isWell(state: PlaceState, nowMs: number): boolean {
  return !state.ill && state.ejectedUntilMs <= nowMs;
}

/**
 * Which of a resource's origins is asked: a well one; where there is none a well backup; where there is none either,
 * one that is not well, as whoever asks nobody answers nobody. Undefined when all have been tried.
 */
export function chooseOrigin(
  places: readonly OriginPlace[],
  states: readonly PlaceState[],
  { by, key, nowMs, tried }: Asking,
): Choice | undefined {
  const left = [...places.keys()].filter((at) => !tried.has(at));
  const well = left.filter((at) => isWell(states[at] ?? NEW_PLACE, nowMs));
  const isBackup = (at: number): boolean => places[at]?.backup === true;
  const ranks = [well.filter((at) => !isBackup(at)), well, left.filter((at) => !isBackup(at)), left];
  const candidates = ranks.find((rank) => rank.length > 0);
  if (candidates === undefined) return undefined;
  const weight = (at: number): number => places[at]?.weight ?? 1;
  switch (by) {
    case 'weighted':
      return inTurn(candidates, states, weight);
    case 'least': {
      const load = (at: number): number => (states[at]?.underWay ?? 0) / weight(at);
      const least = Math.min(...candidates.map(load));
      return inTurn(
        candidates.filter((at) => load(at) === least),
        states,
        weight,
      );
    }
    case 'ring': {
      const at = candidates.reduce((best, each) =>
        standing(places[each], key) > standing(places[best], key) ? each : best,
      );
      return { at, turns: states.map(({ turn }) => turn) };
    }
    default:
      return by satisfies never;
  }
}

/** Smooth weighted turns: everyone comes forward by its weight, the foremost is taken and goes back by all of them. */
function inTurn(
  candidates: readonly number[],
  states: readonly PlaceState[],
  weight: (at: number) => number,
): Choice {
  const turns = states.map(({ turn }) => turn);
  let all = 0;
  for (const at of candidates) {
    turns[at] = (turns[at] ?? 0) + weight(at);
    all += weight(at);
  }
  const at = candidates.reduce((best, each) => ((turns[each] ?? 0) > (turns[best] ?? 0) ? each : best));
  turns[at] = (turns[at] ?? 0) - all;
  return { at, turns };
}

/**
 * Rendezvous hashing by weight: of each pair of place and key a number that is the same at every edge; the highest has
 * the key. Where a place leaves or comes, only keys that it had or gets move.
 */
function standing(place: OriginPlace | undefined, key: string): number {
  if (place === undefined) return -1;
  const hash = createHash('sha256').update(`${place.origin}${place.prefix}\n${key}`).digest();
  // In (0, 1): 48 bits of the hash, so that the logarithm is never of 0 or 1.
  const even = (hash.readUIntBE(0, 6) + 1) / (2 ** 48 + 2);
  return -place.weight / Math.log(even);
}

/** How often longer than the first time a place is left alone at most. */
const MAX_TIMES = 10;

/** Of a place that has answered. */
export function afterAnswer(state: PlaceState): PlaceState {
  return { ...state, failures: 0, ejections: 0 };
}

/**
 * Of a place that has failed: left alone after so many failures in a row, and at once where it fails again after that.
 * Never all of them, and no more at once than the rule's share, but one.
 */
export function afterFailure(
  states: readonly PlaceState[],
  at: number,
  rule: EjectRule,
  nowMs: number,
): PlaceState {
  const state = states[at] ?? NEW_PLACE;
  const failures = state.failures + 1;
  if (rule.after === 0 || failures < rule.after || state.ejectedUntilMs > nowMs)
    return { ...state, failures };
  const ejected = states.filter(({ ejectedUntilMs }) => ejectedUntilMs > nowMs).length;
  const most = Math.min(
    states.length - 1,
    Math.max(1, Math.floor((states.length * rule.sharePercent) / 100)),
  );
  if (ejected >= most) return { ...state, failures };
  const times = Math.min(state.ejections + 1, MAX_TIMES);
  return { ...state, failures, ejections: times, ejectedUntilMs: nowMs + times * rule.forSeconds * 1_000 };
}

/** Of a place that was checked. Well again by checks ends what failures led to. */
export function afterCheck(
  state: PlaceState,
  succeeded: boolean,
  { fall, rise }: { readonly fall: number; readonly rise: number },
): PlaceState {
  if (succeeded !== state.ill) return { ...state, contrary: 0 };
  const contrary = state.contrary + 1;
  if (contrary < (succeeded ? rise : fall)) return { ...state, contrary };
  return succeeded
    ? { ...state, ill: false, contrary: 0, failures: 0, ejections: 0, ejectedUntilMs: 0 }
    : { ...state, ill: true, contrary: 0 };
}
