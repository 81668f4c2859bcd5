import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSecrets } from './secrets.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'secrets-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('what was committed to is there after a start, and half a file is nothing', async () => {
  const file = `${'a'.repeat(64)}.json`;
  const secret = { nonce: 12n, file, salt: new Uint8Array(32).fill(7) };
  await (await openSecrets(dir)).add(secret);
  await writeFile(path.join(dir, '13.json'), '{"nonce":"13","fi');
  const again = await openSecrets(dir);
  expect(again.all).toEqual([secret]);
  expect(again.of(file)).toEqual(secret);
  await again.drop(secret);
  expect(again.of(file)).toBe(undefined);
  expect(await readdir(dir)).toEqual(['13.json']);
});
