import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PEERPOOL_PATH, takesScript, withScript } from './add-script.ts';

const TAG = `<script src="${PEERPOOL_PATH}" data-auto></script>`;

async function* pieces(page: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (const size of sizes) {
    if (at >= page.length) break;
    yield page.subarray(at, at + size);
    at += size;
  }
  if (at < page.length) yield page.subarray(at);
}

async function added(page: string, sizes: readonly number[] = []): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of withScript(pieces(Buffer.from(page), sizes))) parts.push(part);
  return Buffer.concat(parts).toString();
}

const PAGES: readonly (readonly [string, string])[] = [
  ['<!doctype html><html><head>|<title>ü</title></head><body></body>', 'a plain one'],
  ['<HTML>\n<HEAD data-x="a>b" lang=de>|<meta charset=utf-8>', 'one whose head has attributes'],
  ['<!-- <head> --><html><head >|</head>', 'one that speaks of a head before'],
  ['<head>|<head>', 'one with two'],
  [`<html>${' '.repeat(3_000)}<head>|`, 'one that begins slowly'],
];
const UNTOUCHED = [
  '',
  'text',
  '<header>no head</header>',
  '<body><head></body>',
  '<title>x</title><head>',
  '<!-- <head>',
  '<html><hea',
  `${'x'.repeat(70_000)}<head>`,
];

describe('the tag', () => {
  it.each(PAGES)('goes behind the first head, in %s', async (marked) => {
    expect(await added(marked.replace('|', ''))).toBe(marked.replace('|', TAG));
  });

  it.each(UNTOUCHED)('stays away from %s', async (page) => {
    expect(await added(page)).toBe(page);
  });

  it('does so however the page is cut into pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...PAGES.map(([page]) => page), ...UNTOUCHED.slice(0, -1)),
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 120 }),
        async (marked, sizes) => {
          expect(await added(marked.replace('|', ''), sizes)).toBe(marked.replace('|', TAG));
        },
      ),
    );
  });

  it('holds no more of a page than may be the beginning of its head', async () => {
    let asked = 0;
    async function* slow(): AsyncGenerator<Buffer> {
      for (const part of ['<!doctype html><html>', '<body>', 'one', 'two']) {
        asked += 1;
        yield Buffer.from(part);
      }
    }
    const page = withScript(slow());
    expect((await page.next()).value?.toString()).toBe('<!doctype html><html>');
    expect(asked).toBe(1);
    await page.return(undefined);
  });
});

it.each([
  [{}, true],
  [{ status: 404 }, false],
  [{ contentType: 'application/json' }, false],
  [{ contentType: undefined }, false],
  [{ contentType: 'text/html; charset=UTF-16LE' }, false],
  [{ contentEncoding: 'gzip' }, false],
  [{ contentEncoding: 'identity' }, true],
  [{ cacheControl: 'max-age=5, no-transform' }, false],
  [{ policy: "default-src 'self'; img-src *" }, true],
  [{ policy: "default-src 'none'; script-src 'self' https://cdn.example" }, true],
  [{ policy: "script-src https://cdn.example; script-src 'self'" }, false],
  [{ policy: "default-src 'self'; script-src 'nonce-abc'" }, false],
  [{ policy: "script-src 'self' 'strict-dynamic' 'nonce-abc'" }, false],
  [{ policy: "img-src 'self', script-src 'none'" }, false],
  [{ policy: 'sandbox' }, false],
  [{ policy: 'upgrade-insecure-requests' }, true],
] as const)('%j: %s', (change, takes) => {
  const page = {
    status: 200,
    contentType: 'text/html; charset=utf-8',
    contentEncoding: undefined,
    cacheControl: undefined,
    policy: undefined,
  };
  expect(takesScript({ ...page, ...change })).toBe(takes);
});
