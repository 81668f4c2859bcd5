import { signEvidence } from '@media-network/chain';
import type { Signer } from '@media-network/chain';
import { decodeCommit, encodeCommitRequest, signCommitRequest } from '@media-network/protocol';
import type { Commit } from '@media-network/protocol';
import { exchange } from '@media-network/viewer';
import type { Address } from '@solana/kit';

/** A guard of the week's set, as an edge knows it. */
export interface AskingGuard {
  readonly account: Address;
  readonly operator: Signer;
}

/**
 * What an edge commits to when a guard asks: its counters, in its journal before they are signed. Undefined where it
 * gives none. `control`: base URL of its control plane.
 */
export async function askCommit(
  guard: AskingGuard,
  control: string,
  unixSecs: bigint,
): Promise<Commit | undefined> {
  const request = await signCommitRequest({ guard: guard.account, unixSecs }, (message) =>
    signEvidence(guard.operator, message),
  );
  const response = await exchange(`${control}/v1/commit`, {
    method: 'POST',
    body: encodeCommitRequest(request),
    keepBody: true,
  });
  return response.status === 200 ? decodeCommit(response.body) : undefined;
}
