import type { Found } from '@media-network/chain';
import { compareCommits, overreportOf, overreports } from '@media-network/protocol';
import type { Commit, EvidenceFile } from '@media-network/protocol';
import type { HourBook } from '../state/hour-book.ts';

/** Hours before and after one in which commits are looked for. */
const NEAR = 2n;

/** Reports of an hour that counters of the same edge contradict, one file a report. */
export function findOverreports(
  book: Pick<HourBook, 'of'>,
  hour: bigint,
  reports: readonly Pick<Found<'report'>, 'edge' | 'bytes'>[],
): readonly EvidenceFile[] {
  return reports.flatMap(({ edge, bytes }) => {
    const commitsOf = (from: bigint, to: bigint): Commit[] => {
      const found: Commit[] = [];
      for (let each = from; each <= to; each += 1n)
        if (each >= 0n) found.push(...book.of(edge, each).commits);
      return found.sort(compareCommits);
    };
    const before = commitsOf(hour - NEAR, hour - 1n).toReversed();
    for (const after of commitsOf(hour + 1n, hour + NEAR)) {
      // The nearest of the same run of its process: what it says of the hour is the least.
      const nearest = before.find(({ boot }) => boot === after.boot);
      if (nearest !== undefined && overreports(bytes, hour, nearest, after))
        return [overreportOf(hour, [nearest, after])];
    }
    return [];
  });
}
