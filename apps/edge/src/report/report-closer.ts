import { createRepeatingTask } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask, RoundResult } from '@media-network/runtime';
import type { EdgeChain } from '../chain/edge-chain.ts';
import { hourAt, weekMs, weekOf } from '../chain/periods.ts';
import type { EvidenceStore } from './evidence-store.ts';

export interface ReportCloserDeps {
  readonly chain: EdgeChain;
  readonly evidence: EvidenceStore;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ReportCloserOptions {
  /** Weeks for which evidence is kept. */
  readonly evidenceWeeks: number;
}

/** Weeks that a report stays on chain after its hour, and after the hour was decided, so that both can be audited from it. */
const OPEN_WEEKS = 2;
const PER_ROUND = 20;

/** Gets the rent of settled reports, and of hours that this edge was first to report, back and deletes evidence that nobody needs any more. */
export function createReportCloser(deps: ReportCloserDeps, options: ReportCloserOptions): RepeatingTask {
  const { chain, evidence, log } = deps;
  let hourLooked = -1;

  async function round(): Promise<RoundResult> {
    const { periods } = chain;
    const now = hourAt(periods, chain.nowMs());
    const due = evidence
      .unclosed()
      .filter((hour) => weekOf(periods, hour) + OPEN_WEEKS <= weekOf(periods, now));
    for (const hour of due.slice(0, PER_ROUND)) {
      const settledAt = await chain.hourSettledAtMs(hour);
      if (settledAt === undefined || chain.nowMs() < settledAt + OPEN_WEEKS * weekMs(periods)) continue;
      await chain.closeReport(hour);
      await evidence.markClosed(hour);
      log.debug({ hour }, 'report closed, its rent is back');
    }
    if (hourLooked !== now) {
      // Once an hour is enough for what waits four weeks; each answer may name several.
      for (const hour of (await chain.closableHours()).slice(0, PER_ROUND)) {
        await chain.closeHour(hour);
        log.debug({ hour }, 'hour account closed, its rent is back');
      }
      hourLooked = now;
    }
    // What can still be judged, recorded or audited must be there, whatever the option says.
    const needed = (OPEN_WEEKS + 1) * periods.hoursPerWeek + periods.finalHours + periods.lateHours;
    const keepFrom = now - Math.max(options.evidenceWeeks * periods.hoursPerWeek, needed);
    const pruned = await evidence.pruneBelow(keepFrom);
    if (pruned > 0) log.info({ hours: pruned, below: keepFrom }, 'old evidence deleted');
    return due.length > PER_ROUND ? 'busy' : 'idle';
  }

  return createRepeatingTask(
    round,
    { clock: deps.clock, log },
    {
      name: 'report-closer',
      intervalMs: Math.min(60_000, chain.periods.sampleSecs * 5_000),
      busyIntervalMs: 1_000,
    },
  );
}
