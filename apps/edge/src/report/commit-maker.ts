import { addressOf, buildCommit, encodeCommit, fromHex, signCommit } from '@media-network/protocol';
import type { Counter, SignBytes } from '@media-network/protocol';
import type { EdgeChain } from '../chain/edge-chain.ts';
import { sampleStartMs } from '../chain/periods.ts';
import type { Journal } from '../journal/journal.ts';
import { SAMPLES } from '../journal/ledger.ts';
import type { Ledger } from '../journal/ledger.ts';
import { remember } from '../remember.ts';
import type { EvidenceStore } from './evidence-store.ts';
import { sha256 } from './report-builder.ts';

export interface CommitMakerDeps {
  readonly chain: Pick<EdgeChain, 'edge' | 'periods'>;
  readonly ledger: Pick<Ledger, 'totalsBefore' | 'boot'>;
  readonly journal: Pick<Journal, 'flush'>;
  readonly evidence: Pick<EvidenceStore, 'commit' | 'putCommit'>;
  readonly sign: SignBytes;
  /** What is committed instead of the counters; the counters by default. */
  readonly counters?: ((counters: readonly Counter[]) => readonly Counter[]) | undefined;
}

/**
 * The edge's word for its meter: all counters as of the beginning of a sample that has begun and whose hour is not settled,
 * under one signature, at most once a sample and life. What is signed is in the journal and the evidence when it resolves.
 */
export type CommitAt = (sample: number) => Promise<Uint8Array>;

/** Commits remembered in memory; older ones are in the evidence and no request leads to them. */
const REMEMBERED = 2 * SAMPLES;

export function createCommitMaker(deps: CommitMakerDeps): CommitAt {
  const { chain, ledger, evidence } = deps;
  const made = new Map<number, Promise<Uint8Array>>();

  async function make(sample: number): Promise<Uint8Array> {
    const hour = Math.floor(sample / SAMPLES);
    // Nothing comes into a sample before this one any more (`moments.ts`): these are what its report will have, to the byte.
    const counters = [...ledger.totalsBefore(sample)].map(([key, bytes]) => ({
      resource: addressOf(fromHex(key, 32) ?? new Uint8Array(32)),
      bytes: BigInt(bytes),
    }));
    // A clock that was put back must not make us sign a second time for one sample.
    const kept = await evidence.commit(hour, ledger.boot, sample % SAMPLES);
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
    await evidence.putCommit(hour, { boot: body.boot, slot: body.slot, bytes, root: body.root, blob });
    return bytes;
  }

  return (sample) => remember(made, REMEMBERED, sample, () => make(sample));
}
