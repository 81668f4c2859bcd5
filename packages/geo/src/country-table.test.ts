import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { decodeCountries, encodeCountries } from './country-table.ts';
import { rangesOfCsv } from './csv.ts';
import { readPrefix } from './ranges.ts';
import { openCountries, shippedCountries } from './index.ts';

const dir = mkdtempSync(join(tmpdir(), 'media-geo-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const CSV = `1.0.0.0,1.0.0.255,AU
1.0.1.0,1.0.3.255,CN
nonsense
1.0.2.0,1.0.2.9,FR
1.0.9.0,1.0.9.255,JP
1.0.20.0,1.0.20.99,KR
1.0.20.50,1.0.20.199,IN
1.0.21.0,1.0.21.255,TH
2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP
2001:db8:1::,2001:db8:1:7fff:ffff:ffff:ffff:ffff,DE
2001:db8:1:8000::,2001:db8:2:ffff:ffff:ffff:ffff:ffff,FR
`;

function write(name: string, text: string): string {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
}

test.each([
  ['0.255.255.255', undefined],
  ['1.0.0.0', 'AU'],
  ['1.0.0.255', 'AU'],
  ['1.0.1.0', 'CN'],
  ['1.0.2.5', 'FR'],
  ['1.0.2.10', 'CN'],
  ['10.0.0.1', undefined],
  ['1.0.4.0', undefined],
  ['1.0.9.7', 'JP'],
  ['::ffff:1.0.9.7', 'JP'],
  ['1.0.10.0', undefined],
  ['1.0.20.49', 'KR'],
  ['1.0.20.150', 'IN'],
  ['1.0.20.200', undefined],
  ['1.0.21.0', 'TH'],
  ['255.255.255.255', undefined],
  ['2001:200:1::5', 'JP'],
  ['2001:201::', undefined],
  ['2001:db8:1:1::', 'DE'],
  ['2001:db8:2::1', 'FR'],
  ['2001:db8:3::', undefined],
  ['::1', undefined],
  ['nowhere', undefined],
  ['1.0.9.256', undefined],
  ['', undefined],
])('%s is in %s', (address, country) => {
  expect(openCountries(write('own.csv', CSV)).countryOf(address)).toBe(country);
});

test('the shipped table knows the world', () => {
  const countries = shippedCountries();
  for (const [address, country] of [
    ['193.0.6.139', 'NL'],
    ['2001:67c:2e8:22::1', 'NL'],
    ['8.8.8.8', 'US'],
    ['133.1.1.1', 'JP'],
    ['2a00:1450:4001::1', 'IE'],
    ['127.0.0.1', undefined],
    ['192.168.1.1', undefined],
    ['::1', undefined],
  ] as const)
    expect([address, countries.countryOf(address)]).toEqual([address, country]);
});

test('what is no table is refused, and nothing is kept on its word', () => {
  const bytes = encodeCountries(rangesOfCsv(CSV, 'v4'), rangesOfCsv(CSV, 'v6'));
  for (let length = 0; length < bytes.length; length += 1)
    expect(() => decodeCountries(bytes.subarray(0, length))).toThrow(/cannot be read/);
  expect(() => decodeCountries(Buffer.from('MNG1\0\xff\xff\xff\xff\xff\xff\xff', 'latin1'))).toThrow(
    /cannot be read/,
  );
  expect(() => openCountries(write('none.csv', 'a,b,c'))).toThrow(/no line such as/);
  expect(() => openCountries(join(dir, 'missing.csv'))).toThrow(/cannot be used/);
});

test.each([
  ['1.2.3.4', { v6: false, value: 16_909_060 }],
  ['2001:db8::1', { v6: true, value: 0x20010db80000 }],
  ['fe80::1%eth0', { v6: true, value: 0xfe8000000000 }],
  ['::', { v6: true, value: 0 }],
  ['1:2:3:4:5:6:7:8', { v6: true, value: 0x000100020003 }],
  ['1:2:3', undefined],
  ['1::2::3', undefined],
  ['g::', undefined],
])('%s is asked by %j', (address, prefix) => {
  expect(readPrefix(address)).toEqual(prefix);
});
