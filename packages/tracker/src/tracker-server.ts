import { createServer } from 'node:http';
import type { Clock } from '@media-network/runtime';
import { cannotListen, listenAt } from '@media-network/runtime/listen';
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
const CODES = { inUse: 'tracker/port-in-use', failed: 'tracker/cannot-listen' };

/** Rejects with `tracker/port-in-use` or `tracker/cannot-listen`. */
export async function startTrackerServer(
  options: TrackerServerOptions,
  deps: Omit<TrackerDeps, 'ice'>,
): Promise<TrackerServer> {
  let stun: StunServer | undefined;
  let bound: number;
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
    bound = await listenAt(server, { host: options.host, port: options.port, flag: '--port', codes: CODES });
    if (options.stunPort !== undefined) stun = await openStun(options.host, options.stunPort, deps.clock);
  } catch (error) {
    door.close();
    server.close();
    throw error;
  }
  return {
    url: `ws://${bracketed(options.host)}:${bound}${TRACKER_PATH}`,
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

async function openStun(host: string, port: number, clock: Pick<Clock, 'nowMs'>): Promise<StunServer> {
  try {
    return await startStun({ host, port, nowMs: () => clock.nowMs() });
  } catch (error) {
    throw cannotListen(error, { host, port, flag: '--stun-port', codes: CODES, transport: 'UDP' });
  }
}
