import { electionMakers } from './election-makers.ts';
import { evidenceMakers } from './evidence-makers.ts';
import { domainMakers } from './domain-makers.ts';
import { foundingMakers } from './founding-makers.ts';
import { governanceMakers } from './governance-makers.ts';
import { moneyMakers } from './money-makers.ts';
import { resourceMakers } from './resource-makers.ts';
import { settlementMakers } from './settlement-makers.ts';
import type { Choice, Scene } from './scene.ts';

/** Instructions by weight, most of which would succeed in the state as it is. */
export function createChoices(scene: Scene): { next(): Choice } {
  const makers = [
    ...moneyMakers(scene),
    ...resourceMakers(scene),
    ...evidenceMakers(scene),
    ...settlementMakers(scene),
    ...foundingMakers(scene),
    ...electionMakers(scene),
    ...domainMakers(scene),
    ...governanceMakers(scene),
  ];
  const total = makers.reduce((sum, [weight]) => sum + weight, 0);

  function next(): Choice {
    for (;;) {
      let at = (scene.int(1_000_000) / 1_000_000) * total;
      for (const [weight, make] of makers) {
        at -= weight;
        if (at >= 0) continue;
        const made = make();
        if (made !== undefined) return made;
        break;
      }
    }
  }

  return { next };
}
