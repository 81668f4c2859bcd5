import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorCode, errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { listenAt } from '@media-network/runtime/daemon';
import { problem } from './answer.ts';
import type { Answer } from './answer.ts';
import { route } from './routes.ts';
import type { RoutesDeps } from './routes.ts';

export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Connections at once, waiting players included: protects memory. */
const MOST_CONNECTIONS = 20_000;
/** A head that takes longer is nobody's. */
const HEAD_MS = 10_000;
const IDLE_MS = 65_000;

const BUSY = problem(500, 'server/failed', 'Something went wrong here.');
const METHODS = problem(405, 'server/bad-method', 'Only GET and HEAD are answered here.');
const BAD = problem(400, 'server/bad-request', 'That is no target of a request.');

/** The origin's HTTP/1.1. Throws `server/port-in-use`, `server/cannot-listen`. */
export async function startHttpServer(
  deps: RoutesDeps & { readonly log: Log },
  at: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  const server = http.createServer(
    { headersTimeout: HEAD_MS, requestTimeout: HEAD_MS, keepAliveTimeout: IDLE_MS },
    (request, response) => {
      answer(deps, request).then(
        (found) => sendAnswer(request, response, found),
        (error: unknown) => {
          deps.log.error({ code: errorCode(error), reason: errorMessage(error) }, 'a request failed');
          sendAnswer(request, response, BUSY);
        },
      );
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  return listenForViewers(server, at);
}

/** Listens at `--port`; closing ends what is open. Throws `server/port-in-use`, `server/cannot-listen`. */
export async function listenForViewers(
  server: http.Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  const bound = await listenAt(server, {
    host,
    port,
    flag: '--port',
    codes: { inUse: 'server/port-in-use', failed: 'server/cannot-listen' },
  });
  return {
    port: bound,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(deps: RoutesDeps, request: IncomingMessage): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return METHODS;
  // The host is not looked at: nothing here depends on it.
  const target = URL.parse(request.url ?? '', 'http://origin');
  return target === null ? BAD : route(deps, target);
}

/** Writes what a request gets, with what caches and other sites may do with it. */
export function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  { status, type, body, maxAge, immutable, headers }: Answer,
): void {
  if (response.destroyed) return;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  response.writeHead(status, {
    'content-type': type,
    'content-length': bytes.length,
    'cache-control':
      maxAge === undefined
        ? 'private, no-store'
        : `public, max-age=${maxAge}${immutable === true ? ', immutable' : ''}`,
    // Players of other sites may play it.
    'access-control-allow-origin': '*',
    'x-content-type-options': 'nosniff',
    // Links of private channels stand in addresses.
    'referrer-policy': 'same-origin',
    ...headers,
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
    ...(status === 503 ? { 'retry-after': '1' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}
