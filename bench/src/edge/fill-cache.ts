import { Agent, request } from 'node:http';
import { MediaError } from '@media-network/runtime';
import type { BenchServer } from '../servers/bench-server.ts';

/** Asks a server for all of these once, so many at a time; rejects at the first that is not answered with 200. */
export async function fillCache(
  server: BenchServer,
  paths: readonly string[],
  concurrency = 32,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const left = paths.values();
  const asker = async (): Promise<void> => {
    for (const path of left) {
      const status = await get(server, path, agent);
      if (status === 200) continue;
      throw new MediaError({
        code: 'bench/load-failed',
        message: `${server.name} answered ${path} with ${status}.`,
        source: 'internal',
      });
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, asker));
  } finally {
    agent.destroy();
  }
}

function get(server: BenchServer, path: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const where = { host: '127.0.0.1', port: server.httpPort, path, agent };
    const sent = request({ ...where, headers: { Host: server.hostHeader } }, (response) => {
      response.resume();
      response.once('error', reject);
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    sent.once('error', reject);
    sent.end();
  });
}
