import { hourPhase, hourSecs, hourWindows, isQuorum, weekAt, weekOfHour } from '@media-network/protocol';
import type { HourPhase } from '@media-network/protocol';
import type { HourFacts, MeterAction, MeterFacts } from './facts.ts';

export function phaseOf(facts: Pick<MeterFacts, 'periods' | 'now'>, hour: HourFacts): HourPhase {
  return hourPhase(facts.periods, hour.hour, hour, facts.now);
}

/** Whether this guard has a seat in the set of a week, whether or not it has left since. */
export function inSet(facts: Pick<MeterFacts, 'sets' | 'guardNo'>, week: bigint): boolean {
  const set = facts.sets.get(week);
  return set?.usable === true && set.numbers.includes(facts.guardNo);
}

/** From here on a guard commits to what it has judged, whatever hangs: the last third of the window, at least two seconds. */
export function commitFrom(facts: Pick<MeterFacts, 'periods'>, hour: bigint): bigint {
  const { reportsUntil, commitsUntil } = hourWindows(facts.periods, hour);
  const third = (commitsUntil - reportsUntil) / 3n;
  return commitsUntil - (third > 2n ? third : 2n);
}

/** Commits as soon as every report is judged, and in any case in time; reveals as soon as it may. */
export function planVerdicts(facts: MeterFacts): MeterAction[] {
  const actions: MeterAction[] = [];
  for (const hour of facts.hours) {
    const week = weekOfHour(facts.periods, hour.hour);
    const phase = phaseOf(facts, hour);
    if (phase === 'committing' && hour.verdict === 'none' && inSet(facts, week)) {
      if (hour.judged >= hour.reports || facts.now >= commitFrom(facts, hour.hour))
        actions.push({ kind: 'commit-verdict', hour: hour.hour, week });
    }
    if (phase === 'revealing' && hour.verdict === 'committed' && hour.canReveal)
      actions.push({ kind: 'reveal-verdict', hour: hour.hour });
  }
  return actions;
}

/**
 * Hours as soon as their verdicts are in; late ones by the set of the day. Evidence that decides something and is
 * missing is waited for through three quarters of the time.
 */
export function planHours(facts: MeterFacts): MeterAction[] {
  const actions: MeterAction[] = [];
  for (const hour of facts.hours) {
    const phase = phaseOf(facts, hour);
    if (phase !== 'deciding' && phase !== 'late') continue;
    const late = phase === 'late';
    const week = late ? weekAt(facts.periods, facts.now) : weekOfHour(facts.periods, hour.hour);
    if (!inSet(facts, week)) continue;
    const count = facts.sets.get(week)?.numbers.length ?? 0;
    // Too few revealed: the hour's own set may not decide it, a later one will.
    if (!late && !isQuorum(hour.reveals, count)) continue;
    const { computed, myVote } = hour;
    if (computed === undefined) {
      actions.push({ kind: 'compute-hour', hour: hour.hour });
      continue;
    }
    if (computed.missing > 0 && facts.now < patienceUntil(facts, hour.hour, late)) {
      actions.push({ kind: 'compute-hour', hour: hour.hour });
      continue;
    }
    const voted =
      hour.voteWeek === week && myVote?.root === computed.root && myVote.leaves === computed.leaves;
    if (!voted) actions.push({ kind: 'propose-hour', hour: hour.hour, week });
  }
  return actions;
}

function patienceUntil(facts: Pick<MeterFacts, 'periods'>, hour: bigint, late: boolean): bigint {
  const { revealsUntil, finalUntil, lateUntil } = hourWindows(facts.periods, hour);
  const [from, until] = late ? [finalUntil, lateUntil] : [revealsUntil, finalUntil];
  // A late hour has waited long already: a day's part more is enough.
  const most = late ? BigInt(facts.periods.finalHours) * hourSecs(facts.periods) : until - from;
  const part = ((until - from) * 3n) / 4n;
  return from + (part < most ? part : most);
}
