import { expect, test } from 'vitest';
import { mapLeadingUrls } from './leading-fields.ts';

const mapped = (value: string): string | undefined => mapLeadingUrls(['Link', value], (url) => `[${url}]`)[1];

test.each([
  ['<a>; rel=x, <b>', '<[a]>; rel=x, <[b]>'],
  ['<a>; title="<b>", <c>', '<[a]>; title="<b>", <[c]>'],
  ['<a>; title="\\"<b>"; x, <c>', '<[a]>; title="\\"<b>"; x, <[c]>'],
  ['<a>; title="never closed <b>', '<[a]>; title="never closed <[b]>'],
  ['<never closed; "<x>', '<[never closed; "<x]>'],
  ['', ''],
  ['plain', 'plain'],
])('%s', (value, wanted) => {
  expect(mapped(value)).toBe(wanted);
});

test('a field of an origin is read once, whatever is in it', () => {
  // Read anew from every character on, these would take hours.
  for (const part of ['<', '"', '\\"', '"\\"'])
    expect(mapped(part.repeat(500_000))?.length).toBeGreaterThanOrEqual(500_000);
});
