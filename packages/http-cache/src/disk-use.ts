import { MediaError, errorCode } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import { createDiskRoom } from './disk-room.ts';
import type { DiskTier, DiskWriter } from './disk-tier.ts';
import type { StoreState } from './store.ts';

/** The disk, as long as it does what it is told: after a failure it is let be for a while, then tried again. */
export interface DiskUse {
  readonly state: StoreState;
  /** Undefined until it could be opened. What is stored there is read through it, whatever became of writing. */
  readonly tier: DiskTier | undefined;
  /** Opens it where it is not open. Rejects when the disk will not have it. */
  open(): Promise<DiskTier | undefined>;
  /** Where there is room for so many bytes. Undefined when the disk is out of use or fails. Never rejects. */
  write<T>(bytes: number, write: (tier: DiskTier) => Promise<T>): Promise<T | undefined>;
  /** A body without an announced length may grow past what there was room for: the writer looks again and again. */
  guarded(writer: DiskWriter): DiskWriter;
  /** Change of the bytes that fills under way have announced and not brought. */
  readonly promised: (delta: number) => void;
  readonly failed: (error: unknown) => void;
  readonly worked: () => void;
}

export interface DiskUseOptions {
  /** For the log; undefined where the store has no disk. */
  readonly dir: string | undefined;
  readonly open: () => Promise<DiskTier | undefined>;
  /** Left free for what else lives on the disk. */
  readonly reserveBytes: number;
  /** How long a disk that failed is let be. */
  readonly retryMs: number;
  /** Whether somebody wants nothing written just now. */
  readonly isHeld: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** How much a body may grow on disk between two looks at what is left there. */
const ROOM_CHECK_BYTES = 4_194_304;

/** The same as a full disk, only earlier. */
function reserveReached(): MediaError {
  return new MediaError({
    code: 'cache/disk-reserve',
    message: 'The disk has no more room than what is to be left free on it.',
    source: 'internal',
  });
}

export function createDiskUse(options: DiskUseOptions): DiskUse {
  const { dir, reserveBytes, clock, log } = options;
  let state: StoreState = { kind: 'ok' };
  let tier: DiskTier | undefined;

  const room = createDiskRoom(
    { clock, freeBytes: () => tier?.freeBytes() ?? Promise.resolve(Number.POSITIVE_INFINITY) },
    reserveBytes,
  );

  function isUsable(): boolean {
    return state.kind === 'ok' || clock.nowMs() - state.sinceMs >= options.retryMs;
  }

  function failed(error: unknown): void {
    const reason = errorCode(error);
    if (state.kind === 'ok')
      log.warn({ code: reason, dir }, 'the disk tier is out of use; responses pass through');
    state = { kind: 'degraded', reason, sinceMs: clock.nowMs() };
  }

  async function open(): Promise<DiskTier | undefined> {
    tier ??= await options.open();
    return tier;
  }

  return {
    get state() {
      return state;
    },
    get tier() {
      return tier;
    },
    open,
    async write(bytes, write) {
      if (tier === undefined || options.isHeld() || !isUsable()) return undefined;
      try {
        if (!(await room.has(bytes))) throw reserveReached();
        return await write(tier);
      } catch (error) {
        failed(error);
        return undefined;
      }
    },
    guarded(writer) {
      if (reserveBytes === 0) return writer;
      let unchecked = 0;
      return {
        ...writer,
        async write(chunk, position) {
          unchecked += chunk.length;
          if (unchecked >= ROOM_CHECK_BYTES) {
            unchecked = 0;
            if (!(await room.has(chunk.length, true))) throw reserveReached();
          }
          await writer.write(chunk, position);
        },
      };
    },
    promised: (delta) => room.promise(delta),
    failed,
    worked() {
      if (state.kind === 'ok') return;
      state = { kind: 'ok' };
      log.info({ dir }, 'the disk tier is in use again');
    },
  };
}
