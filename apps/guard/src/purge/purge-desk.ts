import { createHash } from 'node:crypto';
import { NODE_STATUS } from '@media-network/chain/schema';
import {
  MAX_PURGE_LIST_BYTES,
  decodePurge,
  decodePurgeListRequest,
  encodePurgeList,
  equalBytes,
  purgeId,
  toHex,
  verifyPurgeListRequestSignature,
  verifyPurgeSignature,
} from '@media-network/protocol';
import type { Purge } from '@media-network/protocol';
import { errorCode, errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { byAddress } from '../network.ts';
import type { Network, Snapshot } from '../network.ts';
import type { RateLimit } from '../rate-limit.ts';
import type { PurgeLog } from './purge-log.ts';

export interface PurgeDeskDeps {
  readonly network: Pick<Network, 'snapshot' | 'chainNowMs'>;
  readonly purges: PurgeLog;
  /** By resource. */
  readonly limit: RateLimit;
  readonly log: Log;
}

type Status = 400 | 403 | 404 | 429 | 503;
interface Refused {
  readonly kind: 'refused';
  readonly status: Status;
  readonly code: string;
  readonly message: string;
}
export type PurgeAnswer = { readonly kind: 'kept'; readonly id: string; readonly known: boolean } | Refused;
export type PurgeListAnswer = { readonly kind: 'list'; readonly list: Uint8Array } | Refused;

/** Keeps what publishers purge for edges that cannot hear it now (docs/evidence.md, Purges). */
export interface PurgeDesk {
  /** From its publisher; kept when it is on the disk. */
  take(bytes: Uint8Array): Promise<PurgeAnswer>;
  /** From another guard. One that is not good is left out. */
  hear(bytes: Uint8Array): Promise<void>;
  /** For an edge or a guard. */
  list(request: Uint8Array): Promise<PurgeListAnswer>;
}

const MAX_SKEW_MS = 60_000;
/** Guards keep them for a week. */
const MAX_HEARD_AGE_MS = 8 * 86_400_000;
const LIST_HEAD_BYTES = 64;

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const refused = (status: Status, code: string, message: string): Refused => ({
  kind: 'refused',
  status,
  code,
  message,
});

/** The key of the active node with this account. */
function operatorOf({ edges, guards }: Snapshot, account: string): string | undefined {
  const node = [...edges, ...guards].find(({ address }) => address === account);
  return node?.status === NODE_STATUS.active ? node.operator : undefined;
}

export function createPurgeDesk(deps: PurgeDeskDeps): PurgeDesk {
  const { network, purges } = deps;

  async function keep(id: string, purge: Purge, bytes: Uint8Array): Promise<void> {
    const one = { id, resource: purge.resource, unixMs: Number(purge.unixMs), bytes };
    await purges.add(one, await network.chainNowMs());
  }

  return {
    async take(bytes) {
      const purge = decodePurge(bytes);
      if (purge === undefined)
        return refused(400, 'purge/malformed', 'The body is not a signed purge, as docs/evidence.md says.');
      const resource = byAddress(await network.snapshot()).get(purge.resource);
      if (resource === undefined)
        return refused(404, 'purge/unknown-resource', 'This guard knows no such resource.');
      if (Math.abs(Number(purge.unixMs) - (await network.chainNowMs())) > MAX_SKEW_MS)
        return refused(403, 'purge/bad-time', 'The time of the purge is more than a minute off.');
      if (!(await verifyPurgeSignature(purge, resource.publisher)))
        return refused(
          403,
          'purge/bad-signature',
          'The purge is not signed by the publisher of the resource.',
        );
      const id = toHex(purgeId(purge, sha256));
      if (purges.has(id)) return { kind: 'kept', id, known: true };
      if (!deps.limit.take(purge.resource))
        return refused(429, 'purge/too-many', 'The resource is purged too often. Put more into one purge.');
      try {
        await keep(id, purge, bytes);
      } catch (error) {
        deps.log.error(
          { code: errorCode(error), err: errorMessage(error) },
          'the disk does not take a purge',
        );
        return refused(503, 'purge/not-kept', 'The guard cannot write the purge to its disk. Send it again.');
      }
      return { kind: 'kept', id, known: false };
    },
    async hear(bytes) {
      const purge = decodePurge(bytes);
      if (purge === undefined) return;
      const resource = byAddress(await network.snapshot()).get(purge.resource);
      const age = (await network.chainNowMs()) - Number(purge.unixMs);
      const id = toHex(purgeId(purge, sha256));
      if (resource === undefined || age > MAX_HEARD_AGE_MS || age < -MAX_SKEW_MS || purges.has(id)) return;
      if (await verifyPurgeSignature(purge, resource.publisher)) await keep(id, purge, bytes);
    },
    async list(data) {
      const request = decodePurgeListRequest(data);
      if (request === undefined)
        return refused(400, 'guard/bad-request', 'The request does not have 160 bytes.');
      const operator = operatorOf(await network.snapshot(), request.asker);
      if (operator === undefined)
        return refused(403, 'guard/edge-not-active', 'Only active edges and guards are told.');
      const skew = Number(request.unixSecs) * 1_000 - (await network.chainNowMs());
      if (Math.abs(skew) > MAX_SKEW_MS)
        return refused(403, 'guard/wrong-time', 'The time of the request is off.');
      if (!(await verifyPurgeListRequestSignature(request, operator)))
        return refused(403, 'guard/bad-signature', "The request is not signed by the node's operator.");
      const { name } = purges;
      // Numbers of another list mean nothing; but for the question where this one ends.
      const after = equalBytes(request.log, name) || request.after > BigInt(Number.MAX_SAFE_INTEGER);
      const told =
        request.resource === undefined
          ? purges.after(after ? request.after : 0n, MAX_PURGE_LIST_BYTES - LIST_HEAD_BYTES)
          : purges.of(request.resource);
      return {
        kind: 'list',
        list: encodePurgeList({
          log: name,
          next: told.next,
          missingMs: BigInt(Math.floor(told.missingMs)),
          purges: told.purges,
        }),
      };
    },
  };
}
