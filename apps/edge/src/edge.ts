import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createMediaClient } from '@media-network/chain';
import { createCollapser, openCacheStore } from '@media-network/http-cache';
import type { CacheStore, Fill, OnDisturbed } from '@media-network/http-cache';
import { addressOf, parseAddress, resourceLabel, signerOf } from '@media-network/protocol';
import type { SignBytes } from '@media-network/protocol';
import { MediaError, createLog, createScope, errorMessage, systemClock } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask, Scope } from '@media-network/runtime';
import { holdPorts, isLoopbackHost } from '@media-network/runtime/daemon';
import type { HeldPorts } from '@media-network/runtime/daemon';
import { address } from '@solana/kit';
import type { Address } from '@solana/kit';
import type { EdgeChain } from './chain/edge-chain.ts';
import { createEdgeChain } from './chain/media-client-chain.ts';
import { createMoments } from './chain/moments.ts';
import type { Moments } from './chain/moments.ts';
import { edgePorts } from './config.ts';
import type { EdgeConfig } from './config.ts';
import { createCommitDesk } from './control/commit-desk.ts';
import type { CommitDesk } from './control/commit-desk.ts';
import { startControlServer } from './control/control-server.ts';
import { createStatements } from './control/statements.ts';
import { openDataPlane, workersBytes } from './data-plane.ts';
import type { ControlPlace, Edge, EdgeOverrides, EdgeSecrets, EdgeStats, Readiness } from './edge-api.ts';
import { lockFolder } from './folder-lock.ts';
import type { FolderLock } from './folder-lock.ts';
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
import type { Account, Accounting } from './serve/account.ts';
import { createEntryKeys } from './serve/entry-keys.ts';
import type { EntryKeys } from './serve/entry-keys.ts';
import { createFastLane } from './serve/fast-lane.ts';
import type { HotLookUpDeps } from './serve/fast-lane.ts';
import type { HitLane } from './serve/hit-lane.ts';
import { isReceived } from './serve/ask-origin.ts';
import type { SharedAnswer } from './serve/fetched-answer.ts';
import { siteOf } from './serve/identify.ts';
import type { Hosts } from './serve/identify.ts';
import { createRememberedKeys } from './serve/remembered-keys.ts';
import { createRequestIds } from './serve/request-id.ts';
import { createServe } from './serve/serve.ts';
import { createTally } from './serve/tally.ts';
import type { Tally } from './serve/tally.ts';
import { createSessionDesk } from './session/session-desk.ts';
import type { PhasesDesk, SessionDesk } from './session/session-desk.ts';
import { createLateDesk } from './succession/late-desk.ts';
import { createSuccession } from './succession/succession.ts';
import type { Legacy, Succession } from './succession/succession.ts';
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
import type { ListenPlace } from './workers/worker-pool.ts';

/** Left free beside the cache: journal and evidence of a busy hour live on the same disk. */
const DISK_RESERVE_BYTES = 64 * 2 ** 20;
/** Within that an edge is open to viewers, however much its disk holds; the rest of the index comes beside. */
const DISK_RECOVERY_MS = 2_000;

/** A round of background work may take so long to end before another generation takes over; what it does later, that one does again. */
const HOLD_MS = 10_000;

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
    const { predecessor, main } = overrides;
    let lock: FolderLock | undefined;
    scope.add('folder', () => lock?.release());
    let ports: HeldPorts | undefined;
    scope.add('ports', () => ports?.release());
    // What must be ours alone, before anything is staked or served; a predecessor has it still.
    if (predecessor === undefined) {
      lock = await lockFolder(config.dir, main);
      const wanted = edgePorts(config);
      ports = await holdPorts(dataPlane ? wanted : wanted.filter(({ port }) => port === config.controlPort));
      await overrides.register?.();
    }

    // The chain, and what it says of time and resources.
    const chain =
      overrides.chain ?? (await connect(config, secrets, { clock, log, random, signal: stop.signal }));
    scope.add('chain', () => chain.close());
    await chain.start();
    tasks.push(...chain.tasks);
    const moments = createMoments(chain, clock);
    const sample = (): number => moments().sample;
    const book = createTenantBook(chain, {
      zone: config.zone,
      ...(config.defaultResource === undefined
        ? {}
        : { defaultResource: addressOption('--default-resource', config.defaultResource) }),
    });

    const isLocal = isLoopbackHost(new URL(config.rpcUrl).hostname);
    const txt = createTxtLookup(config.resolver ?? (isLocal ? 'none' : 'system'));
    scope.add('resolver', async () => txt.close());

    // Whatever can be wrong with this generation is found before the one before it stops for it.
    const tls = dataPlane ? await readTls(config) : undefined;
    let legacy: Legacy | undefined;
    if (predecessor !== undefined) {
      legacy = await predecessor.letGo();
      lock = await lockFolder(config.dir, main);
    }

    // The books, and what they become.
    const ledger = createLedger(evidenceReaders);
    const journal = await openJournal({ ledger, clock, log }, { dir: join(config.dir, 'journal') });
    scope.add('journal', () => journal.close());
    const evidence = await openEvidenceStore(join(config.dir, 'evidence'));
    const build = overrides.buildReport ?? buildHonestReport;
    const instance = legacy?.instance ?? randomUUID();
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
    // One generation of processes after the other has the books; what an earlier one still sends is told to this.
    let succession: Succession | undefined;
    const late = createLateDesk({
      book,
      ledger,
      sample,
      account: (paying, head, body) => succession?.written(paying, head, body),
      sessions: () => desk,
      commit: (body) => commits.commit(body),
      log,
    });
    const desk: SessionDesk = createSessionDesk({
      chain,
      ledger,
      journal,
      sample,
      hasOpenCredit: (tenant) => credit.waitSeconds(tenant) === 0,
      elsewhere: late,
      onHanded: (session, bytes) => succession?.handed(session, bytes),
      ...(legacy === undefined ? {} : { legacy: legacy.sessions }),
    });
    const booksTasks = [
      journal.task,
      reporter.task,
      desk.task({ clock, log }),
      closer,
      claimer.task,
      credit.task,
    ];
    tasks.push(...booksTasks);

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

    const hosts = { book, ownNames };

    // The phases of a request.
    let draining = false;
    let retiring: Promise<void> | undefined;
    const { tally, traffic, answer, account, lane, lookUp } = wirePhases(config, {
      ...bodies,
      hosts,
      journal,
      ledger,
      desk: {
        open: (header, tenant) => desk.open(header, tenant),
        written: (session, head, body) => desk.written(session, head, body),
        hand: (session, bytes) => desk.hand(session, bytes),
        credit: (session) => desk.credit(session),
        receipts: (body, tenant) => succeeding.receipts(body, tenant),
      },
      credit,
      moments,
      clock,
      log,
      random,
    });

    const succeeding = createSuccession({
      answer,
      account,
      desk: () => desk,
      commit: (body) => commits.commit(body),
      late,
      instance,
      settle: () => plane.settle(),
      async hold() {
        await plane.suspend();
        await plane.settle();
        const ended = Promise.all(booksTasks.map((task) => task.suspend()));
        await Promise.race([ended, clock.sleep(HOLD_MS)]);
        await desk.idle();
      },
      async give() {
        await journal.letGo();
        const keepStore = await bodies.store.retire();
        await lock?.release();
        return async () => {
          lock = await lockFolder(config.dir, main);
          keepStore();
          await journal.takeBack();
        };
      },
      resume() {
        for (const task of booksTasks) task.resume();
        plane.resume();
      },
      async drain() {
        void control.close();
        await plane.close({ graceMs: config.upgradeDrainMs, idleMs: Math.max(config.drainMs, 1) });
      },
    });
    succession = succeeding;
    const { plane, hot, door } = await openDataPlane(config, predecessor !== undefined, {
      scope,
      succession: succeeding,
      late,
      lane,
      lookUp,
      room: (tenant) => Math.min(credit.roomBytes(tenant), tenant.quota.roomBytes(chain.nowMs())),
      onHits(host, target, bytes, times) {
        tally.fastHit(times);
        traffic.hit(siteOf(hosts, host), target, bytes, times);
      },
      tally,
      tls,
      clock,
      log,
    });
    if (hot !== undefined) {
      bodies.copies.onDisturbed = hot.disturbed;
      chain.onResources(() => hot.follow());
    }

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
      async settle() {
        await Promise.all([plane.settle(), late.sync()]);
      },
      ...(overrides.counters === undefined ? {} : { counters: overrides.counters }),
    });
    await ports?.release();
    const control = await startControlServer(
      {
        statements,
        commits: { commit: (body) => succeeding.commit(body) as ReturnType<CommitDesk['commit']> },
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
      controlAt(config, predecessor?.control),
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
    await plane.listen(inherited(places, predecessor?.places ?? []));
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
      succession: {
        door,
        get places() {
          return plane.places;
        },
        control: { host: config.controlHost, port: control.port, handle: control.handle },
        letGo: () => succeeding.letGo(),
        takeBack: () => succeeding.takeBack(),
        async retire(to) {
          draining = true;
          retiring = succeeding.retire(to).then(() => scope.close());
          await retiring;
        },
      },
      async close() {
        if (retiring === undefined) return scope.close();
        // What is told to the next generation is told before this one ends.
        void plane.close({ graceMs: config.drainMs, idleMs: 0 });
        return retiring;
      },
    };
  } catch (error) {
    return await scope.fail(error, (failure) =>
      log.warn({ err: errorMessage(failure) }, 'could not stop everything'),
    );
  }
}

/** The sockets of a predecessor where it listened at these places, or the places as they are. */
function inherited(wanted: readonly ListenPlace[], from: readonly ListenPlace[]): ListenPlace[] {
  return wanted.flatMap((place) => {
    const same = from.filter(
      ({ listener, host, port }) =>
        listener === place.listener && host === place.host && (place.port === 0 || port === place.port),
    );
    return same.length === 0 ? [place] : same;
  });
}

function controlAt(
  { controlHost: host, controlPort: port }: EdgeConfig,
  from: ControlPlace | undefined,
): { readonly host: string; readonly port: number; readonly handle?: unknown } {
  const same = from?.host === host && (port === 0 || from.port === port);
  return same ? from : { host, port };
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
    maxRamBytes: config.ramBytes - workersBytes(config),
    onDisturbed: (key, until) => copies.onDisturbed?.(key, until),
    disk: {
      dir: join(config.dir, 'cache'),
      maxBytes: config.diskBytes,
      maxObjectBytes: config.maxObjectBytes,
      reserveBytes: DISK_RESERVE_BYTES,
      recoverWithinMs: DISK_RECOVERY_MS,
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

/** accept → identify → admit → look-up → (hit | revalidate | fetch) → deliver → account */
function wirePhases(
  config: EdgeConfig,
  deps: Bodies & {
    readonly hosts: Hosts;
    readonly journal: Journal;
    readonly ledger: Ledger;
    readonly desk: PhasesDesk;
    readonly credit: OpenCredit;
    readonly moments: Moments;
    readonly clock: Clock;
    readonly log: Log;
    readonly random: () => number;
  },
): {
  readonly tally: Tally;
  readonly traffic: Traffic;
  readonly answer: ReturnType<typeof createServe>;
  readonly account: Accounting;
  readonly lane: HitLane<Account>;
  readonly lookUp: HotLookUpDeps;
} {
  const { hosts, store, keys, fills, origin, settings, journal, ledger, desk, moments, clock, log } = deps;
  const tally = createTally();
  const traffic = createTraffic(
    () => clock.nowMs(),
    (host) => siteOf(hosts, host),
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
    moments,
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
  const account = createAccounting({ ledger, desk, tally, sample: () => moments().sample });
  const lookUp = { hosts, store, keys, clock, admit };
  const lane = createFastLane({
    ...lookUp,
    tally,
    requestId,
    onHit(site, { host, target }, bytes) {
      traffic.hit(site, target, bytes);
      fastLog?.(host, target, bytes);
    },
  });
  return { tally, traffic, answer, account, lane, lookUp };
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
