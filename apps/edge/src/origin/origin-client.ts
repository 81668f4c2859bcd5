import type { Duplex, Readable } from 'node:stream';
import { fieldsForS3, isForS3, signedForS3 } from '@media-network/rules';
import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import { isPrivateLiteral, publicLookup } from '@media-network/runtime/daemon';
import { Pool, buildConnector } from 'undici';
import type { Dispatcher } from 'undici';
import { forwardHeaders } from './origin-headers.ts';
import { badResponse, checkAsked, interimHead, readHead, readSwitch } from './origin-head.ts';
import type { OriginResponse } from './origin-response.ts';
import { limitSilence } from './origin-silence.ts';
import { ofBucket } from './bucket-answer.ts';
import { switching } from './origin-switch.ts';
import { guardResponses } from './response-guard.ts';
import type { OriginPlace } from './origin-places.ts';
import { withoutPrefix } from './origin-prefix.ts';
import type { OriginSettings } from './origin-settings.ts';

export interface OriginRequest {
  readonly settings: OriginSettings;
  readonly method: string;
  /** As the viewer sent it; never decoded or normalised. */
  readonly target: string;
  /** The viewer's fields, name, value, …; what belongs to the connection is taken out here. */
  readonly rawHeaders: readonly string[];
  readonly viewer: { readonly scheme: 'http' | 'https'; readonly host: string };
  readonly body?: Readable;
  readonly signal?: AbortSignal;
  /** Told of interim answers (1xx but 100 and 101), end-to-end fields only. */
  readonly onInterim?: ((status: number, headers: readonly string[]) => void) | undefined;
}

export interface SwitchRequest extends OriginRequest {
  /** What the origin must say to show that it has understood (Sec-WebSocket-Accept). */
  readonly accept: string;
}

/** The place that is asked, of those in the settings. */
interface At {
  readonly place: OriginPlace;
}

/** `switched`: the connection is a WebSocket's, and the caller's. `answered`: anything but a 101. */
export type OriginSwitch =
  | { readonly kind: 'switched'; readonly rawHeaders: readonly string[]; readonly socket: Duplex }
  | { readonly kind: 'answered'; readonly response: OriginResponse };

export interface OriginClientOptions {
  /** Silence allowed while connecting, before the head, and within the body. */
  readonly timeoutMs: number;
  /** Silence allowed within a stream of events. As within any body by default. */
  readonly eventsTimeoutMs?: number;
  readonly maxConnectionsPerOrigin?: number;
  readonly allowPrivate: boolean;
  /** Unix milliseconds, by this machine's clock: what signatures say. */
  readonly nowMs?: () => number;
  /** Longest response head; longer is `edge/origin-bad-response`. 32 KiB. */
  readonly maxHeaderBytes?: number;
}

/** What phases ask a resource's origins by: which of them answers is no business of theirs. */
export interface OriginClient {
  /**
   * Rejects with `edge/origin-timeout`, `edge/origin-unreachable`, `edge/origin-reset`,
   * `edge/origin-bad-response`, `edge/origin-private` or `edge/aborted` (the viewer went away).
   */
  readonly fetch: (request: OriginRequest) => Promise<OriginResponse>;
  /** Asks for a WebSocket. Rejects as `fetch` does. */
  readonly switchTo: (request: SwitchRequest) => Promise<OriginSwitch>;
}

/** The side of the edge that faces one origin: pools, limits, timeouts. Follows no redirects. Rejects as `OriginClient` does. */
export interface PlaceClient {
  readonly fetch: (request: OriginRequest & At) => Promise<OriginResponse>;
  readonly switchTo: (request: SwitchRequest & At) => Promise<OriginSwitch>;
  readonly close: () => Promise<void>;
}

const MAX_POOLS = 1000;
export function createPlaceClient(options: OriginClientOptions): PlaceClient {
  const nowMs = options.nowMs ?? Date.now;
  const pools = new Map<string, Dispatcher>();
  const silence = limitSilence({
    bodyMs: options.timeoutMs,
    eventsMs: options.eventsTimeoutMs ?? options.timeoutMs,
  });
  const connect = buildConnector({
    timeout: options.timeoutMs,
    allowH2: false,
    ...(options.allowPrivate ? {} : { lookup: publicLookup }),
  });

  function poolOf({ origin, serverName }: OriginPlace): Dispatcher {
    // No origin has a space in it.
    const key = serverName === undefined ? origin : `${origin} ${serverName}`;
    const known = pools.get(key);
    if (known !== undefined) {
      // Re-inserted, so that the least recently used pool is first.
      pools.delete(key);
      pools.set(key, known);
      return known;
    }
    for (const [oldest, pool] of pools) {
      if (pools.size < MAX_POOLS) break;
      pools.delete(oldest);
      void pool.close().catch(() => undefined);
    }
    const pool = new Pool(origin, {
      connections: options.maxConnectionsPerOrigin ?? 256,
      pipelining: 1,
      allowH2: false,
      connect: (target, done) =>
        connect(
          serverName === undefined ? target : { ...target, servername: serverName },
          (error, socket) => {
            if (error !== null) done(error, null);
            else done(null, guardResponses(socket, options.timeoutMs));
          },
        ),
      headersTimeout: options.timeoutMs,
      bodyTimeout: 0,
      keepAliveTimeout: 4_000,
      maxHeaderSize: options.maxHeaderBytes ?? 32_768,
    }).compose(silence);
    pools.set(key, pool);
    return pool;
  }

  const once = async (request: OriginRequest & At): Promise<OriginResponse> =>
    read(request, await poolOf(request.place).request(await askedOf(request, nowMs)));

  async function switchOnce(request: SwitchRequest & At): Promise<OriginSwitch> {
    const made = await switching(poolOf(request.place), await askedOf(request, nowMs), 'websocket');
    if (made.kind === 'answered') return { kind: 'answered', response: read(request, made.answer) };
    const { socket } = made;
    try {
      return { kind: 'switched', rawHeaders: readSwitch(made.rawHeaders, request.accept), socket };
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  async function ask<Request extends OriginRequest & At, Result>(
    request: Request,
    attempt: (request: Request) => Promise<Result>,
  ): Promise<Result> {
    if (!options.allowPrivate && isPrivateLiteral(request.place.hostname)) throw privateOrigin();
    const repeatable = request.body === undefined && (request.method === 'GET' || request.method === 'HEAD');
    try {
      try {
        return await attempt(request);
      } catch (error) {
        // A kept connection may have been closed by the origin just as we used it (RFC 9112 §9.3.1).
        if (!repeatable || request.signal?.aborted === true || !isReset(error)) throw error;
        return await attempt(request);
      }
    } catch (error) {
      throw originError(error, request.signal);
    }
  }

  return {
    fetch: (request) => ask(request, once),
    switchTo: (request) => ask(request, switchOnce),
    async close() {
      const all = [...pools.values()];
      pools.clear();
      await Promise.all(all.map((pool) => pool.destroy()));
    },
  };
}

/** What the client behind us read of an answer, strictly. */
function read(request: OriginRequest & At, answer: Dispatcher.ResponseData): OriginResponse {
  // With `raw` undici gives a flat list, where its type says a record.
  const raw: readonly string[] = Array.isArray(answer.headers) ? answer.headers : [];
  try {
    const head = readHead(raw, request.method, answer.statusCode, answer.statusText);
    checkAsked(answer.statusCode, request.rawHeaders);
    const rawHeaders = request.settings.keepsOriginLinks
      ? head.rawHeaders
      : withoutPrefix(head.rawHeaders, request.place, request.settings.places);
    const { statusCode: status, statusText, body } = answer;
    const response = { ...head, rawHeaders, status, statusText, body };
    return request.place.s3 === undefined ? response : ofBucket(response);
  } catch (error) {
    answer.body.on('error', () => undefined);
    answer.body.destroy();
    throw error;
  }
}

/** A request in the words of the client behind us. */
async function askedOf(request: OriginRequest & At, nowMs: () => number): Promise<Dispatcher.RequestOptions> {
  const { path, headers } = await addressed(request, nowMs);
  return {
    method: request.method,
    path,
    headers,
    responseHeaders: 'raw',
    body: request.body ?? null,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
    ...(request.onInterim === undefined ? {} : { onInfo: interimTo(request.onInterim, request) }),
  };
}

/** Where a request goes at its place, and with which fields. */
async function addressed(
  request: OriginRequest & At,
  nowMs: () => number,
): Promise<{ readonly path: string; readonly headers: string[] }> {
  const { target, place, method } = request;
  const headers = forwardHeaders(request.rawHeaders, request);
  // OPTIONS * asks about the server.
  if (place.s3 === undefined)
    return { path: target.startsWith('/') ? place.prefix + target : target, headers };
  if (!isForS3(method)) throw new Error(`${method} is never asked of a bucket`);
  const { scheme, prefix, hostHeader: host } = place;
  const signed = await signedForS3(place.s3, { method, scheme, host, prefix, target, nowMs: nowMs() });
  return { path: signed.path, headers: [...fieldsForS3(headers), ...signed.fields] };
}

/** Gives interim answers on, if they are what they may be. */
function interimTo(
  onInterim: (status: number, headers: readonly string[]) => void,
  { settings, place }: Pick<OriginRequest, 'settings'> & At,
): (info: { readonly statusCode: number; readonly headers: unknown }) => void {
  return ({ statusCode, headers }) => {
    if (statusCode < 102 || !Array.isArray(headers)) return;
    const head = interimHead(headers);
    if (head !== undefined)
      onInterim(statusCode, settings.keepsOriginLinks ? head : withoutPrefix(head, place, settings.places));
  };
}

function isReset(error: unknown): boolean {
  const code = errorCode(error);
  return (
    code === 'ECONNRESET' ||
    code === 'EPIPE' ||
    (code === 'UND_ERR_SOCKET' && /other side closed/.test(errorMessage(error)))
  );
}

/** An error of undici or the system in our words. Also for errors of the body's stream. */
export function originError(error: unknown, signal?: AbortSignal): MediaError {
  const ours = error instanceof MediaError ? error : error instanceof Error ? error.cause : undefined;
  if (ours instanceof MediaError) return ours.code === 'runtime/private-address' ? privateOrigin() : ours;
  if (signal?.aborted === true) {
    return new MediaError({
      code: 'edge/aborted',
      message: 'The viewer went away.',
      source: 'client',
      cause: error,
    });
  }
  const code = errorCode(error);
  if (
    code === 'UND_ERR_HEADERS_TIMEOUT' ||
    code === 'UND_ERR_BODY_TIMEOUT' ||
    code === 'UND_ERR_CONNECT_TIMEOUT' ||
    code === 'ETIMEDOUT'
  ) {
    return new MediaError({
      code: 'edge/origin-timeout',
      message: 'The origin did not answer in time.',
      source: 'origin',
      retry: true,
      cause: error,
    });
  }
  if (
    (error instanceof Error && error.name === 'HTTPParserError') ||
    code === 'UND_ERR_HEADERS_OVERFLOW' ||
    code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'
  ) {
    return badResponse(errorMessage(error), error);
  }
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE') {
    return new MediaError({
      code: 'edge/origin-reset',
      message: 'The origin closed the connection before its answer was complete.',
      source: 'origin',
      retry: true,
      cause: error,
    });
  }
  return new MediaError({
    code: 'edge/origin-unreachable',
    message: 'The origin cannot be reached.',
    source: 'origin',
    retry: true,
    context: { reason: code },
    cause: error,
  });
}

function privateOrigin(): MediaError {
  return new MediaError({
    code: 'edge/origin-private',
    message: "The origin's address is a private one, and this edge is told not to connect there.",
    source: 'origin',
  });
}
