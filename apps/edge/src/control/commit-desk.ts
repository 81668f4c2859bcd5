import {
  addressOf,
  buildCommit,
  decodeCommitRequest,
  encodeCommit,
  fromHex,
  signCommit,
  verifyCommitRequestSignature,
} from '@media-network/protocol';
import type { Counter, SignBytes } from '@media-network/protocol';
import type { EdgeChain } from '../chain/edge-chain.ts';
import type { Moments } from '../chain/moments.ts';
import { sampleStartMs, weekOf } from '../chain/periods.ts';
import type { Journal } from '../journal/journal.ts';
import { SAMPLES } from '../journal/ledger.ts';
import type { Ledger } from '../journal/ledger.ts';
import type { EvidenceStore } from '../report/evidence-store.ts';
import { sha256 } from '../report/report-builder.ts';

export interface CommitDeskDeps {
  readonly chain: Pick<EdgeChain, 'edge' | 'periods' | 'setOfWeek'>;
  /** By which bytes are counted: a commit must not be of an earlier sample than what it counts, or of a later one. */
  readonly moments: Moments;
  readonly ledger: Pick<Ledger, 'totalsBefore' | 'boot'>;
  readonly journal: Pick<Journal, 'flush'>;
  readonly evidence: EvidenceStore;
  readonly sign: SignBytes;
  /** Resolves when all that left to viewers until now is in the ledger, and so in no later sample than this one. */
  readonly settle?: () => Promise<void>;
  /** What is committed instead of the counters; the counters by default. */
  readonly counters?: (counters: readonly Counter[]) => readonly Counter[];
}

type CommitOutcome =
  | { readonly kind: 'commit'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'refused';
      readonly status: 400 | 403;
      readonly code: string;
      readonly message: string;
    };

/**
 * The edge's word for its meter: all counters as of the beginning of the sample under one signed root, at most once a
 * sample. All who ask in it get the same bytes: two that differ would be a contradiction.
 */
export interface CommitDesk {
  /** Answers a guard of the week's set. What is signed is in the journal and the evidence before anybody sees it. */
  commit(request: Uint8Array): Promise<CommitOutcome>;
}

/** Clocks of guards and edges may differ by this much. */
const MAX_SKEW_SECS = 60n;
/** Commits remembered in memory; older ones are in the evidence and no request leads to them. */
const REMEMBERED = 2 * SAMPLES;

export function createCommitDesk(deps: CommitDeskDeps): CommitDesk {
  const { chain, ledger } = deps;
  const made = new Map<number, Promise<Uint8Array>>();

  async function make(sample: number): Promise<Uint8Array> {
    const hour = Math.floor(sample / SAMPLES);
    // Nothing comes into a sample before this one any more (`moments.ts`): these are what its report will have, to the byte.
    const counters = [...ledger.totalsBefore(sample)].map(([key, bytes]) => ({
      resource: addressOf(fromHex(key, 32) ?? new Uint8Array(32)),
      bytes: BigInt(bytes),
    }));
    // A clock that was put back must not make us sign a second time for one sample.
    const kept = await deps.evidence.commit(hour, ledger.boot, sample % SAMPLES);
    if (kept !== undefined) return kept;
    // Then the journal: a report can never be below what is signed here.
    await deps.journal.flush();
    const { body, blob } = buildCommit(
      {
        edge: chain.edge,
        boot: ledger.boot,
        hour: BigInt(hour),
        slot: sample % SAMPLES,
        unixMs: BigInt(sampleStartMs(chain.periods, sample)),
      },
      deps.counters?.(counters) ?? counters,
      sha256,
    );
    const bytes = encodeCommit(await signCommit(body, deps.sign));
    await deps.evidence.putCommit(hour, { boot: body.boot, slot: body.slot, bytes, root: body.root, blob });
    return bytes;
  }

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
      const { sample } = deps.moments();
      const known = made.get(sample);
      if (known !== undefined) return { kind: 'commit', bytes: await known };
      const making = make(sample);
      made.set(sample, making);
      // Nobody has seen one that could not be kept, so another may take its place.
      making.catch(() => made.delete(sample));
      for (const old of made.keys()) {
        if (made.size <= REMEMBERED) break;
        made.delete(old);
      }
      return { kind: 'commit', bytes: await making };
    },
  };
}

function refused(status: 400 | 403, code: string, message: string): CommitOutcome {
  return { kind: 'refused', status, code, message };
}
