import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createMediaClient } from '@media-network/chain';
import { createCollapser, openCacheStore } from '@media-network/http-cache';
import type { CacheStore, Fill, OnDisturbed } from '@media-network/http-cache';
import { createFront } from '@media-network/http-front';
import type { FrontHandlers } from '@media-network/http-front';
import { addressOf, parseAddress, resourceLabel, signerOf } from '@media-network/protocol';
import type { SignBytes } from '@media-network/protocol';
import { MediaError, createLog, createScope, errorMessage, systemClock } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask, Scope } from '@media-network/runtime';
import { holdPorts, isLoopbackHost } from '@media-network/runtime/daemon';
import { address } from '@solana/kit';
import type { Address } from '@solana/kit';
import type { EdgeChain } from './chain/edge-chain.ts';
import { createEdgeChain } from './chain/media-client-chain.ts';
import { hourAt, sampleAt } from './chain/periods.ts';
import { edgePorts } from './config.ts';
import type { EdgeConfig } from './config.ts';
import { createCommitDesk } from './control/commit-desk.ts';
import { startControlServer } from './control/control-server.ts';
import { createStatements } from './control/statements.ts';
import { createLocalPlane, createWorkerPlane } from './data-plane.ts';
import type { DataPlane } from './data-plane.ts';
import type { Edge, EdgeOverrides, EdgeSecrets, EdgeStats, Readiness } from './edge-api.ts';
import { lockFolder } from './folder-lock.ts';
import { evidenceReaders } from './journal/evidence-readers.ts';
import { openJournal } from './journal/journal.ts';
import type { Journal } from './journal/journal.ts';
import { createLedger } from './journal/ledger.ts';
import type { Ledger } from './journal/ledger.ts';
import { createMetrics } from './metrics.ts';
import { createOriginClient } from './origin/origin-client.ts';
import type { OriginClient } from './origin/origin-client.ts';
import { createClaimer } from './report/claimer.ts';
import { openEvidenceStore } from './report/evidence-store.ts';
import { createKnownProcess } from './report/known-process.ts';
import { createReportCloser } from './report/report-closer.ts';
import { buildHonestReport, sha256 } from './report/report-builder.ts';
import { createReporter } from './report/reporter.ts';
import { createAccessLog, createFastAccessLog } from './serve/access-log.ts';
import { createAccounting } from './serve/account.ts';
import type { Account } from './serve/account.ts';
import { createEntryKeys } from './serve/entry-keys.ts';
import type { EntryKeys } from './serve/entry-keys.ts';
import { createFastLane, createHotLookUp } from './serve/fast-lane.ts';
import { isReceived } from './serve/ask-origin.ts';
import type { SharedAnswer } from './serve/fetched-answer.ts';
import { knownTenant } from './serve/identify.ts';
import type { Hosts } from './serve/identify.ts';
import { createRememberedKeys } from './serve/remembered-keys.ts';
import { createRequestIds } from './serve/request-id.ts';
import { createServe } from './serve/serve.ts';
import { createTally } from './serve/tally.ts';
import type { Tally } from './serve/tally.ts';
import { createSessionDesk } from './session/session-desk.ts';
import type { SessionDesk } from './session/session-desk.ts';
import { createOpenCredit } from './tenant/open-credit.ts';
import type { OpenCredit } from './tenant/open-credit.ts';
import { createOwnNames } from './tenant/own-names.ts';
import { createSettingsKeys } from './tenant/settings-keys.ts';
import type { SettingsKeys } from './tenant/settings-keys.ts';
import { createTenantBook } from './tenant/tenant-book.ts';
import { createTxtLookup } from './tenant/txt-lookup.ts';
import { createTraffic } from './traffic.ts';
import type { Traffic } from './traffic.ts';
import { SOFTWARE } from './version.ts';
import { openDoor } from './workers/door.ts';
import { startExchangeServer } from './workers/exchange-server.ts';
import { createHotDesk } from './workers/hot-desk.ts';
import type { HotDesk } from './workers/hot-desk.ts';
import { createWorkerPool } from './workers/worker-pool.ts';
import type { ListenPlace } from './workers/worker-pool.ts';

/** Left free beside the cache: journal and evidence of a busy hour live on the same disk. */
const DISK_RESERVE_BYTES = 64 * 2 ** 20;

/** A worker that has not let go of a copy by then is ended: nobody is served what was forgotten. */
const WORKER_PATIENCE_MS = 5_000;

/** How long it is remembered that an object is large, or its origin failing. */
const REMEMBER_MS = 600_000;

/**
 * Builds and starts an edge. Rejects, with everything stopped again, when the chain cannot be read, the
 * folder is in use or a port is taken.
 */
export async function createEdge(
  config: EdgeConfig,
  secrets: EdgeSecrets,
  overrides: EdgeOverrides = {},
): Promise<Edge> {
  const clock = overrides.clock ?? systemClock;
  const log = overrides.log ?? createLog('edge', { level: config.logLevel });
  const random = overrides.random ?? Math.random;
  const fetch = overrides.fetch ?? globalThis.fetch;
  const sign = signerOf(secrets.operator.keyPair.privateKey);
  const scope = createScope();
  // What waits for the chain is given up when the edge ends, or is told to before it is up.
  const stop = new AbortController();
  const endStart = (): void => stop.abort();
  overrides.signal?.addEventListener('abort', endStart, { once: true });
  const tasks: RepeatingTask[] = [];
  try {
    const dataPlane = overrides.dataPlane ?? true;
    // What must be ours alone, before anything is staked or served.
    const lock = await lockFolder(config.dir);
    scope.add('folder', () => lock.release());
    const wanted = edgePorts(config);
    const ports = await holdPorts(
      dataPlane ? wanted : wanted.filter(({ port }) => port === config.controlPort),
    );
    scope.add('ports', () => ports.release());
    await overrides.register?.();

    // The chain, and what it says of time and resources.
    const chain =
      overrides.chain ?? (await connect(config, secrets, { clock, log, random, signal: stop.signal }));
    scope.add('chain', () => chain.close());
    await chain.start();
    tasks.push(...chain.tasks);
    const sample = (): number => sampleAt(chain.periods, chain.nowMs());
    const book = createTenantBook(chain, {
      zone: config.zone,
      ...(config.defaultResource === undefined
        ? {}
        : { defaultResource: addressOption('--default-resource', config.defaultResource) }),
    });

    const isLocal = isLoopbackHost(new URL(config.rpcUrl).hostname);
    const txt = createTxtLookup(config.resolver ?? (isLocal ? 'none' : 'system'));
    scope.add('resolver', async () => txt.close());

    // The books, and what they become.
    const ledger = createLedger(evidenceReaders);
    const journal = await openJournal({ ledger, clock, log }, { dir: join(config.dir, 'journal') });
    scope.add('journal', () => journal.close());
    const evidence = await openEvidenceStore(join(config.dir, 'evidence'));
    const build = overrides.buildReport ?? buildHonestReport;
    const instance = randomUUID();
    const knownProcess = createKnownProcess({ chain, fetch, instance });
    const reporter = createReporter({ chain, ledger, journal, evidence, build, knownProcess, clock, log });
    const closer = createReportCloser(
      { chain, evidence, clock, log },
      { evidenceWeeks: config.evidenceWeeks },
    );
    const claimer = createClaimer({ chain, clock, log, random, fetch });
    const credit = createOpenCredit(
      { chain, ledger, clock, log, random, fetch },
      { pastCredit: config.pastCredit, slackBytes: config.openSlackBytes },
    );
    const desk = createSessionDesk({
      chain,
      ledger,
      journal,
      sample,
      hasOpenCredit: (tenant) => credit.waitSeconds(tenant) === 0,
    });
    tasks.push(journal.task, reporter.task, desk.task({ clock, log }), closer, claimer.task, credit.task);

    // Where bodies come from.
    const bodies = await openBodies(config, {
      chain,
      scope,
      sign,
      clock,
      log,
      random,
      fetch,
      override: overrides.settings,
    });

    const ownNames = createOwnNames(
      { book, settings: bodies.settings, txt, clock },
      { zone: config.zone, local: isLocal },
    );

    // The phases of a request.
    let draining = false;
    const tls = dataPlane ? await readTls(config) : undefined;
    const { tally, traffic, plane, hot } = await wirePhases(config, tls, {
      ...bodies,
      scope,
      hosts: { book, ownNames },
      journal,
      ledger,
      desk,
      credit,
      sample,
      chain,
      clock,
      log,
      random,
    });

    // What is said of all this.
    const stats = (): EdgeStats => ({
      requests: Object.values(tally.byOutcome).reduce((sum, count) => sum + count, 0),
      hits: tally.byOutcome.hit + tally.byOutcome.stale,
      misses: tally.byOutcome.miss + tally.byOutcome.pass + tally.byOutcome.collapsed,
      revalidations: tally.byOutcome.revalidated,
      refused: tally.byOutcome.refused + tally.byOutcome['origin-failed'],
      bytes: tally.bytes,
      originBytes: tally.originBytes,
      unacknowledgedBytes: journal.unacknowledgedBytes,
      reportsSubmitted: reporter.stats.submitted,
      bytesLost: reporter.stats.bytesLost,
      claimed: claimer.claimed,
      openConnections: plane.openConnections,
      workersLost: plane.workersLost,
      openCredit: credit.stats,
    });
    const readiness = (): Readiness => {
      const problems: string[] = [];
      if (draining) problems.push('edge/draining');
      if (journal.state === 'full') problems.push('edge/journal-full');
      if (!chain.fresh) problems.push('edge/chain-stale');
      return { ready: problems.length === 0, problems };
    };
    const metrics = createMetrics({
      tally,
      store: bodies.store,
      plane,
      workerBytes: () => hot?.bytes ?? 0,
      stats,
      taskFailures: () => Object.fromEntries(tasks.map((task) => [task.name, task.failures])),
    });
    const statements = createStatements({ chain, store: bodies.store, keys: bodies.keys, book, sign });
    const commits = createCommitDesk({
      chain,
      ledger,
      journal,
      evidence,
      sign,
      settle: () => plane.settle(),
      ...(overrides.counters === undefined ? {} : { counters: overrides.counters }),
    });
    await ports.release();
    const control = await startControlServer(
      {
        statements,
        commits,
        evidence,
        readiness,
        async metrics() {
          await plane.settle();
          return metrics.text();
        },
        async traffic() {
          await plane.settle();
          return traffic.snapshot();
        },
        ownName: (name) => ownNames.find(name),
        info: () => ({
          edge: chain.edge,
          owner: chain.owner,
          operator: chain.operator,
          instance,
          version: 1,
          zone: config.zone,
          chainTime: Math.floor(chain.nowMs() / 1000),
          software: SOFTWARE,
        }),
        clock,
        log,
        ...(overrides.control === undefined ? {} : { override: overrides.control }),
      },
      { host: config.controlHost, port: config.controlPort },
    );
    scope.add('control plane', () => control.close());
    scope.add('tasks', async () => {
      stop.abort();
      await Promise.all(tasks.map((task) => task.stop()));
    });

    // Open to viewers.
    scope.add('data plane', async () => {
      draining = true;
      await plane.close({ graceMs: config.drainMs, idleMs: 0 });
    });
    const { host } = config;
    const places: ListenPlace[] = dataPlane ? [{ listener: 'http', host, port: config.port }] : [];
    if (tls !== undefined) places.push({ listener: 'https', host, port: config.httpsPort });
    await plane.listen(places);
    const plain = plane.places.find(({ listener }) => listener === 'http');
    const secure = plane.places.find(({ listener }) => listener === 'https');
    const port = plain?.port ?? config.port;
    for (const task of tasks) task.start();
    overrides.signal?.removeEventListener('abort', endStart);
    log.info({ edge: chain.edge, port, controlPort: control.port, resources: book.size }, 'edge is up');

    const urls = plain === undefined ? [] : [`http://${urlHost(plain.host)}:${plain.port}`];
    if (secure !== undefined) urls.push(`https://${urlHost(secure.host)}:${secure.port}`);
    return {
      address: chain.edge,
      owner: chain.owner,
      operator: chain.operator,
      urls,
      port,
      httpsPort: secure?.port,
      controlUrl: `http://${urlHost(control.host)}:${control.port}`,
      tasks,
      get workers() {
        return plane.workers;
      },
      stats,
      traffic: () => traffic.snapshot(),
      readiness,
      urlOf: (resource: Address) => `http://${resourceLabel(resource, sha256)}.${config.zone}:${port}/`,
      close: () => scope.close(),
    };
  } catch (error) {
    return await scope.fail(error, (failure) =>
      log.warn({ err: errorMessage(failure) }, 'could not stop everything'),
    );
  }
}

interface Bodies {
  readonly store: CacheStore;
  readonly keys: EntryKeys;
  readonly fills: Map<string, Fill>;
  readonly origin: OriginClient;
  readonly settings: SettingsKeys;
  /** Who holds copies of what the store has. */
  readonly copies: { onDisturbed: OnDisturbed | undefined };
}

/** The cache, the origins, and the settings that say which origin. */
async function openBodies(
  config: EdgeConfig,
  deps: {
    readonly chain: EdgeChain;
    readonly scope: Scope;
    readonly sign: SignBytes;
    readonly clock: Clock;
    readonly log: Log;
    readonly random: () => number;
    readonly fetch: typeof globalThis.fetch;
    readonly override: EdgeOverrides['settings'];
  },
): Promise<Bodies> {
  const { chain, scope, sign, clock, log, random, fetch, override } = deps;
  const copies: Bodies['copies'] = { onDisturbed: undefined };
  const store = await openCacheStore({
    maxRamBytes: config.workers === 1 ? config.ramBytes : config.ramBytes - workersBytes(config),
    onDisturbed: (key, until) => copies.onDisturbed?.(key, until),
    disk: {
      dir: join(config.dir, 'cache'),
      maxBytes: config.diskBytes,
      maxObjectBytes: config.maxObjectBytes,
      reserveBytes: DISK_RESERVE_BYTES,
    },
    clock,
    log,
  });
  scope.add('cache', () => store.close());
  const fills = new Map<string, Fill>();
  scope.add('fills', async () => {
    // What has arrived whole is kept; what has not is given up with the cache.
    await Promise.all([...fills.values()].filter(isReceived).map((fill) => fill.ended));
  });
  const origin = createOriginClient({
    timeoutMs: config.originTimeoutMs,
    allowPrivate: config.allowPrivateOrigins ?? isLoopbackHost(new URL(config.rpcUrl).hostname),
  });
  scope.add('origin client', () => origin.close());
  const settings = createSettingsKeys({
    chain,
    sign,
    clock,
    log,
    random,
    fetch,
    ...(override === undefined ? {} : { override }),
  });
  return { store, keys: createEntryKeys(), fills, origin, settings, copies };
}

/** What all workers together may hold in RAM: as much as the process that has the whole cache. */
function workersBytes(config: EdgeConfig): number {
  return Math.floor(config.ramBytes / 2);
}

/** accept → identify → admit → look-up → (hit | revalidate | fetch) → deliver → account */
async function wirePhases(
  config: EdgeConfig,
  tls: { readonly cert: string; readonly key: string } | undefined,
  deps: Bodies & {
    readonly scope: Scope;
    readonly hosts: Hosts;
    readonly journal: Journal;
    readonly ledger: Ledger;
    readonly desk: SessionDesk;
    readonly credit: OpenCredit;
    readonly sample: () => number;
    readonly chain: EdgeChain;
    readonly clock: Clock;
    readonly log: Log;
    readonly random: () => number;
  },
): Promise<{
  readonly tally: Tally;
  readonly traffic: Traffic;
  readonly plane: DataPlane;
  /** Where workers serve. */
  readonly hot: HotDesk | undefined;
}> {
  const { hosts, store, keys, fills, origin, settings, journal, ledger, desk, sample, chain, clock, log } =
    deps;
  const tally = createTally();
  // A site is one, under whatever host it was asked for; hosts of nobody are one too.
  const traffic = createTraffic(
    () => clock.nowMs(),
    (host) => knownTenant(hosts, host)?.host ?? 'unknown',
  );
  const fastLog = config.accessLog ? createFastAccessLog(log) : undefined;
  const slowLog = config.accessLog ? createAccessLog(log) : undefined;
  const requestId = createRequestIds(deps.random);
  const collapser = createCollapser<SharedAnswer>({
    clock,
    // The origin's own limits end a leader's wait; to give up before that would make a herd of those who wait.
    lockTimeoutMs: 2 * config.originTimeoutMs + 1_000,
  });
  const admit = {
    settings,
    desk,
    journal,
    clock,
    credit: deps.credit,
    nowMs: () => chain.nowMs(),
    hour: () => hourAt(chain.periods, chain.nowMs()),
  };
  const answer = createServe({
    hosts,
    admit,
    store,
    keys,
    origin,
    collapser,
    desk,
    tally,
    clock,
    log,
    requestId,
    refreshing: new Set(),
    fills,
    large: createRememberedKeys(clock, REMEMBER_MS),
    failing: createRememberedKeys(clock, REMEMBER_MS),
    maxObjectBytes: config.maxObjectBytes,
    accessLog(ended, nowMs) {
      traffic.ended(ended);
      slowLog?.(ended, nowMs);
    },
  });
  const account = createAccounting({ ledger, desk, tally, sample });
  const handlers: FrontHandlers<Account> = {
    answer,
    onWritten: account,
    onRefused: (reason) => tally.refused('accept', `front/${reason}`),
  };
  const lookUp = { hosts, store, keys, clock, admit };
  if (config.workers === 1) {
    const lane = createFastLane({
      ...lookUp,
      tally,
      requestId,
      onHit(host, target, bytes) {
        traffic.hit(host, target, bytes);
        fastLog?.(host, target, bytes);
      },
    });
    const front = createFront<Account>({ ...handlers, ...lane }, { clock, log });
    return { tally, traffic, plane: createLocalPlane(front, tls), hot: undefined };
  }

  // Workers accept viewers, answer what is hot and hand over the rest.
  const hot = createHotDesk(
    {
      ...lookUp,
      find: createHotLookUp(lookUp),
      room: (tenant) => Math.min(deps.credit.roomBytes(tenant), tenant.quota.roomBytes(chain.nowMs())),
      account,
      onHits(host, target, bytes, times) {
        tally.fastHit(times);
        traffic.hit(host, target, bytes, times);
      },
      log,
    },
    {
      maxBytes: Math.floor(workersBytes(config) / config.workers),
      patienceMs: WORKER_PATIENCE_MS,
      onHung: (worker) => pool.kill(worker),
    },
  );
  deps.copies.onDisturbed = hot.disturbed;
  const door = await openDoor();
  deps.scope.add('door', () => door.close());
  const exchanges = await startExchangeServer<Account>(door.path, {
    handlers,
    onMissed: (worker, request) => hot.missed(worker, request),
    barrier: () => hot.barrier(),
    log,
  });
  deps.scope.add('exchanges', () => exchanges.close());
  const pool = createWorkerPool(
    {
      desk: hot,
      exchanges,
      onUnbilled: (bytes) => tally.wroteUnbilled(bytes),
      onRefused: (reason, times) => tally.refused('accept', `front/${reason}`, times),
      clock,
      log,
    },
    {
      count: config.workers,
      door: door.path,
      tls,
      logLevel: config.logLevel,
      accessLog: config.accessLog,
    },
  );
  deps.chain.onResources(() => hot.follow());
  hot.task.start();
  deps.scope.add('hot desk', () => hot.task.stop());
  return { tally, traffic, plane: createWorkerPlane(pool), hot };
}

function connect(
  config: EdgeConfig,
  secrets: EdgeSecrets,
  deps: {
    readonly clock: Clock;
    readonly log: Log;
    readonly random: () => number;
    readonly signal: AbortSignal;
  },
): Promise<EdgeChain> {
  const client = createMediaClient({
    rpcUrl: config.rpcUrl,
    ...(config.wsUrl === undefined ? {} : { wsUrl: config.wsUrl }),
    programId: addressOption('--program-id', config.programId),
    ...deps,
  });
  const owner = config.owner === undefined ? {} : { owner: addressOption('--owner', config.owner) };
  return createEdgeChain({ client, operator: secrets.operator, clock: deps.clock, log: deps.log }, owner);
}

function addressOption(option: string, text: string): Address {
  const bytes = parseAddress(text);
  if (bytes !== undefined) return address(addressOf(bytes));
  throw new MediaError({
    code: 'config/invalid',
    message: `${option} must be a Solana address, not "${text}".`,
    source: 'client',
  });
}

async function readTls(config: EdgeConfig): Promise<{ cert: string; key: string } | undefined> {
  const { tlsCert, tlsKey } = config;
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  try {
    return { cert: await readFile(tlsCert, 'utf8'), key: await readFile(tlsKey, 'utf8') };
  } catch (error) {
    throw new MediaError({
      code: 'config/unreadable',
      message: `Cannot read the certificate or its key: ${errorMessage(error)}.`,
      source: 'client',
      cause: error,
    });
  }
}

/** An address as it stands in a URL; the wildcard addresses are reached by loopback. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
