import { ATTACKS } from './attacks/index.ts';
import type { Job } from './economy.ts';
import { play } from './play.ts';
import type { Played } from './play.ts';

/** What a worker is sent. */
export interface Order {
  readonly job: Job;
}

/** What it says: hours done, then the play. */
export type Word =
  | { readonly kind: 'hour'; readonly hour: number }
  | { readonly kind: 'played'; readonly played: Played };

/** Hours between two words of how far it is. */
const TOLD_EVERY = 24;

/** Plays one job in this process. */
export async function playJob(job: Job, onHour?: (hour: number) => void): Promise<Played> {
  const { seed, days, attack: wanted } = job;
  const attack = ATTACKS.find(({ name }) => name === wanted?.name);
  if (wanted !== undefined && attack === undefined) throw new Error(`no attack ${wanted.name}`);
  return play({
    seed,
    days,
    ...(attack === undefined || wanted === undefined
      ? {}
      : { attack: { attack, share: wanted.sharePercent / 100 } }),
    onHour(hour, hours) {
      if (hour % TOLD_EVERY === 0 || hour === hours) onHour?.(hour);
    },
  });
}
