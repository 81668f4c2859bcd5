import type { Found } from '@media-network/chain';
import {
  COMMIT_BYTES,
  COUNTER_BYTES,
  checkEntries,
  decodeCommits,
  decodeCounters,
  decodeDigestList,
  decodeEntries,
  digestsLength,
  entriesLength,
  receiptsLength,
  sumSlots,
  toHex,
  verifySessions,
} from '@media-network/protocol';
import type { CollectedCommit, Commit, Entry } from '@media-network/protocol';
import type { CommitIntake } from '../collect/commit-intake.ts';
import type { EvidenceSource } from '../evidence/evidence-source.ts';
import type { PeerFetch } from '../evidence/peer-fetch.ts';
import type { ProbeBudget } from '../probe/probe-budget.ts';
import type { TargetPool } from '../probe/target-pool.ts';
import { resourceIn } from '../resource-hours.ts';
import type { HourBook } from '../state/hour-book.ts';
import type { EdgeAllowance } from './edge-allowances.ts';
import type { Evidence } from './judge.ts';
import { mostTelling } from './most-telling.ts';
import type { SessionBook } from './session-book.ts';

export interface GatherDeps {
  readonly source: EvidenceSource;
  readonly fetch: PeerFetch;
  readonly intake: CommitIntake;
  readonly book: HourBook;
  readonly sessions: SessionBook;
  readonly targets: TargetPool;
  readonly budget: ProbeBudget;
  readonly random: () => number;
}

export interface GatherTask {
  readonly report: Found<'report'>;
  readonly edge: Found<'edge'>;
  readonly resources: ReadonlyMap<string, Found<'resource'>>;
  /** Base URLs of other guards. */
  readonly guards: readonly string[];
  readonly allowance: EdgeAllowance;
  /** Ends what is asked of other guards: their time is not the edge's. */
  readonly guardsSignal: AbortSignal;
}

export interface Gathered {
  readonly evidence: Evidence;
  readonly commits: readonly CollectedCommit[];
}

type PeerAnswer = Awaited<ReturnType<PeerFetch['get']>>;

/** Commits of an hour that are read from one peer: one a sample, and what contradicts them. */
const MAX_COMMITS = 64;
const SMALL_MS = 5_000;
/** Lists of digests that are read of one report, for the next probes. */
const DIGEST_LISTS = 3;
/** Receipts lists of one report under way at the same time. */
const PARALLEL_LISTS = 4;

/** Fetches what is behind a report, within the edge's allowance; from other guards what the edge does not give. */
export async function gather(deps: GatherDeps, task: GatherTask): Promise<Gathered> {
  const evidence = await gatherReport(deps, task);
  if (evidence.kind !== 'whole') return { evidence, commits: [] };
  const commits = await gatherCommits(deps, task);
  await noteTraffic(deps, task, evidence.entries);
  return { evidence, commits };
}

async function gatherReport(deps: GatherDeps, task: GatherTask): Promise<Evidence> {
  const { report, edge, resources } = task;
  // Entries are of different resources that exist: a count above theirs needs no look at the rest.
  if (report.entryCount > resources.size) {
    return {
      kind: 'faulty',
      reason: 'malformed',
      words: `${report.entryCount} entries, and the chain has ${resources.size} resources`,
    };
  }
  const asked = deps.fetch.mayAsk(edge.control);
  const missing = (words: string): Evidence => ({ kind: 'missing', asked, words });
  const blob = await find(deps, task, 'entries', toHex(report.root), entriesLength(report));
  if (blob === undefined) return missing('nobody gave the entries within the limits');
  const entries = decodeEntries(blob) ?? [];
  const fault = checkEntries(report, entries);
  if (fault !== undefined) return { kind: 'faulty', ...fault };

  const vouched = entries.filter((entry) => {
    const resource = resources.get(entry.resource);
    const held = resource === undefined ? undefined : resourceIn(resource, report.hour);
    // Where nothing can be vouched the list decides nothing.
    return entry.sessions > 0 && held?.active === true && held.vouchingKey !== undefined;
  });
  const lost: string[] = [];
  const work = vouched.values();
  await Promise.all(
    Array.from({ length: PARALLEL_LISTS }, async () => {
      for (const entry of work) {
        if (lost.length > 0) return;
        if (!(await gatherSessions(deps, task, entry))) lost.push(entry.resource);
      }
    }),
  );
  if (lost.length > 0) return missing(`nobody gave the receipts of ${lost[0]} within the limits`);
  return { kind: 'whole', entries };
}

/** Reads and verifies the sessions of an entry; false when the list cannot be had. */
async function gatherSessions(deps: GatherDeps, task: GatherTask, entry: Entry): Promise<boolean> {
  const { report } = task;
  if (deps.sessions.get(report.edge, report.hour, entry.resource) !== undefined) return true;
  const blob = await find(deps, task, 'receipts', toHex(entry.receiptsRoot), receiptsLength(entry));
  if (blob === undefined) return false;
  await verifyInto(deps.sessions, task.resources, report, entry, blob);
  return true;
}

/** Verifies a list whose root is right and remembers the sessions that count. */
export async function verifyInto(
  sessions: SessionBook,
  resources: ReadonlyMap<string, Found<'resource'>>,
  report: { readonly edge: string; readonly hour: bigint },
  entry: Entry,
  blob: Uint8Array,
): Promise<void> {
  const resource = resources.get(entry.resource);
  const vouchingKey = resource === undefined ? undefined : resourceIn(resource, report.hour).vouchingKey;
  const finding = await verifySessions({ hour: report.hour, edge: report.edge, entry, vouchingKey }, blob);
  sessions.set(report.edge, report.hour, entry.resource, finding.sessions);
}

/** A blob of known length from the edge, or else from a guard that got it. */
async function find(
  deps: GatherDeps,
  task: GatherTask,
  kind: 'entries' | 'receipts' | 'counters',
  rootHex: string,
  exactBytes: number,
): Promise<Uint8Array | undefined> {
  const { edge, allowance, guards, guardsSignal } = task;
  if (exactBytes === 0) return new Uint8Array(0);
  const wanted = { kind, rootHex, exactBytes };
  if (!allowance.takeBytes(exactBytes)) return undefined;
  const fromEdge = await allowance.ask((signal) => deps.source.find({ ...wanted, signal }, [edge.control]));
  return fromEdge ?? (await deps.source.find({ ...wanted, signal: guardsSignal }, guards));
}

/** Commits of the edge around the hour: those this guard collected, those the edge shows, those other guards collected. */
async function gatherCommits(deps: GatherDeps, task: GatherTask): Promise<readonly CollectedCommit[]> {
  const { edge, guards, allowance, guardsSignal } = task;
  const { hour } = task.report;
  const limits = { maxBytes: MAX_COMMITS * COMMIT_BYTES, timeoutMs: SMALL_MS };
  const ofEdge = (of: bigint): Promise<PeerAnswer> =>
    allowance.ask((signal) => deps.fetch.get(edge.control, `/v1/commits?hour=${of}`, { ...limits, signal }));
  const ofGuards = (of: bigint): Promise<PeerAnswer>[] =>
    guards.map((guard) =>
      deps.fetch.get(guard, `/v1/commits?hour=${of}&edge=${edge.address}`, {
        ...limits,
        signal: guardsSignal,
      }),
    );
  async function takeIn(of: bigint, asked: readonly Promise<PeerAnswer>[]): Promise<void> {
    for (const answer of await Promise.all(asked)) {
      const claimed = answer?.status === 200 ? (decodeCommits(answer.body) ?? []) : [];
      for (const commit of claimed) if (commit.hour === of) await deps.intake.take(commit, edge);
    }
  }
  const kept = (of: bigint): readonly Commit[] => deps.book.of(edge.address, of).commits;
  const atEnd = (): boolean => kept(hour + 1n).some(({ slot }) => slot === 0);
  await takeIn(hour, [ofEdge(hour), ...ofGuards(hour)]);
  // The first of the next hour is as of this one's end; an edge has it with its report.
  if (!atEnd()) await takeIn(hour + 1n, [ofEdge(hour + 1n)]);
  if (!atEnd()) await takeIn(hour + 1n, ofGuards(hour + 1n));
  const around = [hour - 1n, hour, hour + 1n].flatMap(kept);
  const read = new Set(mostTelling(around, hour));
  const collected: CollectedCommit[] = [];
  for (const commit of around) {
    const counters = read.has(commit) ? await countersOf(deps, task, commit) : undefined;
    // Those of which no more was asked still contradict others; but nothing was withheld.
    if (read.has(commit) || commit.hour === hour) collected.push({ commit, counters });
  }
  return collected;
}

async function countersOf(
  deps: GatherDeps,
  task: GatherTask,
  commit: Commit,
): Promise<ReadonlyMap<string, bigint> | undefined> {
  // Counters of resources that do not exist are not worth reading.
  if (commit.count > task.resources.size) return undefined;
  const blob = await find(deps, task, 'counters', toHex(commit.root), commit.count * COUNTER_BYTES);
  const counters = blob === undefined ? undefined : decodeCounters(blob);
  return counters === undefined ? undefined : new Map(counters.map((each) => [each.resource, each.bytes]));
}

/** What viewers fetch of whom, so that probes look like them and stay small beside them. */
async function noteTraffic(deps: GatherDeps, task: GatherTask, entries: readonly Entry[]): Promise<void> {
  const { report, edge, allowance } = task;
  for (const entry of entries)
    deps.budget.note(edge.address, entry.resource, report.hour, sumSlots(entry.slots));
  const listed = entries.filter((entry) => entry.digests > 0);
  for (let i = 0; i < DIGEST_LISTS && listed.length > 0; i += 1) {
    const [entry] = listed.splice(Math.floor(deps.random() * listed.length), 1);
    if (entry === undefined || !allowance.takeBytes(digestsLength(entry))) return;
    const wanted = {
      kind: 'digests',
      rootHex: toHex(entry.digestRoot),
      exactBytes: digestsLength(entry),
    } as const;
    const blob = await allowance.ask((signal) => deps.source.find({ ...wanted, signal }, [edge.control]));
    const digests = blob === undefined ? undefined : decodeDigestList(blob);
    if (digests === undefined) continue;
    deps.targets.served(
      entry.resource,
      digests.map(({ targetHash, size }) => ({ targetHash: toHex(targetHash), size: Number(size) })),
    );
  }
}
