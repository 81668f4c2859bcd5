import type { RoundResult } from '@media-network/runtime';
import type { ActionRunner } from '../actions.ts';
import { actionKey, executeAction } from './execute.ts';
import type { ExecuteDeps } from './execute.ts';
import { createSlots } from '../slots.ts';
import { createMeterState } from './meter-state.ts';
import { nextActions } from './plan.ts';
import { readMeterFacts } from './read-facts.ts';
import type { MeterAction } from './facts.ts';
import type { ReadDeps } from './read-facts.ts';

/** The duty that turns judged reports into money: verdicts, hours, records, charges, weeks, claims. */
export interface Meter {
  /** Reads the chain, plans, acts. `busy` when something was done, so that what follows from it comes soon. */
  round(signal: AbortSignal): Promise<RoundResult>;
  /** Whether this guard's verdict of an hour is on chain for all to see. */
  isRevealed(hour: bigint): boolean;
  close(): Promise<void>;
}

const PARALLEL = 4;

/** Wait for strangers, so each has a slot of its own: the chain waits for nobody. The rest talks to the chain alone. */
const SLOW: ReadonlySet<MeterAction['kind']> = new Set([
  'compute-hour',
  'load-hour',
  'compute-week',
  'check-claim',
  'claim',
]);

export function createMeter(
  deps: ExecuteDeps &
    ReadDeps & { readonly runner: ActionRunner } & { readonly onFailure: (error: unknown) => void },
): Meter {
  const state = createMeterState();
  const slots = createSlots(PARALLEL, deps.onFailure);
  return {
    async round(signal) {
      const reading = await readMeterFacts(deps, state);
      let result: RoundResult = 'idle';
      const act = async (action: MeterAction, ending: AbortSignal): Promise<void> => {
        const outcome = await deps.runner.run(actionKey(action), () =>
          executeAction(deps, state, reading, action, ending),
        );
        if (outcome === 'done') result = 'busy';
      };
      for (const action of nextActions(reading.facts)) {
        if (signal.aborted) break;
        if (SLOW.has(action.kind)) slots.start(actionKey(action), (ending) => act(action, ending));
        else await act(action, signal);
      }
      if (await slots.rest(1_000)) return 'busy';
      return result;
    },
    isRevealed: (hour) => state.revealed.has(hour),
    close: () => slots.close(),
  };
}
