import { expect, test } from 'vitest';
import { createEntryKeys } from './entry-keys.ts';
import { KeyMemo } from './key-memo.ts';

const by = (resource: string) => ({ resource, shape: '1', scheme: 'http' as const, name: '' });

test('what was asked for since the last time outlives the next, the rest does not', () => {
  const memo = new KeyMemo();
  memo.keep('/a', 'key a');
  memo.keep('/b', 'key b');
  memo.age();
  expect(memo.get('/a')).toBe('key a');
  memo.age();
  expect(memo.get('/a')).toBe('key a');
  expect(memo.get('/b')).toBeUndefined();
  memo.age();
  memo.age();
  expect(memo.get('/a')).toBeUndefined();
});

test('long targets are not remembered', () => {
  const memo = new KeyMemo();
  memo.keep(`/${'x'.repeat(256)}`, 'key');
  expect(memo.get(`/${'x'.repeat(256)}`)).toBeUndefined();
});

test('keys stay what they are, however many others were made', () => {
  const keys = createEntryKeys();
  const before = keys.of(by('one'), '/a');
  for (let i = 0; i < 40_000; i += 1) keys.of(by(i % 2 === 0 ? 'one' : 'two'), `/${i}`);
  expect(keys.of(by('one'), '/a')).toBe(before);
  expect(keys.of(by('two'), '/a')).not.toBe(before);
});
