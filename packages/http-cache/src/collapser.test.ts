import { createManualClock } from '@media-network/runtime/testing';
import { describe, expect, test } from 'vitest';
import { createCollapser } from './collapser.ts';
import type { Lead, Turn } from './collapser.ts';
import { fillFrom } from './fill-from.ts';
import { lookupIn } from './headers.ts';
import { anyRequest, gather, ownedKey, testBody, testMeta } from './store-suite.ts';
import { openCacheStore } from './tiered-store.ts';

function leadOf<Shared>(turn: Turn<Shared>): Lead<Shared> {
  if (turn.kind !== 'lead') throw new Error(`expected to lead, got ${turn.kind}`);
  return turn.lead;
}

async function* once(body: Buffer): AsyncGenerator<Buffer> {
  yield body;
}

async function setUp() {
  const clock = createManualClock();
  const store = await openCacheStore({ maxRamBytes: 10_000_000 });
  const collapser = createCollapser<string>({ clock, lockTimeoutMs: 5_000, hitForMissMs: 10_000 });
  return { clock, store, collapser };
}

describe('collapsed forwarding', () => {
  test('a thousand viewers, one fetch, the same bytes', async () => {
    const { store, collapser } = await setUp();
    const lead = leadOf(await collapser.enter('k', anyRequest, 0));
    const waiting = Array.from({ length: 1_000 }, () => collapser.enter('k', anyRequest, 0));
    const body = testBody(100_000);
    const fill = store.begin('k', testMeta(), { expectedLength: body.length });
    const own = gather(fill.follow() ?? once(Buffer.alloc(0)));
    lead.share(fill);
    const turns = await Promise.all(waiting);
    const late = await collapser.enter('k', anyRequest, 0);
    const bodies = [...turns, late].map((turn) =>
      turn.kind === 'follow' ? gather(turn.body) : Promise.reject(new Error(turn.kind)),
    );
    await fillFrom(fill, once(body), { expectedLength: body.length });
    for (const got of await Promise.all([own, ...bodies])) expect(got.equals(body)).toBe(true);
    expect(collapser.flights).toBe(0);
    expect(await store.lookup('k', anyRequest)).toBeDefined();
  });

  test('a leader whose response is uncacheable sets the others free, and nobody waits for a while', async () => {
    const { clock, collapser } = await setUp();
    const lead = leadOf(await collapser.enter('k', anyRequest, 0));
    const waiting = collapser.enter('k', anyRequest, 0);
    lead.uncacheable();
    expect(await waiting).toEqual({ kind: 'alone', reason: 'hit-for-miss' });
    expect(await collapser.enter('k', anyRequest, 0)).toEqual({ kind: 'alone', reason: 'hit-for-miss' });
    clock.advance(10_000);
    expect((await collapser.enter('k', anyRequest, 0)).kind).toBe('lead');
  });

  test('a follower of another variant is not given this one', async () => {
    const { store, collapser } = await setUp();
    const english = lookupIn(['Accept-Language', 'en']);
    const german = lookupIn(['Accept-Language', 'de']);
    const lead = leadOf(await collapser.enter('k', english, 0));
    const waiting = [collapser.enter('k', german, 0), collapser.enter('k', english, 0)];
    lead.share(
      store.begin(
        'k',
        testMeta(['Cache-Control', 'max-age=9', 'Vary', 'Accept-Language'], ['Accept-Language', 'en']),
      ),
    );
    expect(
      (await Promise.all(waiting)).map((turn) => (turn.kind === 'alone' ? turn.reason : turn.kind)),
    ).toEqual(['again', 'follow']);
    // Now it is known what the key varies by: each variant has a flight of its own.
    const lead2 = leadOf(await collapser.enter('k', german, 0));
    const behind = collapser.enter('k', german, 0);
    lead2.done();
    expect((await behind).kind).toBe('again');
    // The first one goes on, and who comes late finds it.
    expect((await collapser.enter('k', english, 0)).kind).toBe('follow');
    await store.close();
  });

  test('a leader that takes too long loses its followers, and they are not counted as readers', async () => {
    const { clock, store, collapser } = await setUp();
    const lead = leadOf(await collapser.enter('k', anyRequest, 0));
    const waiting = collapser.enter('k', anyRequest, 0);
    clock.advance(5_000);
    expect(await waiting).toEqual({ kind: 'alone', reason: 'lock-timeout' });
    const fill = store.begin('k', testMeta());
    lead.share(fill);
    expect(fill.readers).toBe(0);
    await store.close();
  });

  test('failure and a finished store entry reach those who wait; later calls of a lead do nothing', async () => {
    const { collapser } = await setUp();
    const error = new Error('origin down');
    const lead = leadOf(await collapser.enter('a', anyRequest, 0));
    const failed = collapser.enter('a', anyRequest, 0);
    lead.failed(error);
    lead.done();
    expect(await failed).toEqual({ kind: 'failed', error });
    const other = leadOf(await collapser.enter('b', anyRequest, 0));
    const again = collapser.enter('b', anyRequest, 0);
    other.done();
    expect(await again).toEqual({ kind: 'again' });
    expect(collapser.flights).toBe(0);
  });

  test('after a purge nobody joins a flight from before it', async () => {
    const { store, collapser } = await setUp();
    const key = ownedKey('a', '/');
    const lead = leadOf(await collapser.enter(key, anyRequest, store.generation));
    const fill = store.begin(key, testMeta());
    lead.share(fill);
    await store.purge('a', [{ kind: 'all' }]);
    const next = leadOf(await collapser.enter(key, anyRequest, store.generation));
    fill.abort(new Error('over'));
    await fill.ended;
    // The old flight's end must not close the new one.
    expect(collapser.flights).toBe(1);
    next.done();
    await store.close();
  });

  test('the leader leaving does not end the fetch while others follow; the last one leaving does', async () => {
    const { store, collapser } = await setUp();
    const lead = leadOf(await collapser.enter('k', anyRequest, 0));
    const fill = store.begin('k', testMeta());
    const own = fill.follow()?.[Symbol.asyncIterator]();
    lead.share(fill);
    const turn = await collapser.enter('k', anyRequest, 0);
    const follower = turn.kind === 'follow' ? turn.body[Symbol.asyncIterator]() : undefined;
    await own?.return?.();
    expect(fill.abandoned.aborted).toBe(false);
    await fill.write(Buffer.from('still here'));
    expect((await follower?.next())?.value?.toString()).toBe('still here');
    await follower?.return?.();
    expect(fill.abandoned.aborted).toBe(true);
    fill.abort(new Error('abandoned'));
    await fill.ended;
  });
});
