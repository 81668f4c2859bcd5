import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeCommit, decodeCounters } from '@media-network/protocol';
import type { Commit, Settings } from '@media-network/protocol';
import { generateKeyPairSigner } from '@solana/kit';
import type { Address, KeyPairSigner } from '@solana/kit';
import { createEdge, parseEdgeConfig } from '../src/index.ts';
import type { Edge, EdgeConfig, EdgeOverrides } from '../src/index.ts';
import { silentLog } from '@media-network/runtime';
import { createFakeChain, randomAddress } from './fake-chain.ts';
import type { FakeChain } from './fake-chain.ts';
import { startFakeGuard } from './fake-guard.ts';
import type { FakeGuard } from './fake-guard.ts';
import { createPublisher } from './publisher.ts';
import type { Publisher } from './publisher.ts';
import { request, startRawOrigin } from './raw-http.ts';
import type { GetOptions, RawOrigin, RawResponse } from './raw-http.ts';

export interface TestNetwork {
  readonly chain: FakeChain;
  readonly guard: FakeGuard;
  readonly origin: RawOrigin;
  readonly publisher: Publisher;
  readonly operator: KeyPairSigner;
  readonly dir: string;
  edge: Edge;
  /** A resource in front of the origin. */
  addResource(settings?: Partial<Settings>): Promise<TestResource>;
  /** What the guard gets when it asks for the edge's counters. */
  commit(): Promise<Commit>;
  /** Bytes of the resource that are counted by now: as of the next sample, to which the clock is turned. */
  counter(resource: Address): Promise<number>;
  /** One more process with the same key, on a folder of its own. */
  another(folder: string): Promise<Edge>;
  /** Stops the edge and starts it anew on the same folder. */
  restart(overrides?: EdgeOverrides): Promise<void>;
  close(): Promise<void>;
}

export interface TestResource {
  readonly address: Address;
  readonly host: string;
  get(target: string, options?: GetOptions): Promise<RawResponse>;
}

/** An edge with a chain in memory, one guard and one origin on sockets. */
export async function startTestNetwork(
  options: { readonly config?: Record<string, unknown>; readonly overrides?: EdgeOverrides } = {},
): Promise<TestNetwork> {
  const dir = await mkdtemp(join(tmpdir(), 'media-edge-'));
  const operator = await generateKeyPairSigner();
  const chain = createFakeChain(operator.address);
  const guard = await startFakeGuard(7, () => operator.address);
  chain.guardList = [{ no: 7, operator: guard.operator, endpoint: guard.url }];
  const origin = await startRawOrigin();
  const publisher = await createPublisher();
  chain.vouchKey = publisher.vouchKey;
  const guardAccount = randomAddress();
  chain.guardAccounts.set(7, guardAccount);
  const configIn = (folder: string): EdgeConfig =>
    parseEdgeConfig({
      flags: {
        port: 0,
        controlPort: 0,
        httpsPort: 0,
        dir: folder,
        ramBytes: '32M',
        diskBytes: '64M',
        originTimeoutMs: 1_000,
        drainMs: 200,
        // The same tests hold for an edge of several processes.
        workers: Number(process.env['MEDIA_TEST_WORKERS'] ?? 1),
        ...options.config,
      },
    });
  const start = (overrides: EdgeOverrides = {}, folder = dir): Promise<Edge> =>
    createEdge(configIn(folder), { operator }, { chain, log: silentLog, ...options.overrides, ...overrides });

  const network: TestNetwork = {
    chain,
    guard,
    origin,
    publisher,
    operator,
    dir,
    edge: await start(),
    async addResource(settings = {}) {
      const address = randomAddress();
      const blob = await guard.encrypt({ origin: origin.url, ...settings }, address);
      guard.know(address, blob);
      chain.addResource(blob, { address });
      const host = new URL(network.edge.urlOf(address)).hostname;
      return { address, host, get: (target, more) => request(network.edge.port, host, target, more) };
    },
    async commit() {
      const body = await guard.commitRequest(guardAccount, Math.floor(chain.nowMs() / 1000));
      const response = await fetch(`${network.edge.controlUrl}/v1/commit`, {
        method: 'POST',
        body: new Uint8Array(body),
      });
      const commit = decodeCommit(new Uint8Array(await response.arrayBuffer()));
      if (commit === undefined) throw new Error(`no commit: ${response.status}`);
      return commit;
    },
    async counter(resource) {
      // Asked, it books what left it until now.
      await network.commit();
      chain.advance(chain.periods.sampleSecs * 1000);
      const { root } = await network.commit();
      const response = await fetch(
        `${network.edge.controlUrl}/v1/counters/${Buffer.from(root).toString('hex')}`,
      );
      const counters = decodeCounters(new Uint8Array(await response.arrayBuffer()));
      if (counters === undefined) throw new Error(`no counters: ${response.status}`);
      return Number(counters.find((each) => each.resource === resource)?.bytes ?? 0n);
    },
    another: (folder) => start({}, folder),
    async restart(overrides) {
      await network.edge.close();
      network.edge = await start(overrides);
    },
    async close() {
      await network.edge.close();
      await guard.close();
      await origin.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return network;
}
