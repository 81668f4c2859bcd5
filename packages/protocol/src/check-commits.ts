import { contradicts } from './counters.ts';
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

/** What may be under way while counters are read. */
const slack = (bytes: bigint): bigint => bytes / 64n + 16_384n;
const sampleOf = (commit: Commit): bigint => commit.hour * BigInt(SLOTS) + BigInt(commit.slot);

/**
 * Whether an edge's commits bear out its report (docs/evidence.md, Commits). Between two commits, a resource's counter
 * rises by at least what the report has in the slots strictly between, and, both being of this hour, by at most what it
 * has in their slots and between; counters being of all time, the report has no more before a commit than its counter says.
 * What the guard itself received must be in the report.
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
  const sorted = commits.toSorted((a, b) => {
    const [x, y] = [sampleOf(a.commit), sampleOf(b.commit)];
    if (x !== y) return x < y ? -1 : 1;
    return a.commit.unixMs < b.commit.unixMs ? -1 : a.commit.unixMs > b.commit.unixMs ? 1 : 0;
  });
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
  const first = from === undefined ? -1n : sampleOf(from.commit) - start;
  const last = sampleOf(to.commit) - start;
  let [between, inclusive] = [0n, 0n];
  for (const [i, bytes] of slots.entries()) {
    const slot = BigInt(i);
    if (slot > first && slot < last) between += bytes;
    if (slot >= first && slot <= last) inclusive += bytes;
  }
  const where = `${resource} ${from === undefined ? 'before slot' : `between slots ${first} and`} ${last}`;
  if (between > delta + slack(delta))
    return `the report has ${between} bytes of ${where}, counters rose by ${delta}`;
  const within = from?.commit.hour === hour && to.commit.hour === hour;
  if (within && delta > inclusive + slack(inclusive))
    return `counters of ${where} rose by ${delta}, the report has ${inclusive} bytes`;
  return undefined;
}
