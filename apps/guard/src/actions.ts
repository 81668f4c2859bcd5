import { errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';

/** Errors that say another guard was quicker, that the chain moved on, or that it is not the time yet: what to do is read anew. */
const OVERTAKEN: ReadonlySet<string> = new Set([
  'chain/already-active',
  'chain/already-decided',
  'chain/already-exists',
  'chain/already-in-set',
  'chain/already-voted',
  'chain/basis-changed',
  'chain/charge-first',
  'chain/later-commitment',
  'chain/month-open',
  'chain/nothing-due',
  'chain/nothing-to-claim',
  'chain/not-revealed',
  'chain/set-frozen',
  'chain/too-early',
  'chain/too-late',
  'chain/wrong-percentile',
  'chain/wrong-status',
  'chain/wrong-week',
]);

/** Errors that pass by themselves, but not soon. */
const LATER: ReadonlySet<string> = new Set([
  'chain/not-endorsed',
  'chain/payout-capped',
  'chain/pool-too-shallow',
  'chain/price-moved',
  'chain/too-many-elections',
]);

export type ActionResult = 'done' | 'nothing' | 'overtaken' | 'failed' | 'skipped';

/** Runs single actions so that one that fails neither ends the round nor is tried again at once. */
export interface ActionRunner {
  /** `act` resolves to false when there was nothing it could do yet. */
  run(key: string, act: () => Promise<boolean>): Promise<ActionResult>;
  /** Whether it is not the time yet to try this again: for actions that are done many together. */
  isPaused(key: string): boolean;
  /** One of many has succeeded, or failed with this. */
  ended(key: string, error?: unknown): ActionResult;
}

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 60_000;
/** Of what could not be done yet: evidence that is missing may come any moment, but each try reads much. */
const MAX_WAIT_MS = 8_000;

export function createActionRunner(deps: {
  readonly clock: Clock;
  readonly log: Log;
  readonly onFailure: () => void;
}): ActionRunner {
  const paused = new Map<string, { readonly untilMs: number; readonly pauseMs: number }>();

  function pause(key: string, maxMs: number): void {
    const pauseMs = Math.min((paused.get(key)?.pauseMs ?? FIRST_PAUSE_MS / 2) * 2, maxMs);
    paused.delete(key);
    paused.set(key, { untilMs: deps.clock.nowMs() + pauseMs, pauseMs });
    for (const oldest of paused.keys()) {
      if (paused.size <= 10_000) break;
      paused.delete(oldest);
    }
  }

  const isPaused = (key: string): boolean => deps.clock.nowMs() < (paused.get(key)?.untilMs ?? 0);

  function failed(key: string, error: unknown): ActionResult {
    const code = errorCode(error);
    if (OVERTAKEN.has(code) || LATER.has(code)) {
      deps.log.debug({ action: key, code }, 'overtaken');
      pause(key, LATER.has(code) ? MAX_PAUSE_MS : FIRST_PAUSE_MS);
      return 'overtaken';
    }
    pause(key, MAX_PAUSE_MS);
    deps.onFailure();
    deps.log.warn({ action: key, code, err: errorMessage(error) }, 'action failed');
    return 'failed';
  }

  return {
    isPaused,
    ended(key, error) {
      if (error !== undefined) return failed(key, error);
      paused.delete(key);
      return 'done';
    },
    async run(key, act) {
      if (isPaused(key)) return 'skipped';
      try {
        const done = await act();
        if (done) paused.delete(key);
        else pause(key, MAX_WAIT_MS);
        return done ? 'done' : 'nothing';
      } catch (error) {
        return failed(key, error);
      }
    },
  };
}
