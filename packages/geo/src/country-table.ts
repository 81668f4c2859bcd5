import { MediaError } from '@media-network/runtime';
import { createTableReader, lastNotAbove, putStarts, readPrefix } from './ranges.ts';
import type { AddressRange } from './ranges.ts';

/** Where addresses are: ranges in order, each from its start to the next. */
export interface CountryTable {
  /** ISO 3166 code; undefined where the table knows none. */
  countryOf(address: string): string | undefined;
}

const MAGIC = 'MNG1';

/**
 * The bytes of a table: `MNG1`, the number of countries and their codes, then for IPv4 and IPv6 each the number of
 * ranges, all starts as differences to the one before, and all countries as numbers, 0 for none. Numbers are varints
 * (LEB128), countries one byte each.
 */
export function encodeCountries(v4: readonly AddressRange[], v6: readonly AddressRange[]): Buffer {
  const codes = [...new Set([...v4, ...v6].map(({ value }) => value))]
    .filter((code) => code !== '')
    .toSorted();
  if (codes.length > 255) throw new Error('more countries than a byte counts');
  const bytes: number[] = [...Buffer.from(MAGIC), codes.length, ...Buffer.from(codes.join(''), 'latin1')];
  for (const ranges of [v4, v6]) {
    putStarts(bytes, ranges);
    for (const { value } of ranges) bytes.push(codes.indexOf(value) + 1);
  }
  return Buffer.from(bytes);
}

interface Ranges {
  readonly starts: Float64Array;
  readonly countries: Uint8Array;
}

/** Throws `geo/bad-table` where the bytes are no table. */
export function decodeCountries(bytes: Buffer): CountryTable {
  if (bytes.toString('latin1', 0, 4) !== MAGIC) throw badTable('it does not begin as one');
  const count = bytes[4] ?? 0;
  const codes = Array.from({ length: count }, (_, i) => bytes.toString('latin1', 5 + 2 * i, 7 + 2 * i));
  const reader = createTableReader(bytes, 5 + 2 * count, badTable);
  const ranges = (): Ranges => {
    const starts = reader.starts(1);
    return { starts, countries: reader.take(starts.length) };
  };
  const [v4, v6] = [ranges(), ranges()];
  return {
    countryOf(address) {
      const read = readPrefix(address);
      if (read === undefined) return undefined;
      const { starts, countries } = read.v6 ? v6 : v4;
      const found = lastNotAbove(starts, read.value);
      return found === -1 ? undefined : codes[(countries[found] ?? 0) - 1];
    },
  };
}

function badTable(why: string): MediaError {
  return new MediaError({
    code: 'geo/bad-table',
    message: `The table of countries cannot be read: ${why}.`,
    source: 'internal',
  });
}
