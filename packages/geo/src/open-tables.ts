import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { MediaError, errorMessage } from '@media-network/runtime';
import { readOwnFile } from '@media-network/runtime/own-parts';
import { decodeAsns, encodeAsns } from './asn-table.ts';
import type { AsnTable } from './asn-table.ts';
import { decodeCountries, encodeCountries } from './country-table.ts';
import type { CountryTable } from './country-table.ts';
import { ASN, rangesOfCsv } from './csv.ts';
import { openMmdb } from './mmdb.ts';
import type { Mmdb } from './mmdb.ts';

const COUNTRIES = new URL('../data/countries.bin', import.meta.url);
const ASNS = new URL('../data/asns.bin', import.meta.url);
/** Unpacked, the shipped tables have 1.5 and 2.5 MB. */
const MAX_BYTES = 64 * 2 ** 20;

const unpacked = (file: URL): Buffer =>
  brotliDecompressSync(readOwnFile(file), { maxOutputLength: MAX_BYTES });

/** The table that ships with this package, unpacked when it is first asked: who has no rule about countries pays nothing for it. */
export function shippedCountries(): CountryTable {
  let table: CountryTable | undefined;
  return {
    countryOf(address) {
      table ??= decodeCountries(unpacked(COUNTRIES));
      return table.countryOf(address);
    },
  };
}

/** The same of networks. */
export function shippedAsns(): AsnTable {
  let table: AsnTable | undefined;
  return {
    asnOf(address) {
      table ??= decodeAsns(unpacked(ASNS));
      return table.asnOf(address);
    },
  };
}

/** A table of one's own: an MMDB that has countries, or CSV lines `first,last,country`, IPv4 and IPv6. Throws `geo/bad-table`. */
export function openCountries(file: string): CountryTable {
  const { mmdb, text } = contentOf(file, 'countries');
  if (mmdb !== undefined) return mmdb;
  const [v4, v6] = [rangesOfCsv(text, 'v4'), rangesOfCsv(text, 'v6')];
  if (![...v4, ...v6].some(({ value }) => value !== ''))
    throw badFile(file, 'countries', 'it has no line such as 192.0.2.0,192.0.2.255,DE');
  return decodeCountries(encodeCountries(v4, v6));
}

/** A table of one's own: an MMDB that has networks' numbers, or CSV lines `first,last,number`. Throws `geo/bad-table`. */
export function openAsns(file: string): AsnTable {
  const { mmdb, text } = contentOf(file, 'networks');
  if (mmdb !== undefined) return mmdb;
  const how = { values: ASN };
  const [v4, v6] = [rangesOfCsv(text, 'v4', how), rangesOfCsv(text, 'v6', how)];
  if (![...v4, ...v6].some(({ value }) => value !== ''))
    throw badFile(file, 'networks', 'it has no line such as 192.0.2.0,192.0.2.255,64500');
  return decodeAsns(encodeAsns(v4, v6));
}

function contentOf(file: string, of: string): { readonly mmdb: Mmdb | undefined; readonly text: string } {
  try {
    const bytes = readFileSync(file);
    const mmdb = openMmdb(bytes);
    return { mmdb, text: mmdb === undefined ? bytes.toString('utf8') : '' };
  } catch (error) {
    throw badFile(file, of, errorMessage(error), error);
  }
}

function badFile(file: string, of: string, why: string, cause?: unknown): MediaError {
  return new MediaError({
    code: 'geo/bad-table',
    message: `${file} cannot be used as a table of ${of}: ${why}.`,
    source: 'client',
    cause,
  });
}
