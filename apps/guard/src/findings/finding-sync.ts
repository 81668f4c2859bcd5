import type { Found, Signer } from '@media-network/chain';
import { signEvidence } from '@media-network/chain';
import {
  MAX_FINDING_LIST_BYTES,
  decodeFindingList,
  encodeFindingRequest,
  hourAt,
  signFindingRequest,
  verifyFindingSignature,
  weekAt,
} from '@media-network/protocol';
import type { Finding } from '@media-network/protocol';
import type { Clock, RoundResult } from '@media-network/runtime';
import type { PeerFetch } from '../evidence/peer-fetch.ts';
import type { Network } from '../network.ts';
import type { Findings } from './findings.ts';

export interface FindingSyncDeps {
  readonly network: Pick<Network, 'snapshot' | 'chainNow' | 'guardSet'>;
  readonly fetch: Pick<PeerFetch, 'post'>;
  readonly findings: Findings;
  readonly guard: Found<'guard'>;
  readonly operator: Signer;
  readonly clock: Clock;
}

/** A guard asks each other this often at most: an answer costs it a signature for each edge that it found something of. */
const MAX_EVERY_MS = 30_000;
/** Where samples are short, a tenth of one. */
const SAMPLE_PART = 10;
const ASK_MS = 5_000;

/** Asks the guards of the week's set what they found of edges; those that have no seat say nothing that counts. */
export function createFindingSync(deps: FindingSyncDeps): {
  round(signal: AbortSignal): Promise<RoundResult>;
} {
  const { network, guard, findings } = deps;
  let askedMs = Number.NEGATIVE_INFINITY;

  async function ask(
    other: Found<'guard'>,
    hour: bigint,
    edges: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<void> {
    const request = await signFindingRequest(
      { asker: guard.address, unixSecs: await network.chainNow() },
      (message) => signEvidence(deps.operator, message),
    );
    const answer = await deps.fetch.post(other.endpoint, '/v1/findings', encodeFindingRequest(request), {
      maxBytes: MAX_FINDING_LIST_BYTES,
      timeoutMs: ASK_MS,
      signal,
    });
    const list = answer?.status === 200 ? decodeFindingList(answer.body) : undefined;
    if (list === undefined) return;
    const good: Finding[] = [];
    for (const finding of list)
      if (
        finding.guard === other.address &&
        edges.has(finding.edge) &&
        (await verifyFindingSignature(finding, other.operator))
      )
        good.push(finding);
    findings.hear(other.address, good, hour);
  }

  return {
    async round(signal) {
      const snapshot = await network.snapshot();
      const { config, now, guards, edges } = snapshot;
      const everyMs = Math.min(MAX_EVERY_MS, (config.sampleSecs * 1_000) / SAMPLE_PART);
      if (deps.clock.nowMs() - askedMs < everyMs) return 'idle';
      askedMs = deps.clock.nowMs();
      const set = await network.guardSet(weekAt(config, now), snapshot);
      const seats = new Set(set.entries.map((entry) => entry.guard));
      const hour = hourAt(config, now);
      const known = new Set(edges.map((edge) => String(edge.address)));
      findings.keep(seats, hour - 1n);
      const others = guards.filter(({ address }) => address !== guard.address && seats.has(address));
      await Promise.all(others.map((other) => ask(other, hour, known, signal)));
      return 'idle';
    },
  };
}
