import { createServer, request } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLocalnet } from '@media-network/localnet';
import type { Localnet } from '@media-network/localnet';
import { silentLog, systemClock } from '@media-network/runtime';
import { afterEach, expect, test } from 'vitest';
import { scratch, spawnMedia } from './harness/processes.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Dropping {
  readonly url: string;
  /** Resolves when the first transaction has been dropped. */
  readonly dropped: Promise<void>;
  close(): Promise<void>;
}

/** In front of a chain: takes transactions as a node does, and loses every one of them. */
async function createDroppingNode(chain: Localnet): Promise<Dropping> {
  const first = Promise.withResolvers<void>();
  const server: Server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const body = Buffer.concat(parts);
      const { id, method } = JSON.parse(body.toString()) as { id: unknown; method: string };
      if (method === 'sendTransaction') {
        first.resolve();
        outgoing.end(JSON.stringify({ jsonrpc: '2.0', id, result: '1'.repeat(64) }));
        return;
      }
      const forward = request(chain.rpcUrl, { method: 'POST' }, (answer) => answer.pipe(outgoing));
      forward.on('error', () => outgoing.destroy());
      forward.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    dropped: first.promise,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

test('a check on a chain that loses every transaction gives up at SIGTERM and says so', async () => {
  const folder = await scratch();
  cleanups.push(() => folder.remove());
  const chain = await createLocalnet({ clock: systemClock, log: silentLog }, { dir: undefined });
  cleanups.push(() => chain.close());
  const node = await createDroppingNode(chain);
  cleanups.push(() => node.close());

  const child = spawnMedia(['check', '--url', node.url, '--ws', chain.wsUrl], folder.dir);
  await node.dropped;
  child.kill('SIGTERM');
  const { code, output } = await child.ended;
  expect(code).toBe(1);
  expect(output).toMatch(/may still land|Stopped before/);
});
