import { STATUS_CODES } from 'node:http';
import type { AnswerBody } from '@media-network/http-front';
import { VIA } from '../origin/origin-headers.ts';
import type { Answer } from './answer.ts';

/** Everything below is the edge's own on every resource's host, and is not billed. */
export const OWN_PREFIX = '/.well-known/media-network/';

/** What the edge says by itself; nobody pays for it. `headers`: name, value, …; without a body there is none. */
export function ownAnswer(
  status: number,
  headers: readonly string[],
  body: AnswerBody = Buffer.alloc(0),
  reason?: string,
): Answer {
  return {
    phase: 'identify',
    outcome: 'own',
    reason,
    status,
    statusText: STATUS_CODES[status] ?? '',
    headers: [...headers, 'Via', VIA],
    contentLength: Buffer.isBuffer(body) ? body.length : undefined,
    body,
    cacheStatus: undefined,
    object: undefined,
  };
}
