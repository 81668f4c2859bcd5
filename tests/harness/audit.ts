import { createHttpBlobs } from '@media-network/audit';
import type { AuditDeps, Blobs } from '@media-network/audit';
import type { MediaClient } from '@media-network/chain';
import { sha256 } from './network.ts';

/** What `media audit` uses: the chain, and whatever guards and edges publish. `forge` alters every blob on its way. */
export function auditDeps(client: MediaClient, forge?: (blob: Uint8Array) => Uint8Array): AuditDeps {
  const honest = createHttpBlobs({
    fetch: globalThis.fetch,
    async sources() {
      const [guards, edges] = await Promise.all([client.guards(), client.edges()]);
      return [...guards.map((guard) => guard.endpoint), ...edges.map((edge) => edge.control)];
    },
  });
  const blobs: Blobs =
    forge === undefined
      ? honest
      : {
          ...honest,
          find: (kind, root, accept, exactBytes) =>
            honest.find(kind, root, (blob) => accept(forge(blob)), exactBytes),
        };
  return { client, blobs, sha256 };
}

/** The blob with one bit turned. */
export function bitFlipped(blob: Uint8Array): Uint8Array {
  const forged = blob.slice();
  const middle = forged.length >> 1;
  forged[middle] = (forged[middle] ?? 0) ^ 1;
  return forged;
}
