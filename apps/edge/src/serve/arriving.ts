import { headerValue } from '@media-network/http-cache';
import type { Fill } from '@media-network/http-cache';
import type { Clock } from '@media-network/runtime';
import type { Answer } from './answer.ts';
import { holdBeginning } from './hold.ts';
import { readOut } from './origin-body.ts';
import { represent } from './represent.ts';
import type { Representation } from './represent.ts';
import type { Visit } from './visit.ts';

/** A range that begins this far into an object waits for the fill to get there; a farther one is asked for apart. */
const NEAR_BYTES = 2 ** 20;

/** What is on its way into the cache, as what a request may be answered from. */
function arrivingRepresentation(fill: Fill, body: AsyncIterable<Buffer>): Representation {
  const length = headerValue(fill.meta.headers, 'content-length');
  return {
    meta: fill.meta,
    length: length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined,
    sha256: undefined,
    object: undefined,
    stored: false,
    body(span) {
      if (span === undefined) return body;
      const part = span.start <= NEAR_BYTES ? fill.follow(span) : undefined;
      // The whole goes on into the cache; nobody reads it from its start here.
      void readOut(body);
      return part;
    },
    unread: () => void readOut(body),
  };
}

/**
 * Answers with what arrives; `body` follows the fill from its start. Undefined: the part that is asked for
 * is far from here. Rejects when the body fails while its beginning is held.
 */
export async function arriving(
  visit: Visit,
  fill: Fill,
  body: AsyncIterable<Buffer>,
  made: Pick<Answer, 'phase' | 'outcome' | 'cacheStatus'>,
  clock: Clock,
): Promise<Answer | undefined> {
  const representation = arrivingRepresentation(fill, body);
  const answer = represent(visit.request, representation, { ...made, reason: undefined }, clock.nowMs());
  return answer === undefined ? undefined : held(answer, clock);
}

/** Waits for the beginning of a body, so that an origin which fails early is an error and not a cut. */
export async function held(answer: Answer, clock: Clock): Promise<Answer> {
  const { body } = answer;
  if (body === undefined || Buffer.isBuffer(body)) return answer;
  return { ...answer, body: await holdBeginning(body, answer.contentLength, clock) };
}
