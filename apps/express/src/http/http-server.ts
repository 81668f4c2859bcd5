import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorCode, errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { boundCallers } from '@media-network/runtime/daemon';
import { listenForViewers, problem, sendAnswer } from '@media-network/server/parts';
import type { Answer, HttpServer } from '@media-network/server/parts';
import type { ChatDoor } from '../chat/chat-door.ts';
import type { Api } from './api.ts';
import type { Asset } from './pages.ts';

export interface HttpServerDeps {
  readonly log: Log;
  /** Playlists, segments, stills and recordings; undefined where the path is none of theirs. */
  readonly media: (target: URL) => Promise<Answer> | undefined;
  /** Texts that programs read: feeds, the API's own description. */
  readonly texts: (target: URL) => Promise<Answer> | undefined;
  readonly page: (path: string) => Asset | undefined;
  readonly api: Api;
  readonly door: ChatDoor;
}

/** Connections at once, waiting players included: protects memory. */
const MOST_CONNECTIONS = 40_000;
const MOST_PER_ADDRESS = 2_000;
/** Heads and bodies that take longer are nobody's. */
const HEAD_MS = 10_000;
const BODY_MS = 30_000;
const IDLE_MS = 65_000;

const FAILED = problem(500, 'express/failed', 'Something went wrong here.');
const NOT_FOUND = problem(404, 'express/not-found', 'There is nothing here.');
const BAD_METHOD = problem(405, 'express/bad-method', 'Only GET and HEAD are answered here.');
const BAD_REQUEST = problem(400, 'express/bad-request', 'That is no target of a request.');

/** What a page of the site may do: nothing from elsewhere, nothing inline, and nobody frames it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Throws `server/port-in-use`, `server/cannot-listen`. */
export async function startHttpServer(
  deps: HttpServerDeps,
  at: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  const { log } = deps;
  const server = http.createServer(
    { headersTimeout: HEAD_MS, requestTimeout: BODY_MS, keepAliveTimeout: IDLE_MS },
    (request, response) => {
      answer(deps, request, response).catch((error: unknown) => {
        log.error({ code: errorCode(error), reason: errorMessage(error) }, 'a request failed');
        if (!response.headersSent) sendAnswer(request, response, FAILED);
      });
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  boundCallers(server, MOST_PER_ADDRESS);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (!deps.door.upgrade(request, socket, head))
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  const listening = await listenForViewers(server, at);
  return {
    port: listening.port,
    close() {
      deps.door.close();
      return listening.close();
    },
  };
}

async function answer(
  { media, texts, page, api }: HttpServerDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = URL.parse(request.url ?? '', 'http://origin');
  if (target === null) return sendAnswer(request, response, BAD_REQUEST);
  const ofText = texts(target);
  if (target.pathname.startsWith('/api/') && ofText === undefined)
    return api.answer(request, response, target);
  if (request.method !== 'GET' && request.method !== 'HEAD') return sendAnswer(request, response, BAD_METHOD);
  const asset = page(target.pathname);
  if (asset !== undefined) return sendAsset(request, response, asset);
  return sendAnswer(request, response, await (ofText ?? media(target) ?? NOT_FOUND));
}

function sendAsset(request: IncomingMessage, response: ServerResponse, asset: Asset): void {
  const { type, etag } = asset;
  const common = {
    etag,
    // Asked for anew each time, and seldom sent again.
    'cache-control': 'no-cache',
    vary: 'accept-encoding',
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
  };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, common);
    response.end();
    return;
  }
  const small = /\bgzip\b/.test(request.headers['accept-encoding']?.toString() ?? '');
  const body = small ? asset.gzip : asset.body;
  response.writeHead(200, {
    ...common,
    'content-type': type,
    'content-length': body.length,
    ...(small ? { 'content-encoding': 'gzip' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
