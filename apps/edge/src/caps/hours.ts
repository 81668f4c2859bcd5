/** Hours of the day in which an edge serves, by this machine's clock: minutes from midnight. */
export interface HoursOfDay {
  readonly fromMinute: number;
  /** Exclusive; below `fromMinute` where midnight is within. */
  readonly untilMinute: number;
}

const DAY_MINUTES = 1_440;
const TIME = /^([01]?\d|2[0-4])(?::([0-5]\d))?$/;

function minuteOf(text: string): number | undefined {
  const [, hour, minute] = TIME.exec(text) ?? [];
  if (hour === undefined) return undefined;
  const at = Number(hour) * 60 + Number(minute ?? 0);
  return at > DAY_MINUTES ? undefined : at % DAY_MINUTES;
}

/** Reads `22-06` or `22:30-6:00`; undefined where it is none, or all of the day. */
export function readHours(text: string): HoursOfDay | undefined {
  const [from = '', until = '', ...more] = text.split('-').map((part) => part.trim());
  const [fromMinute, untilMinute] = [minuteOf(from), minuteOf(until)];
  if (more.length > 0 || fromMinute === undefined || untilMinute === undefined) return undefined;
  return fromMinute === untilMinute ? undefined : { fromMinute, untilMinute };
}

/** Seconds until the hours begin, and 0 within them. */
export function secondsUntil(hours: HoursOfDay, nowMs: number): number {
  const now = new Date(nowMs);
  const minute = now.getHours() * 60 + now.getMinutes();
  const { fromMinute, untilMinute } = hours;
  const isWithin =
    fromMinute < untilMinute
      ? minute >= fromMinute && minute < untilMinute
      : minute >= fromMinute || minute < untilMinute;
  if (isWithin) return 0;
  // As a clock on the wall goes, whatever an hour of summer time adds or takes.
  const begins = new Date(now);
  begins.setHours(Math.floor(fromMinute / 60), fromMinute % 60, 0, 0);
  if (begins <= now) begins.setDate(begins.getDate() + 1);
  return Math.max(1, Math.ceil((begins.getTime() - nowMs) / 1_000));
}
