import { MediaError } from '@media-network/runtime';
import { isIP } from 'node:net';
import { encodeName } from './name.ts';

/** The four or sixteen bytes of an address. @throws `dns/bad-address` */
export function addressRdata(address: string): Uint8Array {
  const version = isIP(address);
  if (version === 4) return Uint8Array.from(address.split('.').map(Number));
  if (version === 6) return ipv6Bytes(address);
  throw new MediaError({
    code: 'dns/bad-address',
    message: `"${address}" is no IP address.`,
    source: 'client',
  });
}

/** Two bytes of a dotted end as a group of hexadecimal digits. */
const hex = (high: string, low: string): string => ((Number(high) << 8) | Number(low)).toString(16);

function ipv6Bytes(address: string): Uint8Array {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address.split('%')[0] ?? '');
  const text =
    dotted === null
      ? (address.split('%')[0] ?? '')
      : `${dotted[1]}${hex(dotted[2] ?? '0', dotted[3] ?? '0')}:${hex(dotted[4] ?? '0', dotted[5] ?? '0')}`;
  const [head = '', tail] = text.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return Uint8Array.from(
    [...before, ...(tail === undefined ? [] : zeros), ...after].flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 0xff];
    }),
  );
}

/** Strings of at most 255 bytes each; longer text is cut into several (RFC 1035 §3.3.14). */
export function txtRdata(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8');
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255);
    parts.push(Buffer.from([part.length]), part);
  }
  return Buffer.concat(parts);
}

/** RFC 8659. */
export function caaRdata(flags: number, tag: string, value: string): Uint8Array {
  return Buffer.concat([Buffer.from([flags, tag.length]), Buffer.from(`${tag}${value}`, 'latin1')]);
}

export interface SoaFields {
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  /** Seconds, as the next four. */
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  /** How long it is remembered that something is not there (RFC 2308). */
  readonly minimum: number;
}

export function soaRdata(soa: SoaFields): Uint8Array {
  return Buffer.concat([encodeName(soa.mname), encodeName(soa.rname), soaNumbers(soa)]);
}

export function soaNumbers({ serial, refresh, retry, expire, minimum }: SoaFields): Buffer {
  const numbers = Buffer.alloc(20);
  for (const [index, value] of [serial, refresh, retry, expire, minimum].entries())
    numbers.writeUInt32BE(value >>> 0, index * 4);
  return numbers;
}
