import type { CloseOptions, Front, FrontStats, Listening, TlsOptions } from '@media-network/http-front';
import type { ListenPlace, WorkerPool } from './workers/worker-pool.ts';

/** Where viewers are served: in this process, or by workers that share the ports. */
export interface DataPlane {
  readonly stats: Readonly<FrontStats>;
  readonly openConnections: number;
  /** Process ids of workers that are up. */
  readonly workers: readonly number[];
  /** Times a worker has ended unasked. */
  readonly workersLost: number;
  listen(places: readonly ListenPlace[]): Promise<void>;
  /** Where it listens, with the sockets. */
  readonly places: readonly Required<ListenPlace>[];
  /** Resolves when all that left to viewers until now is counted. */
  settle(): Promise<void>;
  close(options: Required<CloseOptions>): Promise<void>;
}

/** All in this process. */
export function createLocalPlane(front: Front, tls: TlsOptions | undefined): DataPlane {
  const places: Required<ListenPlace>[] = [];
  return {
    stats: front.stats,
    get openConnections() {
      return front.openConnections;
    },
    workers: [],
    workersLost: 0,
    async listen(wanted) {
      for (const { listener, host, port, handle } of wanted) {
        const options = { host, port, ...(handle === undefined ? {} : { handle }) };
        let listening: Listening;
        if (listener === 'http') listening = await front.listen(options);
        else if (tls === undefined) continue;
        else listening = await front.listenTls(options, tls);
        places.push({ listener, host: listening.host, port: listening.port, handle: listening.handle });
      }
    },
    places,
    settle: () => Promise.resolve(),
    close: (options) => front.close(options),
  };
}

/** By workers; what they cannot answer comes back here. */
export function createWorkerPlane(pool: WorkerPool): DataPlane {
  return {
    stats: pool.stats,
    get openConnections() {
      return pool.openConnections;
    },
    get workers() {
      return pool.pids;
    },
    get workersLost() {
      return pool.lost;
    },
    listen: (places) => pool.start(places),
    get places() {
      return pool.places;
    },
    settle: () => pool.settle(),
    close: (options) => pool.close(options),
  };
}
