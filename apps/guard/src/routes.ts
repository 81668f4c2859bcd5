import { HOUR_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import { encodeCounter, fromHex, hourAt, toHex, weekAt } from '@media-network/protocol';
import type { Found, MediaClient } from '@media-network/chain';
import { isLoopbackHost } from '@media-network/runtime/daemon';
import { z } from 'zod';
import type { Authorise } from './authorise/authorise.ts';
import type { createKeys } from './authorise/keys.ts';
import type { createTickets } from './authorise/tickets.ts';
import type { Counts } from './counts.ts';
import { BLOB_KINDS } from './evidence-store.ts';
import type { BlobKind, EvidenceStore } from './evidence-store.ts';
import { errorAnswer, jsonAnswer } from './http.ts';
import type { Handler, HttpAnswer, HttpRequest } from './http.ts';
import type { Meter } from './meter/meter.ts';
import { reasonName } from './meter/verdict.ts';
import type { Network } from './network.ts';
import type { ProbeBook } from './probe/probe-book.ts';
import type { RateLimit } from './rate-limit.ts';

export interface RouteDeps {
  readonly client: MediaClient;
  readonly network: Network;
  readonly guard: Found<'guard'>;
  readonly store: EvidenceStore;
  readonly meter: Meter;
  readonly book: ProbeBook;
  readonly authorise: Pick<Authorise, 'sightOf'>;
  readonly tickets: ReturnType<typeof createTickets>;
  readonly keys: ReturnType<typeof createKeys>;
  /** Of tickets, of keys, and of everything, by client address. */
  readonly limit: RateLimit;
  readonly keyLimit: RateLimit;
  readonly anyLimit: RateLimit;
  readonly counts: Counts;
  readonly closing: () => boolean;
}

const binary = (body: Uint8Array): HttpAnswer => ({ status: 200, type: 'application/octet-stream', body });
const TICKET_REQUEST = z.object({
  resource: z.string().max(44),
  clientKey: z.string().regex(/^[0-9a-f]{64}$/),
  hour: z.union([z.string().regex(/^\d{1,20}$/), z.number().int().nonnegative()]).optional(),
});

/** A guard's HTTP interface (docs/evidence.md, HTTP of a guard). */
export function createRoutes(deps: RouteDeps): Handler {
  const { network, guard, counts } = deps;

  async function info(): Promise<HttpAnswer> {
    const snapshot = await network.snapshot();
    const chainTime = await network.chainNow();
    const week = weekAt(snapshot.config, chainTime);
    const set = await network.guardSet(week, snapshot);
    return jsonAnswer(200, {
      guard: guard.address,
      no: guard.no,
      operator: guard.operator,
      sealKey: toHex(guard.sealKey),
      week: String(week),
      inSet: set.usable && set.numbers.includes(guard.no),
      chainTime: String(chainTime),
    });
  }

  async function ticket({ body, client }: HttpRequest): Promise<HttpAnswer> {
    if (!deps.limit.take(client))
      return refuse(429, 'guard/too-many-tickets', 'Too many tickets for this address.');
    const parsed = TICKET_REQUEST.safeParse(parseJson(body));
    const clientKey = parsed.success ? fromHex(parsed.data.clientKey, 32) : undefined;
    if (!parsed.success || clientKey === undefined) {
      return refuse(400, 'guard/bad-request', 'Send {resource, clientKey (64 hex digits), hour?} as JSON.');
    }
    const { resource, hour } = parsed.data;
    const answer = await deps.tickets.issue({
      resource,
      clientKey,
      hour: hour === undefined ? undefined : BigInt(hour),
    });
    if (answer.kind === 'refused') return refuse(answer.status, answer.code, answer.message);
    counts.add('tickets');
    return binary(answer.bytes);
  }

  async function key({ body, client }: HttpRequest): Promise<HttpAnswer> {
    if (!deps.keyLimit.take(client))
      return refuse(429, 'guard/too-many-keys', 'Too many requests for keys from this address.');
    const answer = await deps.keys.answer(body);
    if (answer.kind === 'refused') return refuse(answer.status, answer.code, answer.message);
    counts.add('keys');
    return binary(answer.box);
  }

  function refuse(status: number, code: string, message: string): HttpAnswer {
    counts.add('refused');
    return errorAnswer(status, code, message);
  }

  async function blob(kind: BlobKind, root: string): Promise<HttpAnswer> {
    const found = fromHex(root, 32) === undefined ? undefined : await deps.store.open(kind, root);
    return found === undefined
      ? errorAnswer(404, 'guard/no-evidence', 'This guard does not have it.')
      : { status: 200, type: 'application/octet-stream', body: found };
  }

  async function verdicts({ query }: HttpRequest): Promise<HttpAnswer> {
    const text = query.get('hour') ?? '';
    if (!/^\d{1,19}$/.test(text)) return errorAnswer(400, 'guard/bad-request', 'Name an hour: ?hour=12.');
    const hour = BigInt(text);
    // Guards ask for one edge at a time: all counters of a large network are more than one answer should hold.
    const only = query.get('edge');
    const wanted = (edge: string): boolean => only === null || only === edge;
    const list = deps.meter
      .verdicts(hour)
      .filter(({ report }) => wanted(report.edge))
      .map(({ report, verdict, voted }) => {
        const probes = deps.book.of(report.edge, hour);
        return {
          report: report.address,
          edge: report.edge,
          bytes: String(report.bytes),
          root: toHex(report.root),
          reason: verdict.kind === 'decided' ? verdict.reason : 'waiting',
          words: verdict.words,
          voted: voted === undefined ? null : reasonName(voted),
          evidence: {
            rounds: probes.rounds.map(({ c0, c1, received, c2 }) => ({
              c0: String(c0),
              c1: String(c1),
              received: String(received),
              c2: String(c2),
            })),
            wrongBodies: probes.wrongBodies,
            sameBodies: probes.sameBodies,
            answered: probes.alive,
            silent: probes.silent,
          },
        };
      });
    const counters = deps.book
      .countersOf(hour)
      .filter(({ edge }) => wanted(edge))
      .map((counter) => toHex(encodeCounter(counter)));
    return jsonAnswer(200, { guard: guard.address, hour: text, verdicts: list, counters });
  }

  /** Why this guard has not authorised a resource, for its publisher: nothing of its settings is told. */
  async function resource(wanted: string): Promise<HttpAnswer> {
    const snapshot = await network.snapshot();
    const found = snapshot.resources.find(({ address }) => address === wanted);
    if (found === undefined) return errorAnswer(404, 'guard/unknown-resource', 'There is no such resource.');
    const pending = found.status === RESOURCE_STATUS.pending;
    const sight = pending ? deps.authorise.sightOf(wanted) : undefined;
    const current = sight?.version === found.settingsVersion ? sight : undefined;
    return jsonAnswer(200, {
      guard: guard.address,
      no: guard.no,
      resource: wanted,
      settingsVersion: found.settingsVersion,
      pending,
      looked: current !== undefined,
      why: current?.why ?? null,
      since: current?.why === undefined ? null : new Date(current.sinceMs).toISOString(),
    });
  }

  /**
   * What this guard's probes asked of each edge, so that a site's figures are had by taking these away. To this
   * machine alone: an edge that knew at once could tell probes from viewers.
   */
  async function probes({ client }: HttpRequest): Promise<HttpAnswer> {
    if (!isLoopbackHost(client.replace(/^::ffff:/, '')))
      return errorAnswer(403, 'guard/not-local', 'What the probes ask is told on this machine alone.');
    const totals = deps.book.totals.map(({ edge, requests, bytes }) => ({
      edge,
      requests,
      bytes: String(bytes),
    }));
    return jsonAnswer(200, { guard: guard.address, totals });
  }

  async function ready(): Promise<HttpAnswer> {
    if (deps.closing()) return errorAnswer(503, 'guard/closing', 'The guard is closing.');
    const snapshot = await network.snapshot();
    const last = hourAt(snapshot.config, snapshot.now) - 1n;
    const hour = last < 0n ? null : await deps.client.hour(last);
    return jsonAnswer(200, { ready: true, lastHourFinal: hour?.status === HOUR_STATUS.final });
  }

  const gets: ReadonlyMap<string, (request: HttpRequest) => Promise<HttpAnswer>> = new Map([
    ['/v1/info', info],
    ['/v1/verdicts', verdicts],
    ['/v1/probes', probes],
    ['/healthz', async () => jsonAnswer(200, { ok: true })],
    ['/readyz', ready],
    [
      '/metrics',
      async () => ({ status: 200, type: 'text/plain; version=0.0.4', body: await counts.metrics() }),
    ],
  ]);
  const posts: ReadonlyMap<string, (request: HttpRequest) => Promise<HttpAnswer>> = new Map([
    ['/v1/tickets', ticket],
    ['/v1/keys', key],
  ]);

  return async (request) => {
    const { method, path } = request;
    if (!deps.anyLimit.take(request.client))
      return refuse(429, 'guard/too-many-requests', 'Too many requests from this address.');
    const reading = method === 'GET' || method === 'HEAD';
    const handler = reading ? gets.get(path) : method === 'POST' ? posts.get(path) : undefined;
    if (handler !== undefined) return handler(request);
    const about = /^\/v1\/resources\/([1-9A-HJ-NP-Za-km-z]{32,44})$/.exec(path);
    if (reading && about !== null) return resource(about[1] ?? '');
    const match = /^\/v1\/([a-z]+)\/([0-9a-f]{64})$/.exec(path);
    const kind = BLOB_KINDS.find((each) => each === match?.[1]);
    if (reading && kind !== undefined) return blob(kind, match?.[2] ?? '');
    if (gets.has(path) || posts.has(path))
      return errorAnswer(405, 'guard/wrong-method', `${method} does not go with ${path}.`);
    return errorAnswer(404, 'guard/unknown-path', 'There is nothing here.');
  };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
