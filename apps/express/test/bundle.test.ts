import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { bundle } from '../scripts/bundle.ts';

/** Scripts and styles of every page, gzipped, without the player. */
const MOST_BYTES = 40_000;

it('what pages load is what the source makes, and small', async () => {
  let bytes = 0;
  for (const [path, text] of await bundle()) {
    // After a change: node apps/express/scripts/bundle.ts
    expect(await readFile(path, 'utf8')).toBe(text);
    bytes += gzipSync(text, { level: 9 }).length;
  }
  expect(bytes).toBeLessThan(MOST_BYTES);
});
