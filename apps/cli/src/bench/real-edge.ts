import { join } from 'node:path';
import type { BenchServer, BenchSetting } from '@media-network/bench';
import type { Devnet, NetworkParams } from '@media-network/devnet';
import { RUNTIME_FLAGS } from '@media-network/runtime/own-parts';
import { PROJECT_ROOT } from '../root.ts';

/** A network of guards with one real `media edge` in a process of its own, which is what is measured. */
export interface EdgeNetwork {
  readonly devnet: Devnet;
  readonly controlPort: number;
  /** Of the edge; the same for every start. */
  readonly dataDir: string;
  /** Starts the edge. It listens when this resolves, and may have no key of the guards' yet. */
  start(): Promise<BenchServer>;
  close(): Promise<void>;
}

/** Only what hangs takes longer, on a busy machine, too. */
const START_MS = 180_000;

/** `flags`: more options of `media edge`. `periods`: those that are not the whitepaper's. */
export async function openEdgeNetwork(
  setting: BenchSetting,
  flags: readonly string[] = [],
  periods: Partial<NetworkParams> = {},
): Promise<EdgeNetwork> {
  const [{ startCommand }, { createDevnet, freePorts }] = await Promise.all([
    import('@media-network/bench'),
    import('@media-network/devnet'),
  ]);
  // A quota that no processor reaches: what is measured is the edge, not the publisher's stake.
  const devnet = await createDevnet({
    origin: setting.origin,
    edges: 0,
    periods: { quotaKbpsPerMedia: 400_000n, ...periods },
  });
  try {
    const { keypair, port, controlPort } = await devnet.registerEdge(0);
    const [httpsPort = 0] = await freePorts(1);
    const dataDir = join(setting.dir, `edge-${httpsPort}`);
    return {
      devnet,
      controlPort,
      dataDir,
      start: () =>
        startCommand(setting, {
          readyMs: START_MS,
          name: setting.workers === undefined ? 'media edge' : `media edge, workers ${setting.workers}`,
          command: [
            process.execPath,
            ...RUNTIME_FLAGS,
            join(PROJECT_ROOT, 'apps', 'cli', 'src', 'main.ts'),
            'edge',
            '--json',
            '--no-register',
            '--url',
            devnet.rpcUrl,
            '--ws',
            devnet.wsUrl,
            '--program',
            devnet.programId,
            '--keypair',
            keypair,
            '--data',
            dataDir,
            '--port',
            String(port),
            '--control-port',
            String(controlPort),
            '--https-port',
            String(httpsPort),
            '--tls-cert',
            setting.certFile,
            '--tls-key',
            setting.keyFile,
            '--allow-private-origins',
            'true',
            // What is measured is the serving, not what a publisher would pay for it.
            '--past-credit',
            'serve',
            '--log-level',
            'warn',
            '--workers',
            String(setting.workers ?? 1),
            ...(setting.ramBytes === undefined ? [] : ['--ram-bytes', String(setting.ramBytes)]),
            ...flags,
          ],
        }),
      close: () => devnet.close(),
    };
  } catch (error) {
    await devnet.close();
    throw error;
  }
}

/** A network around one edge, both of which end with the server. */
export async function startRealEdge(setting: BenchSetting): Promise<BenchServer> {
  const network = await openEdgeNetwork(setting);
  try {
    const server = await network.start();
    await served(server);
    return {
      ...server,
      stop: async () => {
        await server.stop();
        await network.close();
      },
    };
  } catch (error) {
    await network.close();
    throw error;
  }
}

/** Guards look at the chain now and then, and give their key to an edge only when they have seen it there. */
async function served(server: BenchServer): Promise<void> {
  const { createViewer } = await import('@media-network/viewer');
  const url = `http://${server.hostHeader}:${server.httpPort}/1`;
  for (const end = Date.now() + START_MS; ;) {
    const { status } = await createViewer().get(url);
    if (status === 200) return;
    if (Date.now() > end) {
      await server.stop();
      throw new Error(`the edge answered ${status} for ${START_MS / 60_000} minutes`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
