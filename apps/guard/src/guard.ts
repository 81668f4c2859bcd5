import path from 'node:path';
import { addressOption, createConfiguredClient } from '@media-network/chain';
import type { Found, MediaClient } from '@media-network/chain';
import { createNodePost } from '@media-network/chain/node';
import { boxKeyOf, equalBytes } from '@media-network/protocol';
import type { BoxKey } from '@media-network/protocol';
import {
  MediaError,
  createLog,
  createRepeatingTask,
  createScope,
  errorCode,
  errorMessage,
  systemClock,
} from '@media-network/runtime';
import type { RepeatingTask, RoundResult } from '@media-network/runtime';
import { isLoopbackHost, openDenyList, requireFreePorts } from '@media-network/runtime/daemon';
import type { Address } from '@solana/kit';
import { createActionRunner } from './actions.ts';
import { createAuthorise } from './authorise/authorise.ts';
import { createKeys } from './authorise/keys.ts';
import { createFindingDesk } from './findings/finding-desk.ts';
import { createFindingSync } from './findings/finding-sync.ts';
import { createFindings } from './findings/findings.ts';
import { createSetDuty } from './authorise/set.ts';
import { createSettingsReader } from './authorise/settings-reader.ts';
import { createCollect } from './collect/collect.ts';
import { createCommitIntake } from './collect/commit-intake.ts';
import { openContradictions } from './collect/contradictions.ts';
import { guardPorts } from './config.ts';
import type { GuardConfig } from './config.ts';
import { createCounts } from './counts.ts';
import { createEvidenceSource } from './evidence/evidence-source.ts';
import { openEvidenceStore } from './evidence/evidence-store.ts';
import { createHasher } from './evidence/hasher.ts';
import { createPeerFetch } from './evidence/peer-fetch.ts';
import { listenHttp } from './http.ts';
import { createInspector } from './inspect/inspector.ts';
import { createSessionBook } from './inspect/session-book.ts';
import { createMeter } from './meter/meter.ts';
import { NONE_DENIED, createDenials } from './denials.ts';
import { createElect } from './elect/elect.ts';
import { openOwnVotes } from './elect/own-votes.ts';
import { openSecrets } from './elect/secrets.ts';
import { createBuyback } from './buyback/buyback.ts';
import { createMonths } from './months/months.ts';
import { createSweep } from './meter/sweep.ts';
import { createMoments } from './moments.ts';
import { openNames } from './name/names.ts';
import type { Names } from './name/names.ts';
import { createNetwork } from './network.ts';
import { createEdgeRequest } from './probe/edge-request.ts';
import { createOriginBodies } from './probe/origin-bodies.ts';
import { createOriginFetch } from './probe/origin-fetch.ts';
import { createPaidShares } from './probe/paid-shares.ts';
import { createProbeBudget } from './probe/probe-budget.ts';
import { createProbe } from './probe/probe.ts';
import { createProbeTotals } from './probe/probe-totals.ts';
import { createProber } from './probe/prober.ts';
import { createTargetPool } from './probe/target-pool.ts';
import { createPurgeDesk } from './purge/purge-desk.ts';
import { openPurgeLog } from './purge/purge-log.ts';
import { createPurgeSync } from './purge/purge-sync.ts';
import { createRateLimit } from './rate-limit.ts';
import { createRoutes } from './routes.ts';
import { createShareDesk } from './shares/share-desk.ts';
import { openHourBook } from './state/hour-book.ts';
import { openHourLog } from './state/hour-log.ts';
import { createWitnessDesk } from './witness/witness-desk.ts';
import { openStun } from './track/stun.ts';
import { createTrack } from './track/track.ts';
import type { Guard, GuardOverrides, GuardSecrets } from './types.ts';

/** Each costs two signatures; a viewer has one a target at most, but many share an address. */
const WITNESSES_PER_MINUTE = 600;
/** Each costs a signature and a read of the chain; an edge needs one a resource. */
const KEYS_PER_MINUTE = 3_000;
/** Edges are looked at every five seconds, and again in a second where one did not answer: gone within a TTL. */
const NAME_PAUSES = { intervalMs: 5_000, busyIntervalMs: 1_000, maxBackoffMs: 10_000 };
/** The watch's own poll would only end the pauses that it is there to end for a reason. */
const WATCH_POLL_MS = 600_000;
/** Of one guard: it asks twice a minute, or ten times a sample where samples are short. */
const FINDING_LISTS_PER_MINUTE = 120;
/** Each costs a signature. */
const PURGES_PER_MINUTE = 1_200;
/** Each costs two signatures; an edge asks once a sample, and when a resource is asked for anew. */
const SHARES_PER_MINUTE = 3_000;
/** Of one resource; each costs an fsync. As many as an edge takes. */
const PURGES_OF_RESOURCE_PER_MINUTE = 120;
/** Guards ask each other for evidence and counters, one request a report and blob. */
const REQUESTS_PER_MINUTE = 30_000;

/**
 * Builds and starts a guard. Rejects with `guard/not-registered`, `guard/wrong-operator`, `guard/wrong-seal-key`,
 * `guard/port-in-use`, or what the chain client rejects with.
 */
export async function createGuard(
  config: GuardConfig,
  secrets: GuardSecrets,
  overrides: GuardOverrides = {},
): Promise<Guard> {
  const clock = overrides.clock ?? systemClock;
  const log =
    overrides.log ??
    createLog('guard', { level: config.logLevel, file: path.join(config.dir, 'log', 'guard.jsonl') });
  const random = overrides.random ?? Math.random;
  const { operator } = secrets;
  const scope = createScope();
  // What waits for the chain is given up when the guard ends, or is told to before it is up.
  const stop = new AbortController();
  const endStart = (): void => stop.abort();
  overrides.signal?.addEventListener('abort', endStart, { once: true });
  const sealKey = await boxKeyOf(secrets.sealKey.reveal());
  const client =
    overrides.client ??
    createConfiguredClient(config, { clock, log, post: createNodePost(), random, signal: stop.signal });

  await requireFreePorts(guardPorts(config));
  const account = await ownAccount(
    client,
    config.owner === undefined ? operator.address : addressOption('--owner', config.owner),
    operator.address,
    sealKey,
  );
  const { sampleSecs, hoursPerWeek } = await client.config();
  const roundMs = config.roundMs ?? Math.min(5_000, Math.max(250, sampleSecs * 250));
  const chargeEveryHours = BigInt(config.chargeEveryHours ?? Math.max(1, Math.floor(hoursPerWeek / 7)));

  try {
    const counts = createCounts();
    const runner = createActionRunner({ clock, log, onFailure: () => counts.add('failures') });
    const resources = client.follow('resource');
    scope.add('resources', () => resources.close());
    const network = createNetwork(client, resources, clock, roundMs);
    const onDiskFailure = (error: unknown): void => {
      log.warn({ code: errorCode(error) }, 'the disk does not take evidence');
    };
    const onFailure = (error: unknown): void => {
      counts.add('failures');
      log.warn({ code: errorCode(error), err: errorMessage(error) }, 'work failed');
    };
    const hasher = createHasher();
    scope.add('hasher', () => hasher.close());
    const store = await openEvidenceStore(
      path.join(config.dir, 'evidence'),
      { maxBytes: config.evidenceBytes, hasher },
      onDiskFailure,
    );
    const hourLog = await openHourLog(path.join(config.dir, 'hours'));
    scope.add('hour log', () => hourLog.close());
    const book = await openHourBook(hourLog, onDiskFailure);
    const contradictions = await openContradictions(path.join(config.dir, 'contradictions'));
    const secrets = await openSecrets(path.join(config.dir, 'elections'));
    const ownVotes = await openOwnVotes(path.join(config.dir, 'votes.json'));
    const purges = await openPurgeLog(path.join(config.dir, 'purges'));
    scope.add('purges', () => purges.close());
    const allowPrivate = config.allowPrivate ?? isLoopbackHost(new URL(config.rpcUrl).hostname);
    const fetch = createPeerFetch(log, { allowPrivate });
    scope.add('peer fetch', () => fetch.close());
    const origin = createOriginFetch({ allowPrivate, nowMs: () => clock.nowMs() });
    scope.add('origin fetch', () => origin.close());
    const edges = createEdgeRequest({ allowPrivate });
    scope.add('edge requests', () => edges.close());
    const source = createEvidenceSource(store, fetch, hasher);
    const settings = createSettingsReader(client, account.no, sealKey);
    const sessions = createSessionBook();
    const moments = createMoments();
    const targets = createTargetPool();
    const bodies = createOriginBodies();
    const budget = createProbeBudget(config.probeBytes);
    const shares = createPaidShares();
    const probeTotals = createProbeTotals();
    const denyList =
      config.denyList === undefined ? undefined : await openDenyList(config.denyList, { clock, log });
    const denials = denyList === undefined ? NONE_DENIED : createDenials(denyList);
    const intake = createCommitIntake({ book, contradictions });
    const findings = createFindings({ network, book, guard: account, operator });

    const shared = {
      client,
      network,
      runner,
      operator,
      guard: account,
      guardNo: account.no,
      fetch,
      source,
      store,
      book,
      settings,
      sessions,
      moments,
      targets,
      bodies,
      budget,
      shares,
      intake,
      denials,
      findings,
      counts,
      clock,
      log,
      random,
      onFailure,
    };
    const set = createSetDuty(shared);
    const authorise = createAuthorise({ ...shared, origin });
    const collect = createCollect(shared);
    const inspector = createInspector(shared);
    const meter = createMeter({ ...shared, inspector, chargeEveryHours, claim: config.claim, overrides });
    const months = createMonths(shared);
    const buyback = createBuyback(shared);
    const elect = createElect({ ...shared, contradictions, secrets, ownVotes, overrides });
    const sweep = createSweep(shared);
    const addresses = (config.probeAddresses ?? '')
      .split(',')
      .map((each) => each.trim())
      .filter(Boolean);
    const prober = createProber({ ...shared, edges, origin, addresses, totals: probeTotals });
    const probe = createProbe({ ...shared, prober, zone: config.zone });
    const witnesses = createWitnessDesk({ ...shared, prober });

    const purgeDesk = createPurgeDesk({
      network,
      purges,
      limit: createRateLimit(clock, PURGES_OF_RESOURCE_PER_MINUTE),
      log,
    });
    const purgeSync = createPurgeSync({ ...shared, desk: purgeDesk });

    const findingDesk = createFindingDesk({
      ...shared,
      limit: createRateLimit(clock, FINDING_LISTS_PER_MINUTE),
    });
    const findingSync = createFindingSync(shared);
    const shareDesk = createShareDesk({
      ...shared,
      ...(overrides.share === undefined ? {} : { share: overrides.share }),
    });
    const keys = createKeys(shared);
    const names = config.dnsPort === undefined ? undefined : await openNames(shared, config, allowPrivate);
    const routes = createRoutes({
      ...shared,
      meter,
      probeTotals,
      contradictions,
      witnesses,
      authorise,
      keys,
      names,
      purges: purgeDesk,
      findings: findingDesk,
      shares: shareDesk,
      shareLimit: createRateLimit(clock, SHARES_PER_MINUTE),
      purgeLimit: createRateLimit(clock, PURGES_PER_MINUTE),
      witnessLimit: createRateLimit(clock, WITNESSES_PER_MINUTE),
      keyLimit: createRateLimit(clock, KEYS_PER_MINUTE),
      anyLimit: createRateLimit(clock, REQUESTS_PER_MINUTE),
      closing: () => scope.signal.aborted,
    });
    const stun =
      config.track && config.stunPort !== undefined
        ? await openStun(config, account.endpoint, clock)
        : undefined;
    if (stun !== undefined) scope.add('stun', () => stun.close());
    const track = config.track
      ? createTrack({ client, network, clock, random, ice: () => (stun === undefined ? [] : [stun.url]) })
      : undefined;
    const server = await listenHttp(config, routes, log, track?.door);
    scope.add('http', () => server.close());
    if (track !== undefined) scope.add('tracker', () => track.door.close());

    if (names !== undefined) {
      // What is asked before the first round would be refused for want of a zone.
      await names.round(scope.signal);
      const listening = await names.listen();
      scope.add('name server', () => listening.close());
    }
    const deps = { clock, log, onFailure: () => counts.add('failures') };
    // Where nothing happens there is nothing to read: pauses grow to a tenth of a sample, and end when the chain stirs.
    const maxIdleMs = Math.max(roundMs, Math.min(30_000, sampleSecs * 100));
    const every = {
      intervalMs: roundMs,
      maxIdleMs,
      busyIntervalMs: Math.min(roundMs, 100),
      maxBackoffMs: 10_000,
    };
    const task = (
      name: string,
      duty: { round(signal: AbortSignal): Promise<RoundResult>; close?(): Promise<void> },
    ): RepeatingTask => {
      const made = createRepeatingTask((signal) => duty.round(signal), deps, { name, ...every });
      made.start();
      scope.add(name, () => made.stop());
      // What hangs is told to end before the task is waited for.
      if (duty.close !== undefined) scope.add(`${name} in hand`, () => duty.close?.());
      return made;
    };
    const nameTask = (duty: Names): RepeatingTask => {
      const made = createRepeatingTask((signal) => duty.round(signal), deps, {
        name: 'name',
        ...NAME_PAUSES,
      });
      made.start();
      scope.add('name', () => made.stop());
      scope.add('challenges of capacity', () => duty.close());
      return made;
    };
    const tasks = [
      task('set', set),
      task('authorise', authorise),
      task('collect', collect),
      task('inspect', inspector),
      task('meter', meter),
      task('months', months),
      task('buyback', buyback),
      task('elect', elect),
      task('sweep', sweep),
      task('purges', purgeSync),
      task('findings', findingSync),
      ...(config.probe ? [task('probe', probe)] : []),
      ...(names === undefined ? [] : [nameTask(names), task('secondaries', names.secondaries)]),
    ];
    if (denyList !== undefined) {
      denyList.task.start();
      tasks.push(denyList.task);
      scope.add('deny list', () => denyList.task.stop());
    }
    const watch = client.watch('any', () => tasks.forEach((each) => each.nudge()), { pollMs: WATCH_POLL_MS });
    scope.add('watch', () => watch.close());
    scope.add('witnesses', () => witnesses.close());
    log.info({ guard: account.address, no: account.no, url: server.url }, 'guard is up');

    return {
      url: server.url,
      address: account.address,
      no: account.no,
      dns: names?.at,
      tasks,
      stats: () => ({
        verdicts: counts.get('verdicts'),
        reveals: counts.get('reveals'),
        reasons: counts.reasons(),
        hoursProposed: counts.get('hours'),
        epochsProposed: counts.get('epochs'),
        elections: counts.get('elections'),
        votes: counts.get('votes'),
        recorded: counts.get('recorded'),
        charged: counts.get('charged'),
        months: counts.get('months'),
        buybacks: counts.get('buybacks'),
        burns: counts.get('burns'),
        authorised: counts.get('authorised'),
        claimed: counts.claimed,
        keys: counts.get('keys'),
        commits: counts.get('commits'),
        probes: counts.get('probes'),
        probedBytes: book.probedBytes,
        witnesses: counts.get('witnesses'),
        probeTotals: probeTotals.all(),
        evidence: { blobs: store.blobs, bytes: store.bytes },
        tracker: track?.tracker.stats,
      }),
      close: () => scope.close(),
    };
  } catch (error) {
    return await scope.fail(error, (failure) =>
      log.warn({ err: errorMessage(failure) }, 'could not stop everything'),
    );
  }
}

/** The guard account of the owner, if it names the keys that this process holds. */
async function ownAccount(
  client: MediaClient,
  owner: Address,
  operator: Address,
  sealKey: BoxKey,
): Promise<Found<'guard'>> {
  const account = await client.guard(owner);
  const refuse = (code: string, message: string): MediaError =>
    new MediaError({ code, message, source: 'client', context: { owner, operator } });
  if (account === null)
    throw refuse(
      'guard/not-registered',
      `${owner} has no guard account. Stake for the role guard and register it first.`,
    );
  if (account.operator !== operator) {
    throw refuse(
      'guard/wrong-operator',
      `The guard account names ${account.operator} as its operator, not ${operator}. Start with that key, or update the account.`,
    );
  }
  if (!equalBytes(account.sealKey, sealKey.publicKey)) {
    throw refuse(
      'guard/wrong-seal-key',
      'The guard account names another seal key. Start with its key file, or update the account.',
    );
  }
  return account;
}
