import { decodeCommitRequest, verifyCommitRequestSignature } from '@media-network/protocol';
import type { EdgeChain } from '../chain/edge-chain.ts';
import type { Moments } from '../chain/moments.ts';
import { weekOf } from '../chain/periods.ts';
import type { CommitAt } from '../report/commit-maker.ts';

export interface CommitDeskDeps {
  readonly chain: Pick<EdgeChain, 'periods' | 'setOfWeek'>;
  /** By which bytes are counted: a commit must not be of an earlier sample than what it counts, or of a later one. */
  readonly moments: Moments;
  readonly commitAt: CommitAt;
  /** Resolves when all that left to viewers until now is in the ledger, and so in no later sample than this one. */
  readonly settle?: () => Promise<void>;
}

type CommitOutcome =
  | { readonly kind: 'commit'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'refused';
      readonly status: 400 | 403;
      readonly code: string;
      readonly message: string;
    };

/** Guards' questions for what the edge has counted. All who ask in a sample get the same bytes: two that differ would be a contradiction. */
export interface CommitDesk {
  /** Answers a guard of the week's set. What is signed is in the journal and the evidence before anybody sees it. */
  commit(request: Uint8Array): Promise<CommitOutcome>;
}

/** Clocks of guards and edges may differ by this much. */
const MAX_SKEW_SECS = 60n;

export function createCommitDesk(deps: CommitDeskDeps): CommitDesk {
  const { chain } = deps;

  return {
    async commit(encoded) {
      const request = decodeCommitRequest(encoded);
      if (request === undefined)
        return refused(400, 'commit/malformed', 'The body is not a signed request for a commit.');
      const now = deps.moments();
      const skew = request.unixSecs - BigInt(Math.floor(now.chainMs / 1000));
      if (skew > MAX_SKEW_SECS || skew < -MAX_SKEW_SECS)
        return refused(403, 'commit/bad-time', 'The time in the request is more than a minute off.');
      const set = await chain.setOfWeek(weekOf(chain.periods, now.hour));
      const guard = set.get(request.guard);
      if (guard === undefined)
        return refused(403, 'commit/not-in-set', "Only guards of the week's set are answered.");
      if (!(await verifyCommitRequestSignature(request, guard.operator)))
        return refused(403, 'commit/bad-signature', "The signature is not of the guard's operator.");
      await deps.settle?.();
      // Looking up the set and the signature took its time.
      return { kind: 'commit', bytes: await deps.commitAt(deps.moments().sample) };
    },
  };
}

function refused(status: 400 | 403, code: string, message: string): CommitOutcome {
  return { kind: 'refused', status, code, message };
}
