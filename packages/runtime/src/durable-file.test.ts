import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDurably, writeDurably } from './durable-file.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-durable-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('replaces, creates once, and leaves no parts behind', async () => {
  const path = join(dir, 'a');
  await writeDurably(path, 'one');
  await writeDurably(path, 'two');
  expect(await createDurably(path, 'three', 0o600)).toBe(false);
  expect(await readFile(path, 'utf8')).toBe('two');
  expect(await readdir(dir)).toEqual(['a']);
});

test('a write that fails leaves nothing behind', async () => {
  const path = join(dir, 'folder');
  await mkdir(path);
  await expect(writeDurably(path, 'x')).rejects.toMatchObject({ path: expect.stringContaining(path) });
  expect(await readdir(dir)).toEqual(['folder']);
});
