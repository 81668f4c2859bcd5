import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { addressOption } from '@media-network/chain';
import { resourceLabel, signerOf } from '@media-network/protocol';
import { openCountries, shippedCountries } from '@media-network/geo';
import { createLog, createScope, errorMessage, systemClock } from '@media-network/runtime';
import type { RepeatingTask } from '@media-network/runtime';
import { holdPorts, isLoopbackHost, openDenyList } from '@media-network/runtime/daemon';
import type { HeldPorts } from '@media-network/runtime/daemon';
import type { Address } from '@solana/kit';
import { openBodies } from './bodies.ts';
import { connectToChain } from './chain/connect.ts';
import { createMoments } from './chain/moments.ts';
import { edgePorts } from './config.ts';
import type { EdgeConfig } from './config.ts';
import { createCommitDesk } from './control/commit-desk.ts';
import type { CommitDesk } from './control/commit-desk.ts';
import { startControlServer } from './control/control-server.ts';
import { createStatements } from './control/statements.ts';
import { openDataPlane } from './data-plane.ts';
import type { Edge, EdgeOverrides, EdgeSecrets } from './edge-api.ts';
import { createFacts } from './facts.ts';
import { lockFolder } from './folder-lock.ts';
import type { FolderLock } from './folder-lock.ts';
import { createMeasures } from './measure/measures.ts';
import { createMetrics } from './metrics.ts';
import { openBooks } from './open-books.ts';
import { controlAt, inherited, urlHost } from './places.ts';
import { openPurges } from './purge/open-purges.ts';
import type { PurgeOutcome } from './purge/purge-desk.ts';
import { buildHonestReport, sha256 } from './report/report-builder.ts';
import { siteOf } from './serve/identify.ts';
import { createSessionDesk } from './session/session-desk.ts';
import type { SessionDesk } from './session/session-desk.ts';
import { createLateDesk } from './succession/late-desk.ts';
import { createSuccession } from './succession/succession.ts';
import type { Legacy, Succession } from './succession/succession.ts';
import { createShareSync } from './tenant/share-sync.ts';
import { NONE_DENIED, createDenials } from './tenant/denials.ts';
import { createTenantBook } from './tenant/tenant-book.ts';
import { createTxtLookup } from './tenant/txt-lookup.ts';
import { createSiblingClient } from './tier/sibling-client.ts';
import { MAX_TIER_ANSWER_BYTES, TIER_TIMEOUT_MS } from './tier/tier-client.ts';
import { openNames } from './tls/open-names.ts';
import { openTlsSources } from './tls/tls-sources.ts';
import { SOFTWARE } from './version.ts';
import { wirePhases } from './wire-phases.ts';
import type { ListenPlace } from './workers/worker-pool.ts';

/** A round of background work may take so long to end before another generation takes over; what it does later, that one does again. */
const HOLD_MS = 10_000;
/** In which the tunnels of a generation that was taken over from are ended: whoever had one comes back for another. */
const TUNNEL_SPREAD_MS = 60_000;

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
  const log =
    overrides.log ??
    createLog('edge', { level: config.logLevel, file: join(config.dir, 'log', 'edge.jsonl') });
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
      overrides.chain ?? (await connectToChain(config, secrets, { clock, log, random, signal: stop.signal }));
    scope.add('chain', () => chain.close());
    await chain.start();
    tasks.push(...chain.tasks);
    const { moments, goOnFrom } = createMoments(chain, clock);
    const sample = (): number => moments().sample;
    const book = createTenantBook(chain, {
      zone: config.zone,
      ...(config.defaultResource === undefined
        ? {}
        : { defaultResource: addressOption('--default-resource', config.defaultResource) }),
      served: (key, of) => ledger.bytesInSample(key, of),
      onWanted: (key) => shares?.want(key),
    });

    const isLocal = isLoopbackHost(new URL(config.rpcUrl).hostname);
    const txt = createTxtLookup(config.resolver ?? (isLocal ? 'none' : 'system'));
    scope.add('resolver', async () => txt.close());

    // Whatever can be wrong with this generation is found before the one before it stops for it.
    const sources = dataPlane ? await openTlsSources(config, clock) : undefined;
    let legacy: Legacy | undefined;
    if (predecessor !== undefined) {
      legacy = await predecessor.letGo();
      lock = await lockFolder(config.dir, main);
    }

    // The books, and what they become.
    const instance = legacy?.instance ?? randomUUID();
    const { ledger, journal, caps, evidence, commitAt, reporter, claimer, credit, ...books } =
      await openBooks(config, {
        chain,
        scope,
        build: overrides.buildReport ?? buildHonestReport,
        counters: overrides.counters,
        sign,
        instance,
        fetch,
        random,
        clock,
        log,
      });
    goOnFrom(Math.max(evidence.lastCommitted(), ledger.lastCounted()));
    // One generation of processes after the other has the books; what an earlier one still sends is told to this.
    let succession: Succession | undefined;
    const late = createLateDesk({
      book,
      ledger,
      sample,
      account: (paying, head, body) => succession?.written(paying, head, body),
      sessions: () => desk,
      commit: (body) => commits.commit(body),
      purge: (body) => purges.desk.take(body),
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
    const shares =
      overrides.shares === false
        ? undefined
        : createShareSync({ chain, tenants: book, ledger, moments, sign, fetch, clock, log, random });
    const booksTasks = [
      ...books.tasks,
      desk.task({ clock, log }),
      ...(shares === undefined ? [] : [shares.task]),
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
      catchUp: (tenant) => purges.sync.catchUp(tenant),
    });
    const purges = await openPurges(config.dir, {
      chain,
      tenants: book,
      store: bodies.store,
      barrier: () => hot?.barrier(),
      sign,
      fetch,
      scope,
      clock,
      log,
    });
    booksTasks.push(purges.sync.task);
    tasks.push(purges.sync.task);

    const siblingClient = createSiblingClient({
      allowPrivate: config.allowPrivateOrigins ?? isLocal,
      timeoutMs: TIER_TIMEOUT_MS,
      maxBytes: MAX_TIER_ANSWER_BYTES,
    });
    scope.add('sibling client', () => siblingClient.close());

    const { hosts, ownNames, challenges, proofs, certificates } = await openNames(config, {
      chain,
      book,
      settings: bodies.settings,
      txt,
      isLocal,
      sources,
      sign,
      fetch,
      random,
      clock,
      log,
    });
    tasks.push(...(certificates?.tasks ?? []));
    // Keys and orders are one generation's at a time.
    if (certificates !== undefined) booksTasks.push(...certificates.tasks);

    // What the operator does not serve.
    const denyList =
      config.denyList === undefined ? undefined : await openDenyList(config.denyList, { clock, log });
    if (denyList !== undefined) tasks.push(denyList.task);

    const measures = createMeasures({ chain, sign });

    // The phases of a request.
    let draining = false;
    let retiring: Promise<void> | undefined;
    const { tally, traffic, answer, account, lane, lookUp, tunnels, ...side } = wirePhases(config, {
      ...bodies,
      hosts,
      proofs,
      journal,
      ledger,
      desk: {
        open: (header, tenant) => desk.open(header, tenant),
        written: (session, head, body) => desk.written(session, head, body),
        hand: (session, bytes) => desk.hand(session, bytes),
        credit: (session) => desk.credit(session),
        vouches: (session) => desk.vouches(session),
        receipts: (body, tenant) => succeeding.receipts(body, tenant),
      },
      credit,
      moments,
      self: () => ({ address: chain.edge, region: chain.region }),
      caps,
      denials: denyList === undefined ? NONE_DENIED : createDenials(denyList),
      clock,
      log,
      random,
      chain,
      measures,
      siblingClient,
      purged: purges.lately,
      sign,
      countries: config.countries === undefined ? shippedCountries() : openCountries(config.countries),
      httpsPort: () => plane.places.find(({ listener }) => listener === 'https')?.port,
    });

    // Before anybody is served.
    purges.desk.finish();
    tasks.push(tunnels.task, side.healthChecks);

    const succeeding = createSuccession({
      answer,
      account,
      desk: () => desk,
      commit: (body) => commits.commit(body),
      purge: (body) => purges.desk.take(body),
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
        const keepPurges = await purges.book.letGo();
        await lock?.release();
        return async () => {
          lock = await lockFolder(config.dir, main);
          keepStore();
          await keepPurges();
          await journal.takeBack();
        };
      },
      resume() {
        for (const task of booksTasks) task.resume();
        plane.resume();
      },
      async drain() {
        void control.close();
        tunnels.drain(Math.min(TUNNEL_SPREAD_MS, config.upgradeDrainMs / 2));
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
      room: (tenant) =>
        Math.min(
          credit.roomBytes(tenant),
          tenant.quota.roomBytes(chain.nowMs()),
          tenant.share.roomBytes(moments().chainMs),
          caps.roomBytes(clock.nowMs()),
        ),
      onHits(host, target, bytes, times) {
        tally.fastHit(times);
        traffic.hit(siteOf(hosts, host), target, bytes, times);
      },
      tally,
      certificates,
      clock,
      log,
    });
    if (hot !== undefined) {
      bodies.copies.onDisturbed = hot.disturbed;
      bodies.copies.onVoided = hot.voided;
      chain.onResources(() => hot.follow());
    }

    // What is said of all this.
    const { stats, readiness } = createFacts({
      tally,
      journal,
      reporter,
      claimer,
      credit,
      plane,
      caps,
      chain,
      draining: () => draining,
      clock,
    });
    const metrics = createMetrics({
      certificates,
      tally,
      store: bodies.store,
      plane,
      tunnels,
      originStates: side.originStates,
      purges: purges.desk,
      caps: () => caps.facts(clock.nowMs()),
      stats,
      taskFailures: () => Object.fromEntries(tasks.map((task) => [task.name, task.failures])),
    });
    const statements = createStatements({ chain, store: bodies.store, keys: bodies.keys, book, sign });
    const commits = createCommitDesk({
      chain,
      moments,
      commitAt,
      async settle() {
        await Promise.all([plane.settle(), late.sync()]);
      },
    });
    await ports?.release();
    const control = await startControlServer(
      {
        statements,
        commits: { commit: (body) => succeeding.commit(body) as ReturnType<CommitDesk['commit']> },
        // What the other end of this program says.
        purge: (body) => succeeding.purge(body) as Promise<PurgeOutcome>,
        tier: (body) => side.tierDesk.answer(body),
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
        roundTrips: (window) => measures.roundTrips.list(window),
        certificates: () => certificates?.list() ?? [],
        challenges,
        info: () => ({
          edge: chain.edge,
          owner: chain.owner,
          operator: chain.operator,
          instance,
          version: 1,
          zone: config.zone,
          https: plane.places.find(({ listener }) => listener === 'https')?.port ?? null,
          region: chain.region,
          caps: caps.facts(clock.nowMs()),
          measured: measures.roundTrips.latest?.toString() ?? null,
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
      tunnels.drain(0);
      await plane.close({ graceMs: config.drainMs, idleMs: 0 });
    });
    const { host } = config;
    const places: ListenPlace[] = dataPlane ? [{ listener: 'http', host, port: config.port }] : [];
    if (certificates !== undefined) places.push({ listener: 'https', host, port: config.httpsPort });
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
      certificates: () => certificates?.list() ?? [],
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
        tunnels.drain(0);
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
