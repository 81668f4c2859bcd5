import path from 'node:path';
import { addressOption, createConfiguredClient } from '@media-network/chain';
import type { Found, MediaClient } from '@media-network/chain';
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
import { isLoopbackHost, requireFreePorts } from '@media-network/runtime/daemon';
import type { Address } from '@solana/kit';
import { createActionRunner } from './actions.ts';
import { createAuthorise } from './authorise/authorise.ts';
import { createKeys } from './authorise/keys.ts';
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
import { createSweep } from './meter/sweep.ts';
import { createMoments } from './moments.ts';
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
import { createRateLimit } from './rate-limit.ts';
import { createRoutes } from './routes.ts';
import { openHourBook } from './state/hour-book.ts';
import { openHourLog } from './state/hour-log.ts';
import { createWitnessDesk } from './witness/witness-desk.ts';
import type { Guard, GuardOverrides, GuardSecrets } from './types.ts';

/** Each costs two signatures; a viewer has one a target at most, but many share an address. */
const WITNESSES_PER_MINUTE = 600;
/** Each costs a signature and a read of the chain; an edge needs one a resource. */
const KEYS_PER_MINUTE = 3_000;
/** The watch's own poll would only end the pauses that it is there to end for a reason. */
const WATCH_POLL_MS = 600_000;
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
  const log = overrides.log ?? createLog('guard', { level: config.logLevel });
  const random = overrides.random ?? Math.random;
  const { operator } = secrets;
  const scope = createScope();
  // What waits for the chain is given up when the guard ends, or is told to before it is up.
  const stop = new AbortController();
  const endStart = (): void => stop.abort();
  overrides.signal?.addEventListener('abort', endStart, { once: true });
  const sealKey = await boxKeyOf(secrets.sealKey.reveal());
  const client =
    overrides.client ?? createConfiguredClient(config, { clock, log, random, signal: stop.signal });

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
    const allowPrivate = config.allowPrivate ?? isLoopbackHost(new URL(config.rpcUrl).hostname);
    const fetch = createPeerFetch(log, { allowPrivate });
    scope.add('peer fetch', () => fetch.close());
    const origin = createOriginFetch({ allowPrivate });
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
    const intake = createCommitIntake({ book, contradictions });

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
    const sweep = createSweep(shared);
    const addresses = (config.probeAddresses ?? '')
      .split(',')
      .map((each) => each.trim())
      .filter(Boolean);
    const prober = createProber({ ...shared, edges, origin, addresses, totals: probeTotals });
    const probe = createProbe({ ...shared, prober, zone: config.zone });
    const witnesses = createWitnessDesk({ ...shared, prober });

    const keys = createKeys(shared);
    const routes = createRoutes({
      ...shared,
      meter,
      probeTotals,
      contradictions,
      witnesses,
      authorise,
      keys,
      witnessLimit: createRateLimit(clock, WITNESSES_PER_MINUTE),
      keyLimit: createRateLimit(clock, KEYS_PER_MINUTE),
      anyLimit: createRateLimit(clock, REQUESTS_PER_MINUTE),
      closing: () => scope.signal.aborted,
    });
    const server = await listenHttp(config, routes, log);
    scope.add('http', () => server.close());

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
    const tasks = [
      task('set', set),
      task('authorise', authorise),
      task('collect', collect),
      task('inspect', inspector),
      task('meter', meter),
      task('sweep', sweep),
      ...(config.probe ? [task('probe', probe)] : []),
    ];
    const watch = client.watch('any', () => tasks.forEach((each) => each.nudge()), { pollMs: WATCH_POLL_MS });
    scope.add('watch', () => watch.close());
    scope.add('witnesses', () => witnesses.close());
    log.info({ guard: account.address, no: account.no, url: server.url }, 'guard is up');

    return {
      url: server.url,
      address: account.address,
      no: account.no,
      tasks,
      stats: () => ({
        verdicts: counts.get('verdicts'),
        reveals: counts.get('reveals'),
        reasons: counts.reasons(),
        hoursProposed: counts.get('hours'),
        epochsProposed: counts.get('epochs'),
        recorded: counts.get('recorded'),
        charged: counts.get('charged'),
        authorised: counts.get('authorised'),
        claimed: counts.claimed,
        keys: counts.get('keys'),
        commits: counts.get('commits'),
        probes: counts.get('probes'),
        probedBytes: book.probedBytes,
        witnesses: counts.get('witnesses'),
        probeTotals: probeTotals.all(),
        evidence: { blobs: store.blobs, bytes: store.bytes },
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
