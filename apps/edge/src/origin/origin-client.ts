import type { Readable } from 'node:stream';
import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import { isPrivateLiteral, publicLookup } from '@media-network/runtime/daemon';
import { Pool, buildConnector } from 'undici';
import { forwardHeaders } from './origin-headers.ts';
import { badResponse, checkAsked, interimHead, readHead } from './origin-head.ts';
import type { OriginResponse } from './origin-response.ts';
import { guardResponses } from './response-guard.ts';
import type { OriginSettings } from './origin-settings.ts';

interface OriginRequest {
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

export interface OriginClientOptions {
  /** Silence allowed while connecting, before the head, and within the body. */
  readonly timeoutMs: number;
  readonly maxConnectionsPerOrigin?: number;
  readonly allowPrivate: boolean;
  /** Longest response head; longer is `edge/origin-bad-response`. 32 KiB. */
  readonly maxHeaderBytes?: number;
}

/** The side of the edge that faces origins: pools, limits, timeouts. Follows no redirects. */
export interface OriginClient {
  /**
   * Rejects with `edge/origin-timeout`, `edge/origin-unreachable`, `edge/origin-reset`,
   * `edge/origin-bad-response`, `edge/origin-private` or `edge/aborted` (the viewer went away).
   */
  fetch(request: OriginRequest): Promise<OriginResponse>;
  close(): Promise<void>;
}

const MAX_POOLS = 1000;
export function createOriginClient(options: OriginClientOptions): OriginClient {
  const pools = new Map<string, Pool>();
  const connect = buildConnector({
    timeout: options.timeoutMs,
    allowH2: false,
    ...(options.allowPrivate ? {} : { lookup: publicLookup }),
  });

  function poolOf(origin: string): Pool {
    const known = pools.get(origin);
    if (known !== undefined) {
      // Re-inserted, so that the least recently used pool is first.
      pools.delete(origin);
      pools.set(origin, known);
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
        connect(target, (error, socket) => {
          if (error !== null) done(error, null);
          else done(null, guardResponses(socket, options.timeoutMs));
        }),
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
      keepAliveTimeout: 4_000,
      maxHeaderSize: options.maxHeaderBytes ?? 32_768,
    });
    pools.set(origin, pool);
    return pool;
  }

  async function once(request: OriginRequest): Promise<OriginResponse> {
    const { settings } = request;
    const answer = await poolOf(settings.origin).request({
      method: request.method,
      path: request.target,
      headers: forwardHeaders(request.rawHeaders, request),
      responseHeaders: 'raw',
      body: request.body ?? null,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
      ...(request.onInterim === undefined ? {} : { onInfo: interimTo(request.onInterim) }),
    });
    // With `raw` undici gives a flat list, where its type says a record.
    const raw: readonly string[] = Array.isArray(answer.headers) ? answer.headers : [];
    try {
      const head = readHead(raw, request.method, answer.statusCode, answer.statusText);
      checkAsked(answer.statusCode, request.rawHeaders);
      return { ...head, status: answer.statusCode, statusText: answer.statusText, body: answer.body };
    } catch (error) {
      answer.body.on('error', () => undefined);
      answer.body.destroy();
      throw error;
    }
  }

  return {
    async fetch(request) {
      const { settings } = request;
      if (!options.allowPrivate && isPrivateLiteral(settings.hostname)) throw privateOrigin();
      const repeatable =
        request.body === undefined && (request.method === 'GET' || request.method === 'HEAD');
      try {
        try {
          return await once(request);
        } catch (error) {
          // A kept connection may have been closed by the origin just as we used it (RFC 9112 §9.3.1).
          if (!repeatable || request.signal?.aborted === true || !isReset(error)) throw error;
          return await once(request);
        }
      } catch (error) {
        throw originError(error, request.signal);
      }
    },
    async close() {
      const all = [...pools.values()];
      pools.clear();
      await Promise.all(all.map((pool) => pool.destroy()));
    },
  };
}

/** Gives interim answers on, if they are what they may be. */
function interimTo(
  onInterim: (status: number, headers: readonly string[]) => void,
): (info: { readonly statusCode: number; readonly headers: unknown }) => void {
  return ({ statusCode, headers }) => {
    if (statusCode < 102 || !Array.isArray(headers)) return;
    const head = interimHead(headers);
    if (head !== undefined) onInterim(statusCode, head);
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
