import { HOUR_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import {
  concatBytes,
  encodeCommit,
  fromHex,
  guilt,
  hourAt,
  hourWindows,
  toHex,
  weekAt,
} from '@media-network/protocol';
import type { Found, MediaClient } from '@media-network/chain';
import type { Authorise } from './authorise/authorise.ts';
import type { createKeys } from './authorise/keys.ts';
import type { Contradictions } from './collect/contradictions.ts';
import type { Counts } from './counts.ts';
import { BLOB_KINDS } from './evidence/blob-roots.ts';
import type { BlobKind } from './evidence/blob-roots.ts';
import type { EvidenceStore } from './evidence/evidence-store.ts';
import { errorAnswer, jsonAnswer } from './http.ts';
import type { Handler, HttpAnswer, HttpRequest } from './http.ts';
import { observationsOf } from './inspect/disputes.ts';
import type { FindingAnswer } from './findings/finding-desk.ts';
import type { Meter } from './meter/meter.ts';
import { byAddress } from './network.ts';
import { readOwnFile } from '@media-network/runtime/own-parts';
import type { Names } from './name/names.ts';
import type { Network } from './network.ts';
import type { ProbeTotals } from './probe/probe-totals.ts';
import type { PurgeDesk } from './purge/purge-desk.ts';
import type { RateLimit } from './rate-limit.ts';
import type { ShareDesk } from './shares/share-desk.ts';
import { OWN_LOOK } from './state/hour-book.ts';
import type { HourBook } from './state/hour-book.ts';
import type { WitnessDesk } from './witness/witness-desk.ts';

/** Commits in one answer: ten a sample's edge of a large network, 1.6 MB. */
const MAX_COMMITS = 10_000;

export interface RouteDeps {
  readonly client: MediaClient;
  readonly network: Network;
  readonly guard: Found<'guard'>;
  readonly store: EvidenceStore;
  readonly meter: Pick<Meter, 'isRevealed'>;
  readonly book: HourBook;
  readonly probeTotals: Pick<ProbeTotals, 'all'>;
  readonly contradictions: Contradictions;
  readonly witnesses: Pick<WitnessDesk, 'take'>;
  readonly findings: { answer(request: Uint8Array): Promise<FindingAnswer> };
  readonly authorise: Pick<Authorise, 'sightOf'>;
  readonly keys: ReturnType<typeof createKeys>;
  /** Undefined where the guard does not answer for names. */
  readonly names:
    | Pick<Names, 'view' | 'steerView' | 'takeRoundTrips' | 'metrics' | 'steer' | 'ds' | 'txt'>
    | undefined;
  readonly purges: Pick<PurgeDesk, 'take' | 'list'>;
  readonly shares: ShareDesk;
  /** Of witnesses, of purges, of keys and lists of purges, of shares, and of everything, by client address. */
  readonly purgeLimit: RateLimit;
  readonly witnessLimit: RateLimit;
  readonly keyLimit: RateLimit;
  readonly shareLimit: RateLimit;
  readonly anyLimit: RateLimit;
  readonly counts: Counts;
  readonly closing: () => boolean;
}

const BEACON = new URL('../browser/media-beacon.js', import.meta.url);

const binary = (body: Uint8Array): HttpAnswer => ({ status: 200, type: 'application/octet-stream', body });

/** What a page measures with how far edges are. */
async function beacon(): Promise<HttpAnswer> {
  return {
    status: 200,
    type: 'text/javascript; charset=utf-8',
    body: readOwnFile(BEACON),
    headers: { 'cache-control': 'public, max-age=3600', 'access-control-allow-origin': '*' },
  };
}

const noHour = (): HttpAnswer => errorAnswer(400, 'guard/bad-request', 'Name an hour: ?hour=12.');

/** The hour and edge that a query names; undefined when the hour is none. */
function asked(query: URLSearchParams): { readonly hour: bigint; readonly edge: string | null } | undefined {
  const text = query.get('hour') ?? '';
  return /^\d{1,19}$/.test(text) ? { hour: BigInt(text), edge: query.get('edge') } : undefined;
}

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
      ds: deps.names?.ds ?? null,
    });
  }

  async function witness({ body, client }: HttpRequest): Promise<HttpAnswer> {
    if (!deps.witnessLimit.take(client))
      return refuse(429, 'witness/too-many', 'Too many statements from this address.');
    const answer = await deps.witnesses.take(body);
    if (answer.kind === 'refused') return refuse(answer.status, answer.code, answer.message);
    counts.add('witnesses');
    return { status: 204, type: 'application/octet-stream', body: new Uint8Array(0) };
  }

  async function key({ body, client }: HttpRequest): Promise<HttpAnswer> {
    if (!deps.keyLimit.take(client))
      return refuse(429, 'guard/too-many-keys', 'Too many requests for keys from this address.');
    const answer = await deps.keys.answer(body);
    if (answer.kind === 'refused') return refuse(answer.status, answer.code, answer.message);
    counts.add('keys');
    return binary(answer.box);
  }

  /** What this guard found of edges, for other guards. */
  async function findings({ body, client }: HttpRequest): Promise<HttpAnswer> {
    if (!deps.keyLimit.take(client))
      return refuse(429, 'guard/too-many-requests', 'Too many requests for findings from this address.');
    const answer = await deps.findings.answer(body);
    return answer.kind === 'list' ? binary(answer.list) : refuse(answer.status, answer.code, answer.message);
  }

  async function purge({ body, client }: HttpRequest): Promise<HttpAnswer> {
    if (!deps.purgeLimit.take(client))
      return refuse(429, 'purge/too-many', 'Too many purges from this address.');
    const answer = await deps.purges.take(body);
    if (answer.kind === 'refused') return refuse(answer.status, answer.code, answer.message);
    counts.add('purges');
    return jsonAnswer(200, { id: answer.id, known: answer.known });
  }

  async function purgeList({ body, client }: HttpRequest): Promise<HttpAnswer> {
    if (!deps.keyLimit.take(client))
      return refuse(429, 'guard/too-many-requests', 'Too many requests for purges from this address.');
    const answer = await deps.purges.list(body);
    return answer.kind === 'list' ? binary(answer.list) : refuse(answer.status, answer.code, answer.message);
  }

  /** What an edge may serve in a sample. */
  async function sharesOf({ body, client }: HttpRequest): Promise<HttpAnswer> {
    if (!deps.shareLimit.take(client))
      return refuse(429, 'guard/too-many-requests', 'Too many requests for shares from this address.');
    const answer = await deps.shares.answer(body);
    return answer.kind === 'shares'
      ? binary(answer.body)
      : refuse(answer.status, answer.code, answer.message);
  }

  /** How this guard divided a sample of a resource among its edges: for whoever looks after who served above its share. */
  async function shareTable({ query }: HttpRequest): Promise<HttpAnswer> {
    const [resourceAddress, sample] = [query.get('resource') ?? '', query.get('sample') ?? ''];
    if (!/^\d{1,19}$/.test(sample))
      return errorAnswer(400, 'guard/bad-request', 'Name a resource and a sample: ?resource=…&sample=12.');
    const table = deps.shares.table(resourceAddress, BigInt(sample));
    if (table === undefined)
      return errorAnswer(404, 'guard/no-evidence', 'This guard did not divide it, or has forgotten how.');
    return jsonAnswer(200, {
      guard: guard.address,
      no: guard.no,
      resource: resourceAddress,
      sample,
      budget: String(table.budget.bytes),
      burst: table.budget.burst,
      reserve: String(table.reserve),
      shares: [...table.shares].map(([edge, bytes]) => ({
        edge,
        bytes: String(bytes),
        demand: String(table.demands.get(edge) ?? 0n),
      })),
    });
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

  async function commits({ query }: HttpRequest): Promise<HttpAnswer> {
    const wanted = asked(query);
    if (wanted === undefined) return noHour();
    const edges = wanted.edge === null ? deps.book.edgesOf(wanted.hour).toSorted() : [wanted.edge];
    const found = edges.flatMap((edge) =>
      deps.book.of(edge, wanted.hour).commits.toSorted((a, b) => a.slot - b.slot),
    );
    return binary(concatBytes(found.slice(0, MAX_COMMITS).map(encodeCommit)));
  }

  /** What was committed to is told when nobody can copy it any more. */
  async function verdicts({ query }: HttpRequest): Promise<HttpAnswer> {
    const wanted = asked(query);
    if (wanted === undefined) return noHour();
    const { hour, edge } = wanted;
    const { config } = await network.snapshot();
    const told =
      deps.meter.isRevealed(hour) || (await network.chainNow()) >= hourWindows(config, hour).commitsUntil;
    if (!told)
      return errorAnswer(
        403,
        'guard/not-revealed',
        'Verdicts of this hour can still be committed: ask again when that is over.',
      );
    const verdict = deps.book.verdict(hour);
    const isWanted = (each: { readonly edge: string }): boolean => edge === null || each.edge === edge;
    return jsonAnswer(200, {
      guard: guard.address,
      no: guard.no,
      hour: String(hour),
      verdicts: (verdict?.said ?? []).filter(isWanted),
      disputes: (verdict?.disputed ?? []).filter(isWanted).map((dispute) => ({
        ...dispute,
        ...figuresOf(deps.book, { edge: dispute.edge, resource: dispute.resource, hour }),
      })),
    });
  }

  async function contradictions(): Promise<HttpAnswer> {
    const names = await deps.contradictions.list();
    return jsonAnswer(200, { files: names.map((name) => `/v1/contradictions/${name}`) });
  }

  async function contradiction(name: string): Promise<HttpAnswer> {
    const text = await deps.contradictions.read(name);
    return text === undefined
      ? errorAnswer(404, 'guard/no-evidence', 'This guard does not have it.')
      : { status: 200, type: 'application/json', body: text };
  }

  /** Why this guard has not authorised a resource, for its publisher: nothing of its settings is told. */
  async function resource(wanted: string): Promise<HttpAnswer> {
    const snapshot = await network.snapshot();
    const found = byAddress(snapshot).get(wanted);
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
  async function probes({ local }: HttpRequest): Promise<HttpAnswer> {
    if (!local)
      return errorAnswer(403, 'guard/not-local', 'What the probes ask is told on this machine alone.');
    return jsonAnswer(200, { guard: guard.address, totals: deps.probeTotals.all() });
  }

  /** What this guard sees of edges: for others that answer for names. */
  async function edgeView(): Promise<HttpAnswer> {
    const view = deps.names?.view;
    return view === undefined
      ? errorAnswer(404, 'guard/no-names', 'This guard does not answer for names.')
      : binary(view);
  }

  /** What this guard has of a window, for others that answer for names. */
  async function steerView({ query }: HttpRequest): Promise<HttpAnswer> {
    const text = query.get('window') ?? '';
    if (!/^\d{1,15}$/.test(text)) return errorAnswer(400, 'guard/bad-request', 'Name a window: ?window=12.');
    const view = deps.names?.steerView(BigInt(text));
    return view === undefined
      ? errorAnswer(404, 'guard/not-held', 'This guard has nothing of that window.')
      : binary(view);
  }

  /** How long ways are, as a page measured them. */
  async function roundTrips({ body, client }: HttpRequest): Promise<HttpAnswer> {
    if (deps.names === undefined)
      return errorAnswer(404, 'guard/no-names', 'This guard does not answer for names.');
    const taken = deps.names.takeRoundTrips(body, client);
    if (taken === 'too-many')
      return refuse(429, 'guard/too-many-requests', 'Too many measurements from this address.');
    return taken === 'taken'
      ? { status: 204, type: 'text/plain', body: '', headers: { 'access-control-allow-origin': '*' } }
      : errorAnswer(
          400,
          'guard/bad-request',
          'Send {"samples": [{"edge": "<account>", "ms": 12.5}]}, eight at most.',
        );
  }

  /** Edges for whoever asks, the best first: what DNS answers, with ports, for players and caches that have no resolver for the zone. */
  async function edges({ query, client }: HttpRequest): Promise<HttpAnswer> {
    if (deps.names === undefined)
      return errorAnswer(404, 'guard/no-names', 'This guard does not answer for names.');
    const wanted = query.get('resource') ?? '';
    const found = deps.names.steer.edgesFor(wanted, client);
    return found === undefined
      ? errorAnswer(404, 'guard/unknown-resource', 'Name a resource: ?resource=<label or address>.')
      : jsonAnswer(200, found, {
          'cache-control': `private, max-age=${found.ttlSecs}`,
          'access-control-allow-origin': '*',
        });
  }

  /** An edge proves a site's name to a CA. */
  async function txt({ body }: HttpRequest): Promise<HttpAnswer> {
    if (deps.names === undefined)
      return errorAnswer(404, 'guard/no-names', 'This guard does not answer for names.');
    const answer = await deps.names.txt.take(body);
    return answer.kind === 'done'
      ? jsonAnswer(200, { done: true })
      : refuse(answer.status, answer.code, answer.message);
  }

  /** A viewer that came here with a site's name is sent to an edge. */
  function sentOn(request: HttpRequest): HttpAnswer | undefined {
    const to = deps.names?.steer.locationFor(request.host, request.target, request.client);
    if (to === undefined) return undefined;
    if (to.kind === 'nowhere')
      return errorAnswer(503, 'guard/no-edge', 'No edge serves this site at the moment.');
    return { status: 302, type: 'text/plain', body: '', headers: { location: to.location } };
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
    ['/v1/commits', commits],
    ['/v1/verdicts', verdicts],
    ['/v1/contradictions', contradictions],
    ['/v1/probes', probes],
    ['/v1/edge-view', edgeView],
    ['/v1/steer-view', steerView],
    ['/v1/beacon.js', beacon],
    ['/v1/shares', shareTable],
    ['/v1/edges', edges],
    ['/healthz', async () => jsonAnswer(200, { ok: true })],
    ['/readyz', ready],
    [
      '/metrics',
      async () => ({
        status: 200,
        type: 'text/plain; version=0.0.4',
        body: `${await counts.metrics()}${deps.names?.metrics() ?? ''}`,
      }),
    ],
  ]);
  const posts: ReadonlyMap<string, (request: HttpRequest) => Promise<HttpAnswer>> = new Map([
    ['/v1/witness', witness],
    ['/v1/keys', key],
    ['/v1/findings', findings],
    ['/v1/txt', txt],
    ['/v1/rtt', roundTrips],
    ['/v1/purge', purge],
    ['/v1/purges', purgeList],
    ['/v1/shares', sharesOf],
  ]);

  return async (request) => {
    const { method, path } = request;
    if (!deps.anyLimit.take(request.client))
      return refuse(429, 'guard/too-many-requests', 'Too many requests from this address.');
    const reading = method === 'GET' || method === 'HEAD';
    const elsewhere = reading ? sentOn(request) : undefined;
    if (elsewhere !== undefined) return elsewhere;
    const handler = reading ? gets.get(path) : method === 'POST' ? posts.get(path) : undefined;
    if (handler !== undefined) return handler(request);
    const about = /^\/v1\/resources\/([1-9A-HJ-NP-Za-km-z]{32,44})$/.exec(path);
    if (reading && about !== null) return resource(about[1] ?? '');
    const match = /^\/v1\/([a-z]+)\/([0-9a-f]{64})$/.exec(path);
    const kind = BLOB_KINDS.find((each) => each === match?.[1]);
    if (reading && kind !== undefined) return blob(kind, match?.[2] ?? '');
    const file = /^\/v1\/contradictions\/([0-9a-f]{64}\.json)$/.exec(path)?.[1];
    if (reading && file !== undefined) return contradiction(file);
    if (gets.has(path) || posts.has(path))
      return errorAnswer(405, 'guard/wrong-method', `${method} does not go with ${path}.`);
    return errorAnswer(404, 'guard/unknown-path', 'There is nothing here.');
  };
}

/** The figures behind a dispute. */
function figuresOf(
  book: HourBook,
  at: { readonly edge: string; readonly resource: string; readonly hour: bigint },
): { readonly observations: number; readonly wrong: number; readonly lowerPpm: number } {
  const { observations, wrong, lowerPpm } = guilt(observationsOf(book, at), OWN_LOOK);
  return { observations, wrong, lowerPpm };
}
