import { createRepeatingTask } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask, RoundResult } from '@media-network/runtime';
import type { EdgeChain } from '../chain/edge-chain.ts';
import { hourAt, hourClosableAtMs } from '../chain/periods.ts';
import { SAMPLES } from '../journal/ledger.ts';
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

const PER_ROUND = 20;
/** The chain's clock may be behind our reading of it. */
const MARGIN_MS = 2_000;

/** Gets the rent of old reports, which stay as long as their hour does, and of hours that this edge was first to report, back and deletes evidence that nobody needs any more. */
export function createReportCloser(deps: ReportCloserDeps, options: ReportCloserOptions): RepeatingTask {
  const { chain, evidence, log } = deps;
  let hourLooked = -1;

  async function round(): Promise<RoundResult> {
    const { periods } = chain;
    const now = hourAt(periods, chain.nowMs());
    const due = evidence
      .unclosed()
      .filter((hour) => chain.nowMs() > hourClosableAtMs(periods, hour) + MARGIN_MS);
    for (const hour of due.slice(0, PER_ROUND)) {
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
    const verdictHours = Math.ceil(periods.verdictSlots / SAMPLES);
    const needed = verdictHours + periods.finalHours + periods.lateHours + 4 * periods.hoursPerWeek + 1;
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
