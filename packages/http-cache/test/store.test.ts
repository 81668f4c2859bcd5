import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCacheStore } from '../src/index.ts';
import { describeCacheStore } from '../src/testing.ts';

const runner = {
  describe: (name: string, body: () => void): void => {
    describe(name, body);
  },
  test: (name: string, body: () => Promise<void>): void => {
    test(name, body);
  },
  equal: (actual: unknown, expected: unknown): void => expect(actual).toEqual(expected),
};
const maxRamObjectBytes = 100_000;
const maxRamBytes = maxRamObjectBytes * 16;

describeCacheStore(
  'RAM only',
  async () => {
    const store = await openCacheStore({ maxRamBytes, maxRamObjectBytes });
    return { store, maxRamObjectBytes, hasDisk: false, close: () => store.close() };
  },
  runner,
);

describeCacheStore(
  'RAM over disk',
  async () => {
    const dir = await mkdtemp(join(tmpdir(), 'cache-'));
    const store = await openCacheStore({
      maxRamBytes,
      maxRamObjectBytes,
      disk: { dir, maxBytes: 3_000_000 },
    });
    return {
      store,
      maxRamObjectBytes,
      hasDisk: true,
      close: async () => {
        await store.close();
        await rm(dir, { recursive: true });
      },
    };
  },
  runner,
);
