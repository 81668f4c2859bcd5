import type { Found } from '@media-network/chain';
import { operatorIn, verifyCommitSignature } from '@media-network/protocol';
import type { Commit } from '@media-network/protocol';
import type { HourBook } from '../state/hour-book.ts';
import type { Contradictions } from './contradictions.ts';

/** Takes commits in, whoever brings them: an edge itself, or another guard that asked it. */
export interface CommitIntake {
  /** False when the commit is not one by this edge. */
  take(commit: Commit, edge: Found<'edge'>): Promise<boolean>;
}

export function createCommitIntake(deps: {
  readonly book: HourBook;
  readonly contradictions: Contradictions;
}): CommitIntake {
  return {
    async take(commit, edge) {
      if (commit.edge !== edge.address) return false;
      if (!(await verifyCommitSignature(commit, operatorIn(edge, commit.hour)))) return false;
      const other = deps.book.addCommit(commit);
      if (other !== undefined) await deps.contradictions.add(other, commit);
      return true;
    },
  };
}
