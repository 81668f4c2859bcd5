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

export function verdictsUntil(config: Config, hour: bigint): bigint {
  return hourEnd(config, hour) + BigInt(config.verdictSlots) * BigInt(config.sampleSecs);
}

/** From here on an hour that is not final is void. */
export function voidFrom(config: Config, hour: bigint): bigint {
  return verdictsUntil(config, hour) + BigInt(config.finalHours) * hourSecs(config);
}

/** Whether an hour's reports can no longer change. */
export function areReportsFixed(config: Config, hour: Draft<'hour'>, now: bigint): boolean {
  if (now >= verdictsUntil(config, hour.hour)) return true;
  return now >= reportsUntil(config, hour.hour) && hour.decided === hour.reports;
}
