import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { cannotListen, listenAt } from './listen.ts';

const codes = { inUse: 'edge/port-in-use', failed: 'edge/listen-failed' };
const failing = (code: string): Error => Object.assign(new Error(`listen ${code}`), { code });

it('listens, and says what to do where it cannot', async () => {
  const first = createServer();
  const port = await listenAt(first, { host: '127.0.0.1', port: 0, codes });
  try {
    await expect(
      listenAt(createServer(), { host: '127.0.0.1', port, flag: '--port', codes, use: 'the signer' }),
    ).rejects.toMatchObject({
      code: 'edge/port-in-use',
      message: `Port ${port} on 127.0.0.1, for the signer, is in use: stop what listens there or choose another --port.`,
      context: { port, flag: '--port' },
    });
    await expect(
      listenAt(createServer(), { host: '203.0.113.1', port, flag: '--port', codes }),
    ).rejects.toMatchObject({
      code: 'edge/listen-failed',
      message: expect.stringMatching(/^203\.0\.113\.1 is no address of this machine, .* choose another/),
    });
  } finally {
    await new Promise((resolve) => first.close(resolve));
  }
});

it('names the permission that a low port needs', () => {
  const low = { host: '0.0.0.0', port: 53, flag: '--dns-port', codes, transport: 'UDP' } as const;
  expect(cannotListen(failing('EACCES'), low)).toMatchObject({
    code: 'edge/listen-failed',
    message:
      'UDP port 53 on 0.0.0.0 needs permission, as all below 1024 do: choose another --dns-port, or give this program the capability CAP_NET_BIND_SERVICE.',
  });
  expect(cannotListen(failing('EACCES'), { ...low, port: 5_353 }).message).toBe(
    'UDP port 5353 on 0.0.0.0 is not permitted here: choose another --dns-port.',
  );
  expect(cannotListen(failing('ENOTFOUND'), low).message).toMatch(/^0\.0\.0\.0 leads to no address/);
  expect(cannotListen(failing('EMFILE'), { host: '::', port: 80, codes }).message).toBe(
    'Cannot listen on :::80 (listen EMFILE): choose another port.',
  );
});
