import { wrong } from './line.ts';
import type { Reading } from './line.ts';

/** A set of IP networks. */
export interface Networks {
  has(address: string | undefined): boolean;
}

interface Network {
  readonly bits: bigint;
  readonly width: 32 | 128;
  readonly prefix: number;
}

/** Networks that a rule may name: a request is compared with each. */
const MAX_NETWORKS = 64;

export function readNetworks(texts: readonly string[]): Reading<Networks> {
  if (texts.length > MAX_NETWORKS) return wrong(`names more than ${MAX_NETWORKS} networks`);
  const networks: Network[] = [];
  for (const text of texts) {
    const [address = '', prefix] = text.split('/');
    const read = readAddress(address);
    const length = prefix === undefined ? read?.width : /^\d{1,3}$/.test(prefix) ? Number(prefix) : undefined;
    if (read === undefined || length === undefined || length > read.width)
      return wrong(`has no network in "${text}": write 192.0.2.0/24, 2001:db8::/32 or one address`);
    networks.push({ ...read, prefix: length });
  }
  return {
    kind: 'ok',
    value: {
      has(address) {
        const read = address === undefined ? undefined : readAddress(address);
        return (
          read !== undefined &&
          networks.some(({ bits, width, prefix }) => {
            const shift = BigInt(width - prefix);
            return width === read.width && bits >> shift === read.bits >> shift;
          })
        );
      },
    },
  };
}

/** An address as a number; IPv4 in IPv6 (`::ffff:192.0.2.1`) is IPv4. Undefined where it is none. */
export function readAddress(text: string): { readonly bits: bigint; readonly width: 32 | 128 } | undefined {
  const plain = text.replace(/%.*$/, '').replace(/^\[(.*)\]$/, '$1');
  const v4 = readV4(plain);
  if (v4 !== undefined) return { bits: v4, width: 32 };
  const halves = plain.split('::');
  if (halves.length > 2 || !plain.includes(':')) return undefined;
  const [head, tail] = halves.map((half) => groupsOf(half));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const gap = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 1 ? gap !== 0 : gap < 1) return undefined;
  const groups =
    halves.length === 1 ? head : [...head, ...Array.from({ length: gap }, () => 0), ...(tail ?? [])];
  const bits = groups.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
  return bits >> 32n === 0xffffn ? { bits: bits & 0xffff_ffffn, width: 32 } : { bits, width: 128 };
}

function readV4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

/** 16-bit groups of one side of `::`; the last may be an IPv4 address. */
function groupsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    const v4 = i === parts.length - 1 ? readV4(part) : undefined;
    if (v4 !== undefined) groups.push(Number(v4 >> 16n), Number(v4 & 0xffffn));
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups.length <= 8 ? groups : undefined;
}
