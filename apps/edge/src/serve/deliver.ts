import type { ServerResponse } from 'node:http';
import { MediaError } from '@media-network/runtime';
import type { Clock } from '@media-network/runtime';
import type { Session, SessionDesk } from '../session/session-desk.ts';
import type { AdmittedExchange } from './exchange.ts';

export interface Head {
  readonly status: number;
  readonly statusText: string;
  /** Name, value, …; without Content-Length and whatever else belongs to the connection. */
  readonly headers: readonly string[];
  /** Where it is known; else the body is chunked. */
  readonly contentLength: number | undefined;
}

export interface DeliverDeps {
  readonly desk: SessionDesk;
  readonly clock: Clock;
  /** How long a session may owe a receipt before its response is ended; 30 s (docs/evidence.md). */
  readonly receiptPatienceMs?: number;
}

/** Largest piece given to the socket in a session, so that a receipt is never far from what was sent. */
const SESSION_PIECE = 64 * 1024;
/** `0\r\n\r\n` */
const LAST_CHUNK_BYTES = 5;

/**
 * Sends a response, as fast as the viewer takes it and its session allows. Resolves when it is handed on
 * whole or the viewer has gone. Rejects when the body fails; the caller then cuts the connection, because
 * an end would say that all is there.
 */
export async function deliver(
  exchange: AdmittedExchange,
  head: Head,
  body: AsyncIterable<Buffer | Uint8Array> | Buffer | undefined,
  deps: DeliverDeps,
): Promise<void> {
  const { request, response, session } = exchange;
  exchange.phase = 'deliver';
  const headers = [...head.headers];
  // RFC 9110 §8.6: never beside 204, whose reader would wait for a body or take what follows for one.
  if (head.contentLength !== undefined && head.status !== 204)
    headers.push('Content-Length', String(head.contentLength));
  response.writeHead(head.status, head.statusText, headers);
  const bodyless =
    request.method === 'HEAD' || head.status === 204 || head.status === 304 || body === undefined;
  if (bodyless) {
    if (body !== undefined && !Buffer.isBuffer(body)) await body[Symbol.asyncIterator]().return?.();
    await finish(response, request.signal);
    return;
  }
  const chunked = head.contentLength === undefined && request.httpVersion === '1.1';
  const before = request.bytesWritten;
  let handed = 0;
  try {
    if (session === undefined && Buffer.isBuffer(body)) response.write(body);
    else {
      for await (const piece of Buffer.isBuffer(body) ? [body] : body) {
        if (request.signal.aborted) return;
        if (session === undefined) await write(response, piece, request.signal);
        else handed += await writeOnCredit(exchange, session, piece, chunked, deps);
      }
    }
    if (session !== undefined && chunked) {
      session.handed += LAST_CHUNK_BYTES;
      handed += LAST_CHUNK_BYTES;
    }
    await finish(response, request.signal);
  } finally {
    if (session !== undefined && request.signal.aborted) {
      // What never left gives its credit back; heads are counted when they are written.
      const left = Math.max(0, request.bytesWritten - before);
      session.handed = Math.max(session.book.served, session.handed - Math.max(0, handed - left));
    }
  }
}

/** Gives a piece on in parts that the session's credit covers; waits for receipts in between. */
async function writeOnCredit(
  exchange: AdmittedExchange,
  session: Session,
  piece: Uint8Array,
  chunked: boolean,
  deps: DeliverDeps,
): Promise<number> {
  const { signal } = exchange.request;
  let at = 0;
  let handed = 0;
  while (at < piece.length && !signal.aborted) {
    const credit = deps.desk.credit(session);
    if (credit <= 0) {
      await receiptOf(session, signal, deps);
      continue;
    }
    const part = piece.subarray(at, at + Math.min(SESSION_PIECE, credit));
    at += part.length;
    const bytes = part.length + (chunked ? part.length.toString(16).length + 4 : 0);
    session.handed += bytes;
    handed += bytes;
    await write(exchange.response, part, signal);
  }
  return handed;
}

/** Resolves with the next receipt; rejects when it does not come in time. */
async function receiptOf(session: Session, signal: AbortSignal, deps: DeliverDeps): Promise<void> {
  const over = new AbortController();
  let came = false;
  const wake = (): void => {
    came = true;
    over.abort();
  };
  session.wakers.add(wake);
  try {
    await deps.clock.sleep(deps.receiptPatienceMs ?? 30_000, AbortSignal.any([over.signal, signal]));
  } finally {
    session.wakers.delete(wake);
  }
  if (came || signal.aborted) return;
  throw new MediaError({
    code: 'edge/no-receipt',
    message: 'The session owes a receipt for too long.',
    source: 'client',
  });
}

function write(response: ServerResponse, piece: Uint8Array, signal: AbortSignal): Promise<void> | undefined {
  if (response.write(piece) || signal.aborted) return undefined;
  return until(response, 'drain', signal);
}

function finish(response: ServerResponse, signal: AbortSignal): Promise<void> | undefined {
  response.end();
  if (response.writableFinished || signal.aborted) return undefined;
  return until(response, 'finish', signal);
}

function until(response: ServerResponse, event: 'drain' | 'finish', signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off(event, done);
      response.off('close', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    response.on(event, done);
    response.on('close', done);
    signal.addEventListener('abort', done, { once: true });
  });
}
