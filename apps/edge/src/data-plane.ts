import { join } from 'node:path';
import { createContexts } from '@media-network/certificates';
import { createFront } from '@media-network/http-front';
import type { CloseOptions, Front, FrontStats, Listening, TlsListening } from '@media-network/http-front';
import type { Clock, Log, Scope } from '@media-network/runtime';
import type { EdgeConfig } from './config.ts';
import type { Account, Accounting } from './serve/account.ts';
import { createHotLookUp } from './serve/fast-lane.ts';
import type { HotLookUpDeps } from './serve/fast-lane.ts';
import type { HitLane } from './serve/hit-lane.ts';
import type { Tally } from './serve/tally.ts';
import type { LateDesk } from './succession/late-desk.ts';
import type { AnyAccount, Succession } from './succession/succession.ts';
import type { Tenant } from './tenant/tenant-book.ts';
import type { CertificateDesk } from './tls/certificate-desk.ts';
import { openDoor } from './workers/door.ts';
import { startExchangeServer } from './workers/exchange-server.ts';
import type { ExchangeServer } from './workers/exchange-server.ts';
import { createHotDesk } from './workers/hot-desk.ts';
import type { HotDesk } from './workers/hot-desk.ts';
import { createWorkerPool } from './workers/worker-pool.ts';
import type { ListenPlace, WorkerPool } from './workers/worker-pool.ts';

/** Where viewers are served: in this process, or by workers that share the ports. */
export interface DataPlane {
  readonly stats: Readonly<FrontStats>;
  readonly openConnections: number;
  /** Process ids of workers that are up. */
  readonly workers: readonly number[];
  /** Times a worker has ended unasked. */
  readonly workersLost: number;
  /** Bytes of objects that workers hold. */
  readonly workerBytes: number;
  listen(places: readonly ListenPlace[]): Promise<void>;
  /** Where it listens, with the sockets. */
  readonly places: readonly Required<ListenPlace>[];
  /** Resolves when all that left to viewers until now is counted. */
  settle(): Promise<void>;
  /** Takes every copy back from workers; they answer nothing by themselves until `resume`. */
  suspend(): Promise<void>;
  resume(): void;
  close(options: Required<CloseOptions>): Promise<void>;
}

export interface DataPlaneDeps {
  readonly scope: Scope;
  readonly succession: Succession;
  readonly late: LateDesk;
  readonly lane: HitLane<Account>;
  readonly lookUp: HotLookUpDeps;
  readonly room: (tenant: Tenant) => number;
  readonly onHits: (host: string, target: string, bytes: number, times: number) => void;
  readonly tally: Tally;
  /** Undefined: no HTTPS. */
  readonly certificates: CertificateDesk | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** What all workers together may hold in RAM: as much as the process that has the whole cache. */
export function workersBytes({ ramBytes, workers }: EdgeConfig): number {
  return workers === 1 ? 0 : Math.floor(ramBytes / 2);
}

/** A worker that has not let go of a copy by then is ended: nobody is served what was forgotten. */
const WORKER_PATIENCE_MS = 5_000;

/** `door`: where fronts in other processes hand requests over; undefined where there are none. */
export async function openDataPlane(
  config: EdgeConfig,
  takesOver: boolean,
  deps: DataPlaneDeps,
): Promise<{
  readonly plane: DataPlane;
  readonly hot: HotDesk | undefined;
  readonly door: string | undefined;
}> {
  const { scope, succession, lane, tally, clock, log } = deps;
  const onRefused = (reason: string, times = 1): void => tally.refused('accept', `front/${reason}`, times);
  const handlers = {
    answer: (request: Parameters<Succession['answer']>[0]) => succession.answer(request),
    onWritten: (account: AnyAccount | undefined, head: number, body: number) =>
      succession.written(account, head, body),
  };
  let hot: HotDesk | undefined;
  let exchanges: ExchangeServer | undefined;
  let path: string | undefined;
  if (config.workers > 1 || takesOver) {
    const door = await openDoor(config.dir);
    scope.add('door', () => door.close());
    path = door.path;
    exchanges = await startExchangeServer<AnyAccount>(door.path, {
      handlers,
      onMissed: (worker, request) => hot?.missed(worker, request),
      barrier: () => hot?.barrier(),
      onLate: (socket) => deps.late.connected(socket),
      log,
    });
    const opened = exchanges;
    scope.add('exchanges', () => opened.close());
  }
  if (config.workers === 1 || exchanges === undefined || path === undefined) {
    const front = createFront<AnyAccount>(
      {
        ...handlers,
        fast: (request) => (succession.own ? lane.fast(request) : undefined),
        selective: (request) => (succession.own ? lane.selective(request) : undefined),
        onRefused: (reason) => onRefused(reason),
      },
      { clock, log },
    );
    return { plane: createLocalPlane(front, deps), hot: undefined, door: path };
  }
  const account: Accounting = (paying, head, body) => succession.written(paying, head, body);
  const desk = createHotDesk(
    {
      ...deps.lookUp,
      find: createHotLookUp(deps.lookUp),
      room: deps.room,
      account,
      onHits: deps.onHits,
      log,
    },
    {
      maxBytes: Math.floor(workersBytes(config) / config.workers),
      patienceMs: WORKER_PATIENCE_MS,
      onHung: (worker) => pool.kill(worker),
    },
  );
  hot = desk;
  const pool = createWorkerPool(
    {
      desk,
      exchanges,
      onUnbilled: (bytes) => tally.wroteUnbilled(bytes),
      onRefused,
      clock,
      log,
    },
    {
      count: config.workers,
      door: path,
      certificates: deps.certificates,
      logLevel: config.logLevel,
      logDir: join(config.dir, 'log'),
      accessLog: config.accessLog,
    },
  );
  desk.task.start();
  scope.add('hot desk', () => desk.task.stop());
  return { plane: createWorkerPlane(pool, desk), hot, door: path };
}

/** All in this process. */
function createLocalPlane(
  front: Front,
  { certificates, clock }: Pick<DataPlaneDeps, 'certificates' | 'clock'>,
): DataPlane {
  const places: Required<ListenPlace>[] = [];
  const secure: TlsListening[] = [];
  const contexts =
    certificates === undefined
      ? undefined
      : createContexts({ load: (name, proof) => certificates.find(name, proof), clock });
  certificates?.onChange((names) => {
    contexts?.forget(names);
    const { fallback } = certificates;
    if (fallback !== undefined) for (const listening of secure) listening.renew(fallback);
  });
  return {
    stats: front.stats,
    get openConnections() {
      return front.openConnections;
    },
    workers: [],
    workersLost: 0,
    workerBytes: 0,
    async listen(wanted) {
      for (const { listener, host, port, handle } of wanted) {
        const options = { host, port, ...(handle === undefined ? {} : { handle }) };
        let listening: Listening;
        if (listener === 'http') listening = await front.listen(options);
        else if (contexts === undefined) continue;
        else {
          const { contextFor } = contexts;
          const made = await front.listenTls(options, { ...certificates?.fallback, contextFor });
          secure.push(made);
          listening = made;
        }
        places.push({ listener, host, port: listening.port, handle: listening.handle });
      }
    },
    places,
    settle: () => Promise.resolve(),
    suspend: () => Promise.resolve(),
    resume: () => undefined,
    close: (options) => front.close(options),
  };
}

/** By workers; what they cannot answer comes back here. */
function createWorkerPlane(pool: WorkerPool, desk: HotDesk): DataPlane {
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
    get workerBytes() {
      return desk.bytes;
    },
    listen: (places) => pool.start(places),
    get places() {
      return pool.places;
    },
    settle: () => pool.settle(),
    async suspend() {
      desk.suspend();
      await desk.barrier();
    },
    resume: () => desk.resume(),
    close: (options) => pool.close(options),
  };
}
