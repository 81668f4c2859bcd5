import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { benchStart } from './start-bench.ts';

test('the start of a store is watched to the last object of its disk', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'media-bench-test-'));
  const row = await benchStart({ objects: 500, dir, recoverWithinMs: 60_000 });
  expect(row).toMatchObject({ objects: 500, openEntries: 500 });
  expect(row.readMs).toBeGreaterThanOrEqual(row.openMs);
  expect(row.rssBytes).toBeGreaterThan(2 ** 20);
  expect(await readdir(dir)).toEqual([]);
  await rm(dir, { recursive: true });
});
