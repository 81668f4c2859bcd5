import { hourAt, sampleAt, weekAt, weekOfHour } from '@media-network/protocol';
import { isMyTurn, placeOf } from '../duty.ts';
import { sharersOf } from '../sharers.ts';
import type { HourFacts, MeterAction, MeterFacts, ResourceFacts } from './facts.ts';

/** Hours that a resource remembers having recorded (docs/chain.md, record). */
const RECORD_WINDOW = 512n;
/** Weeks of service that a resource keeps money of. */
const SERVICE_WEEKS = 6n;

/** Seconds that each further guard waits with a task that any may do. */
export function stepSecs(facts: Pick<MeterFacts, 'periods'>): bigint {
  return BigInt(Math.max(2, Math.floor(facts.periods.sampleSecs / 10)));
}

/** Whether a leaf is done with: recorded, or never to be. */
function isDone(resource: ResourceFacts | undefined, hour: bigint): boolean {
  if (resource === undefined || !resource.recordable || !resource.hasRing) return true;
  return hour + RECORD_WINDOW <= resource.lastHour || resource.isRecorded(hour);
}

/** Whether nothing is left to record of an hour. */
export function isRecorded(facts: Pick<MeterFacts, 'resources'>, hour: HourFacts): boolean {
  if (!hour.final || hour.leaves === undefined) return false;
  return hour.leaves.every((address) => isDone(facts.resources.get(address), hour.hour));
}

export function planRecords(facts: MeterFacts): MeterAction[] {
  const actions: MeterAction[] = [];
  for (const hour of facts.hours) {
    if (!hour.final) continue;
    if (hour.leaves === undefined) {
      actions.push({ kind: 'load-hour', hour: hour.hour });
      continue;
    }
    const numbers = workers(facts, weekAt(facts.periods, facts.now));
    const mine = isMyTurn(numbers, facts.guardNo, hour.hour, {
      now: facts.now,
      since: hour.finalAt,
      stepSecs: stepSecs(facts),
    });
    if (!mine) continue;
    const week = weekOfHour(facts.periods, hour.hour);
    const indices = hour.leaves.flatMap((address, index) => {
      const resource = facts.resources.get(address);
      if (resource === undefined || isDone(resource, hour.hour)) return [];
      return blockedBy(resource, week) === undefined ? [index] : [];
    });
    if (indices.length > 0) actions.push({ kind: 'record', hour: hour.hour, indices });
  }
  return actions;
}

/** An older week whose fee stands where this week's would go. */
function blockedBy(resource: ResourceFacts, week: bigint): bigint | undefined {
  return resource.due.find((each) => each.week < week && each.week % SERVICE_WEEKS === week % SERVICE_WEEKS)
    ?.week;
}

function workers(facts: MeterFacts, week: bigint): readonly number[] {
  return sharersOf(facts.sets.get(week)?.numbers ?? [], facts.activeGuards);
}

/** Whose turn a task is that has no time of its own: another guard each sample. */
function onDuty(facts: MeterFacts): boolean {
  const numbers = workers(facts, weekAt(facts.periods, facts.now));
  return placeOf(numbers, facts.guardNo, sampleAt(facts.periods, facts.now)) === 0;
}

/** Says of a resource's week whether its fee should be taken now: once a charging period, and when the week is over and all its hours are in. */
function chargeTimes(facts: MeterFacts): (resource: ResourceFacts, week: bigint) => boolean {
  const openWeeks = new Set(
    facts.hours
      .filter((hour) => !isRecorded(facts, hour))
      .map((hour) => weekOfHour(facts.periods, hour.hour)),
  );
  const now = hourAt(facts.periods, facts.now);
  const current = weekOfHour(facts.periods, now);
  return (resource, week) => {
    if (week < current && !openWeeks.has(week)) return true;
    // It stands in the way of a later week's fee.
    if (current - week >= SERVICE_WEEKS - 1n) return true;
    const last = resource.lastHour > 0n ? resource.lastHour - 1n : 0n;
    return last / facts.chargeEveryHours < now / facts.chargeEveryHours;
  };
}

export function planMoney(facts: MeterFacts): MeterAction[] {
  if (!onDuty(facts)) return [];
  const actions: MeterAction[] = [];
  const isChargeTime = chargeTimes(facts);
  for (const resource of facts.resources.values()) {
    for (const { week } of resource.due)
      if (isChargeTime(resource, week)) actions.push({ kind: 'charge', resource: resource.address, week });
    if (resource.debt > 0n && resource.lp > 0n)
      actions.push({ kind: 'pay-debt', resource: resource.address });
  }
  return actions;
}
