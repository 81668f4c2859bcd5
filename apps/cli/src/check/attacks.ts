import type { Outcome } from '@media-network/lab';
import { outcomeText } from '../lab/outcome-text.ts';
import { expectThat } from './story.ts';
import type { Story } from './story.ts';

/** An edge that has no data plane and reports anyway, sessions that nobody vouched for, and claims of what nobody earned. */
const ATTACKS = ['phantom-report', 'self-made-sessions', 'bought-claim'] as const;

/**
 * Plays three scenarios of the lab, on embedded networks of their own whatever the chain of the story is. Each must
 * cost its attacker more than it brings.
 */
export async function tellAttacks(story: Story, signal: AbortSignal): Promise<readonly Outcome[]> {
  const { SCENARIOS, missesOf, runLab } = await import('@media-network/lab');
  const scenarios = SCENARIOS.filter(({ name }) => ATTACKS.some((each) => each === name));
  const played = scenarios.map((scenario) => ({ scenario, ...Promise.withResolvers<Outcome>() }));
  const of = (name: string): (typeof played)[number] | undefined =>
    played.find(({ scenario }) => scenario.name === name);
  // A scenario that fails is told by its step; those that never end, because the command was interrupted, by theirs.
  for (const { promise } of played) promise.catch(() => undefined);
  const all = runLab({
    scenarios,
    parallel: 2,
    signal,
    onOutcome: (outcome) => of(outcome.name)?.resolve(outcome),
    onFailure: ({ name }, error) => of(name)?.reject(error),
  }).finally(() => {
    for (const { reject } of played) reject(new Error('interrupted'));
  });
  try {
    for (const { scenario, promise } of played) {
      await story.step(scenario.name, async () => {
        const outcome = await promise;
        const misses = missesOf(outcome, scenario);
        expectThat(misses.length === 0, misses.join('; '));
        return outcomeText(outcome);
      });
    }
  } finally {
    await all;
  }
  return all;
}
