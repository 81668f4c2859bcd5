import { createRepeatingTask } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask } from '@media-network/runtime';
import type { MediaClient } from './client.ts';

/** The chain's time between readings, by a clock of this machine. Validators' clocks lag the wall by a minute at times. */
export interface ChainClock extends Clock {
  /** Reads it now and then; started already. */
  readonly task: RepeatingTask;
}

const READ_MS = 5_000;
const MAX_BACKOFF_MS = 30_000;

/** A clock that tells what programs and edges take for the time. Rejects when the chain cannot be read at first. */
export async function createChainClock(
  client: Pick<MediaClient, 'chainTime'>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<ChainClock> {
  let offsetMs = 0;
  async function read(): Promise<void> {
    const measured = Number(await client.chainTime()) * 1_000 - clock.nowMs();
    // The chain tells whole seconds, so it is at or after what we read: small steps back are rounding.
    offsetMs = measured < offsetMs && offsetMs - measured < 1_000 ? offsetMs : measured;
  }
  await read();
  const task = createRepeatingTask(
    read,
    { clock, log },
    { name: 'chain-clock', intervalMs: READ_MS, maxBackoffMs: MAX_BACKOFF_MS },
  );
  task.start();
  return { nowMs: () => clock.nowMs() + offsetMs, sleep: (ms, signal) => clock.sleep(ms, signal), task };
}
