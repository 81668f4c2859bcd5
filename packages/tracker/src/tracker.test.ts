import type { FromTracker } from '@media-network/peerpool/tracker-messages';
import { describe, expect, it } from 'vitest';
import { createTracker } from './tracker.ts';
import type { Tracker, TrackerDeps } from './tracker.ts';

const ID = (n: number): string => n.toString(16).padStart(32, '0');
const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function trackerOf(over: Partial<TrackerDeps> = {}): { tracker: Tracker; clock: { ms: number } } {
  const clock = { ms: 0 };
  const tracker = createTracker({
    admit: async ({ swarm }) => ({ kind: 'admitted', swarm: swarm ?? '' }),
    placesOf: (address) => [address.split('.').slice(0, 2).join('.'), 'DE'],
    ice: () => ['stun:stun.example:3478'],
    clock: { nowMs: () => clock.ms },
    random: seeded(7),
    ...over,
  });
  return { tracker, clock };
}

function viewer(tracker: Tracker, n: number, address = `10.${n % 4}.0.${n % 250}`) {
  const heard: FromTracker[] = [];
  const state = { closed: false };
  const line = tracker.connect(
    { send: (message) => void heard.push(message), close: () => void (state.closed = true) },
    { address, origin: undefined },
  );
  return {
    heard,
    state,
    ...line,
    peers: () => heard.flatMap((each) => (each.type === 'peer' ? [each.id] : [])),
    say: (message: object) => line.message(JSON.stringify(message)),
    async join(swarm = 'a', links: readonly string[] = []) {
      line.message(
        JSON.stringify({ type: 'join', version: 1, id: ID(n), swarm: swarm.repeat(64).slice(0, 64), links }),
      );
      await flush();
    },
  };
}

describe('a tracker', () => {
  it('introduces viewers of the same, one of whom begins, and nobody of another', async () => {
    const { tracker } = trackerOf();
    const [one, other, elsewhere] = [viewer(tracker, 1), viewer(tracker, 2), viewer(tracker, 3)];
    await one.join();
    await elsewhere.join('b');
    await other.join();
    expect(one.heard.at(-1)).toEqual({ type: 'peer', id: ID(2), offer: false });
    expect(other.heard).toEqual([
      { type: 'joined', size: 2, ice: ['stun:stun.example:3478'] },
      { type: 'peer', id: ID(1), offer: true },
    ]);
    expect(elsewhere.peers()).toEqual([]);
    expect(tracker.stats).toMatchObject({ viewers: 3, swarms: 2, introductions: 1 });
  });

  it('passes on signals between those it has introduced, and between nobody else', async () => {
    const { tracker } = trackerOf();
    const [one, other, elsewhere] = [viewer(tracker, 1), viewer(tracker, 2), viewer(tracker, 3)];
    await one.join();
    await other.join();
    await elsewhere.join('b');
    const data = { kind: 'offer', sdp: 'v=0' };
    other.say({ type: 'signal', to: ID(1), data });
    expect(one.heard.at(-1)).toEqual({ type: 'signal', from: ID(2), data });
    const before = one.heard.length;
    elsewhere.say({ type: 'signal', to: ID(1), data });
    expect(one.heard.length).toBe(before);
  });

  it('connects a large swarm, everybody with some and nobody with too many, near ones first', async () => {
    const { tracker } = trackerOf();
    const all = Array.from({ length: 400 }, (_, i) => viewer(tracker, i));
    for (const each of all) await each.join();
    const degrees = all.map((each) => new Set(each.peers()).size);
    expect(Math.min(...degrees)).toBeGreaterThan(0);
    expect(Math.max(...degrees)).toBeLessThanOrEqual(16);
    // All of them hang together.
    const reached = new Set([ID(0)]);
    for (const id of reached)
      for (const peer of all[Number.parseInt(id, 16)]?.peers() ?? []) reached.add(peer);
    expect(reached.size).toBe(all.length);
    const pairs = all.flatMap((each, i) =>
      each.peers().map((peer) => (Number.parseInt(peer, 16) - i) % 4 === 0),
    );
    const near = pairs.filter(Boolean).length / pairs.length;
    // One in four are near by chance.
    expect(near).toBeGreaterThan(0.45);
  });

  it('leaves alone those who are connected already when they come back', async () => {
    const { tracker } = trackerOf();
    const [one, other] = [viewer(tracker, 1), viewer(tracker, 2)];
    await one.join('a', [ID(2)]);
    await other.join('a', [ID(1)]);
    expect(one.peers()).toEqual([]);
    expect(other.peers()).toEqual([]);
    // And passes on what they still have to say to each other.
    other.say({ type: 'signal', to: ID(1), data: { kind: 'candidate', candidate: 'x', mid: '0' } });
    expect(one.heard.at(-1)).toMatchObject({ type: 'signal' });
  });

  it('finds another for who lost one, and forgets who left', async () => {
    const { tracker } = trackerOf();
    const [one, other] = [viewer(tracker, 1), viewer(tracker, 2)];
    await one.join();
    await other.join();
    other.closed();
    const third = viewer(tracker, 3);
    await third.join();
    expect(third.peers()).toEqual([ID(1)]);
    one.closed();
    third.closed();
    expect(tracker.stats).toMatchObject({ viewers: 0, swarms: 0 });
  });

  it('introduces nobody to a viewer that three others report, and does not hear strangers', async () => {
    const { tracker } = trackerOf();
    const liar = viewer(tracker, 1);
    await liar.join();
    const others = [2, 3, 4].map((n) => viewer(tracker, n));
    for (const each of others) await each.join();
    const stranger = viewer(tracker, 9);
    await stranger.join('b');
    stranger.say({ type: 'report', peer: ID(1), why: 'bad-bytes' });
    others[0]?.say({ type: 'report', peer: ID(1), why: 'bad-bytes' });
    others[0]?.say({ type: 'report', peer: ID(1), why: 'bad-bytes' });
    others[1]?.say({ type: 'report', peer: ID(1), why: 'bad-bytes' });
    expect(tracker.stats.viewers).toBe(5);
    others[2]?.say({ type: 'report', peer: ID(1), why: 'malformed' });
    expect(tracker.stats).toMatchObject({ viewers: 4, reports: 3 });
    expect(liar.heard.at(-1)).toMatchObject({ type: 'error', code: 'tracker/reported' });
    const late = viewer(tracker, 5);
    await late.join();
    expect(late.peers()).not.toContain(ID(1));
  });

  it('refuses what is no message, too many messages, a name that is taken, and a second join', async () => {
    const { tracker, clock } = trackerOf();
    const garbled = viewer(tracker, 1);
    garbled.message('{');
    expect(garbled.heard).toMatchObject([{ type: 'error', code: 'tracker/malformed' }]);
    expect(garbled.state.closed).toBe(true);
    const one = viewer(tracker, 2);
    await one.join();
    const double = viewer(tracker, 2);
    await double.join();
    expect(double.heard).toMatchObject([{ code: 'tracker/taken' }]);
    const fast = viewer(tracker, 3);
    await fast.join();
    for (let i = 0; i < 500; i += 1) fast.say({ type: 'want', peers: 0 });
    expect(fast.heard.at(-1)).toMatchObject({ code: 'tracker/too-fast' });
    clock.ms += 60_000;
    await one.join();
    expect(one.heard.at(-1)).toMatchObject({ code: 'tracker/malformed' });
    for (const each of [garbled, one, double, fast]) each.closed();
    expect(tracker.stats.viewers).toBe(0);
  });

  it('says why it refuses, and bounds the viewers of one address', async () => {
    const { tracker } = trackerOf({
      admit: async () => ({ kind: 'refused', code: 'tracker/not-served', message: 'no', retryMs: 5 }),
    });
    const one = viewer(tracker, 1);
    await one.join();
    expect(one.heard).toEqual([{ type: 'error', code: 'tracker/not-served', message: 'no', retryMs: 5 }]);
    const many = Array.from({ length: 257 }, (_, i) => viewer(tracker, i + 10, '192.0.2.9'));
    expect(many.filter(({ state }) => state.closed).length).toBe(1);
    many.at(-1)?.closed();
    many[0]?.closed();
    expect(viewer(tracker, 900, '192.0.2.9').state.closed).toBe(false);
  });

  it('tells of the size when it changed by as much as matters', async () => {
    const { tracker } = trackerOf();
    const one = viewer(tracker, 1);
    await one.join();
    await viewer(tracker, 2).join();
    tracker.tellSizes();
    tracker.tellSizes();
    expect(one.heard.filter(({ type }) => type === 'size')).toEqual([{ type: 'size', size: 2 }]);
  });
});
