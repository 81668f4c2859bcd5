import path from 'node:path';
import { createMediaClient } from '@media-network/chain';
import type { Found, MediaClient } from '@media-network/chain';
import { addressOf, boxKeyOf, equalBytes, parseAddress } from '@media-network/protocol';
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
import { isLoopbackHost, requireFreePorts } from '@media-network/runtime/daemon';
import { createViewer } from '@media-network/viewer';
import { address } from '@solana/kit';
import type { Address } from '@solana/kit';
import { createActionRunner } from './actions.ts';
import { createAuthorise } from './authorise/authorise.ts';
import { createKeys } from './authorise/keys.ts';
import { createSetDuty } from './authorise/set.ts';
import { createSettingsReader } from './authorise/settings-reader.ts';
import { createTickets } from './authorise/tickets.ts';
import { guardPorts } from './config.ts';
import type { GuardConfig } from './config.ts';
import { createCounts } from './counts.ts';
import { createEvidenceSource } from './evidence-source.ts';
import { openEvidenceStore } from './evidence-store.ts';
import { listenHttp } from './http.ts';
import { createMeter } from './meter/meter.ts';
import { createSweep } from './meter/sweep.ts';
import { createNetwork } from './network.ts';
import { createPeerFetch } from './peer-fetch.ts';
import { createOriginFetch } from './probe/origin-fetch.ts';
import { createProbeBook } from './probe/probe-book.ts';
import { createProbe } from './probe/probe.ts';
import { createProber } from './probe/prober.ts';
import { createRateLimit } from './rate-limit.ts';
import { createRoutes } from './routes.ts';
import type { Guard, GuardOverrides, GuardSecrets } from './types.ts';

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
  const client = overrides.client ?? chainClient(config, { clock, log, random, signal: stop.signal });

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
    const network = createNetwork(client, clock, roundMs);
    const store = await openEvidenceStore(
      path.join(config.dir, 'evidence'),
      config.evidenceBytes,
      (error) => {
        log.warn({ code: errorCode(error) }, 'the disk does not take evidence');
      },
    );
    const allowPrivate = config.allowPrivate ?? isLoopbackHost(new URL(config.rpcUrl).hostname);
    const fetch = createPeerFetch(log, { allowPrivate });
    scope.add('peer fetch', () => fetch.close());
    const origin = createOriginFetch({ allowPrivate });
    scope.add('origin fetch', () => origin.close());
    const source = createEvidenceSource(store, fetch);
    const settings = createSettingsReader(client, account.no, sealKey);
    const book = createProbeBook();

    const shared = { client, network, runner, operator, guard: account, counts, clock, log };
    const set = createSetDuty(shared);
    const authorise = createAuthorise({ ...shared, settings, origin });
    const meter = createMeter({
      ...shared,
      source,
      store,
      fetch,
      probes: book,
      guardNo: account.no,
      chargeEveryHours,
      claim: config.claim,
      overrides,
    });
    const sweep = createSweep(shared);
    const prober = createProber({
      viewer: createViewer(),
      fetch,
      origin,
      book,
      clock,
      log,
      random,
      allowPrivate,
    });
    const probe = createProbe({
      ...shared,
      settings,
      prober,
      book,
      random,
      zone: config.zone,
      maxBytes: config.probeBytes,
    });

    const tickets = createTickets({
      network,
      operator,
      guardNo: account.no,
      creditWindow: config.creditWindow,
    });
    const keys = createKeys({ client, network, settings });
    const limit = createRateLimit(clock, config.ticketsPerMinute);
    const keyLimit = createRateLimit(clock, KEYS_PER_MINUTE);
    const anyLimit = createRateLimit(clock, REQUESTS_PER_MINUTE);
    const closing = (): boolean => scope.signal.aborted;
    const routes = createRoutes({
      ...shared,
      store,
      meter,
      book,
      authorise,
      tickets,
      keys,
      limit,
      keyLimit,
      anyLimit,
      closing,
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
    const tasks = [
      createRepeatingTask(() => set.round(), deps, { name: 'set', ...every }),
      createRepeatingTask((signal) => authorise.round(signal), deps, { name: 'authorise', ...every }),
      createRepeatingTask((signal) => meter.round(signal), deps, { name: 'meter', ...every }),
      createRepeatingTask((signal) => sweep.round(signal), deps, { name: 'sweep', ...every }),
      ...(config.probe
        ? [createRepeatingTask((signal) => probe.round(signal), deps, { name: 'probe', ...every })]
        : []),
    ];
    for (const task of tasks) task.start();
    const watch = client.watch('any', () => tasks.forEach((task) => task.nudge()), { pollMs: WATCH_POLL_MS });
    scope.add('watch', () => watch.close());
    scope.add('tasks', async () => {
      stop.abort();
      await Promise.all(tasks.map((task) => task.stop()));
    });
    overrides.signal?.removeEventListener('abort', endStart);
    log.info({ guard: account.address, no: account.no, url: server.url }, 'guard is up');

    return {
      url: server.url,
      address: account.address,
      no: account.no,
      tasks,
      stats: () => ({
        votes: { confirmed: counts.get('confirmed'), rejected: counts.get('rejected') },
        reasons: counts.reasons(),
        hoursProposed: counts.get('hours'),
        epochsProposed: counts.get('epochs'),
        recorded: counts.get('recorded'),
        charged: counts.get('charged'),
        unwrapped: counts.get('unwrapped'),
        authorised: counts.get('authorised'),
        claimed: counts.claimed,
        tickets: counts.get('tickets'),
        keys: counts.get('keys'),
        probes: counts.get('probes'),
        probedBytes: book.probedBytes,
        probeTotals: book.totals,
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

function chainClient(
  config: GuardConfig,
  deps: Pick<Required<GuardOverrides>, 'clock' | 'log' | 'random'> & { readonly signal: AbortSignal },
): MediaClient {
  return createMediaClient({
    rpcUrl: config.rpcUrl,
    ...(config.wsUrl === undefined ? {} : { wsUrl: config.wsUrl }),
    programId: addressOption('--program-id', config.programId),
    ...deps,
  });
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
