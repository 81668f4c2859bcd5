import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface Counted {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A viewer on kept connections that counts every byte it receives. */
export interface CountingClient {
  ask(
    target: string,
    options?: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string },
  ): Promise<Counted>;
  /** All bytes that came, on every connection so far. */
  readonly bytes: number;
  readonly connections: number;
  close(): void;
}

export function createCountingClient(port: number, host: string, sockets = 1): CountingClient {
  const all: Socket[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: sockets });
  Object.assign(agent, {
    createConnection() {
      const socket = connect(port, '127.0.0.1');
      socket.setNoDelay(true);
      all.push(socket);
      return socket;
    },
  });
  return {
    ask: (target, options = {}) =>
      new Promise((resolve, reject) => {
        const headers = { Host: host, ...options.headers };
        const sent = request({ agent, path: target, method: options.method ?? 'GET', headers });
        sent.once('error', reject);
        sent.once('response', (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.once('error', reject);
          response.once('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(parts),
            }),
          );
        });
        sent.end(options.body);
      }),
    get bytes() {
      return all.reduce((sum, socket) => sum + socket.bytesRead, 0);
    },
    get connections() {
      return all.length;
    },
    close: () => agent.destroy(),
  };
}
