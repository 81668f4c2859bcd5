import type { Clock } from '@media-network/runtime';
import type { Recovered, Recovery } from './disk-tier.ts';

/** The reading of what a folder held when it was opened, beside everything else. */
export interface IndexReading {
  /** Until then the bound of the disk holds for what is not read as well, so nothing new is written. */
  readonly underWay: boolean;
  /** Resolves when all is read, or when opening shall wait no longer. */
  begin(recovery: Recovery): Promise<void>;
  stop(): Promise<void>;
  /** Goes on with what was not read when it was stopped. */
  goOn(): void;
}

export interface IndexReadingOptions {
  readonly clock: Clock;
  /** How long `begin` waits; without it, for all. */
  readonly withinMs: number | undefined;
  readonly take: (one: Recovered) => void;
  readonly onFailed: (error: unknown) => void;
}

export function createIndexReading(options: IndexReadingOptions): IndexReading {
  const { clock, withinMs, take } = options;
  let recovery: Recovery | undefined;
  let reading: Promise<void> | undefined;
  let stopped = new AbortController();
  let isWhole = false;

  async function read(from: Recovery, takeOne: (one: Recovered) => void, signal: AbortSignal): Promise<void> {
    try {
      await from.run(takeOne, signal);
      isWhole = !signal.aborted;
    } catch (error) {
      options.onFailed(error);
    } finally {
      reading = undefined;
    }
  }

  function readOn(from: Recovery, takeOne: (one: Recovered) => void): Promise<void> {
    stopped = new AbortController();
    reading = read(from, takeOne, stopped.signal);
    return reading;
  }

  return {
    get underWay() {
      return reading !== undefined;
    },
    async begin(from) {
      recovery = from;
      const early: Recovered[] = [];
      let isOpen = false;
      const whole = readOn(from, (one) => {
        if (isOpen) take(one);
        else early.push(one);
      });
      if (withinMs === undefined) await whole;
      else {
        const waiting = new AbortController();
        await Promise.race([whole, clock.sleep(withinMs, waiting.signal)]);
        waiting.abort();
      }
      isOpen = true;
      // The newest last: the policy then knows them as the most recently used.
      early.sort((a, b) => a.head.meta.receivedAtMs - b.head.meta.receivedAtMs);
      for (const one of early) take(one);
    },
    async stop() {
      stopped.abort();
      await reading;
    },
    goOn() {
      if (recovery !== undefined && !isWhole) void readOn(recovery, take);
    },
  };
}
