import { Reader } from 'mmdb-lib';

/** What makers of databases call what is looked for, in the order in which it is. */
const COUNTRY_PATHS = [
  ['country', 'iso_code'],
  ['country_code'],
  ['registered_country', 'iso_code'],
  ['country'],
];
const ASN_PATHS = [
  ['autonomous_system_number'],
  ['asn'],
  ['as_number'],
  ['traits', 'autonomous_system_number'],
];
/** Stands before what a database says of itself, in its last 128 KiB. */
const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const MARKER_WITHIN = 131_072;

/** A database in MaxMind's format: what it says of addresses. */
export interface Mmdb {
  countryOf(address: string): string | undefined;
  asnOf(address: string): number | undefined;
}

/** Undefined for what is no such database. Throws where one is broken. */
export function openMmdb(bytes: Buffer): Mmdb | undefined {
  if (bytes.lastIndexOf(MARKER) < Math.max(0, bytes.length - MARKER_WITHIN)) return undefined;
  const reader = new Reader<Record<string, never>>(bytes);
  const find = (address: string, paths: readonly (readonly string[])[]): unknown => {
    let record: unknown;
    try {
      record = reader.get(address);
    } catch {
      // No address, or one of a family that the database does not have.
      return undefined;
    }
    for (const path of paths) {
      let at: unknown = record;
      for (const name of path) at = isRecord(at) ? at[name] : undefined;
      if (typeof at === 'string' || typeof at === 'number') return at;
    }
    return undefined;
  };
  return {
    countryOf(address) {
      const found = find(address, COUNTRY_PATHS);
      return typeof found === 'string' && /^[A-Z]{2}$/.test(found) ? found : undefined;
    },
    asnOf(address) {
      const found = find(address, ASN_PATHS);
      // Some write AS64500.
      const number = typeof found === 'string' ? Number(found.replace(/^AS/, '')) : found;
      return typeof number === 'number' && Number.isInteger(number) && number > 0 ? number : undefined;
    },
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
