import { join } from 'node:path';
import type { BenchServer, BenchSetting } from '@media-network/bench';
import { PROJECT_ROOT } from '../root.ts';

/** A network of guards around one real `media edge` in a process of its own, which is what is measured. */
export async function startRealEdge(setting: BenchSetting): Promise<BenchServer> {
  const [{ startCommand }, { createDevnet, freePorts }] = await Promise.all([
    import('@media-network/bench'),
    import('@media-network/devnet'),
  ]);
  // A quota that no processor reaches: what is measured is the edge, not the publisher's stake.
  const devnet = await createDevnet({
    origin: setting.origin,
    edges: 0,
    periods: { quotaKbpsPerMedia: 400_000n },
  });
  try {
    const { keypair, port, controlPort } = await devnet.registerEdge(0);
    const [httpsPort = 0] = await freePorts(1);
    const server = await startCommand(setting, {
      name: setting.workers === undefined ? 'media edge' : `media edge, workers ${setting.workers}`,
      command: [
        process.execPath,
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
        join(setting.dir, `edge-${httpsPort}`),
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
      ],
    });
    await served(server);
    return {
      ...server,
      stop: async () => {
        await server.stop();
        await devnet.close();
      },
    };
  } catch (error) {
    await devnet.close();
    throw error;
  }
}

/** Guards look at the chain now and then, and give their key to an edge only when they have seen it there. */
async function served(server: BenchServer): Promise<void> {
  const { createViewer } = await import('@media-network/viewer');
  const url = `http://${server.hostHeader}:${server.httpPort}/1`;
  for (const end = Date.now() + 60_000; ;) {
    const { status } = await createViewer().get(url);
    if (status === 200) return;
    if (Date.now() > end) throw new Error(`the edge answered ${status} for a minute`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
