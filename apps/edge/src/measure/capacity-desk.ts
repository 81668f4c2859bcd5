import { randomFillSync } from 'node:crypto';
import type { ParsedRequest } from '@media-network/http-front';
import {
  CAPACITY_ASK_BYTES,
  CAPACITY_BYTES,
  CAPACITY_EVERY_WINDOWS,
  CAPACITY_MS,
  STEER_WINDOW_MS,
  decodeCapacityAsk,
  verifyCapacityAskSignature,
} from '@media-network/protocol/measures';
import type { EdgeChain } from '../chain/edge-chain.ts';
import type { Answer } from '../serve/answer.ts';
import { readShort } from '../serve/origin-body.ts';
import { OWN_PREFIX, ownAnswer } from '../serve/own-answer.ts';

export const CAPACITY_PATH: string = `${OWN_PREFIX}capacity`;

/**
 * Guards pull of an edge all at once, as fast as it can send, to see what it can serve. Nobody pays for it, so it is bounded: for
 * each guard of the network some megabytes and seconds, once in most of an hour; and it is of what the operator gives at most.
 */
export interface CapacityDesk {
  /** Undefined where the request is for something else. */
  answer(request: CapacityRequest): Promise<Answer> | undefined;
}

export type CapacityRequest = Pick<ParsedRequest, 'method' | 'target' | 'pathEnd' | 'body' | 'signal'>;

export interface CapacityDeskDeps {
  readonly chain: Pick<EdgeChain, 'edge' | 'guards' | 'nowMs'>;
  /** Milliseconds since whenever; never goes back. */
  readonly timer: () => number;
}

/** A guard may be early by the jitter of its clock, not by half an hour. */
const LEAST_BETWEEN: bigint = BigInt((CAPACITY_EVERY_WINDOWS * 3) / 4);
/** More guards than a week's set has. */
const MOST_AT_ONCE = 32;
const CHUNK_BYTES = 65_536;

export function createCapacityDesk({ chain, timer }: CapacityDeskDeps): CapacityDesk {
  /** By guard: the window that it was served in last. */
  const served = new Map<number, bigint>();
  /** Noise, so that nothing on the way makes it shorter. */
  let noise: Buffer | undefined;
  let underWay = 0;

  async function* sent(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    underWay += 1;
    try {
      noise ??= randomFillSync(Buffer.alloc(CHUNK_BYTES));
      const until = timer() + CAPACITY_MS;
      for (let left = CAPACITY_BYTES; left > 0 && timer() < until && !signal.aborted; left -= CHUNK_BYTES)
        yield noise;
    } finally {
      underWay -= 1;
    }
  }

  async function judged({ body, signal }: CapacityRequest): Promise<Answer> {
    const read = await readShort(body, CAPACITY_ASK_BYTES);
    const ask = 'whole' in read ? decodeCapacityAsk(read.whole) : undefined;
    if (ask === undefined)
      return refused(400, 'capacity/malformed', `A request to send has ${CAPACITY_ASK_BYTES} bytes.`);
    const now = BigInt(Math.floor(chain.nowMs() / STEER_WINDOW_MS));
    const apart = ask.window > now ? ask.window - now : now - ask.window;
    if (ask.edge !== chain.edge || apart > 1n)
      return refused(403, 'capacity/not-now', 'The request is not for this edge, or not of this time.');
    const guard = chain.guards().find(({ no }) => no === ask.guardNo);
    if (guard === undefined || !(await verifyCapacityAskSignature(ask, guard.operator)))
      return refused(403, 'capacity/not-a-guard', 'The request is not signed by an active guard.');
    const before = served.get(ask.guardNo);
    if (underWay >= MOST_AT_ONCE || (before !== undefined && ask.window < before + LEAST_BETWEEN))
      return refused(429, 'capacity/too-many', 'Each guard has this once an hour.');
    served.set(ask.guardNo, ask.window);
    return ownAnswer(
      200,
      ['Content-Type', 'application/octet-stream', 'Cache-Control', 'no-store'],
      sent(signal),
    );
  }

  return {
    answer(request) {
      if (request.target.slice(0, request.pathEnd) !== CAPACITY_PATH) return undefined;
      return request.method === 'POST'
        ? judged(request)
        : Promise.resolve(refused(405, 'edge/method-not-allowed', 'Guards post here.', ['Allow', 'POST']));
    },
  };
}

function refused(status: number, code: string, message: string, more: readonly string[] = []): Answer {
  return ownAnswer(
    status,
    ['Content-Type', 'application/json', 'Cache-Control', 'no-store', 'Media-Error', code, ...more],
    Buffer.from(`${JSON.stringify({ code, message })}\n`),
    code,
  );
}
