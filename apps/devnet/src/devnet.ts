import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINTS, createChainClock } from '@media-network/chain';
import type { Found, MediaClient } from '@media-network/chain';
import { RESOURCE_STATUS } from '@media-network/chain/schema';
import { localRootFile } from '@media-network/certificates';
import { createEdge, parseEdgeConfig } from '@media-network/edge';
import type { Edge, EdgeOverrides } from '@media-network/edge';
import { createGuard, parseGuardConfig } from '@media-network/guard';
import type { Guard, GuardOverrides } from '@media-network/guard';
import { activeIn, addressBytes, boxKeyOf, hourAt, hourStart, resourceLabel } from '@media-network/protocol';
import {
  MediaError,
  Secret,
  createScope,
  errorMessage,
  silentLog,
  systemClock,
} from '@media-network/runtime';
import type { Clock, Log, RepeatingTask } from '@media-network/runtime';
import { ensureVouchingKey } from '@media-network/vouch';
import type { Address } from '@solana/kit';
import type { Devnet, DevnetOptions, DevnetPorts } from './devnet-api.ts';
import { freePorts } from './free-ports.ts';
import { readNetworkFile, writeNetworkFile } from './network-file.ts';
import type { NetworkFile, PublishedOrigin } from './network-file.ts';
import { chooseOrigin, sampleSettings } from './origin/choose-origin.ts';
import { createSampleOrigin } from './origin/sample-origin.ts';
import { networkParams } from './periods.ts';
import { ensureSecretFile, readSecretFile } from './secret-file.ts';
import { settle } from './settle.ts';
import { LAMPORTS_PER_SOL, fundTreasury } from './setup/funding.ts';
import { ensureGenesis, ensurePool, ensureQuoteMint, lpWorth } from './setup/market.ts';
import { ensureEdge, ensureGuard } from './setup/nodes.ts';
import { ensureProgram, openCluster, openEmbedded } from './setup/open-chain.ts';
import { ensureResource, settingsInForce } from './setup/publishing.ts';
import type { SetupContext } from './setup/setup-context.ts';
import { startSigner } from './setup/signer.ts';
import { createWalletStore } from './wallet-store.ts';
import type { WalletStore } from './wallet-store.ts';

const REGIONS = ['eu-west', 'us-east', 'ap-south'];
const MEDIA = 1_000_000_000n;
const GUARD_WORTH = 2_000n * MEDIA;
/** What open bytes may earn follows the stake: with periods of seconds a small one would pay for no download. */
const EDGE_WORTH = 10_000n * MEDIA;
const PUBLISHER_WORTH = 10_000n * MEDIA;
/** A few seconds on a quiet machine. */
const AUTHORISED_WITHIN_MS = 240_000;
const FREE_BYTES = 2 ** 30;

/** The one resource that a network of this kind publishes by itself. */
const RESOURCE_ID = 1n;

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/**
 * A whole network in one process: chain, guards, edges and an origin, built by the functions that a real
 * deployment runs. Returns when the guards have authorised the resource. Started again with the same
 * `dir` it goes on where it stopped.
 */
export async function createDevnet(options: DevnetOptions = {}): Promise<Devnet> {
  const scope = createScope();
  try {
    return await build(options, scope);
  } catch (error) {
    return await scope.fail(error, (failure) =>
      options.log?.warn({ err: errorMessage(failure) }, 'could not stop everything'),
    );
  }
}

async function build(options: DevnetOptions, scope: ReturnType<typeof createScope>): Promise<Devnet> {
  const log = options.log ?? silentLog;
  const clock: Clock = options.clock ?? systemClock;
  const onStep = options.onStep ?? ((): void => undefined);
  const guardCount = options.guards ?? 3;
  const edgeCount = options.edges ?? 3;
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'medianet-')));
  // What was asked to stop may still be writing its last.
  if (options.dir === undefined)
    scope.add('folder', () => rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  const wallets = createWalletStore(join(dir, 'wallets'));
  const network = options.dir === undefined ? undefined : await readNetworkFile(dir);
  if (network !== undefined && options.cluster === undefined) await checkWallets(wallets, network, dir);
  const ports = await portPlan(options.ports, edgeCount, guardCount);

  const ending = options.signal === undefined ? {} : { signal: options.signal };
  onStep('start the chain');
  const chain =
    options.cluster === undefined
      ? await openEmbedded(
          { clock, log, ...ending },
          { dir, rpcPort: ports.rpc, ...(ports.ws === undefined ? {} : { wsPort: ports.ws }) },
        )
      : await openCluster({ clock, log, ...ending }, options.cluster, wallets);
  if (chain.localnet !== undefined) scope.add('chain', () => chain.localnet?.close());
  const { client, rpcUrl, wsUrl, programId } = chain;

  const embedded = chain.localnet !== undefined;
  const treasury = options.cluster?.payer ?? (await wallets.ensure('treasury'));
  const context: SetupContext = {
    client,
    treasury,
    airdrop: options.cluster?.payer === undefined ? (to, amount) => chain.airdrop(to, amount) : undefined,
    lamportsEach: (embedded ? 1_000n : 2n) * LAMPORTS_PER_SOL,
    onStep,
  };
  await fundTreasury(context, (embedded ? 100_000n : 25n) * LAMPORTS_PER_SOL);
  await ensureProgram(chain, wallets, treasury, onStep);

  const params = networkParams(options.periods ?? 'real');
  const quoteMint = await ensureQuoteMint(context, await wallets.ensure('quote-mint'));
  const config = await ensureGenesis(
    context,
    { ...params, minGuards: Math.min(params.minGuards, guardCount) },
    quoteMint,
    [
      MINTS.wrappedSol,
      ...(await Promise.all(
        (options.moreQuotes ?? []).map(async (name) => (await wallets.ensure(name)).address),
      )),
    ],
  );
  const market = await ensurePool(context, quoteMint, config.minPoolMedia);
  const pool = market.address;
  if (options.dir !== undefined) await writeNetworkFile(dir, { rpcUrl, wsUrl, programId, quoteMint });

  const common = { rpcUrl, wsUrl, programId };
  const daemonLog = (name: string): Log => log.child({ daemon: name });

  /** The clock of another cluster, by which edges go: it may be a minute behind this machine's. */
  async function followChain(): Promise<Clock> {
    const chainClock = await createChainClock(client, { clock, log: daemonLog('signer') });
    scope.add("the signer's clock", () => chainClock.task.stop());
    return chainClock;
  }

  const sealKeys = await Promise.all(
    Array.from({ length: guardCount }, (_, i) =>
      ensureSecretFile(join(dir, 'keys', `guard-${i + 1}.seal`), 32),
    ),
  );
  async function registerGuard(index: number): Promise<boolean> {
    const box = await boxKeyOf(sealKeys[index] ?? new Uint8Array(32));
    return ensureGuard(context, {
      wallet: await wallets.ensure(`guard-${index + 1}`),
      pool,
      lp: lpWorth(market, GUARD_WORTH),
      sealKey: box.publicKey,
      endpoint: `http://127.0.0.1:${ports.guard(index)}`,
      region: REGIONS[index % REGIONS.length] ?? '',
    });
  }
  const edgeHost = (index: number): string => options.edgeHost?.(index) ?? '127.0.0.1';
  async function registerEdge(index: number): Promise<void> {
    await ensureEdge(context, {
      wallet: await wallets.ensure(`edge-${index + 1}`),
      pool,
      lp: lpWorth(market, EDGE_WORTH),
      endpoint: `http://${edgeHost(index)}:${ports.edge(index)}`,
      control: `http://${edgeHost(index)}:${ports.control(index)}`,
      region: options.edgeRegion?.(index) ?? REGIONS[index % REGIONS.length] ?? '',
    });
  }
  const sealsAnew = await Promise.all(Array.from({ length: guardCount }, (_, i) => registerGuard(i)));

  const publisher = await wallets.ensure('publisher');
  const passwordFile = join(dir, 'keys', 'publisher.password');
  const before = await client.resource(publisher.address, RESOURCE_ID);
  // Where settings are sealed already, a password that was made now would be a wrong one.
  const exists = before !== null && before.settingsVersion > 0;
  const known = exists ? await knownPassword(dir, before.address, passwordFile) : undefined;
  const password =
    exists && options.origin === undefined ? known : (known ?? (await ensureSecretFile(passwordFile, 16)));
  if (password === undefined)
    onStep(
      `the password of the settings, ${passwordFile}, is gone: they stay as they are ("media resource update 1 --new-password" makes another)`,
    );
  const inForce = before === null ? undefined : await settingsInForce(client, before, password);
  const choice = chooseOrigin({
    asked: options.origin,
    rules: options.originRules,
    published: network?.origin ?? undefined,
    inForce: inForce?.settings,
    exists,
    sampleUrl: `http://127.0.0.1:${ports.origin}`,
  });
  const origin =
    choice.kind === 'sample'
      ? await createSampleOrigin({ dir: join(dir, 'origin'), port: ports.origin, clock })
      : undefined;
  if (origin !== undefined) scope.add('origin', () => origin.close());
  const { key: vouchingKey, made } = await ensureVouchingKey(join(dir, 'keys', `vouch-${RESOURCE_ID}.json`));
  if (made && exists)
    onStep(
      `the key of the signer was gone, and edges refuse the tokens of another until the site names it: "media resource update 1 --vouching-key ${vouchingKey.address}"`,
    );
  const resource = await ensureResource(context, {
    publisher,
    pool,
    id: RESOURCE_ID,
    lp: lpWorth(market, options.publisherWorth ?? PUBLISHER_WORTH),
    allowance: options.allowance ?? 10_000_000_000n,
    vouchKey: addressBytes(vouchingKey.address),
    settings:
      choice.kind === 'own'
        ? choice.settings
        : choice.publish && origin !== undefined
          ? sampleSettings(origin.url)
          : undefined,
    password,
    sealAnew: sealsAnew.includes(true),
  });
  const signer = await startSigner(
    { clock: embedded ? clock : await followChain() },
    { key: vouchingKey, resource: resource.address, hours: config, port: ports.signer },
  );
  scope.add('signer', () => signer.close());
  const published: PublishedOrigin =
    choice.kind === 'own' ? { kind: 'own', url: choice.url } : { kind: 'sample', url: origin?.url ?? '' };
  if (options.dir !== undefined)
    await writeNetworkFile(dir, { rpcUrl, wsUrl, programId, quoteMint, origin: published });

  const guards: Guard[] = [];
  const edges: Edge[] = [];
  async function startGuard(index: number, overrides: GuardOverrides = {}): Promise<Guard> {
    const name = `guard-${index + 1}`;
    const config = parseGuardConfig({
      flags: {
        ...common,
        port: ports.guard(index),
        dir: join(dir, name),
        ...(options.dns === true ? { dnsPort: ports.dns(index), dnsSign: true } : {}),
        ...options.guardFlags?.(index),
      },
    });
    const secrets = {
      operator: await wallets.ensure(name),
      sealKey: new Secret(sealKeys[index] ?? new Uint8Array(32)),
    };
    const guard = await createGuard(config, secrets, {
      clock,
      log: daemonLog(name),
      ...ending,
      ...overrides,
    });
    guards[index] = guard;
    return guard;
  }
  const authorityDir = join(dir, 'authority');
  async function startEdge(index: number, overrides: EdgeOverrides = {}): Promise<Edge> {
    const name = `edge-${index + 1}`;
    const config = parseEdgeConfig({
      flags: {
        ...common,
        host: edgeHost(index),
        port: ports.edge(index),
        controlHost: edgeHost(index),
        controlPort: ports.control(index),
        dir: join(dir, name),
        // The first hour of a resource is nobody's to pay for; here nobody minds.
        openSlackBytes: FREE_BYTES,
        // The origin of a network in one process is on this machine.
        allowPrivateOrigins: true,
        // So that a URL without a name leads to the site.
        defaultResource: resource.address,
        ...(options.edgeTls === undefined
          ? {}
          : { tlsCert: options.edgeTls.certFile, tlsKey: options.edgeTls.keyFile, httpsPort: 0 }),
        ...(options.https === true ? { localAuthority: authorityDir, httpsPort: ports.https(index) } : {}),
        ...options.edgeFlags?.(index),
      },
    });
    const secrets = { operator: await wallets.ensure(name) };
    const edge = await createEdge(config, secrets, {
      clock,
      log: daemonLog(name),
      ...ending,
      ...overrides,
    });
    edges[index] = edge;
    return edge;
  }
  // Whatever is in the lists when the network stops; restarts put the new daemon in the old one's place.
  scope.add('guards', () => closeAll(guards));
  scope.add('edges', () => closeAll(edges));
  onStep(`start ${guardCount} guards and ${edgeCount} edges`);
  await Promise.all([
    ...Array.from({ length: guardCount }, (_, i) => startGuard(i, options.guardOverrides?.(i))),
    ...Array.from({ length: edgeCount }, (_, i) =>
      startEdge(i, { register: () => registerEdge(i), ...options.edgeOverrides?.(i) }),
    ),
  ]);

  const tasks = (): (readonly [string, RepeatingTask])[] => [
    ...guards.flatMap((guard, i) => guard.tasks.map((task) => [`guard-${i + 1}`, task] as const)),
    ...edges.flatMap((edge, i) => edge.tasks.map((task) => [`edge-${i + 1}`, task] as const)),
  ];
  async function advance(seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left -= config.sampleSecs) {
      chain.localnet?.advanceSeconds(Math.min(left, config.sampleSecs));
      await settle(tasks);
    }
  }
  // Guards take turns, so a clock that stands still would keep the second one waiting.
  const pause =
    options.clock === undefined
      ? (): Promise<void> => systemClock.sleep(100)
      : (): Promise<void> => advance(1);
  if (options.clock !== undefined) await settle(tasks);
  const why = async (): Promise<string | undefined> =>
    options.originMayWait === true ? guardsReason(guards, resource.address) : undefined;
  await authorised(client, resource.address, { onStep, pause, why });
  if (options.clock !== undefined) {
    // What is authorised is active, and paid for, from the next hour on.
    const now = await client.chainTime();
    const at = await client.account('resource', resource.address);
    const hour = hourAt(config, now);
    if (at !== null && !activeIn(at, hour)) {
      // In one step: nobody has anything to do before.
      chain.localnet?.advanceSeconds(Number(hourStart(config, hour + 1n) - now));
      await settle(tasks);
    }
  }

  const host = `${resourceLabel(resource.address, sha256)}.medianet.localhost`;
  return {
    dir,
    client,
    rpcUrl,
    wsUrl,
    programId,
    localnet: chain.localnet,
    wallets,
    treasury,
    publisher,
    quoteMint,
    pool,
    resource: resource.address,
    host,
    url: `http://${host}:${ports.edge(0)}/`,
    secure:
      options.https === true
        ? { url: `https://${host}:${edges[0]?.httpsPort}/`, rootFile: localRootFile(authorityDir) }
        : undefined,
    guards,
    edges,
    origin,
    signerUrl: signer.url,
    published,
    async registerEdge(index) {
      await registerEdge(index);
      return {
        keypair: wallets.path(`edge-${index + 1}`),
        port: ports.edge(index),
        controlPort: ports.control(index),
      };
    },
    async addEdge(overrides) {
      const index = edges.length;
      return startEdge(index, { register: () => registerEdge(index), ...overrides });
    },
    async restartEdge(index, overrides) {
      await edges[index]?.close();
      return startEdge(index, overrides);
    },
    async restartGuard(index, overrides) {
      await guards[index]?.close();
      return startGuard(index, overrides);
    },
    settle: () => settle(tasks),
    advance,
    close: () => scope.close(),
  };
}

/** The password of the resource's own, where it was changed, or the one that was made with the network. */
async function knownPassword(
  dir: string,
  resource: Address,
  passwordFile: string,
): Promise<Uint8Array | undefined> {
  const own = join(dir, 'keys', `${resourceLabel(resource, sha256)}.password`);
  return (await readSecretFile(own)) ?? readSecretFile(passwordFile);
}

/**
 * The wallets that made a network own what is on its chain; new ones in their place would own nothing.
 *
 * @throws `devnet/wallets-gone`
 */
async function checkWallets(wallets: WalletStore, network: NetworkFile, dir: string): Promise<void> {
  const names = await wallets.names();
  // A folder that `media chain` made has a network file and no wallet.
  if (network.quoteMint === null) return;
  const missing = ['treasury', 'publisher'].filter((name) => !names.includes(name));
  if (network.origin === null || missing.length === 0) return;
  throw new MediaError({
    code: 'devnet/wallets-gone',
    message: `The network in ${dir} was made by the wallets ${missing.join(' and ')}, and ${missing.map((name) => wallets.path(name)).join(' and ')} ${missing.length === 1 ? 'is' : 'are'} gone.`,
    hint: 'Put the file back, or start anew with "media up --reset".',
    source: 'client',
  });
}

async function closeAll(daemons: readonly { close(): Promise<void> }[]): Promise<void> {
  const results = await Promise.allSettled(daemons.map((daemon) => daemon.close()));
  const failed = results.filter((each) => each.status === 'rejected').map((each): unknown => each.reason);
  if (failed.length > 0) throw new AggregateError(failed, 'some daemons did not stop');
}

const served = (found: Found<'resource'> | null): boolean =>
  found?.status === RESOURCE_STATUS.active || found?.status === RESOURCE_STATUS.exhausted;

/** What a guard of this process says against a resource, as it says to anybody. */
async function guardsReason(guards: readonly Guard[], resource: Address): Promise<string | undefined> {
  for (const { url } of guards) {
    const response = await fetch(new URL(`/v1/resources/${resource}`, url)).catch(() => undefined);
    const told: unknown = response?.ok === true ? await response.json() : undefined;
    if (typeof told === 'object' && told !== null && 'why' in told && typeof told.why === 'string')
      return told.why;
  }
  return undefined;
}

const GONE =
  'the site was removed: "media resource add http://127.0.0.1:3000" publishes another, "media up --reset" starts anew';

/** What its publisher has taken out of service is for nobody to wait for. */
const ENDED: Readonly<Partial<Record<number, string>>> = {
  [RESOURCE_STATUS.paused]: 'the site is paused: "media resource update 1 --resume" serves it again',
  [RESOURCE_STATUS.removed]: GONE,
  [RESOURCE_STATUS.released]: GONE,
};

async function authorised(
  client: MediaClient,
  resource: Address,
  waiting: {
    readonly onStep: (text: string) => void;
    readonly pause: () => Promise<void>;
    /** What stands against it, where that is a reason not to wait. */
    readonly why: () => Promise<string | undefined>;
  },
): Promise<void> {
  const until = Date.now() + AUTHORISED_WITHIN_MS;
  for (let told = false; ;) {
    const found = await client.account('resource', resource);
    if (served(found)) return;
    const ended = found === null ? undefined : ENDED[found.status];
    if (ended !== undefined) {
      waiting.onStep(ended);
      return;
    }
    if (!told) waiting.onStep('wait for the guards to authorise the resource');
    told = true;
    const why = await waiting.why();
    if (why !== undefined) {
      waiting.onStep(`the guards do not authorise it yet: ${why}`);
      return;
    }
    if (Date.now() > until) {
      throw new MediaError({
        code: 'devnet/not-authorised',
        message: `The guards have not authorised the resource within ${AUTHORISED_WITHIN_MS / 60_000} minutes: start again with --debug to see their log.`,
        source: 'chain',
        context: { resource },
      });
    }
    await waiting.pause();
  }
}

interface PortPlan {
  readonly rpc: number;
  readonly ws: number | undefined;
  readonly origin: number;
  readonly signer: number;
  edge(index: number): number;
  https(index: number): number;
  control(index: number): number;
  guard(index: number): number;
  dns(index: number): number;
}

/** Spare free ports, for edges that join later. */
const SPARE_EDGES = 4;

async function portPlan(ports: DevnetPorts | undefined, edges: number, guards: number): Promise<PortPlan> {
  if (ports !== undefined) {
    return {
      ...ports,
      edge: (index) => ports.edge + index,
      https: (index) => ports.https + index,
      control: (index) => ports.control + index,
      guard: (index) => ports.guard + index,
      dns: (index) => ports.dns + index,
    };
  }
  const all = edges + SPARE_EDGES;
  const free = await freePorts(2 * all + guards);
  const at = (index: number): number => free[index] ?? 0;
  return {
    rpc: 0,
    ws: undefined,
    origin: 0,
    signer: 0,
    edge: at,
    https: () => 0,
    control: (index) => at(all + index),
    guard: (index) => at(2 * all + index),
    dns: () => 0,
  };
}
