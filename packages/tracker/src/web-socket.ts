import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { MAX_TRACKER_BYTES } from '@media-network/peerpool/tracker-messages';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import type { Tracker } from './tracker.ts';

/** The path below which guards are trackers. */
export const TRACKER_PATH = '/v1/track';

/** A tracker behind an HTTP server. */
export interface TrackerDoor {
  /** Takes an upgrade; false where it is for somebody else. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  close(): void;
}

/** What may wait for a viewer that does not read: a few handshakes. Beyond that it is let go. */
const MAX_UNREAD_BYTES: number = 256 * 1024;
const PING_MS = 25_000;
const SIZES_MS = 2_000;
/** A viewer that has not joined by then is none. */
const JOIN_MS = 10_000;

export function openTrackerDoor(tracker: Tracker): TrackerDoor {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_TRACKER_BYTES,
    // Messages are short, and a compressor takes more memory than a viewer.
    perMessageDeflate: false,
  });
  const alive = new WeakSet<WebSocket>();
  const pinging = setInterval(() => {
    for (const socket of server.clients) {
      if (!alive.has(socket)) socket.terminate();
      alive.delete(socket);
      socket.ping();
    }
  }, PING_MS);
  const sizes = setInterval(() => tracker.tellSizes(), SIZES_MS);
  pinging.unref();
  sizes.unref();

  function connected(socket: WebSocket, request: IncomingMessage): void {
    alive.add(socket);
    socket.on('pong', () => alive.add(socket));
    // What is wrong with a connection ends it, and is nobody else's.
    socket.on('error', () => socket.terminate());
    let isHeard = false;
    const late = setTimeout(() => {
      if (!isHeard) socket.terminate();
    }, JOIN_MS);
    const { origin } = request.headers;
    const viewer = tracker.connect(
      {
        send(message) {
          if (socket.readyState !== socket.OPEN) return;
          if (socket.bufferedAmount > MAX_UNREAD_BYTES) return socket.terminate();
          socket.send(JSON.stringify(message));
        },
        close: () => socket.close(),
      },
      { address: request.socket.remoteAddress ?? '', origin },
    );
    socket.on('message', (data: RawData, isBinary: boolean) => {
      isHeard = true;
      // A message comes whole, as one buffer: that is the default of `binaryType`.
      viewer.message(isBinary || !Buffer.isBuffer(data) ? '' : data.toString('utf8'));
    });
    socket.on('close', () => {
      clearTimeout(late);
      viewer.closed();
    });
  }

  return {
    upgrade(request, socket, head) {
      if ((request.url ?? '').replace(/\?.*$/s, '') !== TRACKER_PATH) return false;
      server.handleUpgrade(request, socket, head, connected);
      return true;
    },
    close() {
      clearInterval(pinging);
      clearInterval(sizes);
      for (const socket of server.clients) socket.close(1_001);
      server.close();
      // Who does not take leave is not waited for.
      for (const socket of server.clients) socket.terminate();
    },
  };
}
