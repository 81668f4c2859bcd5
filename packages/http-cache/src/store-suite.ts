import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cacheKey, partKey } from './cache-key.ts';
import { entryMeta } from './entry-meta.ts';
import { fillFrom } from './fill-from.ts';
import { freshnessOf } from './freshness.ts';
import { lookupIn } from './headers.ts';
import type { HeaderLookup, RawHeaders } from './headers.ts';
import type { CacheStore, EntryMeta, StoredEntry } from './store.ts';

/** A store under test and what it is opened with. */
export interface SuiteStore {
  readonly store: CacheStore;
  /** Larger than this goes to disk, or is not kept where there is none. */
  readonly maxRamObjectBytes: number;
  readonly hasDisk: boolean;
  close(): Promise<void>;
}

/** The test runner's own functions: this module depends on none. */
export interface SuiteRunner {
  readonly describe: (name: string, body: () => void) => void;
  readonly test: (name: string, body: () => Promise<void>) => void;
  readonly equal: (actual: unknown, expected: unknown) => void;
}

const NOW = 1_700_000_000_000;
export const anyRequest: HeaderLookup = lookupIn([]);

export function testMeta(
  headers: RawHeaders = ['Cache-Control', 'max-age=60'],
  request: RawHeaders = [],
): EntryMeta {
  const response = { status: 200, headers, requestedAtMs: NOW, receivedAtMs: NOW };
  return entryMeta(lookupIn(request), response, freshnessOf(response));
}

/** Repeatable bytes that no compression and no off-by-one leaves unchanged. */
export function testBody(length: number, seed = 1): Buffer {
  const body = Buffer.allocUnsafe(length);
  let state = seed >>> 0;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    body[i] = state >>> 24;
  }
  return body;
}

export function* slices(body: Buffer, size = 50_000): Generator<Buffer> {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
}

export async function gather(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

async function* asAsync(chunks: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks;
}

/** Stores a body and returns how it ended. */
export async function put(
  store: CacheStore,
  key: string,
  body: Buffer,
  meta: EntryMeta = testMeta(),
): Promise<string> {
  const result = await fillFrom(
    store.begin(key, meta, { expectedLength: body.length }),
    asAsync(slices(body)),
    { expectedLength: body.length },
  );
  return result.kind === 'not-stored' ? result.reason : result.kind;
}

export async function bodyOf(entry: StoredEntry | undefined): Promise<Buffer | undefined> {
  return entry === undefined ? undefined : await gather(entry.read());
}

/** The key of a target that an owner has. */
export function ownedKey(
  owner: string,
  target: string,
  more: { readonly version?: number; readonly scheme?: 'http' | 'https'; readonly host?: string } = {},
): string {
  const { version = 1, scheme = 'http', host = '' } = more;
  return cacheKey({ tenant: `${owner}.${version}`, scheme, host, target });
}

function inLanguageMeta(language: string): EntryMeta {
  return testMeta(['Cache-Control', 'max-age=60', 'Vary', 'Accept-Language'], ['Accept-Language', language]);
}

/** What every CacheStore must do, whatever its tiers. */
export function describeCacheStore(name: string, make: () => Promise<SuiteStore>, runner: SuiteRunner): void {
  const { test, equal } = runner;
  const withStore = (body: (suite: SuiteStore) => Promise<void>) => async (): Promise<void> => {
    const suite = await make();
    try {
      await body(suite);
    } finally {
      await suite.close();
    }
  };

  runner.describe(name, () => {
    test(
      'gives back what was stored, with its digests, whole and in spans',
      withStore(async ({ store, maxRamObjectBytes, hasDisk }) => {
        for (const length of [0, 1, 4_096, maxRamObjectBytes, maxRamObjectBytes + 1]) {
          const body = testBody(length, length + 1);
          const kept = hasDisk || length <= maxRamObjectBytes;
          equal(await put(store, `k${length}`, body), kept ? 'stored' : 'too-large');
          const entry = await store.lookup(`k${length}`, anyRequest);
          equal(entry !== undefined, kept);
          if (entry === undefined) continue;
          equal((await bodyOf(entry))?.equals(body), true);
          equal(entry.sha256.equals(createHash('sha256').update(body).digest()), true);
          equal(entry.md5.equals(createHash('md5').update(body).digest()), true);
          equal([entry.length, entry.live, entry.meta.status], [length, true, 200]);
          if (length > 2)
            equal(
              (await gather(entry.read({ start: 1, end: length - 1 }))).equals(body.subarray(1, length - 1)),
              true,
            );
        }
      }),
    );

    test(
      'a miss is undefined; peek answers from RAM without waiting',
      withStore(async ({ store }) => {
        equal(store.peek('k', anyRequest), undefined);
        equal(await store.lookup('k', anyRequest), undefined);
        await put(store, 'k', testBody(100));
        equal(store.peek('k', anyRequest)?.body?.equals(testBody(100)), true);
      }),
    );

    test(
      'variants are chosen by what Vary names',
      withStore(async ({ store }) => {
        await put(store, 'k', Buffer.from('english'), inLanguageMeta('en'));
        await put(store, 'k', Buffer.from('deutsch'), inLanguageMeta('de'));
        const inLanguage = (language: string) => store.lookup('k', lookupIn(['Accept-Language', language]));
        equal((await bodyOf(await inLanguage('en')))?.toString(), 'english');
        equal((await bodyOf(await inLanguage('de')))?.toString(), 'deutsch');
        equal(await inLanguage('fr'), undefined);
        equal(await store.lookup('k', anyRequest), undefined);
        equal(store.stats.entries, 2);
      }),
    );

    test(
      'a second body under the same key replaces the first',
      withStore(async ({ store }) => {
        await put(store, 'k', testBody(10, 1));
        const old = await store.lookup('k', anyRequest);
        await put(store, 'k', testBody(20, 2));
        equal((await bodyOf(await store.lookup('k', anyRequest)))?.equals(testBody(20, 2)), true);
        equal([old?.live, store.stats.entries], [false, 1]);
      }),
    );

    test(
      'what is truncated, overlong, aborted or unverified is not stored, and readers learn of it',
      withStore(async ({ store }) => {
        const cases: [string, (fill: ReturnType<CacheStore['begin']>) => Promise<unknown>, boolean][] = [
          ['short', (fill) => fill.commit({ expectedLength: 4 }), true],
          ['aborted', async (fill) => fill.abort(new Error('reset')), true],
          ['unverified', (fill) => fill.commit({ unverified: true }), false],
        ];
        for (const [key, end, fails] of cases) {
          const fill = store.begin(key, testMeta());
          const reading = gather(fill.follow() ?? asAsync([])).then(
            (body) => body.toString(),
            () => 'error',
          );
          await fill.write(Buffer.from('abc'));
          await end(fill);
          equal(await reading, fails ? 'error' : 'abc');
          await fill.ended;
          equal(await store.lookup(key, anyRequest), undefined);
        }
        const long = store.begin('long', testMeta());
        equal((await fillFrom(long, asAsync([Buffer.from('abcd')]), { expectedLength: 3 })).kind, 'failed');
        equal([store.stats.entries, store.stats.fillsUnderWay, store.stats.fillBytes], [0, 0, 0]);
      }),
    );

    test(
      'many readers follow one fill at their own pace and get the same bytes',
      withStore(async ({ store, maxRamObjectBytes }) => {
        const body = testBody(maxRamObjectBytes * 3 + 17, 9);
        const fill = store.begin('k', testMeta(), { expectedLength: body.length });
        const digest = createHash('sha256').update(body).digest('hex');
        const readers = Array.from({ length: 20 }, async (_, i) => {
          const hash = createHash('sha256');
          for await (const chunk of fill.follow() ?? asAsync([])) {
            hash.update(chunk);
            for (let turn = 0; turn < i % 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
          }
          return hash.digest('hex');
        });
        const filling = fillFrom(fill, asAsync(slices(body)), { expectedLength: body.length });
        equal(new Set(await Promise.all(readers)), new Set([digest]));
        await filling;
        equal([store.stats.fillBytes, store.stats.fillsUnderWay], [0, 0]);
      }),
    );

    test(
      'a reader that leaves does not end the fill; the last one does',
      withStore(async ({ store }) => {
        const fill = store.begin('k', testMeta());
        const first = fill.follow()?.[Symbol.asyncIterator]();
        const second = fill.follow()?.[Symbol.asyncIterator]();
        await fill.write(Buffer.from('abc'));
        equal((await first?.next())?.value?.toString(), 'abc');
        await first?.return?.();
        equal([fill.readers, fill.abandoned.aborted], [1, false]);
        const abandoned = once(fill.abandoned, 'abort');
        await second?.return?.();
        await abandoned;
        fill.abort(new Error('nobody wants it'));
        await fill.ended;
        equal(await store.lookup('k', anyRequest), undefined);
      }),
    );

    test(
      'new metadata keeps the body',
      withStore(async ({ store }) => {
        await put(store, 'k', testBody(10));
        const entry = await store.lookup('k', anyRequest);
        if (entry === undefined) throw new Error('stored above');
        entry.attachment = 'built from the old metadata';
        await store.update(entry, testMeta(['Cache-Control', 'max-age=999', 'X', 'y']));
        const next = await store.lookup('k', anyRequest);
        equal(next?.meta.freshness.lifetimeSeconds, 999);
        equal(next?.attachment, undefined);
        equal((await bodyOf(next))?.equals(testBody(10)), true);
      }),
    );

    test(
      'purge removes what matches, dooms what is under way, and beats fills begun before it',
      withStore(async ({ store }) => {
        const key = (target: string): string => ownedKey('a', target);
        const tagged = testMeta(['Cache-Control', 'max-age=60', 'Cache-Tag', 'red']);
        await put(store, key('/1'), testBody(10), tagged);
        await put(store, key('/2'), testBody(10));
        await put(store, ownedKey('b', '/1'), testBody(10), tagged);
        const before = store.generation;
        const underWay = store.begin(key('/3'), tagged);
        equal(await store.purge('a', [{ kind: 'tag', tag: 'red' }]), { matched: 2, whole: true });
        equal(underWay.doomed, true);
        await underWay.write(Buffer.from('x'));
        equal(await underWay.commit(), { kind: 'not-stored', reason: 'purged' });
        const late = store.begin(key('/4'), tagged, { generation: before });
        equal(late.doomed, true);
        late.abort(new Error('over'));
        const other = store.begin(key('/5'), testMeta(), { generation: before });
        equal(other.doomed, false);
        other.abort(new Error('over'));
        await Promise.all([late.ended, other.ended]);
        equal((await store.purge('a', [{ kind: 'prefix', prefix: '/' }])).matched, 1);
        equal(await store.lookup(key('/2'), anyRequest), undefined);
        equal((await store.lookup(ownedKey('b', '/1'), anyRequest))?.live, true);
      }),
    );

    test(
      'purge means a target in every version, scheme, host, variant and rule of its query, and no other',
      withStore(async ({ store }) => {
        const meant = [
          ownedKey('a', '/p?x=1&u=2'),
          ownedKey('a', '/p?x=1&u=2', { scheme: 'https' }),
          ownedKey('a', '/p?x=1&u=2', { host: 'shop.example' }),
          ownedKey('a', '/p?x=1&u=2', { version: 12 }),
          ownedKey('a', '/p?x=1#[false,false,["u"]]'),
        ];
        const others = [
          ownedKey('a', '/p'),
          ownedKey('a', '/p?x=1'),
          ownedKey('a', '/p?x=2#[false,false,["u"]]'),
          ownedKey('a', '/q?x=1#[false,false,["u"]]'),
          ownedKey('ab', '/p?x=1&u=2'),
          ownedKey('b', '/p?x=1&u=2'),
        ];
        const before = store.generation;
        for (const each of [...meant, ...others]) await put(store, each, testBody(5));
        const inGerman = testMeta(['Cache-Control', 'max-age=60', 'Vary', 'Accept-Language']);
        await put(store, ownedKey('a', '/p?x=1&u=2'), testBody(5), inGerman);
        const { matched } = await store.purge('a', [{ kind: 'target', target: '/p?x=1&u=2' }]);
        equal(matched, meant.length + 1);
        for (const each of meant) equal(await store.lookup(each, anyRequest), undefined);
        for (const each of others) equal((await store.lookup(each, anyRequest))?.live, true);
        // The same of what comes back later from before it.
        for (const each of [...meant, ...others]) {
          const fill = store.begin(each, testMeta(), { generation: before });
          equal([each, fill.doomed], [each, meant.includes(each)]);
          fill.abort(new Error('over'));
        }
      }),
    );

    test(
      'a purge holds at once for what it has not come by yet, and spares what is stored after it',
      withStore(async ({ store }) => {
        const keys = Array.from({ length: 600 }, (_, i) => ownedKey('a', `/${i}`));
        for (const key of keys) await put(store, key, testBody(3));
        const [first = '', second = '', third = ''] = keys.slice(-3);
        const held = store.variants(first)[0];
        const purging = store.purge('a', [{ kind: 'all' }]);
        equal(store.peek(first, anyRequest), undefined);
        equal(store.variants(second), []);
        equal(held?.live, false);
        await put(store, third, testBody(4));
        const { whole } = await purging;
        equal([whole, store.stats.entries], [true, 1]);
        equal((await store.lookup(third, anyRequest))?.length, 4);
      }),
    );

    test(
      'forgetting a key voids all its variants and what is under way, and nothing else',
      withStore(async ({ store }) => {
        const variant = (language: string): EntryMeta =>
          testMeta(['Cache-Control', 'max-age=60', 'Vary', 'Accept-Language'], ['Accept-Language', language]);
        await put(store, 'k', testBody(10, 1), variant('en'));
        await put(store, 'k', testBody(10, 2), variant('de'));
        await put(store, 'k2', testBody(10, 3));
        const before = store.generation;
        const underWay = store.begin('k', variant('fr'));
        equal(store.forget('k'), 2);
        await underWay.write(Buffer.from('x'));
        equal(await underWay.commit(), { kind: 'not-stored', reason: 'purged' });
        const late = store.begin('k', variant('en'), { generation: before });
        equal(late.doomed, true);
        late.abort(new Error('over'));
        const other = store.begin('k3', testMeta(), { generation: before });
        equal(other.doomed, false);
        other.abort(new Error('over'));
        for (const language of ['en', 'de', 'fr']) equal(await store.lookup('k', () => language), undefined);
        equal((await store.lookup('k2', anyRequest))?.live, true);
      }),
    );

    test(
      'parts of a key go with it, whoever forgets or purges it, and no other key reaches them',
      withStore(async ({ store }) => {
        const [one, two, three] = ['/1', '/2', '/3'].map((target) => ownedKey('a', target)) as [
          string,
          string,
          string,
        ];
        const stored = async (key: string): Promise<boolean> =>
          (await store.lookup(key, anyRequest)) !== undefined;
        for (const key of [one, two, three]) {
          await put(store, partKey(key, 'a'), testBody(10, 1));
          await put(store, partKey(key, 'b'), testBody(10, 2));
        }
        equal(store.parts(one).length, 2);
        const before = store.generation;
        const underWay = store.begin(partKey(one, 'c'), testMeta());
        equal(store.forget(one), 2);
        await underWay.write(Buffer.from('x'));
        equal(await underWay.commit(), { kind: 'not-stored', reason: 'purged' });
        equal(store.begin(partKey(one, 'd'), testMeta(), { generation: before }).doomed, true);
        equal(store.begin(partKey(two, 'd'), testMeta(), { generation: before }).doomed, false);
        equal(
          [store.parts(one).length, await stored(partKey(one, 'a')), await stored(partKey(two, 'a'))],
          [0, false, true],
        );
        const open = store.begin(partKey(two, 'c'), testMeta());
        const purged = store.purge('a', [{ kind: 'target', target: '/2' }]);
        equal([open.doomed, await stored(partKey(two, 'b')), store.parts(two).length], [true, false, 0]);
        equal(store.begin(partKey(two, 'e'), testMeta(), { generation: before }).doomed, true);
        equal([(await purged).matched, await stored(partKey(three, 'a'))], [4, true]);
        await store.purge('a', [{ kind: 'prefix', prefix: '/3' }]);
        equal(store.parts(three).length, 0);
      }),
    );

    test(
      'a soft purge makes stale, and is not undone by an answer that was asked for before it',
      withStore(async ({ store }) => {
        const key = ownedKey('a', '/');
        await put(store, key, testBody(10));
        const before = store.generation;
        equal((await store.purge('a', [{ kind: 'all' }], { soft: true })).matched, 1);
        const isStale = async (): Promise<boolean | undefined> => {
          const entry = await store.lookup(key, anyRequest);
          return entry === undefined ? undefined : entry.meta.freshness.freshUntilMs <= Date.now();
        };
        equal(await isStale(), true);
        const entry = await store.lookup(key, anyRequest);
        if (entry === undefined) throw new Error('a soft purge keeps it');
        const renewed = testMeta(['Cache-Control', 'max-age=600']);
        const late = { ...renewed, freshness: { ...renewed.freshness, freshUntilMs: Date.now() + 1e9 } };
        await store.update(entry, late, { generation: before });
        equal(await isStale(), true);
        await store.update(entry, late, { generation: store.generation });
        equal(await isStale(), false);
      }),
    );

    test(
      'stays within its bounds under more than it can hold, and what it gives is right',
      withStore(async ({ store, maxRamObjectBytes }) => {
        const body = (i: number): Buffer => testBody(Math.floor(maxRamObjectBytes / 3) + i, i);
        for (let i = 0; i < 120; i += 1) await put(store, `k${i}`, body(i));
        let found = 0;
        for (let i = 0; i < 120; i += 1) {
          const got = await bodyOf(await store.lookup(`k${i}`, anyRequest));
          if (got === undefined) continue;
          found += 1;
          equal(got.equals(body(i)), true);
        }
        equal(found > 0, true);
        equal(store.stats.ramBytes <= maxRamObjectBytes * 16, true);
      }),
    );
  });
}
