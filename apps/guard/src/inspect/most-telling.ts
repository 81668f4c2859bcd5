import { compareCommits } from '@media-network/protocol';
import type { Commit } from '@media-network/protocol';

/** Commits whose counters are read: the first and the last of the hour and what lies around it say most. */
const MAX_COUNTERS = 6;

/** The newest before the hour, the oldest after it, and of the hour the outermost. */
export function mostTelling(commits: readonly Commit[], hour: bigint): readonly Commit[] {
  const sorted = commits.toSorted(compareCommits);
  const before = sorted.findLast((commit) => commit.hour < hour);
  const after = sorted.find((commit) => commit.hour > hour);
  const within = sorted.filter((commit) => commit.hour === hour);
  const inner = MAX_COUNTERS - 2;
  const outermost =
    within.length <= inner ? within : [...within.slice(0, inner / 2), ...within.slice(-inner / 2)];
  return [...(before === undefined ? [] : [before]), ...outermost, ...(after === undefined ? [] : [after])];
}
