import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { BUNDLE, ENTRY, bundle } from '../scripts/bundle.ts';

/** What a page pays for sharing, with the protocol and the player's adapter. */
const MOST_BYTES = 20_000;

it('the script that edges serve is what the source makes, and small', async () => {
  const code = await bundle(ENTRY);
  // After a change: node packages/peerpool-hls/scripts/bundle.ts
  expect(await readFile(BUNDLE, 'utf8')).toBe(code);
  expect(gzipSync(code, { level: 9 }).length).toBeLessThan(MOST_BYTES);
  expect(code).not.toMatch(/\bimport\b|require\(/);
});
