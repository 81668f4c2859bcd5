import { MediaError } from '@media-network/runtime';

/**
 * Reads an amount as people write it, `12.5`, into base units of a token with `decimals`.
 *
 * No separators: `1,000` is a thousand to some and one to others.
 *
 * @throws `cli/bad-amount` for anything that is not a plain decimal number above zero that fits.
 */
export function parseAmount(text: string, decimals: number, name: string): bigint {
  const match = /^(\d{1,20})(?:\.(\d+))?$/.exec(text);
  const whole = match?.[1];
  const fraction = match?.[2] ?? '';
  if (whole === undefined) {
    throw new MediaError({
      code: 'cli/bad-amount',
      message: `${name} must be a decimal number such as 12.5, not "${text}".`,
      hint: howToWrite(text),
      source: 'client',
    });
  }
  if (fraction.length > decimals && !/^0*$/.test(fraction.slice(decimals))) {
    throw new MediaError({
      code: 'cli/bad-amount',
      message: `${name} has at most ${decimals} digits after the point; "${text}" has more.`,
      source: 'client',
    });
  }
  const units =
    BigInt(whole) * 10n ** BigInt(decimals) +
    BigInt(fraction.slice(0, decimals).padEnd(decimals, '0') || '0');
  if (units > 0xffff_ffff_ffff_ffffn || units === 0n) {
    throw new MediaError({
      code: 'cli/bad-amount',
      message:
        units === 0n ? `${name} must be above zero.` : `${name} "${text}" is more than any account can hold.`,
      source: 'client',
    });
  }
  return units;
}

/** What somebody who writes thousands or decimals another way should type. */
function howToWrite(text: string): string {
  const plain = /^\d{1,3}([,_' ])\d{3}(?:\1\d{3})*(?:\.\d+)?$/.test(text)
    ? text.replaceAll(/[,_' ]/g, '')
    : /^\d+,\d+$/.test(text)
      ? text.replace(',', '.')
      : undefined;
  return plain === undefined
    ? 'Write it without separators, with a point before the decimals.'
    : `Write it without separators, with a point before the decimals: ${/^\d+,\d{3}$/.test(text) ? `${plain}, or ${text.replace(',', '.')}` : plain}.`;
}

/** Base units as `parseAmount` reads them, without trailing zeros: `1234.5`. */
export function formatUnits(units: bigint, decimals: number): string {
  const scale = 10n ** BigInt(decimals);
  const sign = units < 0n ? '-' : '';
  const size = units < 0n ? -units : units;
  const whole = (size / scale).toString();
  const fraction = (size % scale).toString().padStart(decimals, '0').replace(/0+$/, '');
  return decimals === 0 || fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`;
}

export function formatMedia(units: bigint): string {
  return `${formatUnits(units, 9)} MEDIA`;
}

export function formatSol(lamports: bigint): string {
  return `${formatUnits(lamports, 9)} SOL`;
}

/** Bytes in decimal units, as network people count: `52.4 MB`. */
export function formatBytes(bytes: bigint | number): string {
  const value = Number(bytes);
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const step = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** step;
  return `${step === 0 ? String(scaled) : scaled.toFixed(scaled < 100 ? 1 : 0)} ${units[step] ?? 'B'}`;
}

/** A time span in its two largest units: `412 ms`, `3.2 s`, `2 min 5 s`, `6 d 23 h`. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1_440)} d ${Math.floor((minutes % 1_440) / 60)} h`;
}
