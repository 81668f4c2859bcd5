/** One range: its first address and what holds from there on; '' for nothing. */
export interface AddressRange {
  /** IPv4: the address; IPv6: its first 48 bits, the longest prefix that is routed. */
  readonly start: number;
  readonly value: string;
}

/** A table's bytes, one thing after the other. */
export interface TableReader {
  varint(): number;
  /** What `putStarts` wrote, of ranges that have at least so many bytes each. */
  starts(leastBytes: number): Float64Array;
  take(length: number): Buffer;
}

/** LEB128. */
export function putVarint(bytes: number[], value: number): void {
  let left = value;
  while (left >= 128) {
    bytes.push((left % 128) + 128);
    left = Math.floor(left / 128);
  }
  bytes.push(left);
}

/** Undefined where the bytes end before the number does, or it is none that a table has. */
function readVarint(
  bytes: Uint8Array,
  from: number,
): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  let at = from;
  for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    at += 1;
    value += (byte % 128) * scale;
    if (byte < 128) return { value, end: at };
  }
  return undefined;
}

/** How many ranges there are, and all starts as differences to the one before. */
export function putStarts(bytes: number[], ranges: readonly AddressRange[]): void {
  putVarint(bytes, ranges.length);
  let before = 0;
  for (const { start } of ranges) {
    putVarint(bytes, start - before);
    before = start;
  }
}

/** Reads a table from `from` on; what is missing is an error that `bad` makes. */
export function createTableReader(bytes: Buffer, from: number, bad: (why: string) => Error): TableReader {
  let at = from;
  const varint = (): number => {
    const read = readVarint(bytes, at);
    if (read === undefined) throw bad('it ends in the middle');
    at = read.end;
    return read.value;
  };
  return {
    varint,
    starts(leastBytes) {
      const length = varint();
      // What a number in the file makes us keep is bounded by what is there.
      if (length * leastBytes > bytes.length - at) throw bad('it ends in the middle');
      const starts = new Float64Array(length);
      let start = 0;
      for (let i = 0; i < length; i += 1) {
        start += varint();
        starts[i] = start;
      }
      return starts;
    },
    take(length) {
      const part = bytes.subarray(at, at + length);
      at += length;
      if (part.length !== length) throw bad('it ends in the middle');
      return part;
    },
  };
}

/** Index of the last start that is not above a value; -1 where all are. */
export function lastNotAbove(starts: Float64Array, value: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** What a table is asked by: an IPv4 address, also one in IPv6 (`::ffff:192.0.2.1`), or 48 bits of an IPv6 one. */
export function readPrefix(address: string): { readonly v6: boolean; readonly value: number } | undefined {
  const mapped = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/i.exec(address);
  if (mapped !== null) {
    const parts = mapped.slice(1).map(Number);
    if (parts.some((part) => part > 255)) return undefined;
    return { v6: false, value: parts.reduce((sum, part) => sum * 256 + part, 0) };
  }
  if (!/^[0-9a-f:]+(?:%.*)?$/i.test(address) || !address.includes(':')) return undefined;
  const [head = '', tail, ...more] = address.replace(/%.*$/, '').split('::');
  if (more.length > 0) return undefined;
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = 8 - before.length - after.length;
  if (gap < 0 || (tail === undefined && gap !== 0)) return undefined;
  const groups = [...before, ...Array.from({ length: gap }, () => '0'), ...after].slice(0, 3);
  if (groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return { v6: true, value: groups.reduce((sum, group) => sum * 65_536 + Number.parseInt(group, 16), 0) };
}
