import type { Found, Signer } from '@media-network/chain';
import { signEvidence } from '@media-network/chain';
import { NODE_STATUS } from '@media-network/chain/schema';
import {
  MAX_PURGE_LIST_BYTES,
  decodePurgeList,
  encodePurgeListRequest,
  signPurgeListRequest,
} from '@media-network/protocol';
import type { Clock, RoundResult } from '@media-network/runtime';
import type { PeerFetch } from '../evidence/peer-fetch.ts';
import type { Network } from '../network.ts';
import type { PurgeDesk } from './purge-desk.ts';

export interface PurgeSyncDeps {
  readonly network: Pick<Network, 'snapshot' | 'chainNow'>;
  readonly fetch: Pick<PeerFetch, 'post'>;
  readonly desk: Pick<PurgeDesk, 'hear'>;
  readonly guard: Found<'guard'>;
  readonly operator: Signer;
  readonly clock: Clock;
}

/** How often a guard asks the others; purges come from their publishers, and this is for when they do not. */
const EVERY_MS = 10_000;
const NO_LOG = new Uint8Array(16);

/** Asks the other guards for purges that their publishers could not bring here, so that any guard knows of all. */
export function createPurgeSync(deps: PurgeSyncDeps): { round(signal: AbortSignal): Promise<RoundResult> } {
  const { network, guard } = deps;
  const cursors = new Map<string, { readonly log: Uint8Array; readonly after: bigint }>();
  let askedMs = Number.NEGATIVE_INFINITY;

  async function ask(other: Found<'guard'>, signal: AbortSignal): Promise<boolean> {
    const { log, after } = cursors.get(other.address) ?? { log: NO_LOG, after: 0n };
    const request = await signPurgeListRequest(
      { asker: guard.address, resource: undefined, log, after, unixSecs: await network.chainNow() },
      (message) => signEvidence(deps.operator, message),
    );
    const answer = await deps.fetch.post(other.endpoint, '/v1/purges', encodePurgeListRequest(request), {
      maxBytes: MAX_PURGE_LIST_BYTES,
      timeoutMs: 5_000,
      signal,
    });
    const list = answer?.status === 200 ? decodePurgeList(answer.body) : undefined;
    if (list === undefined) return false;
    for (const purge of list.purges) await deps.desk.hear(purge);
    cursors.set(other.address, { log: list.log, after: list.next });
    return list.purges.length > 0;
  }

  return {
    async round(signal) {
      if (deps.clock.nowMs() - askedMs < EVERY_MS) return 'idle';
      askedMs = deps.clock.nowMs();
      const { guards } = await network.snapshot();
      const others = guards.filter(
        ({ address, status }) => address !== guard.address && status === NODE_STATUS.active,
      );
      const more = await Promise.all(others.map((other) => ask(other, signal)));
      if (!more.includes(true)) return 'idle';
      askedMs = Number.NEGATIVE_INFINITY;
      return 'busy';
    },
  };
}
