import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import { startStun } from './stun.ts';
import type { StunServer } from './stun.ts';
import { createTracker } from './tracker.ts';
import type { Tracker, TrackerDeps } from './tracker.ts';
import { TRACKER_PATH, openTrackerDoor } from './web-socket.ts';

export interface TrackerServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** UDP port of a STUN responder beside it; none without. */
  readonly stunPort?: number | undefined;
  /** Name or address that viewers find STUN at; `host` without. */
  readonly stunHost?: string | undefined;
}

/** A tracker that stands alone. */
export interface TrackerServer {
  /** `ws://…/v1/track`, for pages. */
  readonly url: string;
  /** `stun:…`, where there is one. */
  readonly stun: string | undefined;
  readonly tracker: Tracker;
  close(): Promise<void>;
}

/** Connections that have not become a viewer's yet, or never will. */
const MAX_CONNECTIONS = 25_000;

/** Rejects with `tracker/port-in-use` or `tracker/cannot-listen`. */
export async function startTrackerServer(
  options: TrackerServerOptions,
  deps: Omit<TrackerDeps, 'ice'>,
): Promise<TrackerServer> {
  let stun: StunServer | undefined;
  const stunUrl = (): string | undefined =>
    stun === undefined ? undefined : stunUrlOf(options.stunHost ?? options.host, stun.port);
  const tracker = createTracker({
    ...deps,
    ice: () => {
      const url = stunUrl();
      return url === undefined ? [] : [url];
    },
  });
  const door = openTrackerDoor(tracker);
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, (request, response) => {
    // Everything but viewers: whoever watches over it asks this.
    const isHealth = request.url === '/healthz';
    response.writeHead(isHealth ? 200 : 404, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(isHealth ? { ok: true, ...tracker.stats } : { code: 'tracker/malformed' }));
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('upgrade', (request, socket, head) => {
    if (!door.upgrade(request, socket, head)) socket.destroy();
  });
  try {
    await listen(server, options);
    if (options.stunPort !== undefined)
      stun = await startStun({ host: options.host, port: options.stunPort, nowMs: deps.clock.nowMs });
  } catch (error) {
    door.close();
    server.close();
    const port = server.listening ? options.stunPort : options.port;
    const inUse = errorCode(error) === 'EADDRINUSE';
    throw new MediaError({
      code: inUse ? 'tracker/port-in-use' : 'tracker/cannot-listen',
      message: inUse
        ? `Port ${port} is in use: choose another.`
        : `The tracker cannot listen on ${options.host}:${port}: ${errorMessage(error)}.`,
      source: 'client',
      cause: error,
    });
  }
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : options.port;
  return {
    url: `ws://${bracketed(options.host)}:${port}${TRACKER_PATH}`,
    get stun() {
      return stunUrl();
    },
    tracker,
    async close() {
      door.close();
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await Promise.all([closed, stun?.close()]);
    },
  };
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** As browsers take it (RFC 7064). */
export function stunUrlOf(host: string, port: number): string {
  return `stun:${bracketed(host)}:${port}`;
}

function listen(server: Server, { host, port }: TrackerServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
