import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { addressOption } from '@media-network/chain';
import { resourceLabel, signerOf } from '@media-network/protocol';
import { createLog, createScope, errorMessage, systemClock } from '@media-network/runtime';
import type { RepeatingTask } from '@media-network/runtime';
import { holdPorts, isLoopbackHost } from '@media-network/runtime/daemon';
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
import type { Edge, EdgeOverrides, EdgeSecrets, EdgeStats, Readiness } from './edge-api.ts';
import { lockFolder } from './folder-lock.ts';
import type { FolderLock } from './folder-lock.ts';
import { evidenceReaders } from './journal/evidence-readers.ts';
import { openJournal } from './journal/journal.ts';
import { createLedger } from './journal/ledger.ts';
import { createMetrics } from './metrics.ts';
import { controlAt, inherited, urlHost } from './places.ts';
import { readTls } from './read-tls.ts';
import { createClaimer } from './report/claimer.ts';
import { openEvidenceStore } from './report/evidence-store.ts';
import { createKnownProcess } from './report/known-process.ts';
import { createReportCloser } from './report/report-closer.ts';
import { buildHonestReport, sha256 } from './report/report-builder.ts';
import { createReporter } from './report/reporter.ts';
import { siteOf } from './serve/identify.ts';
import { createSessionDesk } from './session/session-desk.ts';
import type { SessionDesk } from './session/session-desk.ts';
import { createLateDesk } from './succession/late-desk.ts';
import { createSuccession } from './succession/succession.ts';
import type { Legacy, Succession } from './succession/succession.ts';
import { createOpenCredit } from './tenant/open-credit.ts';
import { createOwnNames } from './tenant/own-names.ts';
import { createTenantBook } from './tenant/tenant-book.ts';
import { createTxtLookup } from './tenant/txt-lookup.ts';
import { SOFTWARE } from './version.ts';
import { wirePhases } from './wire-phases.ts';
import type { ListenPlace } from './workers/worker-pool.ts';

/** A round of background work may take so long to end before another generation takes over; what it does later, that one does again. */
const HOLD_MS = 10_000;

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
    goOnFrom(Math.max(evidence.lastCommitted(), ledger.lastCounted()));
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
      if (!reporter.stats.registered) problems.push('edge/not-registered');
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
      moments,
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
