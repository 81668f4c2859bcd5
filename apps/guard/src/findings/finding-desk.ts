import { NODE_STATUS } from '@media-network/chain/schema';
import {
  decodeFindingRequest,
  encodeFindingList,
  verifyFindingRequestSignature,
} from '@media-network/protocol';
import type { Network } from '../network.ts';
import type { RateLimit } from '../rate-limit.ts';
import type { Findings } from './findings.ts';

export interface FindingDeskDeps {
  readonly network: Pick<Network, 'snapshot' | 'chainNow'>;
  readonly findings: Pick<Findings, 'told'>;
  /** By the account of the guard that asks. */
  readonly limit: RateLimit;
}

export type FindingAnswer =
  | { readonly kind: 'list'; readonly list: Uint8Array }
  | {
      readonly kind: 'refused';
      readonly status: 400 | 403 | 429;
      readonly code: string;
      readonly message: string;
    };

/** Seconds by which a guard's clock may differ. */
const MAX_SKEW_SECS = 60n;

const refused = (status: 400 | 403 | 429, code: string, message: string): FindingAnswer => ({
  kind: 'refused',
  status,
  code,
  message,
});

/** Tells active guards, and nobody else, what this one found: an edge that knew would behave until the guards have gone. */
export function createFindingDesk({ network, findings, limit }: FindingDeskDeps): {
  answer(request: Uint8Array): Promise<FindingAnswer>;
} {
  return {
    async answer(data) {
      const request = decodeFindingRequest(data);
      if (request === undefined)
        return refused(400, 'guard/bad-request', 'The request does not have 104 bytes.');
      const snapshot = await network.snapshot();
      const asker = snapshot.guards.find(({ address }) => address === request.asker);
      if (asker === undefined || asker.status !== NODE_STATUS.active)
        return refused(403, 'guard/not-a-guard', 'Findings are told to active guards.');
      if (!(await verifyFindingRequestSignature(request, asker.operator)))
        return refused(403, 'guard/bad-signature', "The request is not signed by the guard's operator.");
      const skew = request.unixSecs - (await network.chainNow());
      if (skew > MAX_SKEW_SECS || skew < -MAX_SKEW_SECS)
        return refused(403, 'guard/wrong-time', 'The time of the request is off.');
      if (!limit.take(asker.address))
        return refused(429, 'guard/too-many-requests', 'Too many requests for findings from this guard.');
      return { kind: 'list', list: encodeFindingList(await findings.told(snapshot)) };
    },
  };
}
