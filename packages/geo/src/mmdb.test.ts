import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openAsns, openCountries, shippedAsns } from './index.ts';

const dir = mkdtempSync(join(tmpdir(), 'media-mmdb-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
function write(name: string, bytes: Buffer | string): string {
  const file = join(dir, name);
  writeFileSync(file, bytes);
  return file;
}

const head = (type: number, size: number): Buffer =>
  type > 7 ? Buffer.from([size, type - 7]) : Buffer.from([(type << 5) | size]);

/** MaxMind DB, version 2.0: values as its data section has them. */
function valueOf(value: unknown): Buffer {
  if (typeof value === 'string') return Buffer.concat([head(2, value.length), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([head(6, 4), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([head(11, value.length), ...value.map(valueOf)]);
  const entries = Object.entries(value as Readonly<Record<string, unknown>>); // nothing else is given
  return Buffer.concat([
    head(7, entries.length),
    ...entries.flatMap(([name, of]) => [valueOf(name), valueOf(of)]),
  ]);
}

/** A database of IPv4 that says one thing of one /8 and nothing of all else. */
function databaseOf(firstByte: number, record: unknown): Buffer {
  const nodes = 8;
  const tree = Buffer.alloc(nodes * 6);
  for (let depth = 0; depth < nodes; depth += 1) {
    const side = (firstByte >> (7 - depth)) & 1;
    // Behind the tree come sixteen zeros, then the data: the record at its begin.
    const next = depth === nodes - 1 ? nodes + 16 : depth + 1;
    tree.writeUIntBE(nodes, depth * 6 + (1 - side) * 3, 3);
    tree.writeUIntBE(next, depth * 6 + side * 3, 3);
  }
  const about = {
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
    database_type: 'test',
    description: {},
    ip_version: 4,
    languages: [],
    node_count: nodes,
    record_size: 24,
  };
  const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
  return Buffer.concat([tree, Buffer.alloc(16), valueOf(record), marker, valueOf(about)]);
}

test.each([
  ['as MaxMind has it', { country: { iso_code: 'DE' } }, { autonomous_system_number: 64_500 }],
  ['as others have it', { country_code: 'DE' }, { asn: 'AS64500' }],
])('an MMDB %s is a table', (_how, country, asn) => {
  const countries = openCountries(write('countries.mmdb', databaseOf(9, country)));
  expect(
    ['9.1.2.3', '9.255.0.1', '10.0.0.1', 'x', '2001:db8::1'].map((at) => countries.countryOf(at)),
  ).toEqual(['DE', 'DE', undefined, undefined, undefined]);
  const asns = openAsns(write('asns.mmdb', databaseOf(9, asn)));
  expect(['9.1.2.3', '10.0.0.1'].map((at) => asns.asnOf(at))).toEqual([64_500, undefined]);
});

test('a broken one is an error, and so is what is no table', () => {
  const broken = databaseOf(9, { asn: 1 }).subarray(-40);
  for (const [name, bytes] of [
    ['broken.mmdb', broken],
    ['text.csv', 'hello'],
    ['empty.csv', ''],
  ] as const)
    expect(() => openAsns(write(name, bytes))).toThrow(expect.objectContaining({ code: 'geo/bad-table' }));
  expect(() => openAsns(join(dir, 'none'))).toThrow(expect.objectContaining({ code: 'geo/bad-table' }));
});

test('networks are numbers of lines first,last,number', () => {
  const asns = openAsns(
    write(
      'own.csv',
      '192.0.2.0,192.0.2.127,64500,"A, Inc."\n2001:db8::,2001:db8:0:ffff:ffff:ffff:ffff:ffff,64501\n',
    ),
  );
  expect(['192.0.2.5', '192.0.2.128', '2001:db8::9', '2001:db8:1::'].map((at) => asns.asnOf(at))).toEqual([
    64_500,
    undefined,
    64_501,
    undefined,
  ]);
});

test('the table that ships knows whose well-known networks are', () => {
  const asns = shippedAsns();
  // Resolvers that have been where they are for ten years and more.
  expect(['8.8.8.8', '1.1.1.1', '9.9.9.9', '2001:4860:4860::8888'].map((at) => asns.asnOf(at))).toEqual([
    15_169, 13_335, 19_281, 15_169,
  ]);
  expect(['127.0.0.1', '10.1.2.3', 'fe80::1', 'nonsense'].map((at) => asns.asnOf(at))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
