import { addressRdata } from './rdata.ts';
import type { ReadSubnet } from './query.ts';
import type { Asker } from './zone.ts';

/** What is looked at of an address, whoever says it: more would tell one client from another. */
const MOST_BITS = { 4: 24, 6: 56 } as const;

/** Where a message came from. */
export interface Source {
  family: 4 | 6;
  /** Four bytes or sixteen; zero behind. */
  readonly address: Uint8Array;
}

export function createSource(): Source {
  return { family: 4, address: new Uint8Array(16) };
}

/** Reads an address into `source`, without making anything for IPv4; one mapped into IPv6 is IPv4. */
export function readSource(text: string, source: Source): void {
  const from = text.startsWith('::ffff:') && text.includes('.') ? 7 : 0;
  let value = 0;
  let part = 0;
  for (let i = from; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 46 && part < 3) {
      source.address[part] = value;
      part += 1;
      value = 0;
    } else if (code >= 48 && code <= 57) value = value * 10 + code - 48;
    else {
      source.family = 6;
      readSourceBytes(6, addressRdata(text), source);
      return;
    }
  }
  source.family = 4;
  source.address[part] = value;
  source.address.fill(0, 4);
}

/** The same from an address's bytes. */
export function readSourceBytes(family: 4 | 6, address: Uint8Array, source: Source): void {
  const from = family === 6 && isMapped(address) ? 12 : 0;
  source.family = from === 12 ? 4 : family;
  const length = source.family === 4 ? 4 : 16;
  for (let i = 0; i < 16; i += 1) source.address[i] = i < length ? (address[from + i] ?? 0) : 0;
}

/** ::ffff:0:0/96 (RFC 4291 §2.5.5.2). */
function isMapped(address: Uint8Array): boolean {
  if (address[10] !== 0xff || address[11] !== 0xff) return false;
  for (let i = 0; i < 10; i += 1) if (address[i] !== 0) return false;
  return true;
}

const NO_SUBNET: ReadSubnet = { present: false, family: 0, sourceBits: 0, address: new Uint8Array(16) };

export function createAsker(): Asker {
  return { family: 4, address: new Uint8Array(16), bits: 0, scopeBits: 0 };
}

/**
 * Whom an answer is for. A resolver that says nothing of its client, or asks not to have it looked at (a source prefix of 0),
 * is looked at itself.
 */
export function fillAsker(asker: Asker, subnet: ReadSubnet, source: Source): void {
  asker.scopeBits = 0;
  const said = subnet.present && subnet.sourceBits > 0;
  asker.family = said ? (subnet.family === 2 ? 6 : 4) : source.family;
  const most = MOST_BITS[asker.family];
  asker.bits = said ? Math.min(subnet.sourceBits, most) : most;
  const from = said ? subnet.address : source.address;
  const whole = asker.bits >> 3;
  const rest = asker.bits & 7;
  const { address } = asker;
  for (let i = 0; i < 16; i += 1) address[i] = i < whole ? (from[i] ?? 0) : 0;
  if (rest > 0) address[whole] = (from[whole] ?? 0) & (0xff00 >> rest);
}

/** Who asks from an address, as a query without a subnet would be from it. */
export function askerAt(address: string): Asker {
  const source = createSource();
  readSource(address, source);
  const asker = createAsker();
  fillAsker(asker, NO_SUBNET, source);
  return asker;
}
