import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** What a raw client saw until the connection closed. */
export interface RawExchange {
  readonly text: string;
  readonly bytes: number;
}

/** Opens a connection, sends bytes as latin1 text or buffers, gathers all that comes until the server closes. */
export function rawExchange(
  port: number,
  pieces: readonly (string | Buffer)[],
  options: { end?: boolean } = {},
): Promise<RawExchange> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => {
      const all = Buffer.concat(chunks);
      resolve({ text: all.toString('latin1'), bytes: all.length });
    });
    for (const piece of pieces)
      socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
    if (options.end === true) socket.end();
  });
}

/** Waits until the socket has delivered at least `count` bytes, without taking more than comes. */
export function readAtLeast(socket: Socket, count: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let got = 0;
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      got += chunk.length;
      if (got >= count) {
        socket.off('data', onData);
        socket.pause();
        resolve(Buffer.concat(chunks));
      }
    };
    socket.on('data', onData);
    socket.once('close', () => reject(new Error(`closed after ${got} of ${count} bytes`)));
    socket.resume();
  });
}

export function statusLines(text: string): string[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => match[1] ?? '');
}
