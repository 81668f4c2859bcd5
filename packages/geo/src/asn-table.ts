import { MediaError } from '@media-network/runtime';
import { createTableReader, lastNotAbove, putStarts, putVarint, readPrefix } from './ranges.ts';
import type { AddressRange } from './ranges.ts';

/** Whose networks addresses are in. */
export interface AsnTable {
  /** Number of the autonomous system that announces it; undefined where the table knows none. */
  asnOf(address: string): number | undefined;
}

const MAGIC = 'MNA1';

/**
 * The bytes of a table: `MNA1`, then for IPv4 and IPv6 each the number of ranges, all starts as differences to the one before, and
 * all numbers of networks, 0 for none. Numbers are varints (LEB128).
 */
export function encodeAsns(v4: readonly AddressRange[], v6: readonly AddressRange[]): Buffer {
  const bytes: number[] = [...Buffer.from(MAGIC)];
  for (const ranges of [v4, v6]) {
    putStarts(bytes, ranges);
    for (const { value } of ranges) putVarint(bytes, Number(value));
  }
  return Buffer.from(bytes);
}

interface Ranges {
  readonly starts: Float64Array;
  readonly asns: Uint32Array;
}

/** Throws `geo/bad-table` where the bytes are no table. */
export function decodeAsns(bytes: Buffer): AsnTable {
  if (bytes.toString('latin1', 0, 4) !== MAGIC) throw badTable('it does not begin as one');
  const reader = createTableReader(bytes, 4, badTable);
  const ranges = (): Ranges => {
    // A start and a number of one byte each, at least.
    const starts = reader.starts(2);
    return { starts, asns: Uint32Array.from(starts, () => reader.varint()) };
  };
  const [v4, v6] = [ranges(), ranges()];
  return {
    asnOf(address) {
      const read = readPrefix(address);
      if (read === undefined) return undefined;
      const { starts, asns } = read.v6 ? v6 : v4;
      const found = lastNotAbove(starts, read.value);
      return found === -1 ? undefined : asns[found] || undefined;
    },
  };
}

function badTable(why: string): MediaError {
  return new MediaError({
    code: 'geo/bad-table',
    message: `The table of networks cannot be read: ${why}.`,
    source: 'internal',
  });
}
