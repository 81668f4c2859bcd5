import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

/** Of RFC 6455 §1.3. */
export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
/** The head of a handshake, byte by byte. */
export const handshake = (target: string, host: string, more = ''): string =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  `Sec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n${more}\r\n`;

/** An origin that answers a handshake as it should. */
export function switched(seen: { readonly headers: Readonly<Record<string, string>> }, more = ''): string {
  const accept = createHash('sha1')
    .update(`${seen.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${more}\r\n`;
}

export interface EchoServer {
  readonly url: string;
  /** Connections that are open now, the newest last. */
  readonly sockets: readonly WebSocket[];
  /** Why connections were closed, in order. */
  readonly closes: { readonly code: number; readonly reason: string }[];
  /** Targets of handshakes, with their fields. */
  readonly handshakes: { readonly target: string; readonly headers: Readonly<Record<string, unknown>> }[];
  close(): Promise<void>;
}

/** An origin with a WebSocket that says back what it is told, on `/no` refuses with 403, and has a page elsewhere. */
export async function startEchoServer(): Promise<EchoServer> {
  const sockets: WebSocket[] = [];
  const closes: { code: number; reason: string }[] = [];
  const handshakes: EchoServer['handshakes'] = [];
  const server = createServer((_request, response) => void response.end('a page'));
  const sockServer = new WebSocketServer({
    server,
    perMessageDeflate: true,
    verifyClient: ({ req }, done) => {
      handshakes.push({ target: req.url ?? '', headers: req.headers });
      if (req.url === '/no') done(false, 403, 'not you', { 'X-Why': 'because' });
      else done(true);
    },
  });
  sockServer.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('message', (data, binary) => socket.send(data, { binary }));
    socket.on('close', (code, reason) => {
      sockets.splice(sockets.indexOf(socket), 1);
      closes.push({ code, reason: reason.toString() });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    sockets,
    closes,
    handshakes,
    async close() {
      for (const socket of sockServer.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
