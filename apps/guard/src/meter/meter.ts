import type { RoundResult } from '@media-network/runtime';
import type { ActionRunner } from '../actions.ts';
import { actionKey, executeAction } from './execute.ts';
import type { ExecuteDeps } from './execute.ts';
import { createMeterState } from './meter-state.ts';
import type { JudgedReport } from './meter-state.ts';
import { nextActions } from './plan.ts';
import { readMeterFacts } from './read-facts.ts';
import type { ReadDeps } from './read-facts.ts';

/** The duty that turns reports into money: verdicts, hours, records, charges, epochs. */
export interface Meter {
  /** Reads the chain, plans, acts. `busy` when something was done, so that what follows from it comes soon. */
  round(signal: AbortSignal): Promise<RoundResult>;
  /** Reports of an hour that this guard judged. */
  verdicts(hour: bigint): readonly JudgedReport[];
}

export function createMeter(deps: ExecuteDeps & ReadDeps & { readonly runner: ActionRunner }): Meter {
  const state = createMeterState();
  return {
    async round(signal) {
      const reading = await readMeterFacts(deps, state);
      let result: RoundResult = 'idle';
      for (const action of nextActions(reading.facts)) {
        if (signal.aborted) break;
        const outcome = await deps.runner.run(actionKey(action), () =>
          executeAction(deps, state, reading, action),
        );
        if (outcome === 'done') result = 'busy';
      }
      return result;
    },
    verdicts: (hour) => [...state.judged.values()].filter(({ report }) => report.hour === hour),
  };
}
