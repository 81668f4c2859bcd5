import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** What `media up --port` takes: three edges, HTTPS 363 above, their control planes 1000 above, guards 2001 above, the origin and the signer 3000 above. */
const OFFSETS = [0, 1, 2, 363, 364, 365, 1000, 1001, 1002, 2001, 2002, 2003, 3000, 3001];

/** A port for `--port` all of whose ports are free now. */
export async function freeBase(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    // Below the range from which systems hand out ports to clients.
    const base = randomInt(12_000, 28_000);
    const free = await Promise.all(OFFSETS.map((offset) => isFree(base + offset)));
    if (free.every(Boolean)) return base;
  }
  throw new Error('no range of ports is free');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
