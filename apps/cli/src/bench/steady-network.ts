import { join } from 'node:path';
import type { SteadyEdge, SteadyNetwork, SteadySetting } from '@media-network/bench';
import { openEdgeNetwork } from './real-edge.ts';
import { guardsCommit } from './guards-commit.ts';

/** A network of guards whose one edge, a real `media edge`, is killed and started again. */
export async function openSteadyNetwork(setting: SteadySetting): Promise<SteadyNetwork> {
  const flags = [
    '--disk-bytes',
    String(setting.diskBytes),
    '--origin-timeout-ms',
    String(setting.originTimeoutMs),
  ];
  const { sampleSecs } = setting;
  const network = await openEdgeNetwork(setting, flags, sampleSecs === undefined ? {} : { sampleSecs });
  const control = `http://127.0.0.1:${network.controlPort}`;
  return {
    cacheDir: join(network.dataDir, 'cache'),
    async start(): Promise<SteadyEdge> {
      const server = await network.start();
      return {
        ...server,
        committedBytes: () => guardsCommit(network.devnet, control),
        async metric(name) {
          const text = await (await fetch(`${control}/metrics`)).text();
          const value = new RegExp(`^media_edge_${name} (\\S+)$`, 'm').exec(text)?.[1];
          return value === undefined ? undefined : Number(value);
        },
        async kill() {
          process.kill(server.pid, 'SIGKILL');
          // Resolves when it is gone: there is nobody to take another signal.
          await server.stop();
        },
      };
    },
    close: () => network.close(),
  };
}
