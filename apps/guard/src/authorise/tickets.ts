import { randomBytes } from 'node:crypto';
import type { Signer } from '@media-network/chain';
import { signEvidence } from '@media-network/chain';
import { RESOURCE_STATUS } from '@media-network/chain/schema';
import { encodeTicket, hourAt, hourEnd, parseAddress, signTicket, weekOfHour } from '@media-network/protocol';
import type { Network } from '../network.ts';

export interface TicketDeps {
  readonly network: Network;
  readonly operator: Signer;
  readonly guardNo: number;
  readonly creditWindow: number;
}

export type TicketAnswer =
  | { readonly kind: 'ticket'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'refused';
      readonly status: 400 | 404 | 503;
      readonly code: string;
      readonly message: string;
    };

const refused = (status: 400 | 404 | 503, code: string, message: string): TicketAnswer => ({
  kind: 'refused',
  status,
  code,
  message,
});

/** Issues tickets for this hour and the next (docs/evidence.md, Tickets and receipts). */
export function createTickets(deps: TicketDeps): {
  issue(wanted: {
    readonly resource: string;
    readonly clientKey: Uint8Array;
    readonly hour: bigint | undefined;
  }): Promise<TicketAnswer>;
} {
  return {
    async issue({ resource, clientKey, hour }) {
      if (parseAddress(resource) === undefined)
        return refused(400, 'guard/bad-request', 'The resource is not an address.');
      const snapshot = await deps.network.snapshot();
      const { config, resources } = snapshot;
      const found = resources.find(({ address }) => address === resource);
      if (found === undefined) return refused(404, 'guard/unknown-resource', 'There is no such resource.');
      if (found.status !== RESOURCE_STATUS.active)
        return refused(503, 'guard/not-active', 'The resource is not active.');
      const current = hourAt(config, await deps.network.chainNow());
      const wanted = hour ?? current;
      if (wanted !== current && wanted !== current + 1n) {
        return refused(400, 'guard/wrong-hour', 'A ticket is for this hour or the next.');
      }
      const set = await deps.network.guardSet(weekOfHour(config, wanted), snapshot);
      if (!set.numbers.includes(deps.guardNo)) {
        return refused(503, 'guard/not-in-set', "This guard is not in the week's set; ask another.");
      }
      const ticket = await signTicket(
        {
          guardNo: deps.guardNo,
          session: randomBytes(16),
          resource,
          clientKey,
          hour: wanted,
          creditWindow: deps.creditWindow,
          expires: Number(hourEnd(config, wanted)),
        },
        (message) => signEvidence(deps.operator, message),
      );
      return { kind: 'ticket', bytes: encodeTicket(ticket) };
    },
  };
}
