import { balanceOf } from './purse.ts';
import type { Outcome, Parties, Scenario } from './scenario.ts';

/** What one run of a play came to. */
export interface Run {
  readonly parties: Parties;
  /** Rewards of the honest owners. */
  readonly honestEarned: bigint;
}

/** The line of a scenario, from the run in which everybody behaves and the one with the attack. */
export function outcomeOf(scenario: Scenario, honest: Run, attack: Run): Outcome {
  const nothing = { lost: 0n, received: 0n };
  const behaved = honest.parties.attackers === undefined ? nothing : balanceOf(honest.parties.attackers);
  const attacked = attack.parties.attackers === undefined ? nothing : balanceOf(attack.parties.attackers);
  const more = attacked.received - behaved.received;
  const mishap = scenario.kind === 'mishap';
  return {
    name: scenario.name,
    kind: scenario.kind,
    attackerIn: mishap ? 0n : attacked.lost + (more < 0n ? -more : 0n),
    attackerOut: mishap || more < 0n ? 0n : more,
    honestBefore: honest.honestEarned,
    honestAfter: attack.honestEarned,
    blamedHonest: attack.parties.blamedHonest,
    figures: Object.fromEntries(
      Object.entries(attack.parties.figures ?? {}).map(([name, value]) => [name, String(value)]),
    ),
  };
}

/** Why an outcome misses the bar; empty when it holds. */
export function missesOf(outcome: Outcome, scenario: Scenario): string[] {
  if (outcome.kind === 'beyond') return [];
  const misses: string[] = [];
  if (outcome.blamedHonest > 0) misses.push(`${outcome.blamedHonest} of the honest were blamed`);
  if (outcome.kind === 'attack' && outcome.attackerOut >= outcome.attackerIn)
    misses.push(`the attack brings ${outcome.attackerOut} for ${outcome.attackerIn}`);
  const lost = outcome.honestBefore - outcome.honestAfter;
  if (scenario.spiteful === true) {
    if (lost > outcome.attackerIn)
      misses.push(`the honest lose ${lost}, the attacker only ${outcome.attackerIn}`);
    return misses;
  }
  if (lost * 10_000n > outcome.honestBefore * (scenario.honestSlackBps ?? 200n))
    misses.push(`the honest earn ${outcome.honestAfter} instead of ${outcome.honestBefore}`);
  return misses;
}
