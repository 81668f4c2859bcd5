import type { ControlPlace, Edge, Predecessor } from '../edge-api.ts';
import { errorCode, errorMessage } from '@media-network/runtime';
import type { ListenPlace } from '../workers/worker-pool.ts';
import { SUCCESSOR_VARIABLE } from './generation-messages.ts';
import type { FromGeneration, GenerationCall, ToGeneration } from './generation-messages.ts';
import type { Legacy } from './succession.ts';

/** A later generation's line to the process that an operator started. */
export interface GenerationLine {
  /** That process. */
  readonly main: number;
  readonly predecessor: Predecessor;
  /** Says that the edge is up; from then on it does what it is told. */
  up(edge: Edge): Promise<void>;
  /** Says why it is not. */
  failed(error: unknown): Promise<void>;
  /** Resolves when this generation is to end. */
  readonly ended: Promise<void>;
}

function say(message: FromGeneration, handle?: unknown): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) {
      resolve();
      return;
    }
    // The types know sockets and servers; a bare listening handle is sent as well.
    process.send?.(message, handle as never, {}, () => resolve());
  });
}

/** Undefined in a process that an operator started itself. */
export async function openGenerationLine(
  env: Readonly<Record<string, string | undefined>>,
): Promise<GenerationLine | undefined> {
  const main = Number(env[SUCCESSOR_VARIABLE]);
  if (process.send === undefined || !Number.isInteger(main)) return undefined;
  const places: ListenPlace[] = [];
  let control: ControlPlace | undefined;
  let edge: Edge | undefined;
  const inherited = Promise.withResolvers<ControlPlace>();
  let expected = Number.POSITIVE_INFINITY;
  const look = (): void => {
    if (places.length >= expected && control !== undefined) inherited.resolve(control);
  };
  const legacy = Promise.withResolvers<Legacy>();
  const ended = Promise.withResolvers<void>();

  async function obey(no: number, call: GenerationCall): Promise<void> {
    try {
      switch (call.what) {
        case 'let-go':
          await say({
            kind: 'result',
            no,
            ...(edge === undefined ? {} : { legacy: await edge.succession.letGo() }),
          });
          return;
        case 'take-back':
          await edge?.succession.takeBack();
          break;
        case 'retire':
          await edge?.succession.retire(call.door);
          break;
        case 'end':
          break;
        default:
          call satisfies never;
      }
      await say({ kind: 'result', no });
    } catch (error) {
      await say({ kind: 'result', no, failed: errorMessage(error) });
    }
    if (call.what === 'end' || call.what === 'retire') ended.resolve();
  }

  process.on('message', (message, handle: unknown) => {
    const said = message as ToGeneration; // from the same program, perhaps an older one
    switch (said.kind) {
      case 'place':
        places.push({ ...said.place, handle });
        look();
        return;
      case 'control':
        control = { ...said.place, handle };
        look();
        return;
      case 'inherited':
        expected = said.places;
        look();
        return;
      case 'legacy':
        legacy.resolve(said.legacy);
        return;
      case 'call':
        void obey(said.no, said.call);
        return;
      default:
        said satisfies never;
    }
  });
  // Without it nobody could tell us to end, or that somebody takes over.
  process.on('disconnect', () => ended.resolve());

  await say({ kind: 'inherit' });
  const inheritedControl = await inherited.promise;
  return {
    main,
    predecessor: {
      places,
      control: inheritedControl,
      async letGo() {
        await say({ kind: 'let-go' });
        return legacy.promise;
      },
    },
    async up(running) {
      edge = running;
      const { succession } = running;
      for (const { handle, ...place } of succession.places) await say({ kind: 'place', place }, handle);
      const { handle, ...place } = succession.control;
      await say({ kind: 'control', place }, handle);
      if (succession.door === undefined) throw new Error('a generation that takes over has a door');
      await say({ kind: 'up', door: succession.door, places: succession.places.length });
    },
    failed: (error) => say({ kind: 'failed', code: errorCode(error), message: errorMessage(error) }),
    ended: ended.promise,
  };
}
