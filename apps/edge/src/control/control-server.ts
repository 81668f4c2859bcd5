import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fromHex, isTarget, parseAddress } from '@media-network/protocol';
import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import { isLoopbackHost } from '@media-network/runtime/daemon';
import type { Readiness } from '../edge-api.ts';
import type { TrafficSnapshot } from '../traffic.ts';
import { isEvidenceKind } from '../report/evidence-store.ts';
import type { EvidenceStore } from '../report/evidence-store.ts';
import { createRateLimit } from './rate-limit.ts';
import type { Statements } from './statements.ts';

export interface ControlDeps {
  readonly statements: Statements;
  readonly evidence: EvidenceStore;
  readonly info: () => Readonly<Record<string, unknown>>;
  readonly readiness: () => Readiness;
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
  readonly traffic: () => TrafficSnapshot;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ControlOptions {
  readonly host: string;
  readonly port: number;
}

export interface ControlServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Signatures: some 40 µs and perhaps an fsync each. An address apart, so that nobody can lock the guards out. */
const PER_ADDRESS = { perSecond: 50, burst: 100 };
const ALTOGETHER = { perSecond: 1_000, burst: 2_000 };
const MAX_CONNECTIONS = 500;
const EVIDENCE = /^\/v1\/(entries|receipts|digests)\/([0-9a-f]{64})$/;
const COUNTER = /^\/v1\/counters\/([1-9A-HJ-NP-Za-km-z]{32,44})$/;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What guards, operators and auditors ask. Read-only, without secrets, and without anything about viewers. */
export async function startControlServer(deps: ControlDeps, options: ControlOptions): Promise<ControlServer> {
  const perAddress = createRateLimit(PER_ADDRESS);
  const altogether = createRateLimit(ALTOGETHER);

  function mayHaveSignature(request: IncomingMessage): boolean {
    const now = deps.clock.nowMs();
    return perAddress.take(request.socket.remoteAddress ?? '', now) && altogether.take('', now);
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return problem(405, 'edge/method-not-allowed', 'This interface is read-only.');
    const url = URL.parse(request.url ?? '/', 'http://control');
    if (url === null) return problem(400, 'edge/bad-request', 'The request target cannot be read.');
    switch (url.pathname) {
      case '/v1/info':
        return json(200, deps.info());
      case '/healthz':
        return { status: 200, type: 'text/plain', body: 'ok\n' };
      case '/readyz': {
        const readiness = deps.readiness();
        return json(readiness.ready ? 200 : 503, readiness);
      }
      case '/metrics': {
        const { type, text } = await deps.metrics();
        return { status: 200, type, body: text };
      }
      case '/v1/traffic':
        return isLocal(request)
          ? json(200, deps.traffic())
          : problem(403, 'edge/not-local', 'What viewers ask for is told on this machine alone.');
      case '/v1/attest':
        return attest(request, url);
    }
    const list = EVIDENCE.exec(url.pathname);
    const kind = list?.[1];
    if (list !== null && isEvidenceKind(kind)) {
      const blob = await deps.evidence.get(kind, list[2] ?? '');
      if (blob === undefined)
        return problem(404, 'edge/no-such-evidence', 'This edge has no list with this root.');
      return binary(blob, 'public, max-age=31536000, immutable');
    }
    const counter = COUNTER.exec(url.pathname);
    if (counter !== null) {
      const resource = counter[1] ?? '';
      if (parseAddress(resource) === undefined)
        return problem(400, 'edge/bad-request', 'This is not an address.');
      if (!mayHaveSignature(request)) return busy();
      return binary(await deps.statements.counter(resource), 'no-store');
    }
    return problem(404, 'edge/unknown-endpoint', 'There is no such endpoint.');
  }

  async function attest(request: IncomingMessage, url: URL): Promise<Answer> {
    const resource = url.searchParams.get('resource') ?? '';
    const target = url.searchParams.get('target') ?? '';
    const nonce = fromHex(url.searchParams.get('nonce') ?? '', 16);
    if (parseAddress(resource) === undefined || !isTarget(target) || nonce === undefined) {
      return problem(
        400,
        'edge/bad-request',
        'Give resource (an address), target (beginning with /) and nonce (32 hex digits).',
      );
    }
    if (!mayHaveSignature(request)) return busy();
    const statement = await deps.statements.attest(resource, target, nonce);
    if (statement === undefined) return problem(404, 'edge/not-cached', 'The object is not in the cache.');
    return binary(statement, 'no-store');
  }

  const server = createServer(
    { maxHeaderSize: 16_384, requestTimeout: 10_000, headersTimeout: 10_000, keepAliveTimeout: 5_000 },
    (request, response) => {
      request.resume();
      answer(request)
        .catch((error: unknown) => {
          deps.log.warn({ code: errorCode(error), err: errorMessage(error) }, 'a control request failed');
          return problem(503, 'edge/unavailable', 'The edge cannot answer this at the moment.');
        })
        .then((given) => send(response, request.method === 'HEAD', given))
        .catch(() => response.destroy());
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, options);
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('a TCP server has an address and a port');
  return {
    host: address.address,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Paths are a site's own affair: they are told to this machine alone, and not to whoever comes through a proxy on it. */
function isLocal(request: IncomingMessage): boolean {
  const from = request.socket.remoteAddress ?? '';
  const proxied = ['forwarded', 'x-forwarded-for', 'via'].some((name) => request.headers[name] !== undefined);
  return isLoopbackHost(from.replace(/^::ffff:/, '')) && !proxied;
}

function send(response: ServerResponse, headOnly: boolean, answer: Answer): void {
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body;
  response.writeHead(answer.status, {
    'Content-Type': answer.type,
    'Content-Length': String(body.length),
    'X-Content-Type-Options': 'nosniff',
    ...answer.headers,
  });
  response.end(headOnly ? undefined : body);
}

function json(status: number, value: object): Answer {
  return {
    status,
    type: 'application/json',
    body: `${JSON.stringify(value)}\n`,
    headers: { 'Cache-Control': 'no-store' },
  };
}

function problem(status: number, code: string, message: string): Answer {
  const { type, body } = json(status, { code, message });
  return { status, type, body, headers: { 'Cache-Control': 'no-store', 'Media-Error': code } };
}

function busy(): Answer {
  const answer = problem(
    429,
    'edge/too-many-requests',
    'Too many signatures are asked for. Try again in a second.',
  );
  return { ...answer, headers: { ...answer.headers, 'Retry-After': '1' } };
}

function binary(body: Uint8Array, cacheControl: string): Answer {
  return { status: 200, type: 'application/octet-stream', body, headers: { 'Cache-Control': cacheControl } };
}

function listen(server: ReturnType<typeof createServer>, options: ControlOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const inUse = errorCode(error) === 'EADDRINUSE';
      reject(
        new MediaError({
          code: inUse ? 'edge/port-in-use' : 'edge/listen-failed',
          message: inUse
            ? `Port ${options.port} on ${options.host} is in use: stop what listens there or choose another --control-port.`
            : `Cannot listen on ${options.host}:${options.port} (${errorCode(error)}).`,
          source: 'internal',
          cause: error,
        }),
      );
    });
    server.listen(options.port, options.host, () => resolve());
  });
}
