import { mkdtemp, readFile, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openContradictions } from './contradictions.ts';

const FILE = { v: 1, kind: 'wrong-bytes', edge: 'a', hour: '5', resource: 'r', bodies: [] } as never;
let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'contradictions-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('a file that a kill cut off is made again, and one that is whole is kept once', async () => {
  const before = await openContradictions(dir);
  await before.keep(FILE);
  await before.keep(FILE);
  const names = await readdir(dir);
  expect(names).toHaveLength(1);
  const at = path.join(dir, String(names[0]));
  const whole = await readFile(at, 'utf8');

  await truncate(at, 7);
  const after = await openContradictions(dir);
  expect(await after.list()).toEqual([]);
  await after.keep(FILE);
  expect(await after.list()).toEqual(names);
  expect(await after.read(String(names[0]))).toBe(whole);
  expect(await readdir(dir)).toEqual(names);
});
