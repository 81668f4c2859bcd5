import { createRepeatingTask } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask, RoundResult } from '@media-network/runtime';
import type { EdgeChain } from '../chain/edge-chain.ts';
import { hourEndMs, reportDeadlineMs } from '../chain/periods.ts';
import type { Journal } from '../journal/journal.ts';
import { SAMPLES } from '../journal/ledger.ts';
import type { HourBook, Ledger, SealedHour } from '../journal/ledger.ts';
import type { CommitAt } from './commit-maker.ts';
import type { EvidenceStore } from './evidence-store.ts';
import type { KnownProcess } from './known-process.ts';
import type { BuildReport, OpenTerms } from './report-builder.ts';

export interface ReporterDeps {
  readonly chain: EdgeChain;
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly evidence: EvidenceStore;
  readonly commitAt: CommitAt;
  readonly build: BuildReport;
  /** What open bytes of an hour are paid for, as the chain has it now. */
  readonly openTerms: (hour: number) => Promise<OpenTerms>;
  /** Whether it is this process that guards ask for the evidence. */
  readonly knownProcess: () => Promise<KnownProcess>;
  readonly clock: Clock;
  readonly log: Log;
}

interface ReporterStats {
  readonly submitted: number;
  /** Bytes of hours that no report will ever claim. */
  readonly bytesLost: number;
  readonly lamports: bigint | undefined;
  /** Whether the chain takes this edge for one of the network, as far as the last report tells. */
  readonly registered: boolean;
}

export interface Reporter {
  readonly task: RepeatingTask;
  readonly stats: ReporterStats;
}

/** Longest wait after an hour's end for receipts that are still on their way, and for clients whose clocks lag. */
const MAX_GRACE_MS = 60_000;
/** Rent of a report and of an hour account and a few fees: what the next hour may cost. */
const LOW_LAMPORTS = 20_000_000n;

/**
 * After each hour: seal it, keep its evidence, put one report on chain, exactly once. Everything that
 * decides is on disk or on chain, so a restart at any point goes on where it stopped:
 * sealed but not submitted → the same root again; submitted but not noted → the chain is asked first.
 */
export function createReporter(deps: ReporterDeps): Reporter {
  const { chain, ledger, journal, evidence, log } = deps;
  const stats: { -readonly [Name in keyof ReporterStats]: ReporterStats[Name] } = {
    submitted: 0,
    bytesLost: 0,
    lamports: undefined,
    registered: true,
  };
  const refusalsLogged = new Map<number, string>();
  let yieldedInHour = -1;
  let warnedInHour = -1;

  async function round(): Promise<RoundResult> {
    let result: RoundResult = 'idle';
    for (const hour of ledger.openHours()) {
      const { periods } = chain;
      const graceMs = Math.min(MAX_GRACE_MS, (periods.reportSlots * periods.sampleSecs * 1000) / 4);
      if (chain.nowMs() < hourEndMs(periods, hour) + graceMs) continue;
      const book = ledger.hour(hour);
      if (book === undefined) continue;
      const sealed = book.sealed ?? (await seal(book));
      if (sealed === undefined) continue;
      if ((await submit(hour, sealed)) === 'later') result = 'busy';
    }
    return result;
  }

  /** Freezes the hour, builds its report, and makes both durable before anybody hears of it. */
  async function seal(book: HourBook): Promise<SealedHour | undefined> {
    ledger.freeze(book.hour);
    const built = deps.build(book, await deps.openTerms(book.hour));
    if (built.report.entryCount === 0) {
      ledger.settle(book.hour, 'submitted');
      await journal.flush();
      return undefined;
    }
    await evidence.put(book.hour, built);
    // What all counters stand at as of its end: guards take no report without.
    await deps.commitAt((book.hour + 1) * SAMPLES);
    const sealed = {
      root: Buffer.from(built.report.root).toString('hex'),
      bytes: Number(built.report.bytes),
      count: built.report.entryCount,
    };
    ledger.seal(book.hour, sealed);
    await journal.flush();
    log.info(
      { hour: book.hour, bytes: sealed.bytes, entries: sealed.count, root: sealed.root },
      'hour sealed',
    );
    return sealed;
  }

  async function submit(hour: number, sealed: SealedHour): Promise<'done' | 'later'> {
    const known = await chain.report(hour);
    if (known !== undefined) {
      if (known.root !== sealed.root) {
        log.error(
          { hour, onChain: known.root, ours: sealed.root },
          'the report on chain is not the one in the journal: another edge runs with this operator key',
        );
      }
      return settle(hour, 'submitted');
    }
    if (chain.nowMs() >= reportDeadlineMs(chain.periods, hour)) return lose(hour, sealed);
    if ((await deps.knownProcess()) === 'another') return yieldTo(hour);
    await watchLamports(hour);
    const outcome = await chain.submitReport({
      hour,
      bytes: BigInt(sealed.bytes),
      root: Buffer.from(sealed.root, 'hex'),
      entryCount: sealed.count,
    });
    switch (outcome.kind) {
      case 'submitted':
        stats.submitted += 1;
        stats.registered = true;
        log.info({ hour, bytes: sealed.bytes, root: sealed.root }, 'report submitted');
        return settle(hour, 'submitted');
      case 'exists':
        return settle(hour, 'submitted');
      case 'tooLate':
        return lose(hour, sealed);
      case 'tooEarly':
        return 'later';
      case 'refused':
        break;
    }
    if (outcome.code === 'chain/not-active') stats.registered = false;
    // It may be mended within the report window: stake can be added.
    if (refusalsLogged.get(hour) !== outcome.code) {
      refusalsLogged.set(hour, outcome.code);
      log.error(
        { hour, code: outcome.code, why: outcome.message },
        'the chain refuses the report; trying on until its window ends',
      );
    }
    return 'later';
  }

  /** The other one reports, from its own books; if it does not, this one asks again until the window ends. */
  function yieldTo(hour: number): 'later' {
    if (yieldedInHour !== hour) {
      yieldedInHour = hour;
      log.error(
        { hour, code: 'edge/key-in-use' },
        'another process runs with this operator key, and the chain names its control plane: this one reports nothing. Stop one of the two: every edge has a key of its own',
      );
    }
    return 'later';
  }

  async function lose(hour: number, sealed: SealedHour): Promise<'done'> {
    stats.bytesLost += sealed.bytes;
    log.error({ hour, bytes: sealed.bytes }, 'the report window has passed: these bytes will not be paid');
    return settle(hour, 'tooLate');
  }

  async function settle(hour: number, outcome: 'submitted' | 'tooLate'): Promise<'done'> {
    refusalsLogged.delete(hour);
    ledger.settle(hour, outcome);
    // The books of the hour are not needed any more: this is when the file gets shorter.
    await journal.rotate();
    return 'done';
  }

  async function watchLamports(hour: number): Promise<void> {
    stats.lamports = await chain.lamports();
    if (stats.lamports >= LOW_LAMPORTS || warnedInHour === hour) return;
    warnedInHour = hour;
    log.warn(
      { operator: chain.operator, lamports: stats.lamports.toString() },
      'the operator is low on SOL and pays for reports: send some to it, or reports will fail',
    );
  }

  const periods = chain.periods;
  const task = createRepeatingTask(
    round,
    { clock: deps.clock, log },
    {
      name: 'reporter',
      intervalMs: Math.min(5_000, periods.sampleSecs * 500),
      busyIntervalMs: Math.min(1_000, periods.sampleSecs * 500),
      maxBackoffMs: Math.min(30_000, periods.sampleSecs * 1_000),
    },
  );
  return { task, stats };
}
