import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCacheStore } from '@media-network/http-cache';
import { anyRequest, bodyOf, put, testBody } from '@media-network/http-cache/testing';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { createFileThread } from './file-thread.ts';
import type { FileThread } from './file-thread.ts';

const root = mkdtempSync(join(tmpdir(), 'file-thread-'));
let dir = root;
let folders = 0;
let thread: FileThread;

function bytesOf(text: string): Buffer<ArrayBuffer> {
  const bytes = Buffer.allocUnsafeSlow(text.length);
  bytes.write(text);
  return bytes;
}

const large = (): Buffer<ArrayBuffer> => Buffer.allocUnsafeSlow(20_000_000).fill('x');

beforeEach(() => {
  dir = join(root, String((folders += 1)));
  mkdirSync(dir);
  thread = createFileThread();
});
afterEach(() => thread.close());
afterAll(() => rmSync(root, { recursive: true }));

test('files are there whole when it says so', async () => {
  const names = Array.from({ length: 300 }, (_, i) => `${i}`);
  const written = await Promise.all(
    names.map((name) => thread.write(join(dir, name), bytesOf(name.repeat(50)))),
  );
  expect(written.every(Boolean)).toBe(true);
  for (const name of names) expect(readFileSync(join(dir, name), 'utf8')).toBe(name.repeat(50));
});

test('a folder that is missing is for somebody else, and what the disk refuses says why', async () => {
  await thread.write(join(dir, 'taken'), bytesOf('first'));
  const outcomes = await Promise.allSettled([
    thread.write(join(dir, 'none', 'a'), bytesOf('x')),
    thread.write(join(dir, 'taken'), bytesOf('second')),
    thread.write(join(dir, 'taken', 'c'), bytesOf('z')),
    thread.write(join(dir, 'b'), bytesOf('y')),
  ]);
  expect(outcomes[0]).toEqual({ status: 'fulfilled', value: false });
  expect(outcomes[1]).toMatchObject({ status: 'rejected', reason: { code: 'EEXIST' } });
  expect(outcomes[2]).toMatchObject({ status: 'rejected', reason: { code: 'ENOTDIR' } });
  expect(outcomes[3]).toEqual({ status: 'fulfilled', value: true });
  expect(readFileSync(join(dir, 'taken'), 'utf8')).toBe('first');
});

/** A file system of 64 KB at the folder; undefined where this user may not mount one. */
function mountSmall(): (() => void) | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir], { stdio: 'pipe' });
    return () => void execFileSync('umount', ['-l', dir], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
}

test('what the disk has no room for leaves nothing there', async (context) => {
  const unmount = mountSmall();
  if (unmount === undefined) context.skip('file systems cannot be mounted here');
  try {
    const outcomes = await Promise.allSettled(
      [10_000, 100_000, 20_000].map((length) =>
        thread.write(join(dir, `${length}`), Buffer.allocUnsafeSlow(length).fill('x')),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'ENOSPC' } });
    expect(readdirSync(dir).toSorted()).toEqual(['10000', '20000']);
  } finally {
    unmount?.();
  }
});

test('who closes it while it has work is told to do it elsewhere', async () => {
  const writes = Array.from({ length: 8 }, (_, i) => thread.write(join(dir, `${i}`), bytesOf('x')));
  await thread.close();
  const written = await Promise.all(writes);
  for (const [i, done] of written.entries()) expect(done && !existsSync(join(dir, `${i}`))).toBe(false);
  expect(await thread.write(join(dir, 'late'), bytesOf('x'))).toBe(false);
});

test('no more waits than a slow disk may hold of memory', async () => {
  const [first, second] = await Promise.all([
    thread.write(join(dir, 'a'), large()),
    thread.write(join(dir, 'b'), large()),
  ]);
  expect([first, second]).toEqual([true, false]);
  expect(readdirSync(dir)).toEqual(['a']);
});

test('what a store had written by it is there after a start', async () => {
  const options = { maxRamBytes: 10_000_000, disk: { dir, maxBytes: 100_000_000, newFiles: thread } };
  const store = await openCacheStore(options);
  const keys = Array.from({ length: 50 }, (_, i) => `k${i}`);
  await Promise.all(keys.map((key, i) => put(store, key, testBody(3_000 + i * 100, i))));
  await store.close();
  const again = await openCacheStore(options);
  for (const [i, key] of keys.entries()) {
    const body = await bodyOf(await again.lookup(key, anyRequest));
    expect(body).toEqual(testBody(3_000 + i * 100, i));
  }
  await again.close();
});
