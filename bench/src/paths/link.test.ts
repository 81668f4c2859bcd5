import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLink } from './link.ts';
import { firstByte } from './viewers.ts';

/** Linux has all of 127.0.0.0/8; elsewhere there is one address to come from. */
const CALLER = '127.9.8.7';

describe.skipIf(process.platform !== 'linux')('a link', () => {
  const body = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
  const callers: string[] = [];
  const server = createServer((asked, response) => {
    callers.push(asked.socket.remoteAddress ?? '');
    response.end(body);
  });
  let port = 0;
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo); // it listens on TCP
  });
  afterAll(() => void server.close());

  const open = (loss: number) =>
    openLink({
      to: { host: '127.0.0.1', port },
      pathOf: (address) => (address === CALLER ? { oneWayMs: 20, loss } : undefined),
      showsCaller: true,
      random: Math.random,
    });

  it('makes a server as far as it is: a round trip to connect, another to the first byte', async () => {
    const link = await open(0);
    const { ms, status } = await firstByte({ address: CALLER }, link, { host: 'x', target: '/' });
    expect(status).toBe(200);
    expect(ms).toBeGreaterThanOrEqual(80);
    expect(callers.at(-1)).toBe(CALLER);
    await link.close();
  });

  it('carries every byte in its order, though packets get lost', async () => {
    const link = await open(0.02);
    const got = await new Promise<Buffer>((resolve, reject) => {
      const asked = request({ port: link.port, localAddress: CALLER, agent: false }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.once('end', () => resolve(Buffer.concat(parts)));
        response.once('error', reject);
      });
      asked.once('error', reject);
      asked.end();
    });
    expect(got.equals(body)).toBe(true);
    await link.close();
  });

  it('cuts off whom it does not know', async () => {
    const link = await open(0);
    await expect(firstByte({ address: '127.1.1.1' }, link, { host: 'x', target: '/' })).rejects.toThrow();
    await link.close();
  });
});
