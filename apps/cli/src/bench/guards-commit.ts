import { signEvidence } from '@media-network/chain';
import type { Devnet } from '@media-network/devnet';
import {
  compareCommits,
  decodeCommit,
  encodeCommitRequest,
  signCommitRequest,
} from '@media-network/protocol';
import type { Commit } from '@media-network/protocol';
import { systemClock } from '@media-network/runtime';

/** What an edge commits to when the first guard asks: what it had served when the sample began. Undefined where it gives no commit. */
async function askGuardsCommit(devnet: Devnet, control: string): Promise<Commit | undefined> {
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
  return response.status === 200 ? decodeCommit(body) : undefined;
}

const PAUSE_MS = 200;

/** All bytes that an edge had ever served when it was asked, and what it served until the next sample began. Undefined where it gives no commit. */
export async function guardsCommit(devnet: Devnet, control: string): Promise<bigint | undefined> {
  const first = await askGuardsCommit(devnet, control);
  if (first === undefined) return undefined;
  for (;;) {
    const commit = await askGuardsCommit(devnet, control);
    if (commit === undefined || compareCommits(first, commit) !== 0) return commit?.total;
    await systemClock.sleep(PAUSE_MS);
  }
}
