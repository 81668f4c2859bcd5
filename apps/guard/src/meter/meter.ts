import type { RoundResult } from '@media-network/runtime';
import type { ActionRunner } from '../actions.ts';
import { actionKey, executeAction } from './execute.ts';
import type { ExecuteDeps } from './execute.ts';
import { createMeterState } from './meter-state.ts';
import type { JudgedReport } from './meter-state.ts';
import { nextActions } from './plan.ts';
import { readMeterFacts } from './read-facts.ts';
import type { MeterAction } from './facts.ts';
import type { ReadDeps } from './read-facts.ts';

/** The duty that turns reports into money: verdicts, hours, records, charges, epochs. */
export interface Meter {
  /** Reads the chain, plans, acts. `busy` when something was done, so that what follows from it comes soon. */
  round(signal: AbortSignal): Promise<RoundResult>;
  /** Reports of an hour that this guard judged. */
  verdicts(hour: bigint): readonly JudgedReport[];
}

/** Each may hold `MAX_EVIDENCE_BYTES` of evidence. */
const PARALLEL_INSPECTIONS = 4;

export function createMeter(deps: ExecuteDeps & ReadDeps & { readonly runner: ActionRunner }): Meter {
  const state = createMeterState();
  return {
    async round(signal) {
      const reading = await readMeterFacts(deps, state);
      let result: RoundResult = 'idle';
      const act = async (action: MeterAction): Promise<void> => {
        if (signal.aborted) return;
        const outcome = await deps.runner.run(actionKey(action), () =>
          executeAction(deps, state, reading, action),
        );
        if (outcome === 'done') result = 'busy';
      };
      const actions = nextActions(reading.facts);
      for (const action of actions) if (action.kind !== 'inspect') await act(action);
      // Last and side by side: they wait for strangers, and the chain waits for nobody.
      const inspections = actions.filter(({ kind }) => kind === 'inspect').values();
      const work = async (): Promise<void> => {
        for (const action of inspections) await act(action);
      };
      await Promise.all(Array.from({ length: PARALLEL_INSPECTIONS }, work));
      return result;
    },
    verdicts: (hour) => [...state.judged.values()].filter(({ report }) => report.hour === hour),
  };
}
