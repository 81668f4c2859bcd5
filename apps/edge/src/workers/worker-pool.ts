import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { CloseOptions, FrontStats } from '@media-network/http-front';
import { MediaError, createRepeatingTask } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask } from '@media-network/runtime';
import type { LogLevel } from '@media-network/runtime/daemon';
import { startProcess } from '@media-network/runtime/own-parts';
import { closeHandle } from '../listening-handle.ts';
import type { CertificateDesk } from '../tls/certificate-desk.ts';
import type { ExchangeServer } from './exchange-server.ts';
import type { HotDesk } from './hot-desk.ts';
import type { FromWorker, ListenerKind, ToWorker } from './messages.ts';

export interface WorkerPoolDeps {
  readonly desk: HotDesk;
  readonly exchanges: ExchangeServer;
  readonly onUnbilled: (bytes: number) => void;
  readonly onRefused: (reason: string, times: number) => void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface WorkerPoolOptions {
  readonly count: number;
  readonly door: string;
  readonly certificates: CertificateDesk | undefined;
  readonly logLevel: LogLevel;
  /** Folder of the logs; each place has a file. */
  readonly logDir: string;
  readonly accessLog: boolean;
}

/** Where viewers come in. `handle`: a socket that listens there already. */
export interface ListenPlace {
  readonly listener: ListenerKind;
  readonly host: string;
  readonly port: number;
  readonly handle?: unknown;
}

export interface WorkerPool {
  /** Starts the workers and lets them listen; resolves when all do. Rejects with `front/port-in-use`, `front/listen-failed`. */
  start(places: readonly ListenPlace[]): Promise<void>;
  /** Where it listens, with the sockets: one for each worker where the system spreads viewers over them. */
  readonly places: readonly Required<ListenPlace>[];
  readonly stats: Readonly<FrontStats>;
  readonly openConnections: number;
  /** Process ids of those that are up. */
  readonly pids: readonly number[];
  /** Times a worker has ended unasked. */
  readonly lost: number;
  /** Resolves when all that left to viewers until now is counted. */
  settle(): Promise<void>;
  /** Ends a worker that does not answer. */
  kill(worker: number): void;
  close(options: Required<CloseOptions>): Promise<void>;
}

interface Slot extends ListenPlace {
  readonly no: number;
  /** Of the worker that should accept here, among `count`. */
  readonly owner: number;
  handle: unknown;
  port: number;
  /** Who accepts here now. */
  by: Worker | undefined;
}

interface Worker {
  /** Never used twice. */
  readonly no: number;
  readonly place: number;
  readonly child: ChildProcess;
  readonly gone: Promise<void>;
  readonly listening: Map<
    number,
    {
      readonly resolve: (said: Extract<FromWorker, { kind: 'listening' }>, handle: unknown) => void;
      readonly reject: (error: Error) => void;
    }
  >;
  readonly counting: Map<number, (told: number) => void>;
  ready: boolean;
  openConnections: number;
}

const MAIN = new URL(`worker-main${import.meta.url.endsWith('.js') ? '.js' : '.ts'}`, import.meta.url);
/** All assembled answers of a front together are 32 MiB; so they are with several. */
const MAX_ASSEMBLED_BYTES = 32 * 2 ** 20;
const TICKET_KEY_BYTES = 48;
const RESPAWN_MS = 100;
const MAX_RESPAWN_MS = 5_000;
/** One that has lived this long is started again at once. */
const LIVED_MS = 10_000;
const SETTLE_MS = 2_000;

/** Systems that spread the connections of one port over the sockets that share it; elsewhere workers share one socket. */
const SPREADS = process.platform === 'linux' || process.platform === 'freebsd';

export function createWorkerPool(deps: WorkerPoolDeps, options: WorkerPoolOptions): WorkerPool {
  const { desk, clock, log } = deps;
  const { certificates } = options;
  const workers = new Map<number, Worker>();
  const ticketKeys = randomBytes(TICKET_KEY_BYTES);
  const slots: Slot[] = [];
  const stats: FrontStats = { connections: 0, fast: 0, slow: 0, refused: 0 };
  const keepers: RepeatingTask[] = [];
  let nextNo = 0;
  let nextSeq = 0;
  let lost = 0;
  let draining: Required<CloseOptions> | undefined;

  function send(worker: Worker, message: ToWorker, handle?: unknown): void {
    if (!worker.child.connected) return;
    // The types know sockets and servers; a bare listening handle is sent as well.
    worker.child.send(message, handle as never, {}, () => undefined);
  }

  certificates?.onChange((names) => {
    const { fallback } = certificates;
    for (const worker of workers.values()) send(worker, { kind: 'certificates', names, fallback });
  });

  function spawn(place: number): Promise<Worker> {
    nextNo += 1;
    const no = nextNo;
    const child = startProcess(MAIN, { serialization: 'advanced' });
    const { promise: gone, resolve: onGone } = Promise.withResolvers<void>();
    const { promise: up, resolve: onUp, reject: onFailed } = Promise.withResolvers<Worker>();
    const worker: Worker = {
      no,
      place,
      child,
      gone,
      listening: new Map(),
      counting: new Map(),
      ready: false,
      openConnections: 0,
    };
    child.on('error', (error) => {
      onFailed(error);
      if (child.pid !== undefined) return;
      // It has never been there, and says no 'exit' either.
      workers.delete(no);
      desk.detach(no);
      onGone();
    });
    child.on('exit', (code, signal) => {
      const why = `a worker ended with ${signal ?? `exit code ${code}`}`;
      workers.delete(no);
      desk.detach(no);
      deps.exchanges.forget(no);
      const error = new MediaError({ code: 'edge/worker-lost', message: `${why}.`, source: 'internal' });
      for (const { reject } of worker.listening.values()) reject(error);
      for (const counted of worker.counting.values()) counted(0);
      onFailed(error);
      if (draining === undefined) {
        lost += 1;
        log.warn({ worker: place, pid: child.pid, why }, 'a worker is gone; it is started again');
        adopt(worker);
      }
      onGone();
    });
    child.on('message', (message, handle: unknown) => {
      const said = message as FromWorker; // from the same program
      if (said.kind === 'ready') {
        worker.ready = true;
        onUp(worker);
      } else void hear(worker, said, handle);
    });
    workers.set(no, worker);
    desk.attach(no, (message) => send(worker, message));
    send(worker, {
      kind: 'start',
      no,
      door: options.door,
      tls: certificates === undefined ? undefined : { fallback: certificates.fallback, ticketKeys },
      maxAssembledBytes: Math.floor(MAX_ASSEMBLED_BYTES / options.count),
      logLevel: options.logLevel,
      logFile: join(options.logDir, `worker-${place + 1}.jsonl`),
      accessLog: options.accessLog,
    });
    return up;
  }

  async function hear(worker: Worker, said: FromWorker, handle: unknown): Promise<void> {
    const { no } = worker;
    switch (said.kind) {
      case 'ready':
        return;
      case 'listening':
        worker.listening.get(said.slot)?.resolve(said, handle);
        worker.listening.delete(said.slot);
        return;
      case 'listen-failed': {
        const { code, message } = said;
        worker.listening.get(said.slot)?.reject(new MediaError({ code, message, source: 'internal' }));
        worker.listening.delete(said.slot);
        return;
      }
      case 'counts': {
        desk.counted(no, said.hot);
        const { front } = said;
        if (front === undefined) return;
        stats.connections += front.connections;
        stats.fast += front.fast;
        stats.slow += front.slow;
        stats.refused += front.refused;
        worker.openConnections = front.openConnections;
        deps.onUnbilled(front.unbilledBytes);
        for (const [reason, times] of front.refusals) deps.onRefused(reason, times);
        return;
      }
      case 'counted':
        await deps.exchanges.whenTold(no, said.told);
        worker.counting.get(said.seq)?.(said.told);
        worker.counting.delete(said.seq);
        if (said.seq === 0 && worker.child.connected) worker.child.disconnect();
        return;
      case 'dropped':
        desk.dropped(no, said.seq);
        return;
      case 'certificate': {
        const { seq, name, proof } = said;
        const pair = await certificates?.find(name, proof).catch(() => undefined);
        send(worker, { kind: 'certificate', seq, pair });
        return;
      }
      case 'settled':
        desk.settled(no, said.ids);
        return;
      default:
        said satisfies never;
    }
  }

  async function listen(worker: Worker, slot: Slot): Promise<void> {
    const { promise, resolve, reject } =
      Promise.withResolvers<readonly [Extract<FromWorker, { kind: 'listening' }>, unknown]>();
    worker.listening.set(slot.no, { resolve: (said, handle) => resolve([said, handle]), reject });
    const { no, listener, host, port, handle } = slot;
    const before = slot.by;
    slot.by = worker;
    send(worker, { kind: 'listen', slot: no, listener, host, port, reusePort: SPREADS }, handle);
    const [said, made] = await promise;
    slot.port = said.port;
    if (said.made) slot.handle = made;
    if (before !== undefined && before !== worker) send(before, { kind: 'unlisten', slot: no });
  }

  /** Viewers who come where a dead worker was to accept are taken by another until it is back. */
  function adopt(dead: Worker): void {
    const [other] = [...workers.values()].filter(({ ready }) => ready);
    for (const slot of slots) {
      if (slot.by !== dead) continue;
      slot.by = undefined;
      if (other !== undefined && slot.handle !== undefined) void listen(other, slot).catch(() => undefined);
    }
  }

  /** One place among the workers: whoever has it is replaced when it ends. */
  function keeper(place: number, first: Worker): RepeatingTask {
    let worker: Worker | undefined = first;
    return createRepeatingTask(
      async (signal) => {
        const since = performance.now();
        if (worker === undefined) {
          worker = await spawn(place);
          for (const slot of slots) if (slot.owner === place) await listen(worker, slot);
        }
        const { gone } = worker;
        await Promise.race([
          gone,
          new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
        ]);
        if (signal.aborted) return 'idle';
        worker = undefined;
        if (performance.now() - since >= LIVED_MS) return 'busy';
        throw new MediaError({
          code: 'edge/worker-lost',
          message: 'A worker ended soon after its start.',
          source: 'internal',
        });
      },
      { clock, log },
      { name: `worker-${place}`, intervalMs: RESPAWN_MS, busyIntervalMs: 0, maxBackoffMs: MAX_RESPAWN_MS },
    );
  }

  function plan(places: readonly ListenPlace[]): void {
    for (const listener of ['http', 'https'] as const) {
      const given = places.filter((place) => place.listener === listener);
      const [first] = given;
      if (first === undefined) continue;
      // As many as there are workers; those that are given have viewers waiting and are all kept.
      const wanted = SPREADS ? Math.max(options.count, given.length) : 1;
      const sharesGiven = given.length === 1 && first.handle !== undefined;
      for (let i = 0; i < (sharesGiven ? 1 : wanted); i += 1) {
        const { host, port, handle } = given[i] ?? { ...first, handle: undefined };
        slots.push({
          no: slots.length,
          owner: i % options.count,
          listener,
          host,
          port,
          handle,
          by: undefined,
        });
      }
      // Where there is one socket, all accept from it.
      if (sharesGiven || !SPREADS) {
        const [only] = slots.slice(-1);
        if (only === undefined) continue;
        for (let owner = 1; owner < options.count; owner += 1)
          slots.push({ ...only, no: slots.length, owner });
      }
    }
  }

  return {
    async start(places) {
      plan(places);
      const started = await Promise.all(Array.from({ length: options.count }, (_, place) => spawn(place)));
      for (const slot of slots) {
        const worker = started[slot.owner];
        if (worker === undefined) throw new Error('a slot has an owner');
        // A port that was left open is chosen by the first; where sockets are not spread, it is the first's.
        const first = slots.find((other) => other.listener === slot.listener && other.handle !== undefined);
        if (first !== undefined && slot.handle === undefined) {
          slot.port = first.port;
          if (!SPREADS) slot.handle = first.handle;
        }
        await listen(worker, slot);
      }
      for (const [place, worker] of started.entries()) keepers.push(keeper(place, worker));
      for (const each of keepers) each.start();
    },
    get places() {
      return slots.map(({ listener, host, port, handle }) => ({ listener, host, port, handle }));
    },
    stats,
    get openConnections() {
      let sum = 0;
      for (const worker of workers.values()) sum += worker.openConnections;
      return sum;
    },
    get pids() {
      return [...workers.values()].flatMap(({ child }) => (child.pid === undefined ? [] : [child.pid]));
    },
    get lost() {
      return lost;
    },
    async settle() {
      const asked = [...workers.values()].map((worker) => {
        nextSeq += 1;
        const seq = nextSeq;
        return new Promise<void>((resolve) => {
          worker.counting.set(seq, () => resolve());
          send(worker, { kind: 'count', seq });
          setTimeout(resolve, SETTLE_MS).unref();
        });
      });
      await Promise.all(asked);
    },
    kill(no) {
      const worker = workers.get(no);
      log.error({ worker: worker?.place }, 'a worker does not answer; it is ended');
      worker?.child.kill('SIGKILL');
    },
    async close({ graceMs, idleMs }) {
      draining = { graceMs, idleMs };
      const all = [...workers.values()];
      for (const worker of all) send(worker, { kind: 'drain', graceMs, idleMs });
      // Nobody is to be accepted here any more, unless somebody else holds these sockets, too.
      for (const handle of new Set(slots.map((slot) => slot.handle))) closeHandle(handle);
      const timer = setTimeout(() => {
        for (const { child } of workers.values()) child.kill('SIGKILL');
      }, graceMs + SETTLE_MS);
      await Promise.all(keepers.map((each) => each.stop()));
      await Promise.all([...workers.values()].map(({ gone }) => gone));
      clearTimeout(timer);
    },
  };
}
