import { assert, bigInt, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { formatBytes, formatMs, formatUnits, parseAmount } from './amounts.ts';

test('decimals become base units exactly', () => {
  expect(parseAmount('12.5', 9, 'amount')).toBe(12_500_000_000n);
  expect(parseAmount('0.000001', 6, 'amount')).toBe(1n);
  expect(parseAmount('1000000', 6, 'amount')).toBe(1_000_000_000_000n);
  expect(parseAmount('1.500000000000', 9, 'amount')).toBe(1_500_000_000n);
  expect(parseAmount('7', 0, 'amount')).toBe(7n);
});

test.each([
  '',
  '-1',
  '1e3',
  '0x10',
  '1.',
  '.5',
  '12,5',
  '1,000',
  '1_000',
  '1,0000',
  '1 000',
  '١',
  ' 1',
  'NaN',
  '0',
  '0.0000000001',
  '99999999999999999999',
])('refuses %j in one sentence', (text) => {
  expect(() => parseAmount(text, 9, 'The amount')).toThrow(
    expect.objectContaining({ code: 'cli/bad-amount' }),
  );
});

test.each([
  ['1,000', '1000, or 1.000'],
  ['1,000,000.5', '1000000.5'],
  ['1_000', '1000'],
  ['12,5', '12.5'],
])('says how to write %j', (text, plain) => {
  expect(() => parseAmount(text, 9, 'The amount')).toThrow(
    expect.objectContaining({ hint: expect.stringContaining(`: ${plain}.`) }),
  );
});

test('what is printed reads back as the same amount', () => {
  assert(
    property(
      bigInt({ min: 1n, max: 0xffff_ffff_ffff_ffffn }),
      integer({ min: 0, max: 12 }),
      (units, decimals) => {
        expect(parseAmount(formatUnits(units, decimals), decimals, 'amount')).toBe(units);
      },
    ),
  );
});

test('sizes and spans', () => {
  expect(formatBytes(999)).toBe('999 B');
  expect(formatBytes(50_000_000n)).toBe('50.0 MB');
  expect(formatBytes(123_456)).toBe('123 kB');
  expect(formatMs(412.4)).toBe('412 ms');
  expect(formatMs(3210)).toBe('3.2 s');
  expect(formatMs(125_000)).toBe('2 min 5 s');
  expect(formatMs(7_500_000)).toBe('2 h 5 min');
  expect(formatMs(604_745_000)).toBe('6 d 23 h');
});
