import { expect, it } from 'vitest';
import { readOriginUrl } from './origin-url.ts';

it.each([
  ['https://b.example', 'https://b.example', ''],
  ['https://B.example:443/', 'https://b.example', ''],
  ['http://[::1]:3000/', 'http://[::1]:3000', ''],
  ['https://b.example/site', 'https://b.example', '/site'],
  ['https://b.example/a/b%20c/', 'https://b.example', '/a/b%20c'],
])('%s', (text, origin, prefix) => {
  expect(readOriginUrl(text)).toEqual({ origin, prefix });
});

it.each([
  'b.example',
  'ftp://b.example',
  'https:/b.example',
  'https:\\\\b.example',
  'https://b.example\\site',
  'https://u:p@b.example/',
  'https://b.example/?',
  'https://b.example/#',
  'https://b.example/a?b',
  'https://b.example//',
  'https://b.example//a',
  'https://b.example/a//b',
  'https://b.example/./a',
  'https://b.example/a/..',
  'https://b.example/a/%2E%2e/b',
  'https://b.example/a b',
  'https://b.example/ü',
])('%s is none', (text) => {
  expect(readOriginUrl(text)).toBeUndefined();
});
