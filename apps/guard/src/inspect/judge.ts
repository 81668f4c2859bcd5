import { checkCommits } from '@media-network/protocol';
import type { CollectedCommit, CommitFault, Entry, Level, ReportFault } from '@media-network/protocol';
import type { EdgeHour } from '../state/hour-book.ts';

export type Reason =
  | 'full'
  | CommitFault
  | ReportFault
  /** Asked for evidence, and not given all of it within the limits. */
  | 'unavailable'
  /** The data plane answered none of this guard's own probes. */
  | 'noService'
  /** This guard never asked: it says nothing. */
  | 'notAsked';

export interface Verdict {
  readonly level: Level;
  readonly reason: Reason;
  /** For people: what was seen. */
  readonly words: string;
  /** Whether looking again could change it, as long as there is time. */
  readonly open: boolean;
}

/** What was had of a report's evidence. */
export type Evidence =
  | { readonly kind: 'whole'; readonly entries: readonly Entry[] }
  /** Objectively not what a report may be. */
  | { readonly kind: 'faulty'; readonly reason: ReportFault; readonly words: string }
  /** `asked`: the edge was, and did not give it. */
  | { readonly kind: 'missing'; readonly asked: boolean; readonly words: string };

export interface JudgeFacts {
  readonly hour: bigint;
  readonly evidence: Evidence;
  /** Of this edge in the hour. */
  readonly seen: EdgeHour;
  /** Whether the edge was there when the hour began. */
  readonly joinedBefore: boolean;
  /** Whether any edge at all answered this guard in the hour: if none did, the guard itself was cut off. */
  readonly online: boolean;
  readonly commits: readonly CollectedCommit[];
}

/** So many probes that all failed say that an edge does not serve. */
const SILENT_PROBES = 3;

const settled = (level: Level, reason: Reason, words: string): Verdict => ({
  level,
  reason,
  words,
  open: false,
});

/**
 * A guard's level for a report (docs/evidence.md, Verdicts). Nothing is said against an edge that was not asked
 * though it was there, and a session or a resource at fault never touches the report.
 */
export function judge(facts: JudgeFacts): Verdict {
  const { evidence, seen } = facts;
  if (evidence.kind === 'faulty') return settled(3, evidence.reason, evidence.words);
  const { answered, silent } = seen.contacts;
  if (facts.online && answered === 0 && silent >= SILENT_PROBES)
    return settled(3, 'noService', `${silent} probes of its data plane, and no answer to any`);
  if (evidence.kind === 'missing') {
    return evidence.asked
      ? { level: 3, reason: 'unavailable', words: evidence.words, open: true }
      : { level: 0, reason: 'notAsked', words: evidence.words, open: true };
  }
  const { hour } = facts;
  // Guards ask whoever is there; one that comes when they have asked, or after the hour, was never looked at.
  if (!facts.joinedBefore && !facts.commits.some((each) => each.commit.hour === hour && each.counters))
    return {
      level: 2,
      reason: 'noCommit',
      words: 'it joined after the hour had begun, and nobody has counters of it',
      open: true,
    };
  const finding = checkCommits({
    hour,
    entries: evidence.entries,
    commits: facts.commits,
    asked: facts.online ? seen.asks.answered + seen.asks.refused : 0,
    received: seen.probed,
  });
  if (finding.kind === 'vouched-only') return settled(2, finding.reason, finding.words);
  // An edge makes one before it reports, and keeps it with the entries.
  const isAtEnd = ({ commit, counters }: CollectedCommit): boolean =>
    commit.hour === hour + 1n && commit.slot === 0 && counters !== undefined;
  if (!facts.commits.some(isAtEnd))
    return {
      level: 2,
      reason: 'noCommit',
      words: 'nobody has its counters as of the end of the hour',
      open: true,
    };
  return settled(1, 'full', 'all checks passed');
}
