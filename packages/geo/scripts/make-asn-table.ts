/**
 * Makes data/asns.bin from two CSV files of lines `first,last,number,name`, such as those of the package @ip-location-db/asn:
 * node packages/geo/scripts/make-asn-table.ts IPV4.csv IPV6.csv
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
import { encodeAsns } from '../src/asn-table.ts';
import { ASN, rangesOfCsv } from '../src/csv.ts';

const [v4 = '', v6 = ''] = process.argv.slice(2);
const how = { ofTheWorld: true, values: ASN };
const bytes = encodeAsns(
  rangesOfCsv(readFileSync(v4, 'utf8'), 'v4', how),
  rangesOfCsv(readFileSync(v6, 'utf8'), 'v6', how),
);
const packed = brotliCompressSync(bytes, {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  },
});
writeFileSync(new URL('../data/asns.bin', import.meta.url), packed);
process.stdout.write(`${bytes.length} bytes, ${packed.length} packed\n`);
