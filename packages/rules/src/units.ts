const SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};
/** The longest lifetime that a cache counts (RFC 9111 §1.2.2). */
const MAX_SECONDS = 2_147_483_648;

/** `30s`, `5m`, `12h`, `7d`, `2w`, `1y` or `0`, in seconds; undefined where it is none of these. */
export function readSeconds(text: string): number | undefined {
  if (text === '0') return 0;
  const [, count, unit] = /^(\d{1,10})([smhdwy])$/.exec(text) ?? [];
  const seconds = Number(count) * (SECONDS[unit ?? ''] ?? Number.NaN);
  return Number.isSafeInteger(seconds) && seconds <= MAX_SECONDS ? seconds : undefined;
}

/** How often something may happen. */
export interface Rate {
  readonly count: number;
  readonly seconds: number;
}

const PER: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** `10/s`, `600/m`, `1000/h`, `5000/d`. */
export function readRate(text: string): Rate | undefined {
  const [, count, unit] = /^(\d{1,9})\/([smhd])$/.exec(text) ?? [];
  const seconds = PER[unit ?? ''];
  if (count === undefined || seconds === undefined || Number(count) === 0) return undefined;
  return { count: Number(count), seconds };
}

const BYTES: Readonly<Record<string, number>> = { kb: 1_024, mb: 1_048_576, gb: 1_073_741_824 };

/** `512kb`, `64mb`, `2gb`, in bytes; undefined where it is none of these. */
export function readBytes(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})(kb|mb|gb)$/.exec(text.toLowerCase()) ?? [];
  const bytes = Number(count) * (BYTES[unit ?? ''] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
