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
import type { Meter } from './meter/meter.ts';
import { byAddress } from './network.ts';
import type { Network } from './network.ts';
import type { ProbeTotals } from './probe/probe-totals.ts';
import type { RateLimit } from './rate-limit.ts';
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
  readonly authorise: Pick<Authorise, 'sightOf'>;
  readonly keys: ReturnType<typeof createKeys>;
  /** Of witnesses, of keys, and of everything, by client address. */
  readonly witnessLimit: RateLimit;
  readonly keyLimit: RateLimit;
  readonly anyLimit: RateLimit;
  readonly counts: Counts;
  readonly closing: () => boolean;
}

const binary = (body: Uint8Array): HttpAnswer => ({ status: 200, type: 'application/octet-stream', body });

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
    ['/healthz', async () => jsonAnswer(200, { ok: true })],
    ['/readyz', ready],
    [
      '/metrics',
      async () => ({ status: 200, type: 'text/plain; version=0.0.4', body: await counts.metrics() }),
    ],
  ]);
  const posts: ReadonlyMap<string, (request: HttpRequest) => Promise<HttpAnswer>> = new Map([
    ['/v1/witness', witness],
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
