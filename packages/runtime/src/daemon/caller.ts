import type { IncomingMessage } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';
import type { Server } from 'node:net';
import { isLoopbackHost } from './public-address.ts';

/**
 * Who asks, for limits: an IPv4 address as it is, mapped or not, or the network of an IPv6 one, since a host has as many
 * of those as it likes. A host is given a /64, a household commonly a /56, an organisation a /48.
 */
export function callerOf(address: string, ipv6Bits: 64 | 56 | 48 = 64): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.toLowerCase().split('%')[0]?.split('::') ?? [];
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16));
  if (ipv6Bits === 48) groups.pop();
  else if (ipv6Bits === 56) groups.push((groups.pop() ?? 0) & 0xff00);
  return `${groups.map((group) => group.toString(16)).join(':')}::/${ipv6Bits}`;
}

/** Whether it is somebody on this machine who asks, and not a proxy on it for somebody elsewhere, as far as that says so. */
export function isLocalCaller({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): boolean {
  const proxied = ['forwarded', 'x-forwarded-for', 'via'].some((name) => headers[name] !== undefined);
  return !proxied && isLoopbackHost((socket.remoteAddress ?? '').replace(/^::ffff:/, ''));
}

/** Ends connections of a caller that has `most` already: one address must not take all that the server has. */
export function boundCallers(server: Server, most: number): void {
  const open = new Map<string, number>();
  server.on('connection', (socket) => {
    const caller = callerOf(socket.remoteAddress ?? '');
    const count = open.get(caller) ?? 0;
    if (count >= most) {
      socket.destroy();
      return;
    }
    open.set(caller, count + 1);
    socket.once('close', () => {
      const left = (open.get(caller) ?? 1) - 1;
      if (left > 0) open.set(caller, left);
      else open.delete(caller);
    });
  });
}
