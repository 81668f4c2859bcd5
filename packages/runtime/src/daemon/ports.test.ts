import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { holdPorts, requireFreePorts } from './ports.ts';

const codes = { inUse: 'edge/port-in-use', failed: 'edge/listen-failed' };
const server = createServer();
afterEach(() => server.close());

it('names the port that is taken, and the option that moves it', async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const free = { host: '127.0.0.1', port: 0, flag: '--port', codes };
  await requireFreePorts([free]);
  await expect(
    requireFreePorts([free, { host: '127.0.0.1', port, flag: '--control-port', codes }]),
  ).rejects.toMatchObject({
    code: 'edge/port-in-use',
    message: `Port ${port} on 127.0.0.1 is in use: stop what listens there or choose another --control-port.`,
  });
  await new Promise((resolve) => server.close(resolve));
  // Looking at it does not take it.
  await requireFreePorts([{ host: '127.0.0.1', port, flag: '--port', codes }]);
  await requireFreePorts([{ host: '127.0.0.1', port, flag: '--port', codes }]);
});

it('says of a port that is asked for twice who asks', async () => {
  const data = { host: '127.0.0.1', port: 4, flag: '--port', codes };
  await expect(requireFreePorts([data, { ...data, flag: '--control-port' }])).rejects.toMatchObject({
    code: 'edge/port-in-use',
    message:
      'Port 4 on 127.0.0.1 is asked for twice, by --port and by --control-port: choose another for one of them.',
  });
});

it('keeps ports from others until they are released, and none where one is taken', async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  await new Promise((resolve) => server.close(resolve));
  const wanted = { host: '127.0.0.1', port, flag: '--port', codes };
  const held = await holdPorts([wanted]);
  await expect(holdPorts([wanted])).rejects.toMatchObject({ code: 'edge/port-in-use' });
  await held.release();
  // The second place is not of this machine, so the first is given back.
  await expect(holdPorts([wanted, { ...wanted, host: '203.0.113.1' }])).rejects.toMatchObject({
    code: 'edge/listen-failed',
  });
  await requireFreePorts([wanted]);
});

it('says what the system says against an address that is not of this machine', async () => {
  await expect(
    requireFreePorts([{ host: '203.0.113.1', port: 8080, flag: '--port', codes }]),
  ).rejects.toMatchObject({ code: 'edge/listen-failed' });
});
