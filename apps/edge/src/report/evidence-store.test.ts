import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openEvidenceStore } from './evidence-store.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-evidence-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const commit = (boot: number, slot: number) => ({
  boot,
  slot,
  bytes: Uint8Array.of(boot, slot),
  root: new Uint8Array(32).fill(7),
  blob: Uint8Array.of(1, 2, 3),
});

it('takes commits of one root at the same time, and gives them back by slot and after a restart', async () => {
  const store = await openEvidenceStore(dir);
  await Promise.all([1, 0, 2].map((slot) => store.putCommit(5, commit(9, slot))));
  for (const one of [store, await openEvidenceStore(dir)]) {
    expect([...(await one.commits(5))]).toEqual([9, 0, 9, 1, 9, 2]);
    expect([...((await one.commit(5, 9, 1)) ?? [])]).toEqual([9, 1]);
    expect(await one.commit(5, 8, 1)).toBeUndefined();
    const list = await one.open('counters', '07'.repeat(32));
    expect(list?.size).toBe(3);
    expect(list && [...(await buffer(list.stream))]).toEqual([1, 2, 3]);
    const empty = await one.open('counters', '00'.repeat(32));
    expect([empty?.size, empty && (await buffer(empty.stream)).length]).toEqual([0, 0]);
    expect((await one.commits(6)).length).toBe(0);
  }
  expect((await readdir(join(dir, '5'))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

it('lists commits by slot, of all lives of the process', async () => {
  const store = await openEvidenceStore(dir);
  for (const [boot, slot] of [
    [20, 3],
    [9, 11],
    [9, 2],
  ] as const)
    await store.putCommit(5, commit(boot, slot));
  expect([...(await store.commits(5))]).toEqual([9, 2, 20, 3, 9, 11]);
  for (const one of [store, await openEvidenceStore(dir)]) expect(one.lastCommitted()).toBe(5 * 12 + 11);
  expect(await store.pruneBelow(6)).toBe(1);
  expect((await store.commits(5)).length).toBe(0);
  expect(await store.open('counters', '07'.repeat(32))).toBeUndefined();
});
