import type { Draft } from './state.ts';

/**
 * Since when something has lain where it is (docs/governance.md, Weight): when something joined it last, and up to three
 * levels of what had been there before, the newest first.
 */
type Seasoned = Pick<Draft<'lock'>, 'addedAt' | 'seasoned'>;
type Config = Pick<Draft<'config'>, 'epochZero' | 'seasoningSecs' | 'votingSecs'>;

const SECONDS_MOST = 2n ** 32n - 1n;
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** To be called before more joins the `held`. */
export function joinSeasons(of: Seasoned, held: bigint, config: Config, now: bigint): void {
  let most = held;
  const levels = of.seasoned.map((level) => {
    most = least(most, level.amount);
    return { ...level, amount: most };
  });
  const apart = Math.ceil((config.seasoningSecs + config.votingSecs) / 2);
  const [newest] = levels;
  const isFar = newest === undefined || newest.amount === 0n || of.addedAt - newest.since >= apart;
  of.seasoned =
    held > 0n && isFar ? [{ amount: held, since: of.addedAt }, ...levels].slice(0, levels.length) : levels;
  const seconds = now > config.epochZero ? now - config.epochZero : 0n;
  of.addedAt = Number(least(seconds, SECONDS_MOST));
}

/** What of the `held` has lain there since `moment`. */
export function seasonedSince(of: Seasoned, held: bigint, config: Config, moment: bigint): bigint {
  const seconds = moment - config.epochZero;
  if (seconds < 0n) return 0n;
  if (BigInt(of.addedAt) <= seconds) return held;
  const level = of.seasoned.find(({ since }) => BigInt(since) <= seconds);
  return level === undefined ? 0n : least(level.amount, held);
}
