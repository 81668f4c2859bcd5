import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { boundCallers, callerOf } from './caller.ts';

it('takes the network of an IPv6 address for one caller, and an IPv4 address, mapped or not', () => {
  expect(callerOf('192.0.2.1')).toBe('192.0.2.1');
  expect(callerOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(callerOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
  expect(callerOf('2001:db8:1:2::9')).toBe('2001:db8:1:2::/64');
  expect(callerOf('2001:db8:1:2:3::4')).toBe(callerOf('2001:db8:1:2::9'));
  expect(callerOf('2001:db8:1:3::1')).not.toBe(callerOf('2001:db8:1:2::9'));
  expect(callerOf('2001:DB8::1%eth0')).toBe('2001:db8:0:0::/64');
  expect(callerOf('2001:0db8::9')).toBe('2001:db8:0:0::/64');
  expect(callerOf('::1')).toBe('0:0:0:0::/64');
  expect(callerOf('unknown')).toBe('unknown');
});

it('takes wider networks, too', () => {
  expect(callerOf('2001:db8:1:abcd::9', 56)).toBe('2001:db8:1:ab00::/56');
  expect(callerOf('2001:db8:1:ab::9', 56)).toBe('2001:db8:1:0::/56');
  expect(callerOf('2001:db8:1:abcd::9', 48)).toBe('2001:db8:1::/48');
  expect(callerOf('::ffff:192.0.2.1', 48)).toBe('192.0.2.1');
});

it('ends connections of a caller above its bound, and takes others when some have gone', async () => {
  const server = createServer();
  boundCallers(server, 2);
  server.on('connection', (socket) => {
    if (!socket.destroyed) socket.write('.');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const open: Socket[] = [];
  const dial = async (): Promise<'taken' | 'ended'> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    open.push(socket);
    return Promise.race([
      once(socket, 'data').then(() => 'taken' as const),
      once(socket, 'close').then(() => 'ended' as const),
    ]);
  };
  try {
    expect([await dial(), await dial(), await dial()]).toEqual(['taken', 'taken', 'ended']);
    const [first] = open;
    first?.destroy();
    await expect.poll(dial).toBe('taken');
  } finally {
    for (const socket of open) socket.destroy();
    server.close();
  }
});
