import { EJECT } from '@media-network/rules';
import type { Clock } from '@media-network/runtime';
import { NEW_PLACE, afterAnswer, afterCheck, afterFailure, chooseOrigin, isWell } from './choose-origin.ts';
import type { PlaceState } from './choose-origin.ts';
import type { OriginSettings } from './origin-settings.ts';

/**
 * What an edge knows of the origins of resources that have several, each resource for itself and from each version of
 * its settings anew: what one publisher calls a failure says nothing about the same host behind another's resource.
 */
export interface OriginStates {
  /** Takes a place that was not tried, and counts the request as under way there. */
  take(settings: OriginSettings, key: string, tried: ReadonlySet<number>): number | undefined;
  /** What was taken has ended. */
  leave(settings: OriginSettings, at: number): void;
  answered(settings: OriginSettings, at: number): void;
  /** Returns whether the place is left alone from now on. */
  failed(settings: OriginSettings, at: number): boolean;
  checked(settings: OriginSettings, at: number, succeeded: boolean): void;
  /** Settings whose origins are to be checked: those that were asked for lately. */
  watched(): Iterable<OriginSettings>;
  /** Places that are not asked while others can be. */
  readonly unwell: number;
}

/** Resources that are checked at once, those that were asked for last; each is up to sixteen requests a round. */
const MAX_WATCHED = 256;
/** A resource that nobody has asked for so long is not checked: its origins hear nothing of an edge without viewers. */
const WATCH_MS = 300_000;

export function createOriginStates({ clock }: { readonly clock: Clock }): OriginStates {
  const known = new WeakMap<OriginSettings, PlaceState[]>();
  /** When they were asked for last; the longest ago first. */
  const asked = new Map<OriginSettings, number>();

  function statesOf(settings: OriginSettings): PlaceState[] {
    const states = known.get(settings) ?? settings.places.map(() => NEW_PLACE);
    known.set(settings, states);
    return states;
  }

  function update(settings: OriginSettings, at: number, next: (state: PlaceState) => PlaceState): void {
    const states = statesOf(settings);
    states[at] = next(states[at] ?? NEW_PLACE);
  }

  function watch(settings: OriginSettings): void {
    asked.delete(settings);
    asked.set(settings, clock.nowMs());
    for (const [oldest] of asked) {
      if (asked.size <= MAX_WATCHED) return;
      asked.delete(oldest);
    }
  }

  function* watched(): Generator<OriginSettings> {
    for (const [settings, atMs] of asked) {
      if (clock.nowMs() - atMs > WATCH_MS) asked.delete(settings);
      else if (settings.rules.health.length > 0) yield settings;
    }
  }

  return {
    take(settings, key, tried) {
      watch(settings);
      const states = statesOf(settings);
      const by = settings.rules.balance[0]?.by ?? 'weighted';
      const choice = chooseOrigin(settings.places, states, { by, key, nowMs: clock.nowMs(), tried });
      if (choice === undefined) return undefined;
      for (const [at, turn] of choice.turns.entries()) update(settings, at, (state) => ({ ...state, turn }));
      update(settings, choice.at, (state) => ({ ...state, underWay: state.underWay + 1 }));
      return choice.at;
    },
    leave: (settings, at) =>
      update(settings, at, (state) => ({ ...state, underWay: Math.max(0, state.underWay - 1) })),
    answered: (settings, at) => update(settings, at, afterAnswer),
    failed(settings, at) {
      const nowMs = clock.nowMs();
      const states = statesOf(settings);
      const after = afterFailure(states, at, settings.rules.eject[0] ?? EJECT, nowMs);
      const ejected = after.ejectedUntilMs > (states[at] ?? NEW_PLACE).ejectedUntilMs;
      states[at] = after;
      return ejected;
    },
    checked(settings, at, succeeded) {
      const rule = settings.rules.health[0];
      if (rule !== undefined) update(settings, at, (state) => afterCheck(state, succeeded, rule));
    },
    watched,
    get unwell() {
      const nowMs = clock.nowMs();
      let count = 0;
      for (const settings of asked.keys())
        count += statesOf(settings).filter((state) => !isWell(state, nowMs)).length;
      return count;
    },
  };
}
