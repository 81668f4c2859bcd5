import { join } from 'node:path';
import type { SignBytes } from '@media-network/protocol';
import { errorMessage } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask, Scope } from '@media-network/runtime';
import { createCaps } from './caps/caps.ts';
import type { Caps } from './caps/caps.ts';
import { readHours } from './caps/hours.ts';
import { openMonthBook } from './caps/month-book.ts';
import type { EdgeChain } from './chain/edge-chain.ts';
import type { EdgeConfig } from './config.ts';
import { evidenceReaders } from './journal/evidence-readers.ts';
import { openJournal } from './journal/journal.ts';
import type { Journal } from './journal/journal.ts';
import { createLedger } from './journal/ledger.ts';
import type { Ledger } from './journal/ledger.ts';
import { createCommitMaker } from './report/commit-maker.ts';
import type { CommitAt, CommitMakerDeps } from './report/commit-maker.ts';
import { createClaimer } from './report/claimer.ts';
import type { Claimer } from './report/claimer.ts';
import { openEvidenceStore } from './report/evidence-store.ts';
import type { EvidenceStore } from './report/evidence-store.ts';
import { createKnownProcess } from './report/known-process.ts';
import type { BuildReport } from './report/report-builder.ts';
import { createReportCloser } from './report/report-closer.ts';
import { createReporter } from './report/reporter.ts';
import type { Reporter } from './report/reporter.ts';
import { createOpenCredit } from './tenant/open-credit.ts';
import type { OpenCredit } from './tenant/open-credit.ts';

/** What was served, and what becomes of it: counters → report → claim. */
export interface Books {
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly caps: Caps;
  readonly evidence: EvidenceStore;
  readonly commitAt: CommitAt;
  readonly reporter: Reporter;
  readonly claimer: Claimer;
  readonly credit: OpenCredit;
  readonly tasks: readonly RepeatingTask[];
}

export async function openBooks(
  config: EdgeConfig,
  deps: {
    readonly chain: EdgeChain;
    readonly scope: Scope;
    readonly build: BuildReport;
    readonly counters: CommitMakerDeps['counters'];
    readonly sign: SignBytes;
    /** Tells this process from others under the same key. */
    readonly instance: string;
    readonly fetch: typeof globalThis.fetch;
    readonly random: () => number;
    readonly clock: Clock;
    readonly log: Log;
  },
): Promise<Books> {
  const { chain, scope, build, counters, sign, instance, fetch, random, clock, log } = deps;
  const ledger = createLedger(evidenceReaders);
  const journal = await openJournal({ ledger, clock, log }, { dir: join(config.dir, 'journal') });
  scope.add('journal', () => journal.close());
  const month = await openMonthBook(
    join(config.dir, 'month.json'),
    ledger.totalBytes,
    clock.nowMs(),
    (error) => log.warn({ err: errorMessage(error) }, 'the disk does not take the month'),
  );
  scope.add('month', () => month.settled());
  const caps = createCaps(
    { clock, month, totalBytes: () => ledger.totalBytes },
    {
      maxMbit: config.maxMbit,
      maxGbMonth: config.maxGbMonth,
      hours: config.hours === undefined ? undefined : readHours(config.hours),
    },
  );
  const evidence = await openEvidenceStore(join(config.dir, 'evidence'));
  const commitAt = createCommitMaker({ chain, ledger, journal, evidence, sign, counters });
  const knownProcess = createKnownProcess({ chain, fetch, instance });
  const closer = createReportCloser({ chain, evidence, clock, log }, { evidenceWeeks: config.evidenceWeeks });
  const claimer = createClaimer({ chain, clock, log, random, fetch });
  const credit = createOpenCredit(
    { chain, ledger, clock, log, random, fetch },
    { pastCredit: config.pastCredit, slackBytes: config.openSlackBytes },
  );
  const reporter = createReporter({
    chain,
    ledger,
    journal,
    evidence,
    commitAt,
    build,
    openTerms: (hour) => credit.termsOf(hour),
    knownProcess,
    clock,
    log,
  });
  const tasks = [journal.task, reporter.task, closer, claimer.task, credit.task];
  return { ledger, journal, caps, evidence, commitAt, reporter, claimer, credit, tasks };
}
