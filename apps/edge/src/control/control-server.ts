import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { handleOf } from '@media-network/http-front';
import {
  COMMIT_REQUEST_BYTES,
  MAX_PURGE_BYTES,
  MAX_TIER_ASK_BYTES,
  fromHex,
  isTarget,
  parseAddress,
  readOwnName,
  toHex,
} from '@media-network/protocol';
import { errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import { boundCallers, callerOf, inTurn, isLocalCaller, listenAt } from '@media-network/runtime/daemon';
import type { StoredFile } from '@media-network/runtime/daemon';
import type { Readiness } from '../edge-api.ts';
import type { Challenges } from '../tls/challenges.ts';
import { PROOF_PATH } from '../tls/sibling-proofs.ts';
import type { CertificateView } from '../tls/certificate-view.ts';
import type { TrafficSnapshot } from '../traffic.ts';
import type { OwnNameAnswer } from '../tenant/own-names.ts';
import { isEvidenceKind } from '../report/evidence-store.ts';
import type { EvidenceStore } from '../report/evidence-store.ts';
import type { PurgeOutcome } from '../purge/purge-desk.ts';
import type { TierOutcome } from '../tier/tier-desk.ts';
import type { CommitDesk } from './commit-desk.ts';
import { createRateLimit } from './rate-limit.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Statements } from './statements.ts';

export interface ControlDeps {
  readonly statements: Statements;
  readonly commits: CommitDesk;
  readonly purge: (bytes: Uint8Array) => Promise<PurgeOutcome>;
  readonly tier: (bytes: Uint8Array) => Promise<TierOutcome>;
  readonly evidence: EvidenceStore;
  readonly info: () => Readonly<Record<string, unknown>>;
  readonly readiness: () => Readiness;
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
  readonly traffic: () => Promise<TrafficSnapshot>;
  readonly ownName: (name: string) => Promise<OwnNameAnswer>;
  /** What it measured of viewers' networks in a window of twenty seconds, signed; undefined where there is nothing. */
  readonly roundTrips: (window: bigint) => Promise<Uint8Array | undefined>;
  /** What this edge proves to a CA; other edges ask for it where the CA came to them. */
  readonly challenges: Pick<Challenges, 'http' | 'digest'>;
  readonly certificates: () => readonly CertificateView[];
  readonly clock: Clock;
  readonly log: Log;
  /** Answers in place of the honest interface. */
  readonly override?: ControlOverride;
}

/** What a control plane that lies does: it sees each request and may ask for the honest answer. */
export type ControlOverride = (
  request: { readonly method: string; readonly path: string },
  honest: () => Promise<ControlAnswer>,
) => Promise<ControlAnswer>;

export interface ControlOptions {
  readonly host: string;
  readonly port: number;
  /** A socket that listens there already. */
  readonly handle?: unknown;
}

export interface ControlServer {
  readonly host: string;
  readonly port: number;
  /** The listening socket, for another process. */
  readonly handle: unknown;
  close(): Promise<void>;
}

/** Signatures and lists: some 40 µs, an fsync or a file each. An address apart, so that nobody can lock the guards out. */
const SIGNATURES = { perSecond: 50, burst: 100 };
const LISTS = { perSecond: 500, burst: 2_000 };
const MAX_CONNECTIONS = 500;
/** Of one caller: nobody takes them all. Guards behind one address have room for what they fetch side by side. */
const MAX_CONNECTIONS_EACH = 100;
/** Longest that a client may leave an answer untaken. */
const IDLE_MS = 30_000;
const CLOSE_MS = 1_000;
const EVIDENCE = /^\/v1\/(entries|receipts|digests|counters)\/([0-9a-f]{64})$/;

export interface ControlAnswer {
  readonly status: number;
  readonly type: string;
  /** A list comes with its size and is read as fast as the client takes it. */
  readonly body: string | Uint8Array | StoredFile | AsyncIterable<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What guards, operators and auditors ask. Without secrets, and without anything about viewers. */
export async function startControlServer(deps: ControlDeps, options: ControlOptions): Promise<ControlServer> {
  const signatures = createRateLimit(SIGNATURES);
  const lists = createRateLimit(LISTS);
  const may = (limit: RateLimit, request: IncomingMessage): boolean =>
    limit.take(callerOf(request.socket.remoteAddress ?? ''), deps.clock.nowMs());

  async function commit(request: IncomingMessage): Promise<ControlAnswer> {
    if (!may(signatures, request)) return busy('commit/too-many');
    const body = await readBody(request, COMMIT_REQUEST_BYTES);
    if (body === undefined)
      return problem(413, 'commit/malformed', `A request for a commit has ${COMMIT_REQUEST_BYTES} bytes.`);
    const outcome = await deps.commits.commit(body);
    return outcome.kind === 'commit'
      ? binary(outcome.bytes, 'no-store')
      : problem(outcome.status, outcome.code, outcome.message);
  }

  async function purge(request: IncomingMessage): Promise<ControlAnswer> {
    if (!may(signatures, request)) return busy('purge/too-many');
    const body = await readBody(request, MAX_PURGE_BYTES);
    if (body === undefined)
      return problem(413, 'purge/too-large', `A purge has at most ${MAX_PURGE_BYTES} bytes: send several.`);
    const outcome = await deps.purge(body);
    if (outcome.kind === 'purged') {
      const { id, known, objects, whole } = outcome;
      return json(200, { id, known, objects, whole });
    }
    const answer = problem(outcome.status, outcome.code, outcome.message);
    return outcome.status === 429 || outcome.status === 503
      ? { ...answer, headers: { ...answer.headers, 'Retry-After': '1' } }
      : answer;
  }

  /** Another edge asks for an object before it asks the origin. */
  async function tier(request: IncomingMessage): Promise<ControlAnswer> {
    if (!may(lists, request)) return busy('tier/too-many');
    const body = await readBody(request, MAX_TIER_ASK_BYTES);
    if (body === undefined)
      return problem(413, 'tier/malformed', `A question has at most ${MAX_TIER_ASK_BYTES} bytes.`);
    const outcome = await deps.tier(body);
    return outcome.kind === 'answer'
      ? binary(outcome.bytes, 'no-store')
      : problem(outcome.status, outcome.code, outcome.message);
  }

  async function commits(request: IncomingMessage, url: URL): Promise<ControlAnswer> {
    const hour = url.searchParams.get('hour') ?? '';
    if (!/^\d{1,15}$/.test(hour)) return problem(400, 'edge/bad-request', 'Give hour, a whole number.');
    if (!may(lists, request)) return busy();
    return binary(await deps.evidence.commits(Number(hour)), 'no-store');
  }

  async function roundTrips(request: IncomingMessage, url: URL): Promise<ControlAnswer> {
    const window = url.searchParams.get('window') ?? '';
    if (!/^\d{1,15}$/.test(window)) return problem(400, 'edge/bad-request', 'Give window, a whole number.');
    if (!may(lists, request)) return busy();
    const list = await deps.roundTrips(BigInt(window));
    return list === undefined
      ? problem(404, 'edge/no-round-trips', 'Nothing was measured in that window, or it is not over.')
      : binary(list, 'no-store');
  }

  async function answer(request: IncomingMessage): Promise<ControlAnswer> {
    const url = URL.parse(request.url ?? '/', 'http://control');
    if (url === null) return problem(400, 'edge/bad-request', 'The request target cannot be read.');
    if (url.pathname === '/v1/commit') {
      return request.method === 'POST'
        ? commit(request)
        : problem(405, 'edge/method-not-allowed', 'Requests for commits are posted.');
    }
    if (url.pathname === '/v1/tier') {
      return request.method === 'POST'
        ? tier(request)
        : problem(405, 'edge/method-not-allowed', 'Questions of other edges are posted.');
    }
    if (url.pathname === '/v1/purge') {
      return request.method === 'POST'
        ? purge(request)
        : problem(405, 'edge/method-not-allowed', 'Purges are posted.');
    }
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return problem(405, 'edge/method-not-allowed', 'This endpoint is read-only.');
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
        // Paths are a site's own affair.
        return isLocalCaller(request)
          ? json(200, await deps.traffic())
          : problem(403, 'edge/not-local', 'What viewers ask for is told on this machine alone.');
      case '/v1/certificates':
        // What stands in the way of one is for whoever runs the edge.
        return isLocalCaller(request)
          ? json(200, { certificates: deps.certificates() })
          : problem(403, 'edge/not-local', 'Of certificates is told on this machine alone.');
      case PROOF_PATH:
        return proof(request, url);
      case '/v1/name':
        return ownName(request, url);
      case '/v1/attest':
        return attest(request, url);
      case '/v1/commits':
        return commits(request, url);
      case '/v1/round-trips':
        return roundTrips(request, url);
    }
    const list = EVIDENCE.exec(url.pathname);
    const kind = list?.[1];
    if (list !== null && isEvidenceKind(kind)) {
      if (!may(lists, request)) return busy();
      const stored = await deps.evidence.open(kind, list[2] ?? '');
      if (stored === undefined)
        return problem(404, 'edge/no-such-evidence', 'This edge has no list with this root.');
      return binary(stored, 'public, max-age=31536000, immutable');
    }
    return problem(404, 'edge/unknown-endpoint', 'There is no such endpoint.');
  }

  function proof(request: IncomingMessage, url: URL): ControlAnswer {
    if (!may(lists, request)) return busy();
    const host = url.searchParams.get('host') ?? '';
    const token = url.searchParams.get('token');
    const digest = token === null ? deps.challenges.digest(host) : undefined;
    const found = token === null ? digest && toHex(digest) : deps.challenges.http(host, token);
    return found === undefined
      ? problem(404, 'edge/no-proof', 'Nothing is proven here for that name.')
      : { status: 200, type: 'text/plain', body: found, headers: { 'Cache-Control': 'no-store' } };
  }

  /** Whether this edge serves a name of a publisher's own, and if not, why not; it looks as for a viewer. */
  async function ownName(request: IncomingMessage, url: URL): Promise<ControlAnswer> {
    const reading = readOwnName(url.searchParams.get('name') ?? '');
    if (reading.kind === 'none')
      return problem(400, 'edge/bad-request', 'Give name, such as shop.example, without a port.');
    if (!may(signatures, request)) return busy();
    const { name } = reading;
    const found = await deps.ownName(name);
    return found.kind === 'served'
      ? json(200, { name, served: true, resource: found.tenant.view.address, by: found.by })
      : json(200, { name, served: false, reason: found.reason, why: found.why });
  }

  async function attest(request: IncomingMessage, url: URL): Promise<ControlAnswer> {
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
    if (!may(signatures, request)) return busy();
    const statement = await deps.statements.attest(resource, target, nonce);
    if (statement === undefined) return problem(404, 'edge/not-cached', 'The object is not in the cache.');
    return binary(statement, 'no-store');
  }

  const server = createServer(
    { maxHeaderSize: 16_384, requestTimeout: 10_000, headersTimeout: 10_000, keepAliveTimeout: 5_000 },
    inTurn((request, response) => {
      const { override } = deps;
      const honest = (): Promise<ControlAnswer> => answer(request);
      const given =
        override === undefined
          ? honest()
          : override({ method: request.method ?? 'GET', path: request.url ?? '/' }, honest);
      given
        .catch((error: unknown) => {
          deps.log.warn({ code: errorCode(error), err: errorMessage(error) }, 'a control request failed');
          return problem(503, 'edge/unavailable', 'The edge cannot answer this at the moment.');
        })
        .then((final) => {
          request.resume();
          return send(response, request.method === 'HEAD', final);
        })
        .catch(() => response.destroy());
    }),
  );
  server.maxConnections = MAX_CONNECTIONS;
  boundCallers(server, MAX_CONNECTIONS_EACH);
  server.setTimeout(IDLE_MS);
  await listen(server, options);
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('a TCP server has an address and a port');
  return {
    host: address.address,
    port: address.port,
    handle: handleOf(server),
    close: () =>
      new Promise((resolve) => {
        // What is being answered is answered; nobody is waited for.
        const cutting = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
        server.close(() => {
          clearTimeout(cutting);
          resolve();
        });
      }),
  };
}

async function send(response: ServerResponse, headOnly: boolean, answer: ControlAnswer): Promise<void> {
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body;
  if (Symbol.asyncIterator in body) {
    response.writeHead(answer.status, { 'Content-Type': answer.type, ...answer.headers });
    return pipeline(body, response);
  }
  const stream = body instanceof Uint8Array ? undefined : body.stream;
  try {
    response.writeHead(answer.status, {
      'Content-Type': answer.type,
      'Content-Length': String(body instanceof Uint8Array ? body.length : body.size),
      'X-Content-Type-Options': 'nosniff',
      ...answer.headers,
    });
    if (headOnly) response.end();
    else if (body instanceof Uint8Array) response.end(body);
    else await pipeline(body.stream, response);
  } finally {
    // A stream that nobody took holds its file, and Node ends the process that leaves that to the collector.
    stream?.destroy();
  }
}

/** Undefined when it is longer than `maxBytes`; the rest is not read. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function json(status: number, value: object): ControlAnswer {
  return {
    status,
    type: 'application/json',
    body: `${JSON.stringify(value)}\n`,
    headers: { 'Cache-Control': 'no-store' },
  };
}

function problem(status: number, code: string, message: string): ControlAnswer {
  const { type, body } = json(status, { code, message });
  return { status, type, body, headers: { 'Cache-Control': 'no-store', 'Media-Error': code } };
}

function busy(code = 'edge/too-many-requests'): ControlAnswer {
  const answer = problem(429, code, 'Too much is asked for. Try again in a second.');
  return { ...answer, headers: { ...answer.headers, 'Retry-After': '1' } };
}

function binary(body: Uint8Array | StoredFile, cacheControl: string): ControlAnswer {
  return { status: 200, type: 'application/octet-stream', body, headers: { 'Cache-Control': cacheControl } };
}

async function listen(server: ReturnType<typeof createServer>, options: ControlOptions): Promise<void> {
  const { handle, host, port } = options;
  if (handle === undefined) {
    const codes = { inUse: 'edge/port-in-use', failed: 'edge/listen-failed' };
    await listenAt(server, { host, port, flag: '--control-port', codes });
  } else await new Promise<void>((resolve) => server.listen(handle, resolve));
}
