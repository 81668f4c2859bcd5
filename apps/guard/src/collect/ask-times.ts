/** Moments of one hour, as parts of it from 0 to 1, at which a guard asks one edge for its counters. */
export interface AskPlan {
  /** Asks that are still to come, in order. */
  readonly times: readonly number[];
  readonly retries: number;
}

/** Asks beyond the planned ones, when an edge did not answer. */
const MAX_RETRIES = 2;
/** In the last sample of an hour an answer might come after its end, and a busy guard might not look again within it. */
const LAST = 0.91;

/**
 * One moment in each half of the hour: two commits that lie apart say what was served between them. Nobody but the
 * guard knows them before it asks.
 */
export function drawAsks(random: () => number): AskPlan {
  return { times: [0.5 * random(), 0.5 + (LAST - 0.5) * random()], retries: MAX_RETRIES };
}

/** What is left of a plan at `part` of the hour, and whether to ask now. Several that were missed are one ask. */
export function dueAsk(plan: AskPlan, part: number): { readonly due: boolean; readonly rest: AskPlan } {
  const due = plan.times.some((time) => time <= part);
  return { due, rest: { ...plan, times: plan.times.filter((time) => time > part) } };
}

/** The plan after an ask that was not answered: once more before the hour is over, as long as there are tries left. */
export function afterRefusal(plan: AskPlan, part: number, random: () => number): AskPlan {
  if (plan.retries === 0 || part >= LAST) return plan;
  const again = part + (LAST - part) * random();
  return { times: [...plan.times, again].sort((a, b) => a - b), retries: plan.retries - 1 };
}

/** Puts the next ask off to `part`, because a probe has just been there. */
export function putOff(plan: AskPlan, part: number): AskPlan {
  return { ...plan, times: [...plan.times, Math.min(part, LAST)].sort((a, b) => a - b) };
}
