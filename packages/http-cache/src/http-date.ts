const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const IMF = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const RFC850 =
  /^(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday), (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const ASCTIME = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

function toMs(
  year: number,
  monthName: string,
  dayText: string,
  hour: string,
  minute: string,
  second: string,
): number | undefined {
  const month = MONTHS.indexOf(monthName);
  const day = Number(dayText);
  const hours = Number(hour);
  const minutes = Number(minute);
  const seconds = Number(second);
  if (month === -1 || hours > 23 || minutes > 59 || seconds > 60) return undefined;
  const ms = Date.UTC(year, month, day, hours, minutes, Math.min(seconds, 59));
  const date = new Date(ms);
  return date.getUTCDate() === day && date.getUTCMonth() === month ? ms : undefined;
}

/**
 * The three formats of RFC 9110 §5.6.7, strictly and case-sensitively; milliseconds since the epoch or
 * undefined. `nowMs` settles the century of two-digit years.
 */
export function parseHttpDate(value: string, nowMs: number): number | undefined {
  const imf = IMF.exec(value);
  if (imf !== null) {
    const [, day = '', month = '', year = '', h = '', m = '', s = ''] = imf;
    return toMs(Number(year), month, day, h, m, s);
  }
  const asctime = ASCTIME.exec(value);
  if (asctime !== null) {
    const [, month = '', day = '', h = '', m = '', s = '', year = ''] = asctime;
    return toMs(Number(year), month, day, h, m, s);
  }
  const rfc850 = RFC850.exec(value);
  if (rfc850 === null) return undefined;
  const [, day = '', month = '', yy = '', h = '', m = '', s = ''] = rfc850;
  const thisYear = new Date(nowMs).getUTCFullYear();
  let year = Math.floor(thisYear / 100) * 100 + Number(yy);
  if (year > thisYear + 50) year -= 100;
  return toMs(year, month, day, h, m, s);
}

export function formatHttpDate(ms: number): string {
  return new Date(ms).toUTCString();
}
