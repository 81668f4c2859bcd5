import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPeerPool } from './pool.ts';
import type { PeerPool, PeerPoolOptions, SegmentRequest } from './pool-api.ts';
import type { Mesh, MeshOptions } from './swarm/mesh.ts';
import { channelPair } from './testing/channel-pair.ts';
import type { Tamper } from './testing/channel-pair.ts';
import { digestOf, someBytes } from './testing/digest-of.ts';

const SIZE = 300_000;
const edgeBytes = (url: string): Uint8Array<ArrayBuffer> =>
  someBytes(SIZE, url.length * 31 + url.charCodeAt(url.length - 5));
const URL_OF = (n: number): string => `https://site.example/live/${n}.m4s`;

/** Viewers of one swarm, each connected with all others in memory. */
function swarm() {
  const meshes: { options: MeshOptions; self: string }[] = [];
  const dropped: { self: string; peer: string; fault: string | undefined }[] = [];
  const edgeAsked: string[] = [];
  const pools: PeerPool[] = [];

  /** `tamper` changes what this viewer sends to others; it is connected with those before it when `met` says so. */
  function viewer(
    options: Partial<PeerPoolOptions> = {},
    tamper?: Tamper,
    met: Promise<void> = Promise.resolve(),
  ): PeerPool {
    const makeMesh = (meshOptions: MeshOptions): Mesh => {
      const self = String(meshes.length).padStart(32, '0');
      meshes.push({ options: meshOptions, self });
      for (const other of meshes.slice(0, -1)) {
        const [mine, theirs] = channelPair(tamper);
        const meet = async (): Promise<void> => {
          await met;
          meshOptions.onChannel(other.self, mine);
          other.options.onChannel(self, theirs);
        };
        void meet();
      }
      return {
        self,
        get swarmSize() {
          return meshes.length;
        },
        tracked: true,
        drop: (peer, fault) => dropped.push({ self, peer, fault }),
        close: () => undefined,
      };
    };
    const pool = createPeerPool(
      {
        content: 'https://site.example/live/master.m3u8',
        digests: async (url) => digestOf(edgeBytes(url)),
        ...options,
      },
      makeMesh,
    );
    pools.push(pool);
    return pool;
  }

  const ask = (pool: PeerPool, n: number, over: Partial<SegmentRequest> = {}) =>
    pool.load({
      url: URL_OF(n),
      bufferedMs: () => 20_000,
      signal: new AbortController().signal,
      fromEdge: async () => {
        edgeAsked.push(URL_OF(n));
        return edgeBytes(URL_OF(n));
      },
      ...over,
    });

  return { viewer, ask, edgeAsked, dropped, pools };
}

/** What happens in the background, ends: digests are made and told. */
const holds = (pool: PeerPool, count: number) =>
  vi.waitFor(() => expect(pool.stats.heldSegments).toBeGreaterThanOrEqual(count), 30_000);
const hasPeers = (pool: PeerPool, count: number) =>
  vi.waitFor(() => expect(pool.stats.peers.length).toBe(count), 30_000);

/** Turns and rests by a clock on which a busy machine loses little time. */
function slowClock(): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() / 10);
}

describe('viewers of one content', () => {
  let all: ReturnType<typeof swarm>;

  beforeEach(() => {
    vi.stubGlobal('RTCPeerConnection', () => undefined);
    all = swarm();
  });
  afterEach(() => {
    for (const pool of all.pools) pool.stop();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it('get from each other what one got from the edge, to the byte', async () => {
    const [one, other] = [all.viewer(), all.viewer()];
    await all.ask(one, 1);
    await all.ask(other, 2);
    await hasPeers(one, 1);
    await holds(one, 1);
    const loaded = await all.ask(other, 1);
    expect(loaded.from).toBe('peers');
    expect(loaded.bytes).toEqual(edgeBytes(URL_OF(1)));
    expect(all.edgeAsked).toEqual([URL_OF(1), URL_OF(2)]);
    expect(one.stats).toMatchObject({ uploadBytes: SIZE, edgeBytes: SIZE, peerBytes: 0 });
    expect(other.stats).toMatchObject({ peerBytes: SIZE, peerSegments: 1 });
  });

  it('begin with nothing of it before playback has what it needs', async () => {
    const order: string[] = [];
    const viewer = all.viewer({
      access: async () => undefined,
      consent: () => order.push('consent') > 0,
      digests: async (url) => {
        order.push(`digest ${url}`);
        return digestOf(edgeBytes(url));
      },
    });
    let bufferedMs = 0;
    const ask = (n: number): Promise<unknown> =>
      all
        .ask(viewer, n, {
          bufferedMs: () => bufferedMs,
          fromEdge: async () => {
            order.push(`edge ${n}`);
            return edgeBytes(URL_OF(n));
          },
        })
        .then(() => order.push(`loaded ${n}`));
    await ask(1);
    bufferedMs = 1_900;
    await ask(2);
    await holds(viewer, 2);
    const digested = [1, 2].map((n) => `digest ${URL_OF(n)}`);
    expect(order).toEqual(['edge 1', 'loaded 1', 'edge 2', 'loaded 2', 'consent', ...digested]);
  });

  it('begin all the same where the edge is too slow for playback to have enough', async () => {
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() * 20);
    const viewer = all.viewer();
    await all.ask(viewer, 1, { bufferedMs: () => 0 });
    await holds(viewer, 1);
  });

  it('ask the edge once for what all want at once', async () => {
    slowClock();
    const viewers = Array.from({ length: 6 }, () => all.viewer());
    for (const viewer of viewers) await all.ask(viewer, 0);
    for (const viewer of viewers) await hasPeers(viewer, 5);
    all.edgeAsked.length = 0;
    const loaded = await Promise.all(viewers.map((viewer) => all.ask(viewer, 7)));
    expect(all.edgeAsked).toEqual([URL_OF(7)]);
    for (const { bytes } of loaded) expect(bytes).toEqual(edgeBytes(URL_OF(7)));
  });

  it('do not fetch what others have while they are being introduced to them', async () => {
    slowClock();
    const one = all.viewer();
    await all.ask(one, 1);
    await holds(one, 1);
    const met = Promise.withResolvers<void>();
    const other = all.viewer({}, undefined, met.promise);
    await all.ask(other, 2);
    await vi.waitFor(() => expect(other.stats.self).not.toBe(''), 30_000);
    const loading = all.ask(other, 1);
    met.resolve();
    expect((await loading).from).toBe('peers');
    expect(all.edgeAsked).toEqual([URL_OF(1), URL_OF(2)]);
  });

  it('cut one that sends other bytes at its first bad chunk, and play what is right', async () => {
    const honest = all.viewer();
    // Pieces are kind 4; every one of this viewer's has a bit that is wrong.
    const liar = all.viewer({}, (data) => {
      if ((data[0] ?? 0) === 0x14) data[data.length - 1] = (data.at(-1) ?? 0) ^ 1;
      return data;
    });
    await all.ask(honest, 2);
    await all.ask(liar, 1);
    await hasPeers(honest, 1);
    await holds(liar, 1);
    const loaded = await all.ask(honest, 1);
    expect(loaded.from).toBe('edge');
    expect(loaded.bytes).toEqual(edgeBytes(URL_OF(1)));
    expect(honest.stats).toMatchObject({ cut: 1, peers: [], peerBytes: 0 });
    expect(all.dropped).toContainEqual({
      self: '0'.repeat(32),
      peer: '1'.padStart(32, '0'),
      fault: 'bad-bytes',
    });
    // Not all of the segment: it was over with the first chunk.
    expect(liar.stats.uploadBytes).toBeLessThanOrEqual(SIZE);
  });

  it('go to the edge in time where a peer says that it has it and never sends', async () => {
    const honest = all.viewer();
    const silent = all.viewer({}, (data) => ((data[0] ?? 0) === 0x14 ? undefined : data));
    await all.ask(honest, 2);
    await all.ask(silent, 1);
    await hasPeers(honest, 1);
    await holds(silent, 1);
    const sinceMs = performance.now();
    const loaded = await all.ask(honest, 1, { bufferedMs: () => 1_400 - (performance.now() - sinceMs) });
    expect(loaded).toMatchObject({ from: 'edge', bytes: edgeBytes(URL_OF(1)) });
    expect(honest.stats.cut).toBe(0);
  });

  it('do not ask again for what has come and is right', async () => {
    slowClock();
    let pieces = 0;
    const taker = all.viewer();
    // After the first two chunks (eight pieces) this one falls silent.
    const tiring = all.viewer({}, (data) => {
      if ((data[0] ?? 0) !== 0x14) return data;
      pieces += 1;
      return pieces <= 8 ? data : undefined;
    });
    const other = all.viewer();
    await all.ask(taker, 2);
    await all.ask(tiring, 1);
    await all.ask(other, 3);
    await hasPeers(taker, 2);
    await holds(tiring, 1);
    const loading = all.ask(taker, 1, { bufferedMs: () => 5_000 });
    await vi.waitFor(() => expect(pieces).toBeGreaterThan(8));
    // Meanwhile another has it.
    await all.ask(other, 1, { bufferedMs: () => 0 });
    const loaded = await loading;
    expect(loaded).toMatchObject({ from: 'peers', bytes: edgeBytes(URL_OF(1)) });
    expect(other.stats.uploadBytes).toBeLessThanOrEqual(SIZE - 2 * 65_536);
  });

  it('take nothing from peers whose digest nobody gives', async () => {
    const one = all.viewer();
    const other = all.viewer({ digests: async () => undefined });
    await all.ask(one, 1);
    await all.ask(other, 2);
    await hasPeers(other, 1);
    await holds(one, 1);
    expect((await all.ask(other, 1)).from).toBe('edge');
    expect(other.stats).toMatchObject({ peerBytes: 0, heldSegments: 0 });
  });

  it('pass on nothing of the edge that is not what the edge signs for', async () => {
    const one = all.viewer({ digests: async () => digestOf(someBytes(SIZE, 99)) });
    await all.ask(one, 1);
    await vi.waitFor(() => expect(one.stats.mismatches).toBe(1));
    expect(one.stats.heldSegments).toBe(0);
  });

  it('share nothing without consent, and nothing after they stopped', async () => {
    const refused = all.viewer({ consent: () => false });
    expect((await all.ask(refused, 1)).from).toBe('edge');
    await vi.waitFor(() => expect(refused.stats.state).toEqual({ kind: 'off', why: 'no-consent' }));
    const stopped = all.viewer();
    await all.ask(stopped, 1);
    await holds(stopped, 1);
    stopped.stop();
    expect(stopped.stats).toMatchObject({ state: { kind: 'off', why: 'stopped' }, heldBytes: 0, peers: [] });
    expect((await all.ask(stopped, 1)).from).toBe('edge');
  });

  it('give nothing where they are told to, and take all the same', async () => {
    const giver = all.viewer();
    const taker = all.viewer({ uploadBytesPerSecond: 0 });
    await all.ask(giver, 1);
    await all.ask(taker, 2);
    await hasPeers(giver, 1);
    await holds(giver, 1);
    await holds(taker, 1);
    expect((await all.ask(taker, 1)).from).toBe('peers');
    expect((await all.ask(giver, 2)).from).toBe('edge');
    expect(taker.stats.uploadBytes).toBe(0);
  });

  it('share nothing in a swarm that is too small to hide in', async () => {
    const [one, other] = [all.viewer({ minSwarm: 3 }), all.viewer({ minSwarm: 3 })];
    await all.ask(one, 1);
    await all.ask(other, 2);
    await hasPeers(one, 1);
    await holds(one, 1);
    expect((await all.ask(other, 1)).from).toBe('edge');
    expect(other.stats.state).toEqual({ kind: 'waiting' });
  });

  it('end when the player does', async () => {
    const [one, other] = [all.viewer(), all.viewer()];
    await all.ask(one, 1);
    await all.ask(other, 1);
    await hasPeers(one, 1);
    const ended = new AbortController();
    const loading = all.ask(one, 9, { signal: ended.signal });
    ended.abort(new Error('seeked'));
    await loading.then(
      ({ from }) => expect(from).toBe('edge'),
      (error: unknown) => expect(error).toMatchObject({ message: 'seeked' }),
    );
  });
});
