/**
 * Makes data/countries.bin from two CSV files of lines `first,last,country`, such as those of the package
 * @ip-location-db/geo-whois-asn-country: node packages/geo/scripts/make-table.ts IPV4.csv IPV6.csv
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
import { encodeCountries } from '../src/country-table.ts';
import { rangesOfCsv } from '../src/csv.ts';

const [v4 = '', v6 = ''] = process.argv.slice(2);
const bytes = encodeCountries(
  rangesOfCsv(readFileSync(v4, 'utf8'), 'v4', { ofTheWorld: true }),
  rangesOfCsv(readFileSync(v6, 'utf8'), 'v6', { ofTheWorld: true }),
);
const packed = brotliCompressSync(bytes, {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  },
});
writeFileSync(new URL('../data/countries.bin', import.meta.url), packed);
process.stdout.write(`${bytes.length} bytes, ${packed.length} packed\n`);
