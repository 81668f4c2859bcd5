import * as fsPromises from 'node:fs/promises';
import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createManualClock } from '@media-network/runtime/testing';
import { fillFrom, openCacheStore } from '../src/index.ts';
import type { CacheStore, EntryMeta } from '../src/index.ts';
import type { DiskIo } from '../src/disk-tier.ts';
import { HEAD_BYTES, bodyOffsetFor, decodeHead, encodeHead } from '../src/disk-head.ts';
import { anyRequest, bodyOf, gather, ownedKey, put, testBody, testMeta } from '../src/testing.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cache-disk-'));
});
afterEach(() => rm(dir, { recursive: true }));

const open = (
  more: { readonly io?: DiskIo; readonly maxBytes?: number; readonly recoverWithinMs?: number } = {},
): Promise<CacheStore> =>
  openCacheStore({
    maxRamBytes: 1_000_000,
    maxRamObjectBytes: 50_000,
    disk: { dir, maxBytes: more.maxBytes ?? 50_000_000, ...more },
  });

async function files(): Promise<string[]> {
  const found: string[] = [];
  for (const folder of await readdir(join(dir, 'entries'))) {
    for (const name of await readdir(join(dir, 'entries', folder)))
      found.push(join(dir, 'entries', folder, name));
  }
  return found;
}

async function onlyFile(): Promise<string> {
  const [file, ...others] = await files();
  if (file === undefined || others.length > 0) throw new Error('expected one file');
  return file;
}

/** What a fresh start makes of the folder: the body, or a miss. Nothing else is allowed. */
async function afterRestart(key: string): Promise<Buffer | undefined> {
  const store = await open();
  try {
    return await bodyOf(await store.lookup(key, anyRequest));
  } finally {
    await store.close();
  }
}

const inLanguage = (language: string, receivedAtMs: number) => ({
  ...testMeta(['Cache-Control', 'max-age=60', 'Vary', 'Accept-Language'], ['Accept-Language', language]),
  receivedAtMs,
});

/** A file system that opens no entry to read until it is let. */
function held(): { readonly io: DiskIo; readonly release: () => void; readonly asked: Promise<void> } {
  const permission = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  return {
    release: permission.resolve,
    asked: asked.promise,
    io: {
      ...fsPromises,
      async open(path, flags, mode) {
        if (flags === 'r' && String(path).includes('entries')) {
          asked.resolve();
          await permission.promise;
        }
        return await fsPromises.open(path, flags, mode);
      },
    },
  };
}

const lasting = (): EntryMeta => {
  const meta = testMeta();
  return { ...meta, freshness: { ...meta.freshness, freshUntilMs: Date.now() + 1e9 } };
};

describe('a folder too full to be read before the store is in use', () => {
  const SOFT = ownedKey('a', '/soft');
  const HARD = ownedKey('a', '/hard');
  const KEYS = ['kept', 'purged', SOFT, HARD, 'newer'];

  async function filled(more: readonly string[] = []): Promise<void> {
    const store = await open();
    for (const key of [...KEYS, ...more]) expect(await put(store, key, testBody(3_000))).toBe('stored');
    await store.close();
  }

  test('is read beside: what was purged meanwhile, or stored anew, does not come back', async () => {
    await filled();
    const { io, release, asked } = held();
    const store = await open({ io, recoverWithinMs: 1 });
    await asked;
    expect(store.stats.entries).toBe(0);
    expect(await store.lookup('kept', anyRequest)).toBeUndefined();
    store.forget('purged');
    await store.purge('a', [{ kind: 'target', target: '/hard' }]);
    await store.purge('a', [{ kind: 'prefix', prefix: '/s' }], { soft: true });
    expect(await put(store, 'newer', testBody(500, 2))).toBe('stored');
    expect(await files()).toHaveLength(5); // nothing new on disk yet
    release();
    await expect.poll(() => store.lookup('kept', anyRequest)).toBeDefined();
    await expect.poll(async () => (await files()).length).toBe(2);
    expect(await store.lookup('purged', anyRequest)).toBeUndefined();
    expect(await store.lookup(HARD, anyRequest)).toBeUndefined();
    expect((await store.lookup(SOFT, anyRequest))?.meta.freshness.freshUntilMs).toBeLessThanOrEqual(
      Date.now(),
    );
    expect((await bodyOf(await store.lookup('newer', anyRequest)))?.equals(testBody(500, 2))).toBe(true);
    // From now on the disk takes what comes.
    await expect
      .poll(async () => {
        await put(store, 'later', testBody(3_000));
        return (await files()).length;
      })
      .toBe(3);
    await store.close();
    expect((await afterRestart('later'))?.equals(testBody(3_000))).toBe(true);
  });

  test('a soft purge holds after a start, and one that was given up in the middle goes on when the store is taken back', async () => {
    const store = await open();
    for (let i = 0; i < 600; i += 1) await put(store, ownedKey('a', `/${i}`), testBody(20), lasting());
    await put(store, ownedKey('b', '/'), testBody(20), lasting());
    await store.purge('b', [{ kind: 'all' }], { soft: true });
    const given = store.purge('a', [{ kind: 'all' }]);
    const takeBack = await store.retire();
    expect(await given).toMatchObject({ whole: false });
    expect((await files()).length).toBeGreaterThan(1);
    expect(store.peek(ownedKey('a', '/599'), anyRequest)).toBeUndefined();
    takeBack();
    await expect.poll(async () => (await files()).length).toBe(1);
    await store.close();
    const next = await open();
    const entry = await next.lookup(ownedKey('b', '/'), anyRequest);
    expect(entry?.meta.freshness.freshUntilMs).toBeLessThanOrEqual(Date.now());
    await next.close();
  });

  test('closing does not wait for the rest, and the next start finds it', async () => {
    await filled(Array.from({ length: 40 }, (_, i) => `more ${i}`));
    const { io, release, asked } = held();
    const store = await open({ io, recoverWithinMs: 1 });
    await asked;
    const closing = store.close();
    release();
    await closing;
    // Those that were being read are known, sixteen at most; the others were left alone.
    expect(store.stats.entries).toBeGreaterThan(0);
    expect(store.stats.entries).toBeLessThanOrEqual(16);
    expect(await files()).toHaveLength(45);
    const next = await open();
    expect(next.stats.entries).toBe(45);
    await next.close();
  });

  test('given up for another store and taken back, it reads on', async () => {
    await filled(Array.from({ length: 40 }, (_, i) => `more ${i}`));
    const { io, release, asked } = held();
    const store = await open({ io, recoverWithinMs: 1 });
    await asked;
    const retiring = store.retire();
    release();
    const takeBack = await retiring;
    expect(store.stats.entries).toBeGreaterThan(0);
    expect(store.stats.entries).toBeLessThanOrEqual(16);
    takeBack();
    await expect.poll(() => store.stats.entries).toBe(45);
    await store.close();
  });

  test('a variant that came since stands before those of before', async () => {
    const before = await open();
    await put(before, 'k', testBody(100, 1), inLanguage('de', 1_000));
    await put(before, 'k', testBody(100, 2), inLanguage('fr', 2_000));
    await before.close();
    const { io, release, asked } = held();
    const store = await open({ io, recoverWithinMs: 1 });
    await asked;
    await put(store, 'k', testBody(100, 3), inLanguage('it', 3_000));
    release();
    await expect.poll(() => store.variants('k').length).toBe(3);
    expect(store.variants('k').map((each) => each.meta.receivedAtMs)).toEqual([3_000, 2_000, 1_000]);
    await store.close();
  });
});

describe('the disk tier after a crash', () => {
  test.each([
    ['small', 3_000],
    ['larger than RAM takes', 120_000],
  ])('a file cut at any length is a miss and is deleted (%s)', async (_name, length) => {
    const body = testBody(length);
    const store = await open();
    await put(store, 'k', body);
    await store.close();
    const file = await onlyFile();
    const whole = await readFile(file);
    const offset = bodyOffsetFor('k', testMeta());
    const cuts = new Set([
      0,
      1,
      7,
      8,
      HEAD_BYTES - 1,
      HEAD_BYTES,
      HEAD_BYTES + 1,
      offset - 1,
      offset,
      offset + 1,
      whole.length - 1,
    ]);
    for (let at = 0; at < whole.length; at += Math.ceil(whole.length / 60)) cuts.add(at);
    for (const cut of cuts) {
      await writeFile(file, whole);
      await truncate(file, cut);
      expect(await afterRestart('k')).toBeUndefined();
      expect(await files()).toEqual([]);
    }
    await writeFile(file, whole);
    expect((await afterRestart('k'))?.equals(body)).toBe(true);
  });

  test.each([
    ['small', 2_000],
    ['larger than RAM takes', 70_000],
  ])('a flipped bit is never served (%s)', async (_name, length) => {
    const body = testBody(length);
    const store = await open();
    await put(store, 'k', body);
    await store.close();
    const file = await onlyFile();
    const whole = await readFile(file);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
        const bad = Buffer.from(whole);
        bad[at] = (bad[at] ?? 0) ^ (1 << bit);
        await writeFile(file, bad);
        const got = await afterRestart('k');
        // Padding between head and body carries nothing; a flip there may go unseen.
        if (got !== undefined) expect(got.equals(body)).toBe(true);
        const inPadding =
          at >= HEAD_BYTES + 1 + Buffer.byteLength(JSON.stringify(testMeta())) &&
          at < bodyOffsetFor('k', testMeta());
        if (!inPadding) expect(got).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  test('half-written temporaries are removed, complete entries survive a process that never closed', async () => {
    const store = await open();
    await put(store, 'whole', testBody(80_000));
    const half = store.begin('half', testMeta());
    await half.write(testBody(60_000));
    expect((await readdir(join(dir, 'temp'))).length).toBe(1);
    // No close: as after kill -9. The second store stands for the next process.
    expect((await afterRestart('whole'))?.equals(testBody(80_000))).toBe(true);
    expect(await readdir(join(dir, 'temp'))).toEqual([]);
    expect(await afterRestart('half')).toBeUndefined();
    await store.close();
  });

  test('a small body is one file, opened, written and closed once', async () => {
    const done: string[] = [];
    const io: DiskIo = {
      ...fsPromises,
      async open(path, flags, mode) {
        done.push('open');
        const handle = await fsPromises.open(path, flags, mode);
        for (const name of ['write', 'close'] as const) {
          const method: (...args: never[]) => Promise<unknown> = handle[name].bind(handle);
          Reflect.set(handle, name, (...args: never[]) => {
            done.push(name);
            return method(...args);
          });
        }
        return handle;
      },
      rename: (...args) => {
        done.push('rename');
        return fsPromises.rename(...args);
      },
    };
    const store = await open({ io });
    expect(await put(store, 'k', testBody(3_000))).toBe('stored');
    await store.close();
    expect(done).toEqual(['open', 'write', 'close']);
    expect((await afterRestart('k'))?.equals(testBody(3_000))).toBe(true);
  });

  test('what is in RAM holds no more memory than is counted of it, whether it was fetched or read back', async () => {
    const keys = ['a', 'b', 'c'];
    const store = await open();
    for (const key of keys) await put(store, key, testBody(1_000), testMeta());
    const again = await open();
    for (const one of [store, again])
      for (const key of keys) {
        const entry = await one.lookup(key, anyRequest);
        expect(entry?.body?.buffer.byteLength).toBe(1_000);
        expect(entry?.sha256.buffer.byteLength).toBeLessThan(100);
        expect(entry?.md5.buffer.byteLength).toBeLessThan(100);
      }
    await store.close();
    await again.close();
  });

  test('what was voided and is gone does not come back with a process that was killed', async () => {
    const store = await open();
    for (let i = 0; i < 20; i += 1) await put(store, `k${i}`, testBody(1_000), testMeta());
    for (let i = 0; i < 19; i += 1) store.forget(`k${i}`);
    await store.gone();
    // Never closed: nothing of it is left but what the disk has.
    expect(await files()).toHaveLength(1);
    const again = await open();
    for (let i = 0; i < 19; i += 1) expect(await again.lookup(`k${i}`, anyRequest)).toBeUndefined();
    expect(await again.lookup('k19', anyRequest)).toBeDefined();
    await again.close();
  });

  test('of two files for one key the newer holds', async () => {
    const store = await open();
    await put(store, 'k', testBody(100, 1));
    const first = await onlyFile();
    const old = await readFile(first);
    const newer = testMeta();
    await put(store, 'k', testBody(100, 2), { ...newer, receivedAtMs: newer.receivedAtMs + 1 });
    await store.close();
    await writeFile(first, old);
    expect((await afterRestart('k'))?.equals(testBody(100, 2))).toBe(true);
    expect(await files()).toHaveLength(1);
  });

  test('updated metadata survives a restart, also when it no longer fits', async () => {
    const store = await open();
    await put(store, 'k', testBody(100));
    const entry = await store.lookup('k', anyRequest);
    if (entry === undefined) throw new Error('stored above');
    await store.update(entry, testMeta(['Cache-Control', 'max-age=77']));
    await store.close();
    const again = await open();
    expect((await again.lookup('k', anyRequest))?.meta.freshness.lifetimeSeconds).toBe(77);
    const found = await again.lookup('k', anyRequest);
    if (found === undefined) throw new Error('looked up above');
    await again.update(found, testMeta(['Cache-Control', 'max-age=78', 'X', 'y'.repeat(20_000)]));
    expect((await again.lookup('k', anyRequest))?.meta.freshness.lifetimeSeconds).toBe(78);
    await again.close();
    expect(await afterRestart('k')).toBeUndefined();
  });

  test('heads encode and decode; foreign bytes decode to nothing', () => {
    const head = {
      key: 'k\u00e9',
      meta: testMeta(),
      bodyOffset: 4_096,
      length: 5,
      sha256: Buffer.alloc(32, 1),
      md5: Buffer.alloc(16, 2),
    };
    const bytes = encodeHead(head);
    expect(bytes === undefined ? undefined : decodeHead(bytes)).toEqual(head);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (foreign) => {
        expect(decodeHead(Buffer.from(foreign))).toBeUndefined();
      }),
    );
  });
});

describe('bounds and failures of the disk', () => {
  test('stays within its bytes and keeps no file that is not indexed', async () => {
    const store = await open({ maxBytes: 1_000_000 });
    for (let i = 0; i < 60; i += 1) await put(store, `k${i}`, testBody(60_000, i));
    expect(store.stats.diskBytes).toBeLessThanOrEqual(1_000_000);
    await store.close();
    let onDisk = 0;
    for (const file of await files()) onDisk += (await fsPromises.stat(file)).size;
    expect(onDisk).toBe(store.stats.diskBytes);
  });

  test('a full disk degrades to pass-through, viewers get every byte, and it recovers', async () => {
    let full = true;
    const failing: DiskIo = {
      ...fsPromises,
      async open(path, flags, mode) {
        const handle = await fsPromises.open(path, flags, mode);
        if (flags !== 'wx+') return handle;
        let written = 0;
        return new Proxy(handle, {
          get(target, name) {
            const value: unknown = Reflect.get(target, name, target);
            if (typeof value !== 'function') return value;
            return (...args: unknown[]): unknown => {
              if (name === 'write') written += Number(args[2]);
              if (full && name === 'write' && written > 100_000) {
                return Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
              }
              return Reflect.apply(value, target, args);
            };
          },
        });
      },
    };
    const clock = createManualClock();
    const store = await openCacheStore({
      clock,
      maxRamBytes: 1_000_000,
      maxRamObjectBytes: 50_000,
      disk: { dir, maxBytes: 50_000_000, io: failing, retryMs: 1_000 },
    });
    const body = testBody(2_000_000);
    const deliver = async (key: string): Promise<{ got: boolean; kind: string }> => {
      const fill = store.begin(key, testMeta(), { expectedLength: body.length });
      const reading = gather(fill.follow() ?? []);
      const result = await fillFrom(
        fill,
        (async function* pieces() {
          for (let at = 0; at < body.length; at += 65_536) yield body.subarray(at, at + 65_536);
        })(),
        { expectedLength: body.length },
      );
      return { got: (await reading).equals(body), kind: result.kind };
    };
    expect(await deliver('a')).toEqual({ got: true, kind: 'not-stored' });
    expect(store.state).toMatchObject({ kind: 'degraded', reason: 'ENOSPC' });
    expect(await deliver('b')).toEqual({ got: true, kind: 'not-stored' });
    // Small ones go on in RAM.
    expect(await put(store, 'small', testBody(100))).toBe('stored');
    expect(await readdir(join(dir, 'temp'))).toEqual([]);
    full = false;
    clock.advance(1_000);
    expect(await deliver('c')).toEqual({ got: true, kind: 'stored' });
    expect(store.state).toEqual({ kind: 'ok' });
    expect(store.stats.fillBytes).toBe(0);
    await store.close();
  });

  test('a folder that is removed while it is used: what it held is a miss, and what comes is kept again', async () => {
    const clock = createManualClock();
    const store = await openCacheStore({
      clock,
      maxRamBytes: 50_000,
      maxRamObjectBytes: 20_000,
      disk: { dir, maxBytes: 50_000_000, retryMs: 1_000 },
    });
    const large = testBody(60_000);
    const small = testBody(2_000);
    expect(await put(store, 'large', large)).toBe('stored');
    for (let i = 0; i < 120; i += 1) expect(await put(store, `small ${i}`, small)).toBe('stored');
    // Compared with its checksum once, and from then on served as it is.
    expect(await bodyOf(await store.lookup('large', anyRequest))).toEqual(large);
    await rm(dir, { recursive: true });
    expect(await store.lookup('large', anyRequest)).toBeUndefined();
    for (let i = 0; i < 120; i += 1) {
      const found = await bodyOf(await store.lookup(`small ${i}`, anyRequest));
      expect(found === undefined || found.equals(small)).toBe(true);
    }
    // In one write under its own name, and through a temporary file.
    expect(await put(store, 'small again', small)).toBe('stored');
    expect(await put(store, 'large again', large)).toBe('stored');
    for (let i = 0; i < 120; i += 1) expect(await put(store, `more ${i}`, small)).toBe('stored');
    expect(store.state).toEqual({ kind: 'ok' });
    await store.close();
    expect(await afterRestart('small again')).toEqual(small);
    expect(await afterRestart('large again')).toEqual(large);
  });

  test('a body that was cut short on disk after it was compared is a miss', async () => {
    const store = await open();
    const large = testBody(60_000);
    expect(await put(store, 'large', large)).toBe('stored');
    expect(await bodyOf(await store.lookup('large', anyRequest))).toEqual(large);
    await truncate(await onlyFile(), 50_000);
    expect(await store.lookup('large', anyRequest)).toBeUndefined();
    expect(store.stats.diskBytes).toBe(0);
    await store.close();
  });

  test('a fill that fails gives its room back at once, however long its reader takes', async () => {
    let full = false;
    const failing: DiskIo = {
      ...fsPromises,
      async open(path, flags, mode) {
        const handle = await fsPromises.open(path, flags, mode);
        const write = handle.write.bind(handle);
        // The overloads of write are of no interest here.
        handle.write = ((...args: Parameters<typeof write>) =>
          full
            ? Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }))
            : write(...args)) as typeof handle.write;
        return handle;
      },
    };
    const store = await open({ io: failing });
    const body = testBody(2_000_000);
    const fill = store.begin('k', testMeta());
    const reader = fill.follow()?.[Symbol.asyncIterator]();
    const read: Buffer[] = [];
    const take = async (): Promise<void> => {
      const chunk = (await reader?.next())?.value;
      if (chunk !== undefined) read.push(chunk);
    };
    for (let at = 0; at < 200_000; at += 50_000) {
      await fill.write(body.subarray(at, at + 50_000));
      await take();
    }
    expect((await readdir(join(dir, 'temp'))).length).toBe(1);
    full = true;
    await fill.write(body.subarray(200_000, 250_000));
    await take();
    await expect.poll(() => readdir(join(dir, 'temp'))).toEqual([]);
    expect(store.state).toMatchObject({ kind: 'degraded', reason: 'ENOSPC' });
    // The origin goes on meanwhile, and so does the reader.
    for (let at = 250_000; at < body.length; at += 50_000) {
      await fill.write(body.subarray(at, at + 50_000));
      await take();
    }
    expect((await fill.commit()).kind).toBe('not-stored');
    for (let left = await reader?.next(); left?.done === false; left = await reader?.next())
      read.push(left.value);
    expect(Buffer.concat(read).equals(body)).toBe(true);
    await store.close();
  });

  test('has each body once where those who wrote it are lost before they say so', async () => {
    const store = await openCacheStore({
      maxRamBytes: 1_000_000,
      disk: {
        dir,
        maxBytes: 50_000_000,
        newFiles: {
          async write(path, bytes) {
            await writeFile(path, bytes);
            return false;
          },
        },
      },
    });
    const keys = Array.from({ length: 8 }, (_, i) => `lost ${i}`);
    const kinds = await Promise.all(keys.map((key) => put(store, key, testBody(1_000))));
    expect([new Set(kinds), store.state]).toEqual([new Set(['stored']), { kind: 'ok' }]);
    const names = await readdir(join(dir, 'entries'), { recursive: true, withFileTypes: true });
    expect(names.filter((each) => each.isFile())).toHaveLength(keys.length);
    await store.close();
  });

  test('is not kept from everybody by answers that announce very much and bring nothing', async () => {
    const io: DiskIo = {
      ...fsPromises,
      // Only what the store reads of it.
      statfs: (() => Promise.resolve({ bavail: 3 * 2 ** 30, bsize: 1 })) as unknown as DiskIo['statfs'],
    };
    const store = await openCacheStore({
      maxRamBytes: 1_000_000,
      maxRamObjectBytes: 50_000,
      disk: { dir, maxBytes: 2 ** 33, io, reserveBytes: 2 ** 30 },
    });
    for (let i = 0; i < 20; i += 1) {
      const slow = store.begin(`slow ${i}`, testMeta(), { expectedLength: 2 ** 30 });
      await slow.write(testBody(1));
    }
    expect(await put(store, 'a', testBody(400_000))).toBe('stored');
    expect(store.state).toEqual({ kind: 'ok' });
    await store.close();
  });

  test('leaves the reserve free, what other fills have announced included', async () => {
    let free = 10_000_000;
    const io: DiskIo = {
      ...fsPromises,
      // Only what the store reads of it.
      statfs: (() => Promise.resolve({ bavail: free, bsize: 1 })) as unknown as DiskIo['statfs'],
    };
    const clock = createManualClock();
    const store = await openCacheStore({
      clock,
      maxRamBytes: 1_000_000,
      maxRamObjectBytes: 50_000,
      disk: { dir, maxBytes: 50_000_000, io, reserveBytes: 9_000_000, retryMs: 1_000 },
    });
    expect(await put(store, 'a', testBody(400_000))).toBe('stored');
    const announced = store.begin('b', testMeta(), { expectedLength: 700_000 });
    expect(await put(store, 'c', testBody(400_000))).toBe('degraded');
    expect(store.state).toMatchObject({ kind: 'degraded', reason: 'cache/disk-reserve' });
    announced.abort(new Error('over'));
    await announced.ended;
    clock.advance(1_000);
    expect(await put(store, 'c', testBody(400_000))).toBe('stored');
    // One whose length nobody knew stops as well.
    const endless = store.begin('d', testMeta());
    await endless.write(testBody(100_000));
    free = 9_000_000;
    for (let i = 0; i < 50; i += 1) await endless.write(testBody(100_000));
    expect((await endless.commit()).kind).toBe('not-stored');
    expect(await readdir(join(dir, 'temp'))).toEqual([]);
    await store.close();
  });

  test('what has come whole when the store closes is kept', async () => {
    const opened = Promise.withResolvers<void>();
    const slow: DiskIo = {
      ...fsPromises,
      async open(path, flags, mode) {
        if (flags === 'wx+') await opened.promise;
        return await fsPromises.open(path, flags, mode);
      },
    };
    const store = await open({ io: slow });
    const fill = store.begin('k', testMeta());
    await fill.write(testBody(20_000));
    const committing = fill.commit();
    const half = store.begin('half', testMeta());
    await half.write(testBody(10));
    const closing = store.close();
    opened.resolve();
    await closing;
    expect((await committing).kind).toBe('stored');
    expect((await afterRestart('k'))?.equals(testBody(20_000))).toBe(true);
    expect(await afterRestart('half')).toBeUndefined();
  });

  test('bytes that readers take while the file is being opened are in the file all the same', async () => {
    const opened = Promise.withResolvers<void>();
    const slow: DiskIo = {
      ...fsPromises,
      async open(path, flags, mode) {
        if (flags === 'wx+') await opened.promise;
        return await fsPromises.open(path, flags, mode);
      },
    };
    const store = await open({ io: slow });
    const body = testBody(400_000);
    const fill = store.begin('k', testMeta());
    const reader = fill.follow()?.[Symbol.asyncIterator]();
    let read = 0;
    const writes: Promise<void>[] = [];
    for (let at = 0; at < body.length; at += 40_000) {
      writes.push(fill.write(body.subarray(at, at + 40_000)));
      read += (await reader?.next())?.value?.length ?? 0;
    }
    expect(read).toBe(body.length);
    opened.resolve();
    await Promise.all(writes);
    expect((await fill.commit({ expectedLength: body.length })).kind).toBe('stored');
    await reader?.return?.();
    expect((await bodyOf(await store.lookup('k', anyRequest)))?.equals(body)).toBe(true);
    await store.close();
    expect((await afterRestart('k'))?.equals(body)).toBe(true);
  });

  test('a fill that is aborted while its file is being opened leaves neither file nor handle', async () => {
    const opened = Promise.withResolvers<void>();
    let handles = 0;
    const slow: DiskIo = {
      ...fsPromises,
      async open(path, flags, mode) {
        await opened.promise;
        const handle = await fsPromises.open(path, flags, mode);
        handles += 1;
        const close = handle.close.bind(handle);
        handle.close = async () => {
          handles -= 1;
          await close();
        };
        return handle;
      },
    };
    const store = await open({ io: slow });
    const fill = store.begin('k', testMeta());
    const writing = fill.write(testBody(60_000));
    fill.abort(new Error('reset'));
    opened.resolve();
    await writing;
    await fill.ended;
    await store.close();
    expect(handles).toBe(0);
    expect(await readdir(join(dir, 'temp'))).toEqual([]);
  });

  test('a folder that cannot be opened degrades, and RAM goes on', async () => {
    await writeFile(join(dir, 'file'), 'x');
    const store = await openCacheStore({
      maxRamBytes: 1_000_000,
      disk: { dir: join(dir, 'file', 'inside'), maxBytes: 1_000_000 },
    });
    expect(store.state.kind).toBe('degraded');
    expect(await put(store, 'k', testBody(100))).toBe('stored');
    expect((await bodyOf(await store.lookup('k', anyRequest)))?.equals(testBody(100))).toBe(true);
    await store.close();
  });

  test('without a place to keep it, a large body waits for its slowest reader, and RAM stays bounded', async () => {
    const store = await openCacheStore({ maxRamBytes: 1_000_000, maxRamObjectBytes: 50_000 });
    const fill = store.begin('k', testMeta());
    const fast = fill.follow()?.[Symbol.asyncIterator]();
    const slow = fill.follow()?.[Symbol.asyncIterator]();
    const body = testBody(3_000_000);
    let highest = 0;
    let written = 0;
    const filling = (async () => {
      for (let at = 0; at < body.length; at += 50_000) {
        await fill.write(body.subarray(at, at + 50_000));
        written = at + 50_000;
        highest = Math.max(highest, store.stats.fillBytes);
      }
      return await fill.commit({ expectedLength: body.length });
    })();
    const reading = (async () => {
      let got = 0;
      for (let next = await fast?.next(); next?.done === false; next = await fast?.next())
        got += next.value.length;
      return got;
    })();
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(written).toBeLessThan(500_000);
    let slowGot = 0;
    for (let next = await slow?.next(); next?.done === false; next = await slow?.next())
      slowGot += next.value.length;
    expect([await reading, slowGot]).toEqual([body.length, body.length]);
    expect(await filling).toEqual({ kind: 'not-stored', reason: 'too-large' });
    expect(highest).toBeLessThan(500_000);
    expect(fill.follow()).toBeUndefined();
  });
});
