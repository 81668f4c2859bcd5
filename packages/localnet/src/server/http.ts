import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { MAX_HTTP_SOCKETS, MAX_REQUEST_BYTES, MAX_UNSENT_BYTES, SMALL_ANSWER_BYTES } from '../limits.ts';
import type { Dispatch } from '../rpc/dispatch.ts';

/** A request's head and body must come within this; frees sockets that never finish. */
const REQUEST_TIMEOUT_MS = 30_000;

/**
 * A connection that waits for its next request stays open longer than on Solana's own node (20 s): web3.js keeps its
 * for 19 s, and a request on one that has just been closed fails.
 */
const KEEP_ALIVE_MS = 25_000;

/** A client that takes nothing of its answer for so long is cut off: what it was to get is held in memory. */
const IDLE_TIMEOUT_MS = 60_000;

// Wallets and explorers are web pages of other origins. The server holds no secret and acts on signed
// transactions only, so any page may ask; it listens on this machine unless told otherwise.
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'POST, GET, OPTIONS',
  'access-control-allow-headers': '*',
  'access-control-max-age': '86400',
} as const;

type Body = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'too-large' };

async function readBody(request: IncomingMessage): Promise<Body> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_REQUEST_BYTES) return { kind: 'too-large' };
    parts.push(part);
  }
  return { kind: 'text', text: Buffer.concat(parts).toString('utf8') };
}

function answer(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { ...CORS, 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** Counts what clients have not taken yet; small answers always pass. */
interface Unsent {
  bytes: number;
}

function answerJson(response: ServerResponse, text: string, unsent: Unsent): void {
  if (text.length < SMALL_ANSWER_BYTES) {
    answer(response, 200, 'application/json; charset=utf-8', text);
    return;
  }
  if (unsent.bytes + text.length > MAX_UNSENT_BYTES) {
    response.setHeader('retry-after', '1');
    answer(response, 503, 'text/plain', 'Other clients have not taken their answers yet: ask again.\n');
    return;
  }
  unsent.bytes += text.length;
  response.once('close', () => {
    unsent.bytes -= text.length;
  });
  answer(response, 200, 'application/json; charset=utf-8', text);
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  dispatch: Dispatch,
  unsent: Unsent,
): Promise<void> {
  if (request.method === 'OPTIONS') {
    response.writeHead(204, CORS).end();
  } else if (request.method === 'GET' && request.url === '/health') {
    answer(response, 200, 'text/plain', 'ok');
  } else if (request.method === 'POST') {
    const body = await readBody(request);
    if (body.kind === 'too-large') {
      response.shouldKeepAlive = false;
      answer(response, 413, 'text/plain', `A request holds at most ${MAX_REQUEST_BYTES} bytes.\n`);
      return;
    }
    answerJson(response, (await dispatch(body.text)) ?? '', unsent);
  } else {
    answer(response, 405, 'text/plain', 'Used HTTP method is not allowed. POST or OPTIONS is required.\n');
  }
}

export function createHttpServer(dispatch: Dispatch): Server {
  const unsent: Unsent = { bytes: 0 };
  const options = { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS };
  const server = createServer(options, (request, response) => {
    serve(request, response, dispatch, unsent).catch(() => {
      // The client went away in the middle of its request.
      response.destroy();
    });
  });
  server.maxConnections = MAX_HTTP_SOCKETS;
  server.timeout = IDLE_TIMEOUT_MS;
  return server;
}
