import { afterRefusal, drawAsks, dueAsk } from '@media-network/guard/ask-times';
import type { AskPlan } from '@media-network/guard/ask-times';
import { judge } from '@media-network/guard/judge';
import { mostTelling } from '@media-network/guard/most-telling';
import type { CollectedCommit, Entry, Level } from '@media-network/protocol';
import { createEdgeMeter } from './edge-meter.ts';

/** Slots of a resource as they are reported; `committed`: those in which guards got a commit. */
export type Lie = (
  slots: readonly bigint[],
  committed: readonly number[],
  random: () => number,
) => readonly bigint[];

const HOUR_MINUTES = 60;
/** Asks that get lost. */
const LOSS = 0.05;
/** More in every slot, by so many hundredths of a percent. */
export const evenly =
  (bps: bigint): Lie =>
  (slots) =>
    slots.map((bytes) => bytes + (bytes * bps) / 10_000n);
interface HourOfPlay {
  /** How far the report is from what was counted. */
  readonly lie?: Lie | undefined;
  /** Shows nobody what it commits to as of the end of the hour. */
  readonly withholdsEnd?: boolean;
}

export interface WatchedEdge {
  /** What it reports of the next hour, and the level that each guard that judges gives it. */
  hour(of?: HourOfPlay): {
    readonly entries: readonly Entry[];
    /** What is in its books, where the entries are something else. */
    readonly counted: readonly Entry[];
    readonly levels: readonly Level[];
  };
}

/** An edge with the books of a real one, and guards that ask it at the moments and judge it by the rules of real ones. */
export function watchEdge(guards: number, restarts: boolean, random: () => number): WatchedEdge {
  const meter = createEdgeMeter(random);
  const before = new Map<number, readonly CollectedCommit[]>();
  let hour = 0;

  function levelsOf(
    entries: readonly Entry[],
    commits: readonly CollectedCommit[],
    asks: readonly { readonly answered: number; readonly refused: number }[],
  ): readonly Level[] {
    const read = new Set(
      mostTelling(
        commits.map(({ commit }) => commit),
        BigInt(hour),
      ),
    );
    return asks.map(
      (of) =>
        judge({
          hour: BigInt(hour),
          evidence: { kind: 'whole', entries },
          seen: {
            asks: of,
            contacts: { answered: 3, silent: 0 },
            probed: new Map(),
            looks: [],
            commits: [],
          },
          joinedBefore: true,
          online: true,
          commits: commits.map((each) => (read.has(each.commit) ? each : { ...each, counters: undefined })),
        }).level,
    );
  }

  return {
    hour({ lie, withholdsEnd = false } = {}) {
      const plans: AskPlan[] = Array.from({ length: guards }, () => drawAsks(random));
      const asks = plans.map(() => ({ answered: 0, refused: 0 }));
      // Once a day it is killed, and away for two minutes.
      const killedAt = restarts && random() < 1 / 24 ? Math.floor(HOUR_MINUTES * random()) : undefined;
      const isAway = (minute: number): boolean =>
        killedAt !== undefined && minute >= killedAt && minute < killedAt + 2;
      for (let minute = 0; minute < HOUR_MINUTES; minute += 1) {
        const now = hour * HOUR_MINUTES + minute;
        if (minute === killedAt) meter.kill();
        for (const [g, plan] of plans.entries()) {
          const part = minute / HOUR_MINUTES;
          const { due, rest } = dueAsk(plan, part);
          plans[g] = rest;
          if (!due) continue;
          const lost = isAway(minute) || random() < LOSS;
          asks[g]![lost ? 'refused' : 'answered'] += 1;
          if (lost) plans[g] = afterRefusal(rest, part, random);
          else meter.commit(now);
        }
        if (!isAway(minute)) meter.serve(now);
      }
      // Viewers do not wait for the report: what comes now is of the next hour.
      meter.serve((hour + 1) * HOUR_MINUTES);
      const counted = meter.report(hour);
      const within = meter.commitsOf(hour);
      const committed = within.map(({ commit }) => commit.slot);
      const entries = counted.map((entry) =>
        lie === undefined ? entry : { ...entry, slots: lie(entry.slots, committed, random) },
      );
      const atEnd = withholdsEnd ? [] : meter.commitsOf(hour + 1);
      const levels = levelsOf(entries, [...(before.get(hour - 1) ?? []), ...within, ...atEnd], asks);
      before.clear();
      before.set(hour, within);
      hour += 1;
      return { entries, counted, levels };
    },
  };
}
