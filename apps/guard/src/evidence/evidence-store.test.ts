import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { addressOf, buildEpoch, buildHour, buildReport, toHex } from '@media-network/protocol';
import { silentLog } from '@media-network/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEvidenceSource } from './evidence-source.ts';
import { isBlobOf, openEvidenceStore, sha256 } from './evidence-store.ts';
import { createPeerFetch } from './peer-fetch.ts';
import type { PeerFetch } from './peer-fetch.ts';

const fail = (error: unknown): never => {
  throw error;
};
let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'guard-store-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** A report's entries with one entry that differs by `n`. */
function entries(n: number): { readonly blob: Uint8Array; readonly root: string } {
  const { blob, report } = buildReport(
    1n,
    [
      {
        resource: addressOf(new Uint8Array(32).fill(n)),
        slots: Array.from({ length: 12 }, () => 1n),
        attested: 0n,
        receiptsRoot: new Uint8Array(32),
        digestRoot: new Uint8Array(32),
      },
    ],
    sha256,
  );
  return { blob, root: toHex(report.root) };
}

describe('evidence store', () => {
  it('keeps blobs by root, across restarts', async () => {
    const store = await openEvidenceStore(dir, 1e6, fail);
    const { blob, root } = entries(1);
    expect(await store.put('entries', blob)).toBe(root);
    expect(await store.put('entries', blob)).toBe(root);
    expect([store.blobs, store.bytes]).toEqual([1, 200]);
    const again = await openEvidenceStore(dir, 1e6, fail);
    expect(toHex((await again.get('entries', root)) ?? new Uint8Array())).toBe(toHex(blob));
    expect([again.blobs, again.bytes]).toEqual([1, 200]);
    // Roots of one kind are not those of another.
    expect(await again.get('digests', root)).toBeUndefined();
    expect(isBlobOf('entries', root, entries(2).blob)).toBe(false);
  });

  it('drops what a kill left half written, and what the disk changed', async () => {
    const store = await openEvidenceStore(dir, 1e6, fail);
    const { blob, root } = entries(1);
    await store.put('entries', blob);
    await writeFile(path.join(dir, 'entries', `${root}.abc.part`), 'half');
    await writeFile(path.join(dir, 'entries', root), blob.slice().fill(9, 40, 41));
    const again = await openEvidenceStore(dir, 1e6, fail);
    expect(again.blobs).toBe(1);
    expect(await again.get('entries', root)).toBeUndefined();
    expect(await readdir(path.join(dir, 'entries'))).toEqual([]);
    expect([again.blobs, again.bytes]).toEqual([0, 0]);
    await again.put('entries', blob);
    expect(await again.get('entries', root)).toBeDefined();
  });

  it('lets the oldest go when it is full', async () => {
    const store = await openEvidenceStore(dir, 500, fail);
    const roots = [];
    for (const n of [1, 2, 3]) roots.push(await store.put('entries', entries(n).blob));
    expect(store.bytes).toBe(400);
    const found = await Promise.all(roots.map((root) => store.get('entries', root)));
    expect(found.map((blob) => blob !== undefined)).toEqual([false, true, true]);
  });

  it('goes on when the disk does not take a blob', async () => {
    const failures: unknown[] = [];
    const store = await openEvidenceStore(dir, 1e6, (error) => failures.push(error));
    await rm(path.join(dir, 'entries'), { recursive: true });
    const { blob, root } = entries(1);
    expect(await store.put('entries', blob)).toBe(root);
    expect(failures).toHaveLength(1);
    expect([store.blobs, store.bytes]).toEqual([0, 0]);
    expect(await store.get('entries', root)).toBeUndefined();
  });

  it('keeps claims when all else goes', async () => {
    const store = await openEvidenceStore(dir, 250, fail);
    const claims = await store.put(
      'epochs',
      buildEpoch(new Map([[addressOf(new Uint8Array(32).fill(1)), 5n]]), sha256).blob,
    );
    const roots = [];
    for (const n of [1, 2]) roots.push(await store.put('entries', entries(n).blob));
    expect(await store.get('epochs', claims)).toBeDefined();
    expect(await store.get('entries', roots[0] ?? '')).toBeUndefined();
  });

  it('lets lists go before entries, and entries before hours, however old', async () => {
    const hour = buildHour(
      [],
      Array.from({ length: 20 }, (_, i) => ({ edge: addressOf(new Uint8Array(32).fill(i)), credited: 1n })),
      sha256,
    );
    const store = await openEvidenceStore(dir, 804 + 400 + 72, fail);
    const hours = await store.put('hours', hour.blob);
    const first = await store.put('entries', entries(1).blob);
    const list = await store.put('digests', new Uint8Array(72));
    const second = await store.put('entries', entries(2).blob);
    // An edge can make as many lists as it likes: they push out each other.
    const flood = await store.put('digests', new Uint8Array(72).fill(1));
    expect(await store.get('digests', list)).toBeUndefined();
    for (const root of [first, second]) expect(await store.get('entries', root)).toBeDefined();
    await store.put('entries', entries(3).blob);
    expect(await store.get('digests', flood)).toBeUndefined();
    expect(await store.get('entries', first)).toBeUndefined();
    expect(await store.get('hours', hours)).toBeDefined();
  });

  it('streams what it has', async () => {
    const store = await openEvidenceStore(dir, 1e6, fail);
    const { blob, root } = entries(1);
    await store.put('entries', blob);
    const found = await store.open('entries', root);
    if (found === undefined) throw new Error('no blob');
    expect([found.size, toHex(await buffer(found.stream))]).toEqual([200, toHex(blob)]);
    expect(await store.open('entries', entries(2).root)).toBeUndefined();
  });

  it('refuses bytes that are no blob of the kind', async () => {
    const store = await openEvidenceStore(dir, 500, fail);
    await expect(store.put('hours', new Uint8Array(3))).rejects.toThrow(RangeError);
    const epoch = buildEpoch(new Map([[addressOf(new Uint8Array(32).fill(1)), 5n]]), sha256);
    expect(await store.put('epochs', epoch.blob)).toBe(toHex(epoch.root));
  });
});

describe('evidence source', () => {
  it('asks peers in turn, believes only what has the root, and keeps it', async () => {
    const { blob, root } = entries(1);
    const asked: string[] = [];
    const fetch: PeerFetch = {
      async get(base) {
        asked.push(base);
        if (base === 'down') return undefined;
        if (base === 'none') return { status: 404, body: blob };
        return { status: 200, body: base === 'liar' ? entries(2).blob : blob };
      },
      close: async () => undefined,
    };
    const source = createEvidenceSource(await openEvidenceStore(dir, 1e6, fail), fetch);
    expect(await source.find('entries', root, ['down', 'none', 'liar'])).toBeUndefined();
    expect(await source.find('entries', root, ['down', 'none', 'liar', 'honest', 'never'])).toEqual(blob);
    expect(asked).toEqual(['down', 'none', 'liar', 'down', 'none', 'liar', 'honest']);
    expect(toHex((await source.find('entries', root, [])) ?? new Uint8Array())).toBe(toHex(blob));
  });

  it('knows what has the root of nothing', async () => {
    const source = createEvidenceSource(
      await openEvidenceStore(dir, 1e6, fail),
      createPeerFetch(silentLog, { allowPrivate: true }),
    );
    expect(await source.find('receipts', '00'.repeat(32), [])).toEqual(new Uint8Array(0));
    expect(await source.find('hours', '00'.repeat(32), [])).toEqual(new Uint8Array(4));
  });
});
