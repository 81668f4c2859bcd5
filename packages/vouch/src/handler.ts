import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorMessage } from '@media-network/runtime';
import type { TokenRequest, Voucher } from './voucher.ts';

export interface HandlerOptions {
  /** Origins whose pages may ask, as `https://example.org`; all by default. */
  readonly origins?: readonly string[];
  /** Proxies in front, each of which appends to `X-Forwarded-For`; 0 by default, when that header is not believed. */
  readonly proxies?: number;
  /** Whether this request may have a token at all: a signed-in user, a paid article. Everybody by default. */
  readonly allow?: (request: IncomingMessage) => boolean | Promise<boolean>;
  /** Hears of failures that are nobody's input. */
  readonly onFailure?: (words: string) => void;
}

/** A handler for `node:http`, Express, Connect and whatever else passes a request and a response. Never rejects. */
export type VouchHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Two keys and some room. */
const MAX_BODY_BYTES = 1_024;
/** Longest that a client may take to send it. */
const BODY_TIMEOUT_MS = 10_000;

interface Answer {
  readonly status: number;
  readonly body?: Uint8Array;
  readonly error?: { readonly code: string; readonly message: string };
  readonly headers?: Readonly<Record<string, string>>;
}

const refusal = (
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({ status, error: { code, message }, headers });

/** Answers `POST` with a token, whatever the path (docs/evidence.md, Signer). */
export function createVouchHandler(voucher: Voucher, options: HandlerOptions = {}): VouchHandler {
  async function answer(request: IncomingMessage): Promise<Answer> {
    const origin = request.headers.origin;
    if (origin !== undefined && options.origins !== undefined && !options.origins.includes(origin))
      return refusal(403, 'vouch/wrong-origin', `Pages of ${origin} may not ask this signer.`);
    if (request.method === 'OPTIONS') return { status: 204 };
    if (request.method !== 'POST')
      return refusal(405, 'vouch/wrong-method', 'Tokens are asked for by POST.', { allow: 'POST, OPTIONS' });
    const body = await readBody(request);
    if (body === 'too-large')
      return refusal(413, 'vouch/too-large', `A request has at most ${MAX_BODY_BYTES} bytes.`, {
        connection: 'close',
      });
    if (body === 'too-slow')
      return refusal(408, 'vouch/too-slow', 'The request did not arrive in time.', { connection: 'close' });
    if (body === undefined) return refusal(400, 'vouch/malformed', 'The body must be a JSON object.');
    if (options.allow !== undefined && !(await options.allow(request)))
      return refusal(403, 'vouch/not-allowed', 'This viewer gets no token.');
    const given = await voucher.issue(body, addressOf(request, options.proxies ?? 0));
    if (given.kind === 'token') return { status: 200, body: given.bytes };
    const { status, code, message, retryAfterSecs } = given;
    return refusal(
      status,
      code,
      message,
      retryAfterSecs === undefined ? {} : { 'retry-after': String(retryAfterSecs) },
    );
  }

  return async (request, response) => {
    let found: Answer;
    try {
      found = await answer(request);
    } catch (error) {
      options.onFailure?.(errorMessage(error));
      found = refusal(500, 'vouch/internal', 'Something went wrong in this signer.');
    }
    if (response.destroyed || response.headersSent) return;
    const json = found.error === undefined ? undefined : Buffer.from(JSON.stringify(found.error));
    const bytes = json ?? found.body ?? new Uint8Array(0);
    response.writeHead(found.status, {
      ...(found.status === 204 ? {} : { 'content-length': bytes.length }),
      ...(bytes.length === 0
        ? {}
        : { 'content-type': json === undefined ? 'application/octet-stream' : 'application/json' }),
      'cache-control': 'no-store',
      ...corsHeaders(request, options.origins),
      ...found.headers,
    });
    response.end(bytes);
  };
}

/** Fetch, CORS protocol: without credentials, any origin, or the one that is allowed. */
function corsHeaders(
  request: IncomingMessage,
  origins: readonly string[] | undefined,
): Readonly<Record<string, string>> {
  const { origin } = request.headers;
  if (origin === undefined) return origins === undefined ? {} : { vary: 'origin' };
  if (origins !== undefined && !origins.includes(origin)) return { vary: 'origin' };
  return {
    'access-control-allow-origin': origins === undefined ? '*' : origin,
    'access-control-expose-headers': 'retry-after',
    ...(origins === undefined ? {} : { vary: 'origin' }),
    ...(request.method === 'OPTIONS'
      ? {
          'access-control-allow-methods': 'POST',
          'access-control-allow-headers': 'content-type',
          'access-control-max-age': '86400',
        }
      : {}),
  };
}

/** The client's address: of the connection, or what the outermost of our own proxies saw. */
function addressOf(request: IncomingMessage, proxies: number): string {
  const direct = request.socket.remoteAddress ?? '';
  if (proxies === 0) return direct;
  const forwarded = [request.headers['x-forwarded-for'] ?? []].flat().join(',');
  const hops = forwarded
    .split(',')
    .map((hop) => hop.trim())
    .filter((hop) => hop !== '');
  // Whatever stands further left was written by the client itself.
  return hops.at(-proxies) ?? direct;
}

async function readBody(
  request: IncomingMessage,
): Promise<TokenRequest | 'too-large' | 'too-slow' | undefined> {
  // Where a framework has read the body already, it left what it made of it.
  const parsed: unknown = 'body' in request ? request.body : undefined;
  if (request.readableEnded && parsed !== undefined) return asRequest(parsed);
  const timer = setTimeout(() => request.destroy(new Error('too slow')), BODY_TIMEOUT_MS);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      // A request without an encoding yields buffers.
      const piece = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      size += piece.length;
      if (size > MAX_BODY_BYTES) return 'too-large';
      chunks.push(piece);
    }
  } catch {
    return 'too-slow';
  } finally {
    clearTimeout(timer);
  }
  try {
    return asRequest(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  } catch {
    return undefined;
  }
}

/** The fields of a JSON object; `issue` looks at what they are. */
function asRequest(value: unknown): TokenRequest | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value;
}
