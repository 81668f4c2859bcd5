import { addressOf, createSessionKey } from '@media-network/protocol';
import {
  STEER_WINDOW_MS as WINDOW_MS,
  decodeCapacityAsk,
  encodeEdgeRtts,
  signEdgeRtts,
} from '@media-network/protocol/measures';
import type { EdgeRtt } from '@media-network/protocol/measures';
import { systemClock } from '@media-network/runtime';
import { expect, test } from 'vitest';
import type { PeerFetch } from '../evidence/peer-fetch.ts';
import { addressAt } from '../testing-accounts.ts';
import { createBilledLoads } from './billed-loads.ts';
import { createCapacityPulls, isChallenged } from './capacity-pulls.ts';
import { createEdgeWords } from './edge-words.ts';
import { createEdgeLoads } from './edge-loads.ts';
import { createLoadSteering } from './load-steering.ts';
import type { LoadSteering } from './load-steering.ts';
import { createRoundTrips } from './round-trips.ts';
import type { RoundTrips } from './round-trips.ts';
import { createSteerViews } from './steer-views.ts';
import type { SteerViews } from './steer-views.ts';
import type { Peer } from './edge-views.ts';

const never = new AbortController().signal;
const EDGE_KEYS = await Promise.all([11, 12, 13].map(() => createSessionKey()));
const EDGES = [11, 12, 13].map((n, i) => ({
  address: String(addressAt(n)),
  id: String(addressAt(n)),
  region: 'eu-west',
  operator: addressOf(EDGE_KEYS[i]?.publicKey ?? new Uint8Array(32)),
  control: `http://edge-${n}.test`,
  url: `http://edge-${n}.test`,
}));
const [FIRST, SECOND, THIRD] = EDGES.map(({ id }) => id);
const PREFIX = {
  family: 4 as const,
  address: Uint8Array.of(203, 0, 113, ...Array.from({ length: 13 }, () => 0)),
  bits: 24,
};

/** Guards that ask each other as they would over HTTP, and edges whose books grow by what they serve. */
function createGuards() {
  const guards = new Map<
    string,
    { steering: LoadSteering; views: SteerViews; trips: RoundTrips; peer: Peer }
  >();
  const served = new Map<string, { bytes: number; maxMbit: number | null }>();
  const cut = new Set<string>();
  /** What an edge tells of every window, and who signs it. */
  const tells = new Map<string, { rtts: readonly EdgeRtt[]; by: number }>();
  /** What an edge sends to each guard in a challenge: kbit/s. */
  const sends = new Map<string, number>();

  async function wordOf(base: string, window: bigint): Promise<{ status: number; body: Uint8Array }> {
    const told = tells.get(base);
    const key = EDGE_KEYS[told?.by ?? 0];
    const edge = EDGES.find(({ control }) => control === base);
    if (told === undefined || key === undefined || edge === undefined)
      return { status: 404, body: new Uint8Array(0) };
    const list = await signEdgeRtts({ edge: edge.address, window, rtts: told.rtts }, key.sign);
    return { status: 200, body: encodeEdgeRtts(list) };
  }

  const fetchOf = (self: string): Pick<PeerFetch, 'get' | 'mayAsk' | 'pull'> => ({
    mayAsk: () => true,
    async pull(base, _target, body) {
      const ask = decodeCapacityAsk(body);
      const edge = EDGES.find(({ url }) => url === base);
      if (ask === undefined || ask.edge !== edge?.address) return undefined;
      const kbps = sends.get(base);
      return kbps === undefined ? undefined : { bytes: kbps * 25, ms: 200 };
    },
    async get(base, target) {
      if (base.startsWith('http://edge-') && target.startsWith('/v1/round-trips'))
        return wordOf(base, BigInt(target.split('=')[1] ?? ''));
      if (base.startsWith('http://edge-')) {
        const { bytes, maxMbit } = served.get(base) ?? { bytes: 0, maxMbit: null };
        return {
          status: 200,
          body: Buffer.from(
            JSON.stringify({
              caps: { maxMbit, monthBytes: bytes },
              measured: String(Math.floor(nowMs / WINDOW_MS)),
            }),
          ),
        };
      }
      const peer = [...guards.values()].find(({ peer: { endpoint } }) => endpoint === base);
      if (peer === undefined || cut.has(base) || cut.has(`http://${self}.test`)) return undefined;
      const view = peer.views.own(BigInt(target.split('=')[1] ?? ''));
      return view === undefined ? { status: 404, body: new Uint8Array(0) } : { status: 200, body: view };
    },
  });

  async function add(name: string, n: number): Promise<void> {
    const key = await createSessionKey();
    const address = String(addressAt(n));
    const fetch = fetchOf(name);
    const views = createSteerViews(fetch, address, key.sign);
    const trips = createRoundTrips();
    const steering = createLoadSteering({
      views,
      words: createEdgeWords(fetch),
      pulls: createCapacityPulls({
        fetch,
        guardNo: n,
        sign: key.sign,
        clock: { ...systemClock, sleep: async () => undefined },
      }),
      loads: createEdgeLoads({
        fetch,
        billed: createBilledLoads(),
        periods: () => undefined,
        reports: async () => [],
      }),
      roundTrips: trips,
      regionOf: () => 'eu-de',
    });
    const peer = { address, operator: addressOf(key.publicKey), endpoint: `http://${name}.test` };
    guards.set(name, { steering, views, trips, peer });
  }

  let nowMs = 1_700_000_000_000;
  /** One window on: every guard has rounds at its begin and in its middle. */
  async function window(edges = EDGES): Promise<void> {
    const counting = new Set([...guards.values()].map(({ peer }) => peer.address));
    for (const part of [0.1, 0.6])
      for (const { steering, peer: own } of guards.values()) {
        const peers = [...guards.values()].map(({ peer }) => peer).filter((peer) => peer !== own);
        await steering.round({ edges, peers, counting, nowMs: nowMs + part * WINDOW_MS }, never);
      }
    nowMs += WINDOW_MS;
  }
  const of = (name: string): LoadSteering => {
    const found = guards.get(name);
    if (found === undefined) throw new Error(`no guard ${name}`);
    return found.steering;
  };
  const serve = (n: number, mbit: number, maxMbit: number | null = 100): void => {
    const before = served.get(`http://edge-${n}.test`)?.bytes ?? 0;
    served.set(`http://edge-${n}.test`, { bytes: before + (mbit * 125_000 * WINDOW_MS) / 1_000, maxMbit });
  };
  return {
    add,
    window,
    of,
    serve,
    cut,
    guards,
    tells,
    sends,
    at: () => BigInt(Math.floor(nowMs / WINDOW_MS)),
    tripsOf: (name: string) => guards.get(name)?.trips,
  };
}

test('every guard has the same shares: less for who serves more than it should, all for who does not say', async () => {
  const { add, window, of, serve } = createGuards();
  for (const [i, name] of ['g1', 'g2', 'g3'].entries()) await add(name, i + 1);
  for (let i = 0; i < 12; i += 1) {
    serve(11, 170);
    serve(12, 20);
    serve(13, 500, null);
    await window();
  }
  expect(of('g1').shareOf(FIRST ?? '')).toBeLessThan(0.6);
  expect([SECOND, THIRD].map((id) => of('g1').shareOf(id ?? ''))).toEqual([1, 1]);
  for (const name of ['g2', 'g3']) expect(of(name).shareOf(FIRST ?? '')).toBe(of('g1').shareOf(FIRST ?? ''));
  // Once per TTL, by half at most: twelve windows are four.
  expect(of('g1').shareOf(FIRST ?? '')).toBeGreaterThanOrEqual(0.85 ** 2 * 0.3);
});

test('what viewers of one guard measured leads their prefix at all, and a guard that starts anew agrees', async () => {
  const { add, window, of, tripsOf, cut } = createGuards();
  for (const [i, name] of ['g1', 'g2', 'g3'].entries()) await add(name, i + 1);
  await window();
  for (let i = 0; i < 6; i += 1) {
    for (const [id, ms] of [
      [FIRST, 90],
      [SECOND, 12],
      [THIRD, 70],
    ] as const)
      for (let times = 0; times < 4; times += 1) tripsOf('g1')?.add('203.0.113.9', id ?? '', ms);
    await window();
  }
  await window();
  await window();
  for (const name of ['g1', 'g2', 'g3']) expect(of(name).homeOf(PREFIX)).toBe(SECOND);
  await add('g3', 3);
  for (let i = 0; i < 3; i += 1) await window();
  expect(of('g3').homeOf(PREFIX)).toBe(SECOND);
  // One that is cut off has nothing new to say, and the others go on.
  cut.add('http://g2.test');
  await window(EDGES.filter(({ id }) => id !== SECOND));
  await window(EDGES.filter(({ id }) => id !== SECOND));
  expect(of('g1').homeOf(PREFIX)).not.toBe(SECOND);
});

const peer = (n: number, key: Uint8Array): Peer => ({
  address: String(addressAt(n)),
  operator: addressOf(key),
  endpoint: 'http://g.test',
});

test('a view that another key signed, or of another guard or window, counts for nothing', async () => {
  const [mine, other] = [await createSessionKey(), await createSessionKey()];
  const liar = createSteerViews({ get: async () => undefined }, String(addressAt(2)), other.sign);
  await liar.make({
    window: 1_000n,
    loads: [{ edge: FIRST ?? '', served: 9, claimed: 0, pulled: 0, proven: 0, share: 0.01 }],
    rtts: [],
    told: [],
  });
  const bytes = liar.own(1_000n) ?? new Uint8Array(0);
  const views = createSteerViews(
    { get: async () => ({ status: 200, body: bytes }) },
    String(addressAt(1)),
    mine.sign,
  );
  const counting = new Set([String(addressAt(2)), String(addressAt(3))]);
  // A few windows each time, the oldest first.
  const ask = async (peers: readonly Peer[]): Promise<void> => {
    for (let rounds = 0; rounds < 5; rounds += 1) await views.ask(peers, 1_001n, never);
  };
  await ask([peer(2, mine.publicKey), peer(3, other.publicKey)]);
  expect(views.of(1_000n, counting)).toEqual([]);
  await ask([peer(2, other.publicKey)]);
  expect(views.of(1_000n, counting)).toHaveLength(1);
  expect(views.of(1_001n, counting)).toEqual([]);
  expect(views.of(1_000n, new Set())).toEqual([]);
});

const rttOf = (ms: number): EdgeRtt => ({
  family: 4,
  prefix: Uint8Array.of(203, 0, 113, 0, 0, 0),
  tenths: ms * 10,
  count: 3,
});

test('what edges measured leads a prefix at every guard, and what one signed in the name of another does not', async () => {
  const { add, window, of, tells } = createGuards();
  for (const [i, name] of ['g1', 'g2', 'g3'].entries()) await add(name, i + 1);
  for (const [i, ms] of [80, 9, 60].entries())
    tells.set(EDGES[i]?.control ?? '', { rtts: [rttOf(ms)], by: i });
  for (let i = 0; i < 6; i += 1) await window();
  for (const name of ['g1', 'g2', 'g3']) expect(of(name).homeOf(PREFIX)).toBe(SECOND);
});

test('a word that its edge did not sign is none', async () => {
  const { add, window, of, tells } = createGuards();
  for (const [i, name] of ['g1', 'g2', 'g3'].entries()) await add(name, i + 1);
  for (const [i, ms] of [80, 9, 60].entries())
    tells.set(EDGES[i]?.control ?? '', { rtts: [rttOf(ms)], by: (i + 1) % 3 });
  for (let i = 0; i < 6; i += 1) await window();
  expect(of('g1').homeOf(PREFIX)).toBeUndefined();
});

test('an edge is challenged by all guards in one window of the hour, and what it can is what all got', async () => {
  const { add, window, of, sends, serve, at } = createGuards();
  for (const [i, name] of ['g1', 'g2', 'g3'].entries()) await add(name, i + 1);
  sends.set('http://edge-11.test', 10_000);
  sends.set('http://edge-12.test', 300_000);
  let challenged = 0;
  for (let i = 0; i < 190; i += 1) {
    serve(11, 20, 500);
    serve(12, 20, 500);
    if (isChallenged(FIRST ?? '', at())) challenged += 1;
    await window();
  }
  expect(challenged).toBeGreaterThanOrEqual(1);
  expect(challenged).toBeLessThanOrEqual(2);
  for (const name of ['g1', 'g2', 'g3']) {
    // 3 × 10 Mbit/s and the 20 that viewers had, of 500 claimed.
    expect(of(name).capacityOf(FIRST ?? '')).toBe(50_000);
    expect(of(name).capacityOf(SECOND ?? '')).toBe(500_000);
    // One that sends nothing at all, and claims nothing, is taken for what it serves.
    expect(of(name).capacityOf(THIRD ?? '')).toBeLessThanOrEqual(3);
  }
});
