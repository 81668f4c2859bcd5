import type { Clock } from '@media-network/runtime';

/** What is left on the disk beside what is to be left free on it. */
export interface DiskRoom {
  /**
   * Whether so many bytes may be written; they count as written from then on. `surely`: by a look at the disk
   * now, for what grows past what there was room for. Never rejects: a file system that does not say has room.
   */
  has(bytes: number, surely?: boolean): Promise<boolean>;
  /** Bytes that fills under way have announced and not brought; what changes of them is told. */
  promise(delta: number): void;
}

export interface DiskRoomDeps {
  readonly freeBytes: () => Promise<number>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** Between two looks at the disk: a look is a system call in another thread, and misses come by the thousand. */
const LOOK_MS = 20;

export function createDiskRoom(deps: DiskRoomDeps, reserveBytes: number): DiskRoom {
  let promised = 0;
  let free = 0;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  /** The look under way, which all wait for who want one, and what was let through since it began. */
  let looking: Promise<void> | undefined;
  let sinceLook = 0;

  const enough = (bytes: number): boolean => free - bytes - promised >= reserveBytes;

  async function look(): Promise<void> {
    const at = deps.clock.nowMs();
    sinceLook = 0;
    const seen = await deps.freeBytes().catch(() => Number.POSITIVE_INFINITY);
    free = seen - sinceLook;
    lookedAtMs = at;
    looking = undefined;
  }

  return {
    async has(bytes, surely = false) {
      if (reserveBytes === 0) return true;
      const lately = Math.abs(deps.clock.nowMs() - lookedAtMs) < LOOK_MS;
      // What is written meanwhile is taken off, so only a look can say no.
      if (surely || !lately || !enough(bytes)) await (looking ??= look());
      if (!enough(bytes)) return false;
      free -= bytes;
      sinceLook += bytes;
      return true;
    },
    promise(delta) {
      promised += delta;
    },
  };
}
