import { planEpochs, planClaims } from './plan-epochs.ts';
import { planHours, planVerdicts } from './plan-hours.ts';
import { planMoney, planRecords } from './plan-money.ts';
import type { MeterAction, MeterFacts } from './facts.ts';

/** Everything the meter should do now, in the order to do it. No clock, no network: the same facts give the same plan. */
export function nextActions(facts: MeterFacts): readonly MeterAction[] {
  return [
    ...planVerdicts(facts),
    ...planHours(facts),
    ...planRecords(facts),
    ...planMoney(facts),
    ...planEpochs(facts),
    ...planClaims(facts),
  ];
}
