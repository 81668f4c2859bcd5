import { hourPhase, hourWindows, hoursOfWeek, sampleAt, weekAt, weekOfHour } from '@media-network/protocol';
import type { HourPhase } from '@media-network/protocol';
import { isMyTurn, placeOf } from '../duty.ts';
import type { EpochFacts, HourFacts, MeterAction, MeterFacts, ResourceFacts } from './facts.ts';

/** Most verdicts in one transaction (docs/chain.md, vote). */
export const MAX_VERDICTS = 24;
/** `VERDICT_REASON.unavailable`. */
const UNAVAILABLE = 1;

/** Everything the meter should do now, in the order to do it. No clock, no network: the same facts give the same plan. */
export function nextActions(facts: MeterFacts): readonly MeterAction[] {
  return [
    ...planVerdicts(facts),
    ...planHours(facts),
    ...planRecords(facts),
    ...planMoney(facts),
    ...planEpochs(facts),
    ...planClaim(facts),
  ];
}

export function phaseOf(facts: Pick<MeterFacts, 'periods' | 'now'>, hour: HourFacts): HourPhase {
  return hourPhase(facts.periods, hour.hour, hour, facts.now);
}

function inSet(facts: MeterFacts, week: bigint): boolean {
  const set = facts.sets.get(week);
  return set?.usable === true && set.numbers.includes(facts.guardNo);
}

/** Seconds that each further guard waits with a task that any may do. */
export function stepSecs(facts: Pick<MeterFacts, 'periods'>): bigint {
  return BigInt(Math.max(2, Math.floor(facts.periods.sampleSecs / 10)));
}

/** From here on evidence that is still missing counts as unavailable: the last fifth of the time for verdicts, at least two seconds. */
export function unavailableFrom(facts: Pick<MeterFacts, 'periods'>, hour: bigint): bigint {
  const { end, verdictsUntil } = hourWindows(facts.periods, hour);
  const fifth = (verdictsUntil - end) / 5n;
  return verdictsUntil - (fifth > 2n ? fifth : 2n);
}

function planVerdicts(facts: MeterFacts): MeterAction[] {
  const actions: MeterAction[] = [];
  for (const hour of facts.hours) {
    const week = weekOfHour(facts.periods, hour.hour);
    if (phaseOf(facts, hour) !== 'voting' || !inSet(facts, week)) continue;
    const open = hour.reportList.filter((report) => report.pending && !report.voted);
    const late = facts.now >= unavailableFrom(facts, hour.hour);
    const verdicts = open.flatMap(({ address, verdict }) => {
      if (verdict !== undefined) return [{ report: address, reason: verdict }];
      return late ? [{ report: address, reason: UNAVAILABLE }] : [];
    });
    if (!late) {
      for (const report of open) {
        if (report.verdict === undefined)
          actions.push({ kind: 'inspect', hour: hour.hour, report: report.address });
      }
    }
    for (let at = 0; at < verdicts.length; at += MAX_VERDICTS) {
      actions.push({ kind: 'vote', hour: hour.hour, week, verdicts: verdicts.slice(at, at + MAX_VERDICTS) });
    }
  }
  return actions;
}

/** Hours in order: the previous hour of a resource is known only once all earlier ones are final, or void and off the list. */
function planHours(facts: MeterFacts): MeterAction[] {
  for (const hour of facts.hours) {
    const phase = phaseOf(facts, hour);
    if (phase === 'final' && hour.leaves !== undefined) continue;
    const week = weekOfHour(facts.periods, hour.hour);
    if (phase !== 'fixed') return [];
    if (!inSet(facts, week)) return [];
    if (hour.computedRoot === undefined) return [{ kind: 'compute-hour', hour: hour.hour }];
    if (hour.computedRoot === hour.myRoot) return [];
    return [{ kind: 'propose-hour', hour: hour.hour, week, root: hour.computedRoot }];
  }
  return [];
}

/** Whether nothing is left to record of an hour. */
export function isRecorded(facts: Pick<MeterFacts, 'resources'>, hour: HourFacts): boolean {
  if (!hour.final || hour.leaves === undefined) return false;
  return hour.leaves.every((leaf) => {
    const resource = facts.resources.get(leaf.resource);
    return resource === undefined || !resource.recordable || resource.lastHour > hour.hour;
  });
}

function planRecords(facts: MeterFacts): MeterAction[] {
  const actions: MeterAction[] = [];
  /** One hour a resource and round: the next one depends on it. */
  const busy = new Set<string>();
  for (const hour of facts.hours) {
    if (!hour.final) continue;
    if (hour.leaves === undefined) {
      actions.push({ kind: 'load-hour', hour: hour.hour });
      continue;
    }
    const week = weekOfHour(facts.periods, hour.hour);
    const numbers = workers(facts, weekAt(facts.periods, facts.now));
    const mine = isMyTurn(numbers, facts.guardNo, hour.hour, {
      now: facts.now,
      since: hour.finalAt,
      stepSecs: stepSecs(facts),
    });
    for (const leaf of hour.leaves) {
      const resource = facts.resources.get(leaf.resource);
      if (
        resource === undefined ||
        !resource.recordable ||
        resource.lastHour > hour.hour ||
        busy.has(leaf.resource)
      )
        continue;
      busy.add(leaf.resource);
      if (!mine || resource.lastHour !== leaf.previous || mustChargeFirst(resource, week)) continue;
      actions.push({ kind: 'record', hour: hour.hour, resource: leaf.resource });
    }
  }
  return actions;
}

function mustChargeFirst(resource: ResourceFacts, week: bigint): boolean {
  return resource.due > 0n && resource.dueWeek !== week;
}

/** Who shares the tasks that any may do: the week's set, or all guards while there is none. */
function workers(facts: MeterFacts, week: bigint): readonly number[] {
  const numbers = facts.sets.get(week)?.numbers ?? [];
  return numbers.length > 0 ? numbers : facts.activeGuards;
}

/** Whose turn a task is that has no time of its own: another guard each sample. */
function onDuty(facts: MeterFacts): boolean {
  const numbers = workers(facts, weekAt(facts.periods, facts.now));
  return placeOf(numbers, facts.guardNo, sampleAt(facts.periods, facts.now)) === 0;
}

/** Resources that have a record of another week than their fee waiting, which the fee holds up. */
function heldUp(facts: MeterFacts): ReadonlySet<string> {
  const found = new Set<string>();
  for (const hour of facts.hours) {
    if (!hour.final) continue;
    const week = weekOfHour(facts.periods, hour.hour);
    for (const leaf of hour.leaves ?? []) {
      const resource = facts.resources.get(leaf.resource);
      if (resource !== undefined && leaf.previous === resource.lastHour && mustChargeFirst(resource, week))
        found.add(leaf.resource);
    }
  }
  return found;
}

/** Says of each resource whether its fee should be taken now: once a charging period, and when its week is over and all its hours are in. */
function chargeTimes(facts: MeterFacts): (resource: ResourceFacts) => boolean {
  const held = heldUp(facts);
  const openWeeks = new Set(
    facts.hours
      .filter((hour) => !isRecorded(facts, hour))
      .map((hour) => weekOfHour(facts.periods, hour.hour)),
  );
  const current = sampleAt(facts.periods, facts.now) / 12n;
  const week = weekAt(facts.periods, facts.now);
  return (resource) => {
    if (resource.due === 0n) return false;
    if (held.has(resource.address)) return true;
    if (resource.dueWeek < week && !openWeeks.has(resource.dueWeek)) return true;
    const last = resource.lastHour > 0n ? resource.lastHour - 1n : 0n;
    return last / facts.chargeEveryHours < current / facts.chargeEveryHours;
  };
}

function planMoney(facts: MeterFacts): MeterAction[] {
  if (!onDuty(facts)) return [];
  const actions: MeterAction[] = [];
  /** Closed, or passed over by a later one: it can take no fee any more. */
  const past = (week: bigint): boolean => week < facts.lastEpoch;
  const current = weekAt(facts.periods, facts.now);
  for (const pool of facts.pools) {
    // Fee LP of a week that is past goes along with the next charge.
    if (pool.feeLp > 0n && !past(pool.feeWeek))
      actions.push({ kind: 'unwrap', pool: pool.address, week: pool.feeWeek });
  }
  const isChargeTime = chargeTimes(facts);
  for (const resource of facts.resources.values()) {
    if (!isChargeTime(resource)) continue;
    const epochWeek = past(resource.dueWeek) ? current : resource.dueWeek;
    if (past(epochWeek)) continue;
    const pool = facts.pools.find((each) => each.address === resource.pool);
    // Fee LP of another week must leave the pool first; that unwrap is planned above.
    if (pool === undefined || (pool.feeLp > 0n && pool.feeWeek !== epochWeek && !past(pool.feeWeek)))
      continue;
    actions.push({ kind: 'charge', resource: resource.address, dueWeek: resource.dueWeek, epochWeek });
  }
  return actions;
}

/** Whether all that belongs to a week has arrived in its epoch (docs/evidence.md, What is paid). */
export function isWeekComplete(facts: MeterFacts, week: bigint): boolean {
  // An hour without an account may still get one as long as reports are taken.
  if (facts.now < hourWindows(facts.periods, hoursOfWeek(facts.periods, week).last).reportsUntil)
    return false;
  if (facts.hours.some((hour) => weekOfHour(facts.periods, hour.hour) <= week && !isRecorded(facts, hour)))
    return false;
  for (const resource of facts.resources.values()) {
    if (resource.due > 0n && resource.dueWeek === week) return false;
  }
  return !facts.pools.some((pool) => pool.feeLp > 0n && pool.feeWeek === week);
}

/** After so many weeks an epoch that could not be closed no longer holds up those after it. */
const PATIENCE_WEEKS = 4n;

function planEpochs(facts: MeterFacts): MeterAction[] {
  const current = weekAt(facts.periods, facts.now);
  const open = facts.epochs.filter(
    (epoch) => !epoch.closed && epoch.week >= facts.lastEpoch && epoch.week < current,
  );
  const actions: MeterAction[] = [];
  for (const epoch of open) {
    const action = planEpoch(facts, epoch);
    if (action !== undefined) actions.push(action);
    // One that cannot be computed for want of evidence is tried on, but holds up the next no longer than others.
    if (action?.kind === 'propose-epoch' || epoch.week + PATIENCE_WEEKS >= current) break;
  }
  return actions;
}

function planEpoch(facts: MeterFacts, epoch: EpochFacts): MeterAction | undefined {
  const { week, computed, mine } = epoch;
  if (!inSet(facts, week) || !isWeekComplete(facts, week)) return undefined;
  if (computed === undefined) return { kind: 'compute-epoch', week };
  if (mine !== undefined && mine.root === computed.root && mine.rewards === computed.rewards)
    return undefined;
  return { kind: 'propose-epoch', week, root: computed.root, rewards: computed.rewards };
}

function planClaim(facts: MeterFacts): MeterAction[] {
  if (facts.lastEpoch === 0n) return [];
  const week = facts.lastEpoch - 1n;
  if (facts.reward === 'unknown') return [{ kind: 'check-claim', week }];
  return facts.reward === 'due' ? [{ kind: 'claim', week }] : [];
}
