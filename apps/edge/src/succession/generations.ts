import type { ChildProcess } from 'node:child_process';
import { MediaError, errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import type { ControlPlace, Edge } from '../edge-api.ts';
import { closeHandle } from '../listening-handle.ts';
import type { ListenPlace } from '../workers/worker-pool.ts';
import type { FromGeneration, GenerationCall, ToGeneration } from './generation-messages.ts';
import type { Legacy } from './succession.ts';

export interface GenerationsDeps {
  /** The first generation: it runs in this process. */
  readonly edge: Edge;
  /** Starts a process from the code that is on disk now, which calls `openGenerationLine`. */
  readonly start: () => ChildProcess;
  readonly log: Log;
  /** How long a generation may take until it is up; 5 minutes. The one before serves meanwhile. */
  readonly patienceMs?: number;
}

export type UpgradeOutcome =
  | { readonly kind: 'done'; readonly pid: number }
  /** The generation before goes on. */
  | { readonly kind: 'failed'; readonly code: string; readonly why: string };

/**
 * The process that an operator started, and what it starts to take over from itself. It runs the first
 * generation, and is nothing but a holder of listening sockets once that has ended, so that its process id stays
 * that of the edge.
 */
export interface Generations {
  /** Starts a generation that takes over. One at a time: who asks meanwhile is refused with `edge/upgrade-under-way`. */
  upgrade(): Promise<UpgradeOutcome>;
  readonly upgrading: boolean;
  /** Resolves with an exit code when the generation that serves has ended, though nobody asked it to. */
  readonly lost: Promise<number>;
  /** Ends all generations; each lets its responses finish within `drainMs`. */
  close(): Promise<void>;
}

/** What this process can ask of a generation. */
interface Generation {
  letGo(): Promise<Legacy>;
  takeBack(): Promise<void>;
  retire(door: string): Promise<void>;
}

interface Child extends Generation {
  readonly process: ChildProcess;
  readonly gone: Promise<number>;
  end(): void;
}

const PATIENCE_MS = 300_000;

function send(child: ChildProcess, message: ToGeneration, handle?: unknown): void {
  if (!child.connected) return;
  // The types know sockets and servers; a bare listening handle is sent as well.
  child.send(message, handle as never, {}, () => undefined);
}

function callsOf(
  child: ChildProcess,
  gone: Promise<number>,
): { call(call: GenerationCall): Promise<Legacy | undefined>; heard(said: FromGeneration): void } {
  const waiting = new Map<number, (said: Extract<FromGeneration, { kind: 'result' }>) => void>();
  let next = 0;
  return {
    async call(call) {
      next += 1;
      const no = next;
      const { promise, resolve } = Promise.withResolvers<Extract<FromGeneration, { kind: 'result' }>>();
      waiting.set(no, resolve);
      send(child, { kind: 'call', no, call });
      const said = await Promise.race([promise, gone.then(() => undefined)]);
      waiting.delete(no);
      if (said === undefined) throw new Error('the generation has ended');
      if (said.failed !== undefined) throw new Error(said.failed);
      return said.legacy;
    },
    heard(said) {
      if (said.kind === 'result') waiting.get(said.no)?.(said);
    },
  };
}

export function createGenerations(deps: GenerationsDeps): Generations {
  const { edge, log } = deps;
  const children = new Set<Child>();
  const lost = Promise.withResolvers<number>();
  let current: Generation = edge.succession;
  let places: readonly ListenPlace[] = edge.succession.places;
  let { control }: { control: ControlPlace } = edge.succession;
  let upgrading = false;
  let closing = false;
  let ownEnds: Promise<void> | undefined;
  /** Gives up on the generation that is starting. */
  let giveUp: ((why: string) => void) | undefined;
  let takingOver: Promise<UpgradeOutcome> | undefined;

  function bequeath(child: ChildProcess): void {
    for (const { handle, ...place } of places) send(child, { kind: 'place', place }, handle);
    const { handle, ...place } = control;
    send(child, { kind: 'control', place }, handle);
    send(child, { kind: 'inherited', places: places.length });
  }

  /** Resolves once the new one serves, or has failed and the old one goes on. */
  async function takeOver(): Promise<UpgradeOutcome> {
    const started = deps.start();
    const goneWith = Promise.withResolvers<number>();
    const up = Promise.withResolvers<UpgradeOutcome>();
    const newPlaces: ListenPlace[] = [];
    let newControl: ControlPlace | undefined;
    let given: Promise<unknown> | undefined;
    const calls = callsOf(started, goneWith.promise);
    const child: Child = {
      process: started,
      gone: goneWith.promise,
      async letGo() {
        const legacy = await calls.call({ what: 'let-go' });
        if (legacy === undefined) throw new Error('the generation has no books');
        return legacy;
      },
      takeBack: async () => void (await calls.call({ what: 'take-back' })),
      retire: async (door) => void (await calls.call({ what: 'retire', door })),
      end: () => {
        void calls.call({ what: 'end' }).catch(() => undefined);
      },
    };
    children.add(child);
    const failed = (code: string, why: string): void => up.resolve({ kind: 'failed', code, why });
    giveUp = (why) => failed('edge/upgrade-failed', why);
    const giveBooks = async (): Promise<void> => {
      try {
        send(started, { kind: 'legacy', legacy: await current.letGo() });
      } catch (error) {
        failed('edge/upgrade-failed', `the generation that serves cannot let go: ${errorMessage(error)}`);
      }
    };
    started.on('error', (error) => {
      failed('edge/upgrade-failed', `the new generation cannot be started: ${error.message}`);
      goneWith.resolve(1);
    });
    started.on('exit', (code, signal) => {
      failed(
        'edge/upgrade-failed',
        `the new generation ended with ${signal ?? `exit code ${code}`} before it was up`,
      );
      goneWith.resolve(code ?? 1);
    });
    started.on('message', (message, handle: unknown) => {
      const said = message as FromGeneration; // from this program, perhaps a newer one
      if (said.kind === 'inherit') bequeath(started);
      else if (said.kind === 'let-go') given = giveBooks();
      else if (said.kind === 'place') newPlaces.push({ ...said.place, handle });
      else if (said.kind === 'control') newControl = { ...said.place, handle };
      else if (said.kind === 'failed') failed(said.code, said.message);
      else if (said.kind === 'up') isUp = said;
      else calls.heard(said);
      // A message with a socket may be sent anew, and come after what was said behind it.
      if (isUp !== undefined && newPlaces.length >= isUp.places && newControl !== undefined)
        up.resolve({ kind: 'done', pid: started.pid ?? 0 });
    });
    let isUp: Extract<FromGeneration, { kind: 'up' }> | undefined;
    const timer = setTimeout(
      () => failed('edge/upgrade-failed', 'the new generation is not up in time'),
      deps.patienceMs ?? PATIENCE_MS,
    );
    const outcome = await up.promise;
    clearTimeout(timer);
    giveUp = undefined;
    const door = isUp?.door;
    if (outcome.kind === 'failed' || closing || door === undefined) {
      // Not while it may still have the folder.
      started.kill('SIGKILL');
      await child.gone;
      children.delete(child);
      await given;
      await current.takeBack();
      return outcome.kind === 'failed'
        ? outcome
        : { kind: 'failed', code: 'edge/upgrade-failed', why: 'the edge was told to end meanwhile' };
    }
    const before = current;
    current = child;
    const left = before === edge.succession ? [] : [...places.map(({ handle }) => handle), control.handle];
    places = newPlaces;
    if (newControl !== undefined) control = newControl;
    const retired = before.retire(door).catch((error: unknown) => {
      log.error({ err: errorMessage(error) }, 'the generation before has not ended as it should');
    });
    if (before === edge.succession) ownEnds = retired;
    for (const handle of left) closeHandle(handle);
    void watch(child);
    return outcome;
  }

  async function watch(child: Child): Promise<void> {
    const code = await child.gone;
    children.delete(child);
    if (current !== child || closing) return;
    log.error({ pid: child.process.pid, code }, 'the generation that serves has ended unasked');
    lost.resolve(code === 0 ? 1 : code);
  }

  return {
    async upgrade() {
      if (upgrading || closing) {
        throw new MediaError({
          code: 'edge/upgrade-under-way',
          message: 'Another generation is taking over at this moment.',
          source: 'client',
          retry: true,
        });
      }
      upgrading = true;
      try {
        takingOver = takeOver();
        return await takingOver;
      } finally {
        upgrading = false;
      }
    },
    get upgrading() {
      return upgrading;
    },
    lost: lost.promise,
    async close() {
      closing = true;
      // What was given to one that is only starting is taken back before it is closed.
      giveUp?.('the edge was told to end meanwhile');
      await takingOver?.catch(() => undefined);
      for (const child of children) child.end();
      if (current !== edge.succession) for (const { handle } of [...places, control]) closeHandle(handle);
      await Promise.all([edge.close(), ownEnds, ...[...children].map(({ gone }) => gone)]);
    },
  };
}
