import type { ParsedRequest } from '@media-network/http-front';
import { CHALLENGE_PREFIX } from '../tls/challenges.ts';
import type { SharedProofs } from '../tls/sibling-proofs.ts';
import type { Answer } from './answer.ts';
import { ownAnswer } from './own-answer.ts';

/**
 * What a CA looks for while this edge, or another one, orders a certificate for the host (HTTP-01, RFC 8555 §8.3). All else below that path
 * is the origin's: it may have certificates made for itself.
 */
export async function challengeAnswer(
  request: Pick<ParsedRequest, 'method' | 'scheme' | 'host' | 'target'>,
  proofs: Pick<SharedProofs, 'http'>,
): Promise<Answer | undefined> {
  const { method, host, target } = request;
  if (!target.startsWith(CHALLENGE_PREFIX) || (method !== 'GET' && method !== 'HEAD')) return undefined;
  const proof = await proofs.http(host, target.slice(CHALLENGE_PREFIX.length));
  if (proof === undefined) return undefined;
  return ownAnswer(
    200,
    ['Content-Type', 'application/octet-stream', 'Cache-Control', 'no-store'],
    Buffer.from(proof),
  );
}
