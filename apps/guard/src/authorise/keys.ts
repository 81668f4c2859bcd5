import type { MediaClient } from '@media-network/chain';
import { NODE_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import { decodeKeyRequest, seal, verifyKeyRequestSignature } from '@media-network/protocol';
import type { KeyRequest } from '@media-network/protocol';
import type { Denials } from '../denials.ts';
import { byAddress } from '../network.ts';
import type { Network, Snapshot } from '../network.ts';
import { worthAt } from './authorise.ts';
import type { SettingsReader } from './settings-reader.ts';

export interface KeyDeps {
  readonly client: MediaClient;
  readonly network: Network;
  readonly settings: SettingsReader;
  readonly denials: Denials;
}

export type KeyAnswer =
  | { readonly kind: 'key'; readonly box: Uint8Array }
  | {
      readonly kind: 'refused';
      readonly status: 400 | 403 | 404 | 451 | 503;
      readonly code: string;
      readonly message: string;
    };

const refused = (status: 400 | 403 | 404 | 451 | 503, code: string, message: string): KeyAnswer => ({
  kind: 'refused',
  status,
  code,
  message,
});

async function refusePublisher(request: KeyRequest, publisher: string): Promise<KeyAnswer | undefined> {
  return (await verifyKeyRequestSignature(request, publisher))
    ? undefined
    : refused(403, 'guard/bad-signature', 'The request is not signed by the publisher.');
}

/** Seconds by which an edge's clock may differ. */
const MAX_SKEW_SECS = 60n;

/**
 * Hands the key of a resource's settings to admitted edges, and to its publisher, whose address stands in place
 * of an edge's; sealed to the key that the request names (docs/evidence.md).
 */
export function createKeys(deps: KeyDeps): { answer(request: Uint8Array): Promise<KeyAnswer> } {
  const { client, network } = deps;

  async function refuseEdge(request: KeyRequest, snapshot: Snapshot): Promise<KeyAnswer | undefined> {
    const edge = snapshot.edges.find(({ address }) => address === request.edge);
    if (edge === undefined || edge.status !== NODE_STATUS.active)
      return refused(403, 'guard/edge-not-active', 'The edge is not active.');
    if (!(await verifyKeyRequestSignature(request, edge.operator)))
      return refused(403, 'guard/bad-signature', "The request is not signed by the edge's operator.");
    const { config, pools, now } = snapshot;
    const stake = await client.account('stake', edge.stake);
    const pool = pools.find(({ address }) => address === stake?.pool);
    const worth = stake === null || pool === undefined ? 0n : worthAt(pool, config, now, stake.lp);
    return worth < config.minEdgeStake
      ? refused(403, 'guard/stake-too-low', "The edge's stake is below the minimum.")
      : undefined;
  }

  return {
    async answer(data) {
      const request = decodeKeyRequest(data);
      if (request === undefined)
        return refused(400, 'guard/bad-request', 'The request does not have 172 bytes.');
      if (deps.denials.denies(request.resource))
        return refused(
          451,
          'guard/denied',
          'The operator of this guard has nothing to do with this resource.',
        );
      const snapshot = await network.snapshot();
      const resource = byAddress(snapshot).get(request.resource);
      if (resource === undefined) return refused(404, 'guard/unknown-resource', 'There is no such resource.');
      // A publisher may always read its own settings: who lost the password has the wallet.
      const byPublisher = request.edge === resource.publisher;
      const refusal = byPublisher
        ? await refusePublisher(request, resource.publisher)
        : await refuseEdge(request, snapshot);
      if (refusal !== undefined) return refusal;
      const skew = request.unixSecs - (await network.chainNow());
      if (skew > MAX_SKEW_SECS || skew < -MAX_SKEW_SECS)
        return refused(403, 'guard/wrong-time', 'The time of the request is off.');
      if (!byPublisher && resource.status !== RESOURCE_STATUS.active)
        return refused(403, 'guard/not-active', 'The resource is not active.');
      if (resource.settingsVersion !== request.settingsVersion) {
        return refused(
          403,
          'guard/other-version',
          `Version ${resource.settingsVersion} of the settings is in force.`,
        );
      }
      const found = await deps.settings.read(resource);
      if (found === undefined)
        return refused(503, 'guard/cannot-read', 'This guard cannot read the settings; ask another.');
      try {
        return { kind: 'key', box: await seal(found.key, request.boxKey) };
      } catch {
        // A key of small order gives no shared secret.
        return refused(400, 'guard/bad-request', 'The box key is not one.');
      }
    },
  };
}
