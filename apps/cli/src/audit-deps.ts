import { createHash } from 'node:crypto';
import { createHttpBlobs } from '@media-network/audit';
import type { AuditDeps } from '@media-network/audit';
import type { MediaClient } from '@media-network/chain';
import { NODE_STATUS } from '@media-network/chain/schema';

const active = <T extends { readonly status: number }>(nodes: readonly T[]): T[] =>
  nodes.filter((node) => node.status === NODE_STATUS.active);

/** Evidence from whoever is on chain: guards first, then the edges themselves. */
export function auditDeps(client: MediaClient, more: readonly string[] = []): AuditDeps {
  return {
    client,
    sha256: (bytes) => createHash('sha256').update(bytes).digest(),
    blobs: createHttpBlobs({
      fetch,
      sources: async () => {
        const [guards, edges] = await Promise.all([client.guards(), client.edges()]);
        return [
          ...more,
          ...active(guards).map((guard) => guard.endpoint),
          ...active(edges).map((edge) => edge.control),
        ];
      },
    }),
  };
}
