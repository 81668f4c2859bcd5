import type { Found } from '@media-network/chain';
import { hourAt, hourPhase, hourStart, weekOfHour } from '@media-network/protocol';
import type { HourPhase, Periods } from '@media-network/protocol';
import type { Clock, Log, RoundResult } from '@media-network/runtime';
import type { Counts } from '../counts.ts';
import { byAddress } from '../network.ts';
import type { Network, Snapshot } from '../network.ts';
import { createSlots } from '../slots.ts';
import { createEdgeAllowances } from './edge-allowances.ts';
import { gather } from './gather.ts';
import type { GatherDeps } from './gather.ts';
import { judge } from './judge.ts';
import type { Verdict } from './judge.ts';
import { otherGuards } from './peers.ts';

/** A report as this guard judged it. */
export interface JudgedReport {
  readonly report: Found<'report'>;
  readonly verdict: Verdict;
  /** Resources in the order of its entries; undefined where they were not had. */
  readonly resources: readonly string[] | undefined;
}

export interface InspectorDeps extends GatherDeps {
  readonly client: { reports(hour: bigint): Promise<Found<'report'>[]> };
  readonly network: Network;
  readonly guardNo: number;
  readonly counts: Counts;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Judges reports as they come, each in a slot of its own, so that a verdict is there as soon as its evidence is. The
 * meter commits to what there is when the time for that is over, and waits for nobody.
 */
export interface Inspector {
  round(signal: AbortSignal): Promise<RoundResult>;
  judged(hour: bigint, report: string): JudgedReport | undefined;
  /** Reports of an hour that are judged for good. */
  settled(hour: bigint): number;
  forgetBefore(hour: bigint): void;
  close(): Promise<void>;
}

/** Each holds one report's evidence while it is read; what drips is cut by its allowance. */
const PARALLEL = 64;
/** For what other guards have of one report. */
const GUARDS_MS = 10_000;
const LEAST_MS = 5_000;
/** Looks again at what was missing, at first after this, then ever more rarely. */
const FIRST_PAUSE_MS = 300;

/**
 * Milliseconds for all that is asked of one edge about one hour: a third of the time for commitments, where that is
 * long; and never so little that a busy machine passes for a slow edge.
 */
export function inspectionMs(periods: Periods): number {
  const windowMs = (periods.commitSlots - periods.reportSlots) * periods.sampleSecs * 1_000;
  return Math.min(120_000, Math.max(LEAST_MS, Math.floor(windowMs / 3)));
}

const OPEN: ReadonlySet<HourPhase> = new Set(['reporting', 'committing']);

export function createInspector(deps: InspectorDeps): Inspector {
  const { network, clock, book } = deps;
  const slots = createSlots(PARALLEL, deps.onFailure);
  const judged = new Map<bigint, Map<string, JudgedReport>>();
  const pauses = new Map<string, { readonly untilMs: number; readonly pauseMs: number }>();
  let periods: Periods | undefined;
  let settled = 0;
  const allowances = createEdgeAllowances(
    () => performance.now(),
    () => (periods === undefined ? LEAST_MS : inspectionMs(periods)),
  );

  function isOnline(hour: bigint): boolean {
    return book.edgesOf(hour).some((edge) => {
      const { contacts, asks } = book.of(edge, hour);
      return contacts.answered + asks.answered > 0;
    });
  }

  async function inspect(
    report: Found<'report'>,
    edge: Found<'edge'>,
    snapshot: Snapshot,
    ending: AbortSignal,
  ): Promise<void> {
    const { hour } = report;
    const set = await network.guardSet(weekOfHour(snapshot.config, hour), snapshot);
    const gathered = await gather(deps, {
      report,
      edge,
      resources: byAddress(snapshot),
      guards: otherGuards(snapshot, set, deps.guardNo),
      allowance: allowances.open(edge.address, hour, ending),
      guardsSignal: AbortSignal.any([AbortSignal.timeout(GUARDS_MS), ending]),
    });
    // What was cut off because the guard is closing says nothing of the edge.
    if (ending.aborted) return;
    const { evidence, commits } = gathered;
    const verdict = judge({
      hour,
      evidence,
      commits,
      seen: book.of(edge.address, hour),
      joinedBefore: edge.joinedAt <= hourStart(snapshot.config, hour),
      online: isOnline(hour),
    });
    const ofHour = judged.get(hour) ?? new Map<string, JudgedReport>();
    judged.set(hour, ofHour);
    ofHour.set(report.address, {
      report,
      verdict,
      resources: evidence.kind === 'whole' ? evidence.entries.map((entry) => entry.resource) : undefined,
    });
    deps.log.debug({ edge: edge.address, hour: String(hour), verdict }, 'report inspected');
    if (!verdict.open) {
      pauses.delete(report.address);
      settled += 1;
      deps.counts.addReason(verdict.reason);
      return;
    }
    const pauseMs = Math.min(30_000, 2 * (pauses.get(report.address)?.pauseMs ?? FIRST_PAUSE_MS / 2));
    pauses.set(report.address, { untilMs: clock.nowMs() + pauseMs, pauseMs });
  }

  function isDue(report: Found<'report'>): boolean {
    const found = judged.get(report.hour)?.get(report.address);
    if (found !== undefined && !found.verdict.open) return false;
    return clock.nowMs() >= (pauses.get(report.address)?.untilMs ?? 0) && !slots.has(report.address);
  }

  return {
    async round(signal) {
      const snapshot = await network.snapshot();
      const { config } = snapshot;
      periods = config;
      const now = await network.chainNow();
      const edges = new Map(snapshot.edges.map((edge) => [String(edge.address), edge]));
      for (let hour = hourAt(config, now) - 1n; hour >= 0n; hour -= 1n) {
        // An early end of commitments is the meter's to see; here it is enough to know the time.
        const phase = hourPhase(config, hour, undefined, now);
        if (!OPEN.has(phase)) break;
        const set = await network.guardSet(weekOfHour(config, hour), snapshot);
        if (!set.usable || !set.numbers.includes(deps.guardNo)) continue;
        const due = (await deps.client.reports(hour)).filter(isDue);
        // Those that were quick before come first, so that slow ones use the slots that are left.
        due.sort((a, b) => allowances.spentMs(a.edge) - allowances.spentMs(b.edge));
        for (const report of due) {
          const edge = edges.get(report.edge);
          if (signal.aborted || slots.free === 0) break;
          if (edge !== undefined)
            slots.start(report.address, (ending) => inspect(report, edge, snapshot, ending));
        }
      }
      const before = settled;
      return (await slots.rest(1_000)) || settled > before ? 'busy' : 'idle';
    },
    judged: (hour, report) => judged.get(hour)?.get(report),
    settled: (hour) => [...(judged.get(hour)?.values() ?? [])].filter(({ verdict }) => !verdict.open).length,
    forgetBefore(hour) {
      for (const [old, reports] of judged) {
        if (old >= hour) continue;
        judged.delete(old);
        for (const address of reports.keys()) pauses.delete(address);
      }
      allowances.forgetBefore(hour);
    },
    close: () => slots.close(),
  };
}
