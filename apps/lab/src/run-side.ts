import type { Run } from './outcome.ts';
import { createPurseReader } from './purse.ts';
import type { Scenario } from './scenario.ts';
import { openStage } from './stage.ts';

/** One side of a scenario, in this process: its network is built, played and torn down. */
export async function runSide(scenario: Scenario, attacks: boolean): Promise<Run> {
  const stage = await openStage(await scenario.network(attacks));
  try {
    const parties = await scenario.play({ stage, attacks });
    const reader = await createPurseReader(stage.client, [stage.quoteMint]);
    const honestEarned = await reader.claimed(parties.honest.map((owner) => stage.owner(owner)));
    return { parties, honestEarned };
  } finally {
    await stage.close();
    await scenario.after?.();
  }
}
