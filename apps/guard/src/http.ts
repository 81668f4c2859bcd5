import http from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MAX_PURGE_BYTES, MAX_SHARE_REQUEST_BYTES } from '@media-network/protocol';
import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { inTurn, isLocalCaller, listenAt } from '@media-network/runtime/daemon';
import type { StoredFile } from '@media-network/runtime/daemon';

export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  /** A stream comes with its size; it is sent as fast as the client takes it. */
  readonly body: Uint8Array | string | StoredFile;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Name in `Host`, lower case, without a port; empty where there is none. */
  readonly host: string;
  /** As it was sent; begins with a slash. */
  readonly target: string;
  readonly body: Buffer;
  /** Network address of the client, for limits only. */
  readonly client: string;
  /** Whether it was asked on this machine, and for nobody elsewhere. */
  readonly local: boolean;
}

export type Handler = (request: HttpRequest) => Promise<HttpAnswer>;

export interface HttpServer {
  readonly url: string;
  /** Stops taking connections, lets answers under way finish, then closes. */
  close(): Promise<void>;
}

/** Bodies that guards are sent are a key request or a few fields of JSON, a purge, or what an edge served lately. */
const MAX_BODY = 4_096;
const LONGER: ReadonlyMap<string, number> = new Map([
  ['/v1/purge', MAX_PURGE_BYTES],
  ['/v1/shares', MAX_SHARE_REQUEST_BYTES],
]);
const maxBody = (path: string): number => LONGER.get(path) ?? MAX_BODY;
const DRAIN_MS = 5_000;
const MAX_CONNECTIONS = 2_000;
/** Longest that a client may leave an answer untaken. */
const IDLE_MS = 30_000;

export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return { status, type: 'application/json', body: JSON.stringify(value), headers };
}

export function errorAnswer(status: number, code: string, message: string): HttpAnswer {
  return jsonAnswer(
    status,
    { code, message },
    status === 429 || status === 503 ? { 'retry-after': '1' } : {},
  );
}

/** Undefined when the body is larger than `maxBytes`. */
async function readBody(request: http.IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    // A request without an encoding yields buffers.
    const piece = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += piece.length;
    if (size > maxBytes) return undefined;
    chunks.push(piece);
  }
  return Buffer.concat(chunks);
}

/** Listens and answers with `handler`. Rejects with `guard/port-in-use` or `guard/cannot-listen`. */
export async function listenHttp(
  options: { readonly host: string; readonly port: number },
  handler: Handler,
  log: Log,
  door?: { upgrade(request: http.IncomingMessage, socket: Duplex, head: Buffer): boolean },
): Promise<HttpServer> {
  async function answer(request: http.IncomingMessage): Promise<HttpAnswer> {
    const url = URL.parse(request.url ?? '/', 'http://guard');
    if (url === null || !(request.url ?? '').startsWith('/'))
      return errorAnswer(400, 'guard/bad-request', 'The target is not one.');
    const maxBytes = maxBody(url.pathname);
    const body = await readBody(request, maxBytes);
    if (body === undefined)
      return errorAnswer(413, 'guard/too-large', `A body has at most ${maxBytes} bytes.`);
    try {
      return await handler({
        method: request.method ?? 'GET',
        path: url.pathname,
        query: url.searchParams,
        host: (request.headers.host ?? '').toLowerCase().replace(/:\d*$/, ''),
        target: request.url ?? '/',
        body,
        client: request.socket.remoteAddress ?? '',
        local: isLocalCaller(request),
      });
    } catch (error) {
      const retry = error instanceof MediaError && error.source === 'chain';
      log.warn({ path: url.pathname, code: errorCode(error), err: errorMessage(error) }, 'request failed');
      return retry
        ? errorAnswer(
            503,
            'guard/chain-unreachable',
            'The chain does not answer this guard. Try again, or ask another guard.',
          )
        : errorAnswer(500, 'guard/internal', 'Something went wrong in this guard.');
    }
  }

  async function respond(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let stored: StoredFile | undefined;
    try {
      const { status, type, body, headers } = await answer(request);
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      stored = bytes instanceof Uint8Array ? undefined : bytes;
      response.writeHead(status, {
        'content-type': type,
        'content-length': bytes instanceof Uint8Array ? bytes.length : bytes.size,
        'cache-control': 'no-store',
        ...headers,
        ...(status === 413 ? { connection: 'close' } : {}),
      });
      if (request.method === 'HEAD') response.end();
      else if (stored === undefined) response.end(bytes);
      else await pipeline(stored.stream, response);
    } catch {
      // The client went away within its body, or within the answer's.
      response.destroy();
    } finally {
      // A stream that nobody took holds its file, and Node ends the process that leaves that to the collector: a
      // client that had gone before the answer was there could end every guard.
      stored?.stream.destroy();
    }
  }

  const upgraded = new WeakMap<Duplex, () => void>();
  const server = http.createServer(
    {
      requestTimeout: 10_000,
      headersTimeout: 10_000,
      connectionsCheckingInterval: 2_000,
      maxHeaderSize: 16_384,
      keepAliveTimeout: 10_000,
    },
    inTurn((request, response) => {
      void respond(request, response);
    }),
  );
  // Viewers that a tracker has taken are counted by it, and take nothing of what requests may have.
  let plain = 0;
  server.on('connection', (socket: Socket) => {
    if (plain >= MAX_CONNECTIONS) {
      socket.destroy();
      return;
    }
    plain += 1;
    let isCounted = true;
    const left = (): void => {
      if (isCounted) plain -= 1;
      isCounted = false;
    };
    socket.once('close', left);
    upgraded.set(socket, left);
  });
  server.on('upgrade', (request: http.IncomingMessage, socket: Duplex, head: Buffer) => {
    if (door?.upgrade(request, socket, head) === true) upgraded.get(socket)?.();
    else socket.destroy();
  });
  server.setTimeout(IDLE_MS);
  await listenAt(server, {
    host: options.host,
    port: options.port,
    flag: '--port',
    codes: { inUse: 'guard/port-in-use', failed: 'guard/cannot-listen' },
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : options.port;
  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}
