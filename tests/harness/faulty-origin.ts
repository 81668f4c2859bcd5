import { createServer } from 'node:net';
import type { Socket } from 'node:net';

/** What an origin does with a request: the raw socket, so that it can misbehave in any way. */
export type Behaviour = (socket: Socket) => void;

export interface FaultyOrigin {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Targets asked for, in order. */
  readonly seen: readonly string[];
  /** Sets what a target answers from now on; 404 for others. */
  on(target: string, behaviour: Behaviour): void;
  close(): Promise<void>;
}

/** A whole answer with a body of known length. */
export function answer(
  body: string,
  headers: Readonly<Record<string, string>> = {},
  status = '200 OK',
): Behaviour {
  const lines = Object.entries({ 'Content-Length': String(Buffer.byteLength(body)), ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return (socket) => void socket.write(`HTTP/1.1 ${status}\r\n${head}\r\n${body}`);
}

export async function startFaultyOrigin(): Promise<FaultyOrigin> {
  const behaviours = new Map<string, Behaviour>();
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A peer that goes away is part of the game.
    socket.on('error', () => socket.destroy());
    let held = '';
    socket.on('data', (part: Buffer) => {
      held += part.toString('latin1');
      for (let end = held.indexOf('\r\n\r\n'); end >= 0; end = held.indexOf('\r\n\r\n')) {
        const target = held.slice(0, held.indexOf('\r\n')).split(' ')[1] ?? '';
        held = held.slice(end + 4);
        seen.push(target);
        (behaviours.get(target) ?? answer('no such thing\n', {}, '404 Not Found'))(socket);
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('the origin has no port');
  return {
    url: `http://127.0.0.1:${at.port}`,
    seen,
    on: (target, behaviour) => void behaviours.set(target, behaviour),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
