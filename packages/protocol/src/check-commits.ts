import { compareCommits, contradicts } from './counters.ts';
import type { Commit } from './counters.ts';
import { SLOTS, sumSlots } from './entry.ts';
import type { Entry } from './entry.ts';

/** A commit whose signature is good, with the counters behind its root. */
export interface CollectedCommit {
  readonly commit: Commit;
  /** By resource; undefined where the edge did not show them, which is as good as no commit. */
  readonly counters: ReadonlyMap<string, bigint> | undefined;
}

export interface CommitFacts {
  readonly hour: bigint;
  /** Of the report. */
  readonly entries: readonly Entry[];
  /** All of this edge that guards have collected, of this hour and of those around it. */
  readonly commits: readonly CollectedCommit[];
  /** How often this guard asked in the hour. */
  readonly asked: number;
  /** Bytes of the edge's answers that this guard itself received in the hour, by resource. */
  readonly received: ReadonlyMap<string, bigint>;
}

/** Why only vouched bytes of a report count: level 2. */
export type CommitFault = 'noCommit' | 'contradicting' | 'mismatch' | 'underReported';

export type CommitFinding =
  | { readonly kind: 'ok' }
  | {
      readonly kind: 'vouched-only';
      readonly reason: CommitFault;
      readonly words: string;
      /** The two commits that contradict each other: an evidence file. */
      readonly pair?: readonly [Commit, Commit];
    };

/** Asked so often in an hour without an answer, an edge has committed nothing. */
const ASKED_IN_VAIN = 2;
/** Commits of an hour that are compared; more tell nothing new. */
const MAX_COMMITS = 24;

/** Level 2, for this reason. */
function fault(reason: CommitFault, words: string, pair?: readonly [Commit, Commit]): CommitFinding {
  return { kind: 'vouched-only', reason, words, ...(pair === undefined ? {} : { pair }) };
}

/** What is not worth an hour: counters and slots are of the same books and the same moments, so an honest meter is off by nothing. */
const slack = (bytes: bigint): bigint => bytes / 64n + 16_384n;
const sampleOf = (commit: Commit): bigint => commit.hour * BigInt(SLOTS) + BigInt(commit.slot);

/**
 * Whether an edge's commits bear out its report (docs/evidence.md, Commits). A commit is as of the beginning of its slot.
 * So from one to another a resource's counter rises by what the report has in the slots from that of the one up to that of
 * the other: by no less, and by no more where both lie within the hour or at its ends. Counters being of all time, the report
 * has no more before a commit than its counter says. What the guard itself received must be in the report.
 */
export function checkCommits(facts: CommitFacts): CommitFinding {
  const pair = contradiction(facts.commits.map(({ commit }) => commit));
  if (pair !== undefined)
    return fault('contradicting', `two commits of hour ${pair[0].hour}, slot ${pair[0].slot} differ`, pair);

  const shown = facts.commits.filter(({ counters }) => counters !== undefined);
  if (facts.asked >= ASKED_IN_VAIN && !shown.some(({ commit }) => commit.hour === facts.hour))
    return fault('noCommit', `asked ${facts.asked} times for counters, got none`);

  const slots = new Map(facts.entries.map((entry) => [entry.resource, entry.slots]));
  for (const [resource, bytes] of facts.received) {
    const reported = sumSlots(slots.get(resource) ?? []);
    if (bytes > reported + slack(reported))
      return fault('underReported', `${bytes} bytes of ${resource} received, ${reported} reported`);
  }
  const words = mismatch(facts.hour, slots, nearest(shown, facts.hour));
  return words === undefined ? { kind: 'ok' } : fault('mismatch', words);
}

/** The first two commits that contradict each other. */
export function contradiction(commits: readonly Commit[]): readonly [Commit, Commit] | undefined {
  const first = new Map<string, Commit>();
  for (const commit of commits) {
    const key = `${commit.edge} ${commit.boot} ${commit.hour} ${commit.slot}`;
    const other = first.get(key);
    if (other === undefined) first.set(key, commit);
    else if (contradicts(other, commit)) return [other, commit];
  }
  return undefined;
}

/** Those of the hour, with the last before it and the first after it. */
function nearest(commits: readonly CollectedCommit[], hour: bigint): readonly CollectedCommit[] {
  const sorted = commits.toSorted((a, b) => compareCommits(a.commit, b.commit));
  const before = sorted.findLast(({ commit }) => commit.hour < hour);
  const after = sorted.find(({ commit }) => commit.hour > hour);
  const within = sorted.filter(({ commit }) => commit.hour === hour).slice(0, MAX_COMMITS);
  return [...(before === undefined ? [] : [before]), ...within, ...(after === undefined ? [] : [after])];
}

function mismatch(
  hour: bigint,
  slots: ReadonlyMap<string, readonly bigint[]>,
  commits: readonly CollectedCommit[],
): string | undefined {
  // Counters are of all time: before the first commit that is known they rose from nothing at most.
  for (const [i, from] of [undefined, ...commits].entries()) {
    for (const to of commits.slice(i)) {
      const resources = new Set([
        ...slots.keys(),
        ...(from?.counters?.keys() ?? []),
        ...(to.counters?.keys() ?? []),
      ]);
      for (const resource of resources) {
        const words = compare(hour, resource, slots.get(resource) ?? [], from, to);
        if (words !== undefined) return words;
      }
    }
  }
  return undefined;
}

function compare(
  hour: bigint,
  resource: string,
  slots: readonly bigint[],
  from: CollectedCommit | undefined,
  to: CollectedCommit,
): string | undefined {
  const risen = (to.counters?.get(resource) ?? 0n) - (from?.counters?.get(resource) ?? 0n);
  const delta = risen < 0n ? 0n : risen;
  const start = hour * BigInt(SLOTS);
  const first = from === undefined ? 0 : Number(sampleOf(from.commit) - start);
  const last = Number(sampleOf(to.commit) - start);
  let reported = 0n;
  for (let i = Math.max(0, first); i < Math.min(slots.length, last); i += 1) reported += slots[i] ?? 0n;
  const where = (): string =>
    `${resource} ${from === undefined ? 'before slot' : `from slot ${first} to`} ${last}`;
  if (reported > delta + slack(delta))
    return `the report has ${reported} bytes of ${where()}, counters rose by ${delta}`;
  const within = from !== undefined && first >= 0 && last <= SLOTS;
  if (within && delta > reported + slack(reported))
    return `counters of ${where()} rose by ${delta}, the report has ${reported} bytes`;
  return undefined;
}
