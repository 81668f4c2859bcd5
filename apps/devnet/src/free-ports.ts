import { createServer } from 'node:net';
import type { Server } from 'node:net';

/**
 * Where free ports are looked for: below the ranges from which systems take the ports of outgoing
 * connections (32,768 up on Linux, 49,152 up elsewhere), so that none of those takes a port between here
 * and the moment when its daemon listens.
 */
const FIRST = 20_000;
const LAST = 32_000;
const MAX_TRIES = 2_000;

/** Distinct ports of the loopback interface that nothing listens on now. All are held at once, so that none is given twice. */
export async function freePorts(count: number): Promise<number[]> {
  const held: Server[] = [];
  const ports: number[] = [];
  try {
    for (let tries = 0; ports.length < count && tries < MAX_TRIES; tries += 1) {
      const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
      const server = await listen(port);
      if (server === undefined) continue;
      held.push(server);
      ports.push(port);
    }
    if (ports.length < count) throw new Error(`no ${count} free ports between ${FIRST} and ${LAST}`);
    return ports;
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

/** A server on the port, or undefined when it is taken. */
function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
