import { createSessionKey, encodeEdgeView, signEdgeView } from '@media-network/protocol';
import { addressOf } from '@media-network/protocol';
import { RESOURCE_STATUS } from '@media-network/chain/schema';
import { createManualClock } from '@media-network/runtime/testing';
import { describe, expect, test } from 'vitest';
import type { PeerAnswer } from '../evidence/peer-fetch.ts';
import { addressAt, blankAccount } from '../testing-accounts.ts';
import { createEdgeLooks } from './edge-looks.ts';
import { createEdgeViews } from './edge-views.ts';
import { createEndpointBook, reachedByName } from './endpoint-addresses.ts';
import { createRegionTable } from './region-table.ts';
import { createSiteIndex } from './site-index.ts';

const never = new AbortController().signal;
const said = (status: number, body: string): PeerAnswer => ({ status, body: Buffer.from(body) });

describe('looks at edges', () => {
  const edges = ['a', 'b'].map((address) => ({ address, endpoint: `http://${address}.test` }));

  test('an edge is down when it does not answer twice in a row, and up with its first answer', async () => {
    let answers: Readonly<Record<string, boolean>> = {};
    const looks = createEdgeLooks({
      mayAsk: () => true,
      get: async (url) =>
        answers[url] === true ? said(404, '{"code":"edge/unknown-host","message":"x"}') : undefined,
    });
    const after = async (a: boolean, b: boolean): Promise<string> => {
      answers = { 'http://a.test': a, 'http://b.test': b };
      await looks.look(edges, never);
      return [...looks.down()].join('');
    };
    expect(await after(true, true)).toBe('');
    expect(looks.doubtful).toBe(false);
    expect(await after(false, true)).toBe('');
    expect(looks.doubtful).toBe(true);
    expect(await after(false, false)).toBe('a');
    expect(await after(true, true)).toBe('');
    expect(looks.doubtful).toBe(false);
    expect(await after(false, false)).toBe('');
    await looks.look([], never);
    expect(await after(false, true)).toBe('');
  });

  test.each<[number, string, boolean]>([
    [204, '', true],
    [404, '{"code":"edge/unknown-host","message":""}', true],
    [503, '{"code":"edge/no-credit","message":""}', true],
    // Nobody is served there.
    [503, '{"code":"edge/journal-full","message":""}', false],
    // Somebody else's server.
    [404, '<h1>Not found</h1>', false],
    [200, 'hello', false],
    [302, '', false],
  ])('%i %s from an endpoint: an edge that serves is %s', async (status, body, serves) => {
    const looks = createEdgeLooks({ mayAsk: () => true, get: async () => said(status, body) });
    for (let times = 0; times < 2; times += 1) await looks.look(edges, never);
    expect(looks.down().size).toBe(serves ? 0 : 2);
  });

  test('one that must not be asked does not answer', async () => {
    const looks = createEdgeLooks({
      mayAsk: () => false,
      get: async () => {
        throw new Error('asked');
      },
    });
    for (let times = 0; times < 2; times += 1) await looks.look(edges, never);
    expect(looks.down().size).toBe(2);
  });
});

describe("other guards' views", () => {
  const NOW = 1_700_000_000_000;
  const guard = addressAt(1);

  async function setUp(): Promise<{
    ask: (view: { unixMs?: number; guard?: string; down?: string[] }, nowMs?: number) => Promise<string[]>;
    views: ReturnType<typeof createEdgeViews>;
  }> {
    const key = await createSessionKey();
    let answer: PeerAnswer | undefined;
    const views = createEdgeViews({ get: async () => answer });
    const peer = { address: String(guard), operator: addressOf(key.publicKey), endpoint: 'http://g.test' };
    return {
      views,
      async ask({ unixMs = NOW, guard: named = String(guard), down = [String(addressAt(9))] }, nowMs = NOW) {
        const view = await signEdgeView(
          { guard: named, unixMs: BigInt(unixMs), zoneKey: new Uint8Array(64).fill(5), down },
          key.sign,
        );
        answer = { status: 200, body: encodeEdgeView(view) };
        await views.ask([peer], nowMs, never);
        return views.fresh(nowMs).flatMap((each) => [...each.down]);
      },
    };
  }

  test('count for twenty seconds, and name the guard as a server for an hour', async () => {
    const { ask, views } = await setUp();
    expect(await ask({})).toEqual([String(addressAt(9))]);
    expect(views.fresh(NOW + 20_000)).toHaveLength(1);
    expect(views.fresh(NOW + 20_001)).toHaveLength(0);
    expect(views.servers(NOW + 3_600_000).get(String(guard))?.zoneKey?.[0]).toBe(5);
    expect(views.servers(NOW + 3_600_001).size).toBe(0);
  });

  test('an older one again, one from the future, one in the name of another changes nothing', async () => {
    const { ask } = await setUp();
    await ask({});
    expect(await ask({ unixMs: NOW - 1, down: [] })).toHaveLength(1);
    expect(await ask({ unixMs: NOW + 30_001, down: [] })).toHaveLength(1);
    expect(await ask({ guard: String(addressAt(2)), unixMs: NOW + 1, down: [] })).toHaveLength(1);
    expect(await ask({ unixMs: NOW + 1, down: [] })).toHaveLength(0);
  });

  test('one that another key signed is none', async () => {
    const [mine, other] = await Promise.all([createSessionKey(), createSessionKey()]);
    const view = await signEdgeView(
      { guard: String(guard), unixMs: BigInt(NOW), zoneKey: new Uint8Array(64), down: [] },
      other.sign,
    );
    const views = createEdgeViews({ get: async () => ({ status: 200, body: encodeEdgeView(view) }) });
    const peer = { address: String(guard), operator: addressOf(mine.publicKey), endpoint: 'http://g.test' };
    await views.ask([peer], NOW, never);
    expect(views.fresh(NOW)).toEqual([]);
  });
});

describe('where endpoints are', () => {
  test('addresses as they are, names by a resolver once a minute, what was known while nobody answers', async () => {
    const clock = createManualClock();
    let asked = 0;
    let answer: readonly string[] | undefined = ['2001:db8::2', '192.0.2.9', '192.0.2.1', '10.0.0.1'];
    const book = createEndpointBook(
      {
        clock,
        resolve: async () => {
          asked += 1;
          if (answer === undefined) throw new Error('no answer');
          return answer;
        },
      },
      { allowPrivate: false },
    );
    expect(await book.of('http://192.0.2.7:8080')).toEqual({ ipv4: ['192.0.2.7'], ipv6: [] });
    expect(await book.of('http://[2001:db8::7]')).toEqual({ ipv4: [], ipv6: ['2001:db8::7'] });
    expect(await book.of('http://127.0.0.1')).toEqual({ ipv4: [], ipv6: [] });
    expect(await book.of('no url')).toEqual({ ipv4: [], ipv6: [] });
    const found = { ipv4: ['192.0.2.1', '192.0.2.9'], ipv6: ['2001:db8::2'] };
    expect(await book.of('http://edge.example')).toEqual(found);
    expect(await book.of('http://edge.example')).toEqual(found);
    expect(asked).toBe(1);
    answer = undefined;
    clock.advance(60_000);
    expect(await book.of('http://edge.example')).toEqual(found);
    clock.advance(3_600_000);
    expect(await book.of('http://edge.example')).toEqual({ ipv4: [], ipv6: [] });
  });

  test('a name leads to the usual port alone, on one machine to any', () => {
    expect(
      ['http://192.0.2.1', 'https://a.example/', 'http://127.0.0.1:8080', 'http://localhost:1'].map(
        reachedByName,
      ),
    ).toEqual([true, true, true, true]);
    expect(['http://192.0.2.1:8080', 'https://a.example:8443', 'x'].map(reachedByName)).toEqual([
      false,
      false,
      false,
    ]);
  });
});

const at = (n: number, status: number, settingsVersion = 0): ReturnType<typeof blankAccount<'resource'>> =>
  blankAccount('resource', addressAt(n), { status, settingsVersion });

test('sites that were not authorised yet, or are paused, have their names; those that are gone have none', () => {
  const index = createSiteIndex(async () => ({ kind: 'unread' }));
  const { draft, pending, active, paused, exhausted, removed, released } = RESOURCE_STATUS;
  const list = [draft, pending, active, paused, exhausted, removed, released].map((status, n) =>
    at(n + 1, status),
  );
  const sites = index.of(list);
  expect(sites.size).toBe(4);
  expect(index.of(list)).toBe(sites);
  expect([...sites.keys()].every((key) => key.length === 21 && key.charCodeAt(0) === 20)).toBe(true);
  expect(index.of(list.slice(0, 2)).size).toBe(1);
});

test('picks are read once a version, so many at a time, and again where they could not be', async () => {
  const reads: string[] = [];
  let readable = false;
  const index = createSiteIndex(async ({ address }) => {
    reads.push(address);
    return readable ? { kind: 'read', picked: ({ region }) => region === 'eu' } : { kind: 'unread' };
  });
  const list = [1, 2, 3].map((n) => at(n, RESOURCE_STATUS.active, 1));
  const before = index.of(list);
  expect(await index.readPicks(list, 2, never)).toBe(true);
  expect(index.of(list)).toBe(before);
  readable = true;
  // Those that could not be read are left alone once.
  expect(await index.readPicks(list, 3, never)).toBe(false);
  expect(reads).toHaveLength(3);
  expect(await index.readPicks(list, 3, never)).toBe(false);
  expect(reads).toHaveLength(5);
  expect(await index.readPicks(list, 3, never)).toBe(false);
  expect(reads).toHaveLength(5);
  const edge = { id: '', region: 'eu', ipv4: [], ipv6: [], share: 1 };
  const after = [...index.of(list).values()];
  expect(after.map((site) => site.picked?.(edge))).toEqual([true, true, true]);
  expect(after[0]?.picked?.({ ...edge, region: 'us' })).toBe(false);
});

const from = (family: 4 | 6, ...bytes: number[]): { family: 4 | 6; address: Uint8Array; bits: number } => ({
  family,
  address: Uint8Array.from([...bytes, ...Array.from({ length: 16 - bytes.length }, () => 0)]),
  bits: family === 4 ? 24 : 56,
});

test('prefixes are in regions by the country they are registered in', () => {
  let asked = 0;
  const regionOf = createRegionTable({
    countryOf(address) {
      asked += 1;
      return { '192.0.2.0': 'DE', '2001:db8:1::': 'BR' }[address];
    },
  });
  expect(regionOf(from(4, 192, 0, 2))).toBe('eu-de');
  expect(regionOf(from(4, 192, 0, 2))).toBe('eu-de');
  expect(asked).toBe(1);
  expect(regionOf(from(6, 0x20, 1, 0xd, 0xb8, 0, 1))).toBe('sa-br');
  expect(regionOf(from(4, 10, 0, 0))).toBeUndefined();
  expect(regionOf(from(4, 10, 0, 0))).toBeUndefined();
  expect(asked).toBe(3);
});
