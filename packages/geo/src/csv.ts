import { readPrefix } from './ranges.ts';
import type { AddressRange } from './ranges.ts';

interface Span {
  readonly from: number;
  readonly to: number;
  readonly value: string;
}

/** Nowhere in particular (RFC 6890), whatever registries' tables say: private, loopback, link-local, shared, multicast and the rest. */
const SPECIAL = [
  '0.0.0.0,0.255.255.255',
  '10.0.0.0,10.255.255.255',
  '100.64.0.0,100.127.255.255',
  '127.0.0.0,127.255.255.255',
  '169.254.0.0,169.254.255.255',
  '172.16.0.0,172.31.255.255',
  '192.168.0.0,192.168.255.255',
  '198.18.0.0,198.19.255.255',
  '224.0.0.0,255.255.255.255',
  '::,0:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  'fc00::,fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  'fe80::,ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
];

/** A country as tables have it (ISO 3166), and the number of a network. */
const COUNTRY = /^[A-Z]{2}$/;
export const ASN: RegExp = /^[1-9]\d{0,9}$/;

/**
 * Ranges of lines `first,last,value`, IPv4 or IPv6, in any order; what is no such line is left away. Where ranges
 * overlap the smaller one holds. `ofTheWorld`: addresses that are nowhere are left out, whatever the lines say; networks below 48 bits of IPv6 share what the first of them says.
 */
export function rangesOfCsv(
  text: string,
  family: 'v4' | 'v6',
  { ofTheWorld = false, values = COUNTRY }: { readonly ofTheWorld?: boolean; readonly values?: RegExp } = {},
): readonly AddressRange[] {
  const special = (ofTheWorld ? SPECIAL : []).flatMap((line) => spanOf(`${line},`, family, /^$/));
  const spans = text
    .split('\n')
    .flatMap((line) => spanOf(line, family, values))
    .filter(({ from, to }) => !special.some((span) => span.from <= from && to <= span.to));
  spans.push(...special);
  // A larger range comes before those that begin with it; of two alike the first line holds.
  const sorted = [...spans.entries()].toSorted(([i, a], [j, b]) => a.from - b.from || b.to - a.to || j - i);
  const ranges: AddressRange[] = [{ start: 0, value: '' }];
  const begin = (start: number, value: string): void => {
    if (ranges.at(-1)?.start === start) ranges.pop();
    if (ranges.at(-1)?.value !== value) ranges.push({ start, value });
  };
  /** Ranges that hold where we are, the smallest last. */
  const open: Span[] = [];
  const endBefore = (start: number): void => {
    for (let last = open.at(-1); last !== undefined && last.to < start; last = open.at(-1)) {
      open.pop();
      // One that ended below another has nothing left to end.
      if (last.to + 1 < (ranges.at(-1)?.start ?? 0)) continue;
      const outer = open.findLast((span) => span.to > last.to);
      begin(last.to + 1, outer?.value ?? '');
    }
  };
  for (const [, span] of sorted) {
    endBefore(span.from);
    begin(span.from, span.value);
    open.push(span);
  }
  endBefore(Number.POSITIVE_INFINITY);
  return ranges;
}

function spanOf(line: string, family: 'v4' | 'v6', wanted: RegExp): Span[] {
  const [first = '', last = '', value = ''] = line.trim().replaceAll('"', '').split(',');
  const [from, to] = [readPrefix(first), readPrefix(last)];
  const isOne =
    from !== undefined &&
    to !== undefined &&
    from.v6 === (family === 'v6') &&
    from.v6 === to.v6 &&
    from.value <= to.value;
  return isOne && wanted.test(value) ? [{ from: from.value, to: to.value, value }] : [];
}
