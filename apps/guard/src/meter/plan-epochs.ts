import { hourWindows, hoursOfWeek, weekAt, weekOfHour } from '@media-network/protocol';
import type { EpochFacts, EpochVote, MeterAction, MeterFacts } from './facts.ts';
import { inSet } from './plan-hours.ts';
import { isRecorded } from './plan-money.ts';

/** Whether all that belongs to a week has arrived in its epoch (docs/evidence.md, The week). */
export function isWeekComplete(facts: MeterFacts, week: bigint): boolean {
  // An hour without an account may still get one as long as reports are taken.
  if (facts.now < hourWindows(facts.periods, hoursOfWeek(facts.periods, week).last).reportsUntil)
    return false;
  // The node may be behind, and its last reports with it.
  if (facts.unseen.some((hour) => weekOfHour(facts.periods, hour) === week)) return false;
  if (facts.hours.some((hour) => weekOfHour(facts.periods, hour.hour) === week && !isRecorded(facts, hour)))
    return false;
  for (const resource of facts.resources.values())
    if (resource.due.some((each) => each.week === week)) return false;
  return true;
}

export function planEpochs(facts: MeterFacts): MeterAction[] {
  const current = weekAt(facts.periods, facts.now);
  return facts.epochs.flatMap((epoch): MeterAction[] => {
    const setWeek = epoch.week < current ? votesWith(facts, epoch, current) : undefined;
    if (setWeek === undefined || !isWeekComplete(facts, epoch.week)) return [];
    const { computed, week } = epoch;
    if (computed === undefined) return [{ kind: 'compute-week', week }];
    const mine = setWeek === week ? epoch.own : epoch.later;
    return isSame(mine, computed) ? [] : [{ kind: 'propose-week', week, setWeek }];
  });
}

/**
 * The set with whose voice this guard speaks of a week now. Its own set decides, that of a later week endorses. Where
 * the own set has not decided a whole week later, a later one does, to be endorsed by yet another.
 */
function votesWith(facts: MeterFacts, epoch: EpochFacts, current: bigint): bigint | undefined {
  const { week, status, decidedWeek } = epoch;
  if (status === 'endorsed') return undefined;
  if (status === 'decided') return decidedWeek < current && inSet(facts, current) ? current : undefined;
  const given = isSame(epoch.own, epoch.computed);
  const stuck = facts.sets.get(week)?.usable !== true || current > week + 1n;
  if (inSet(facts, week) && !(given && stuck)) return week;
  return stuck && inSet(facts, current) ? current : undefined;
}

function isSame(a: EpochVote | undefined, b: EpochVote | undefined): boolean {
  return a !== undefined && b !== undefined && a.root === b.root && a.rewards === b.rewards;
}

export function planClaims(facts: MeterFacts): MeterAction[] {
  return facts.claims.flatMap(({ week, due }): MeterAction[] => {
    if (due === undefined) return [{ kind: 'check-claim', week }];
    return due ? [{ kind: 'claim', week }] : [];
  });
}
