import { describe, expect, it } from 'vitest';

import { planEconomy, summaryOf } from './economy.ts';
import { runEconomy } from './run-economy.ts';

describe('the economy over a few days', () => {
  it('holds the supply, pays its weeks, and comes out the same again', { timeout: 300_000 }, async () => {
    const plan = planEconomy({
      days: 3,
      seed: 7,
      only: ['over-report-5', 'self-dealing-vouched', 'copied-verdicts'],
      shares: [33],
    });
    const economy = await runEconomy({ plan, parallel: 2 });
    expect(economy.supplyHolds).toBe(true);
    const { honest, attacks } = economy;
    expect(honest.undecided).toBe(0);
    expect(honest.paidWeeks).toBe(2);
    expect(honest.burned).toBeGreaterThan(0n);
    expect(honest.rewards).toBeGreaterThan(0n);
    expect(honest.rewards).toBeLessThanOrEqual(honest.kept);
    expect(attacks.map(({ name }) => name)).toEqual([
      'over-report-5',
      'self-dealing-vouched',
      'copied-verdicts',
    ]);
    for (const { profit } of attacks) expect(profit).toBeLessThan(0n);

    const again = await runEconomy({ plan: { ...plan, attacks: [] }, parallel: 1 });
    expect(again.honest).toEqual(honest);
    expect(summaryOf(again)).toEqual({ ...summaryOf(economy), attacks: [] });
  });
});
