import type { Draft } from './state.ts';
import { fail } from './failure.ts';
import { u64 } from './arithmetic.ts';

type Config = Draft<'config'>;

export function hourSecs(config: Config): bigint {
  return 12n * BigInt(config.sampleSecs);
}

export function hourAt(config: Config, time: bigint): bigint {
  if (time < config.epochZero) return fail('TooEarly');
  return (time - config.epochZero) / hourSecs(config);
}

export function weekOf(config: Config, hour: bigint): bigint {
  return hour / BigInt(config.hoursPerWeek);
}

export function weekAt(config: Config, time: bigint): bigint {
  return weekOf(config, hourAt(config, time));
}

/** E(h): the second at which an hour is over. */
export function hourEnd(config: Config, hour: bigint): bigint {
  return u64(config.epochZero + u64(u64(hour + 1n) * hourSecs(config)));
}

export function reportsUntil(config: Config, hour: bigint): bigint {
  return hourEnd(config, hour) + BigInt(config.reportSlots) * BigInt(config.sampleSecs);
}

/** Commitments of verdicts are taken from `reportsUntil` to here. */
export function commitsUntil(config: Config, hour: bigint): bigint {
  return hourEnd(config, hour) + BigInt(config.commitSlots) * BigInt(config.sampleSecs);
}

/** Reveals are taken to here. */
export function revealsUntil(config: Config, hour: bigint): bigint {
  return hourEnd(config, hour) + BigInt(config.verdictSlots) * BigInt(config.sampleSecs);
}

/** To here an hour is decided by the set of its own week, from here on by that of the current one. */
export function ownUntil(config: Config, hour: bigint): bigint {
  return revealsUntil(config, hour) + BigInt(config.finalHours) * hourSecs(config);
}

/** From here on an hour that is not final is void. */
export function voidFrom(config: Config, hour: bigint): bigint {
  return ownUntil(config, hour) + BigInt(config.lateHours) * hourSecs(config);
}

/**
 * Hours after which nothing of an hour can be decided any more: those of its verdicts, begun ones whole, those in which it can be
 * decided, and one more in which it can be recorded.
 */
export function settledAfter(config: Config, hour: bigint): bigint {
  const verdicts = BigInt(Math.ceil(config.verdictSlots / 12));
  return hour + verdicts + BigInt(config.finalHours) + BigInt(config.lateHours) + 1n;
}
