import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { addressOf, buildClaims, buildHour, buildReport, toHex } from '@media-network/protocol';
import { silentLog } from '@media-network/runtime';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEvidenceSource } from './evidence-source.ts';
import { rootOfBlob, sha256 } from './blob-roots.ts';
import { openEvidenceStore } from './evidence-store.ts';
import { createHasher } from './hasher.ts';
import { createPeerFetch } from './peer-fetch.ts';
import type { FetchLimits, PeerFetch } from './peer-fetch.ts';

const fail = (error: unknown): never => {
  throw error;
};
const hasher = createHasher();
afterAll(() => hasher.close());
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
        asked: 0n,
        receiptsRoot: new Uint8Array(32),
        digestRoot: new Uint8Array(32),
        sessions: 0,
        digests: 0,
      },
    ],
    sha256,
  );
  return { blob, root: toHex(report.root) };
}

describe('evidence store', () => {
  it('keeps blobs by root, across restarts', async () => {
    const store = await openEvidenceStore(dir, { maxBytes: 1e6, hasher }, fail);
    const { blob, root } = entries(1);
    expect(await store.put('entries', blob)).toBe(root);
    expect(await store.put('entries', blob)).toBe(root);
    expect([store.blobs, store.bytes]).toEqual([1, 208]);
    const again = await openEvidenceStore(dir, { maxBytes: 1e6, hasher }, fail);
    expect(toHex((await again.get('entries', root)) ?? new Uint8Array())).toBe(toHex(blob));
    expect([again.blobs, again.bytes]).toEqual([1, 208]);
    // Roots of one kind are not those of another.
    expect(await again.get('digests', root)).toBeUndefined();
    expect(await hasher.isBlobOf('entries', root, entries(2).blob)).toBe(false);
  });

  it('drops what a kill left half written, and what the disk changed', async () => {
    const store = await openEvidenceStore(dir, { maxBytes: 1e6, hasher }, fail);
    const { blob, root } = entries(1);
    await store.put('entries', blob);
    await writeFile(path.join(dir, 'entries', `${root}.abc.part`), 'half');
    await writeFile(path.join(dir, 'entries', root), blob.slice().fill(9, 40, 41));
    const again = await openEvidenceStore(dir, { maxBytes: 1e6, hasher }, fail);
    expect(again.blobs).toBe(1);
    expect(await again.get('entries', root)).toBeUndefined();
    expect(await readdir(path.join(dir, 'entries'))).toEqual([]);
    expect([again.blobs, again.bytes]).toEqual([0, 0]);
    await again.put('entries', blob);
    expect(await again.get('entries', root)).toBeDefined();
  });

  it('lets the oldest go when it is full', async () => {
    const store = await openEvidenceStore(dir, { maxBytes: 500, hasher }, fail);
    const roots = [];
    for (const n of [1, 2, 3]) roots.push(await store.put('entries', entries(n).blob));
    expect(store.bytes).toBe(416);
    const found = await Promise.all(roots.map((root) => store.get('entries', root)));
    expect(found.map((blob) => blob !== undefined)).toEqual([false, true, true]);
  });

  it('goes on when the disk does not take a blob', async () => {
    const failures: unknown[] = [];
    const store = await openEvidenceStore(dir, { maxBytes: 1e6, hasher }, (error) => failures.push(error));
    await rm(path.join(dir, 'entries'), { recursive: true });
    const { blob, root } = entries(1);
    expect(await store.put('entries', blob)).toBe(root);
    expect(failures).toHaveLength(1);
    expect([store.blobs, store.bytes]).toEqual([0, 0]);
    expect(await store.get('entries', root)).toBeUndefined();
  });

  it('keeps claims when all else goes', async () => {
    const store = await openEvidenceStore(dir, { maxBytes: 250, hasher }, fail);
    const claims = await store.put(
      'weeks',
      buildClaims(new Map([[addressOf(new Uint8Array(32).fill(1)), 5n]]), sha256).blob,
    );
    const roots = [];
    for (const n of [1, 2]) roots.push(await store.put('entries', entries(n).blob));
    expect(await store.get('weeks', claims)).toBeDefined();
    expect(await store.get('entries', roots[0] ?? '')).toBeUndefined();
  });

  it('lets lists go before entries, and entries before hours, however old', async () => {
    const table = Array.from({ length: 10 }, (_, i) => ({
      resource: addressOf(new Uint8Array(32).fill(1)),
      edge: addressOf(new Uint8Array(32).fill(i)),
      vouched: 1n,
      credited: 1n,
    }));
    const hour = buildHour({ resources: [], edges: [], base: undefined, table, right: [] }, sha256);
    const store = await openEvidenceStore(dir, { maxBytes: hour.blob.length + 416 + 72, hasher }, fail);
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
    const store = await openEvidenceStore(dir, { maxBytes: 1e6, hasher }, fail);
    const { blob, root } = entries(1);
    await store.put('entries', blob);
    const found = await store.open('entries', root);
    if (found === undefined) throw new Error('no blob');
    expect([found.size, toHex(await buffer(found.stream))]).toEqual([208, toHex(blob)]);
    expect(await store.open('entries', entries(2).root)).toBeUndefined();
  });

  it('refuses bytes that are no blob of the kind', async () => {
    const store = await openEvidenceStore(dir, { maxBytes: 500, hasher }, fail);
    await expect(store.put('hours', new Uint8Array(3))).rejects.toThrow(RangeError);
    await expect(store.put('entries', new Uint8Array(207))).rejects.toThrow(RangeError);
    const claims = buildClaims(new Map([[addressOf(new Uint8Array(32).fill(1)), 5n]]), sha256);
    expect(await store.put('weeks', claims.blob)).toBe(toHex(claims.root));
  });
});

describe('evidence source', () => {
  it('asks peers in turn, believes only what has the root, and keeps it', async () => {
    const { blob, root } = entries(1);
    const asked: string[] = [];
    const limits: FetchLimits[] = [];
    const fetch: PeerFetch = {
      async get(base, _, given) {
        asked.push(base);
        limits.push(given);
        if (base === 'down') return undefined;
        if (base === 'none') return { status: 404, body: blob };
        return { status: 200, body: base === 'liar' ? entries(2).blob : blob };
      },
      post: async () => undefined,
      mayAsk: () => true,
      pull: async () => undefined,
      close: async () => undefined,
    };
    const store = await openEvidenceStore(dir, { maxBytes: 1e6, hasher }, fail);
    const source = createEvidenceSource(store, fetch, hasher);
    const wanted = { kind: 'entries', rootHex: root, exactBytes: 208 } as const;
    expect(await source.find(wanted, ['down', 'none', 'liar'])).toBeUndefined();
    expect(await source.find(wanted, ['down', 'none', 'liar', 'honest', 'never'])).toEqual(blob);
    expect(asked).toEqual(['down', 'none', 'liar', 'down', 'none', 'liar', 'honest']);
    expect(limits[0]).toMatchObject({ maxBytes: 208, exactBytes: 208 });
    expect(toHex((await source.find(wanted, [])) ?? new Uint8Array())).toBe(toHex(blob));
    // Nobody is asked any more when the time is over.
    const over = { ...wanted, rootHex: entries(3).root, signal: AbortSignal.abort() };
    expect(await source.find(over, ['honest'])).toBeUndefined();
    expect(asked).toHaveLength(7);
  });

  it('knows what has the root of nothing', async () => {
    const peer = createPeerFetch(silentLog, { allowPrivate: true });
    const store = await openEvidenceStore(dir, { maxBytes: 1e6, hasher }, fail);
    const source = createEvidenceSource(store, peer, hasher);
    expect(await source.find({ kind: 'receipts', rootHex: '00'.repeat(32) }, [])).toEqual(new Uint8Array(0));
    await peer.close();
  });
});

describe('hashing', () => {
  it('of a large blob leaves the loop free, and finds the same root', async () => {
    const large = new Uint8Array(72 * 15_000).map((_, i) => i & 255);
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 2);
    const root = await hasher.rootOf('digests', large);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(2);
    expect(toHex(root ?? new Uint8Array())).toBe(toHex(rootOfBlob('digests', large) ?? new Uint8Array(1)));
    expect(await hasher.rootOf('digests', new Uint8Array(100_001))).toBeUndefined();
  });
});
