import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { MediaError } from '@media-network/runtime';
import { createLane, handshakeMs } from './lane.ts';
import type { Lane } from './lane.ts';
import type { Path } from './places.ts';

/** A way to a server: whoever connects gets there as if it were far. */
export interface Link {
  readonly port: number;
  close(): Promise<void>;
}

export interface LinkOptions {
  readonly to: { readonly host: string; readonly port: number };
  /** The way of who connects from this address; undefined: nobody that is known, who is cut off. */
  readonly pathOf: (address: string) => Path | undefined;
  /** Whether the server sees who connects by its own address. */
  readonly showsCaller: boolean;
  readonly random: () => number;
}

/** What may be under way in one direction; more is not read from its sender. */
const MAX_HELD_BYTES = 2 ** 20;

/** A relay on loopback, real sockets on both of its sides, that delays what goes through it and loses some of it. */
export async function openLink({ to, pathOf, showsCaller, random }: LinkOptions): Promise<Link> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const caller = near.remoteAddress ?? '';
    const path = pathOf(caller);
    if (path === undefined) {
      near.destroy();
      return;
    }
    const far = connect({
      ...to,
      noDelay: true,
      allowHalfOpen: true,
      ...(showsCaller ? { localAddress: caller } : {}),
    });
    const readyMs = performance.now() + handshakeMs(path, random);
    carry(near, far, createLane(path, random), readyMs);
    carry(far, near, createLane(path, random), 0);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', (failed) => {
        open.delete(socket);
        if (failed) other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    port,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Everything that comes from one side, its end too, to the other when it is due and in its order. Nothing is sent before `readyMs`. */
function carry(from: Socket, to: Socket, lane: Lane, readyMs: number): void {
  const held: { readonly piece: Buffer | 'end'; readonly atMs: number }[] = [];
  let heldBytes = 0;
  let waiting = false;

  function deliver(): void {
    waiting = false;
    for (let next = held[0]; next !== undefined; next = held[0]) {
      const leftMs = next.atMs - performance.now();
      if (leftMs > 0) {
        waiting = true;
        setTimeout(deliver, leftMs);
        return;
      }
      held.shift();
      if (next.piece === 'end') to.end();
      else {
        heldBytes -= next.piece.length;
        if (heldBytes <= MAX_HELD_BYTES) from.resume();
        if (to.writable) to.write(next.piece);
      }
    }
  }
  const sentMs = (): number => Math.max(readyMs, performance.now());
  from.on('data', (chunk: Buffer) => {
    heldBytes += chunk.length;
    if (heldBytes > MAX_HELD_BYTES) from.pause();
    let at = 0;
    for (const { bytes, atMs } of lane.send(sentMs(), chunk.length)) {
      held.push({ piece: chunk.subarray(at, at + bytes), atMs });
      at += bytes;
    }
    if (!waiting) deliver();
  });
  from.on('end', () => {
    for (const { atMs } of lane.send(sentMs(), 0)) held.push({ piece: 'end', atMs });
    if (!waiting) deliver();
  });
}

/** Rejects with `bench/no-addresses` where this system has no more than one address of its own to connect from. */
export async function checkLoopback(address: string): Promise<void> {
  const server = createServer().listen(0, address);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new MediaError({
      code: 'bench/no-addresses',
      message: `${address} is no address of this machine: the bench connects from many of 127.0.0.0/8, which Linux has all of.`,
      source: 'internal',
      cause: error,
    });
  } finally {
    server.close();
  }
}
