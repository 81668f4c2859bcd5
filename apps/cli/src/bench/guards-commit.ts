import { signEvidence } from '@media-network/chain';
import type { Devnet } from '@media-network/devnet';
import { decodeCommit, encodeCommitRequest, signCommitRequest } from '@media-network/protocol';

/** What an edge commits to when the first guard asks: all bytes that it ever served. Undefined where it gives no commit. */
export async function guardsCommit(devnet: Devnet, control: string): Promise<bigint | undefined> {
  const { client, wallets } = devnet;
  const operator = await wallets.ensure('guard-1');
  const guard = await client.addresses.guard(operator.address);
  const request = await signCommitRequest({ guard, unixSecs: await client.chainTime() }, (message) =>
    signEvidence(operator, message),
  );
  const response = await fetch(`${control}/v1/commit`, {
    method: 'POST',
    body: Buffer.from(encodeCommitRequest(request)),
  });
  const body = new Uint8Array(await response.arrayBuffer());
  return response.status === 200 ? decodeCommit(body)?.total : undefined;
}
