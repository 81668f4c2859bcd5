import { expect, test } from 'vitest';
import { secondaryKey } from './vary.ts';

const key = (name: string, value: string): string => secondaryKey([name], () => value);

test('white space around ; and = means nothing in a list', () => {
  expect(key('accept', 'text/html ;\tq = 0.5 , */*')).toBe(key('accept', 'text/html;q=0.5,*/*'));
  expect(key('accept-language', 'DE ; q=1,en')).toBe(key('accept-language', 'en,de;q=1'));
  expect(key('accept', 'a b')).not.toBe(key('accept', 'ab'));
});

test('a viewer’s field is read once, whatever is in it', () => {
  // Read anew from every character on, this would take hours.
  expect(key('accept', `a${'\t'.repeat(1_000_000)}b`).length).toBeGreaterThan(1_000_000);
});
