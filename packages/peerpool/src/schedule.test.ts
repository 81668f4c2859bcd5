import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  TURN_MS,
  backoffMs,
  chooseSources,
  createUploadSlots,
  criticalMs,
  decide,
  rankOf,
  standing,
} from './schedule.ts';
import type { ScheduleFacts } from './schedule.ts';

const FACTS: ScheduleFacts = {
  bufferedMs: 6_000,
  criticalMs: 600,
  waitedMs: 0,
  holders: 0,
  busyHolders: 0,
  fetching: 0,
  rank: 3,
  live: true,
  peers: 5,
  introducedMs: 0,
  edgeMs: 100,
  peerMs: undefined,
};

const facts: fc.Arbitrary<ScheduleFacts> = fc.record({
  bufferedMs: fc.integer({ min: 0, max: 60_000 }),
  criticalMs: fc.integer({ min: 0, max: 6_000 }),
  waitedMs: fc.integer({ min: 0, max: 60_000 }),
  holders: fc.nat(8),
  busyHolders: fc.nat(8),
  fetching: fc.nat(8),
  rank: fc.nat(10_000),
  live: fc.boolean(),
  peers: fc.nat(14),
  introducedMs: fc.oneof(fc.constant(0), fc.nat(2_000)),
  edgeMs: fc.nat(6_000),
  peerMs: fc.option(fc.nat(6_000), { nil: undefined }),
});

describe('where a segment comes from', () => {
  it('is the surer source in the critical window, and the edge without peers, whatever else there is', () => {
    fc.assert(
      fc.property(facts, (each) => {
        const isCritical = each.bufferedMs <= each.criticalMs;
        const isAlone = each.peers === 0 && each.introducedMs === 0;
        const decision = decide(each);
        if (decision.kind === 'peers' && isCritical) {
          // Nothing is lost but half of what the edge would take, and that is there.
          expect(decision.ms).toBeLessThan(Math.min(each.edgeMs, each.bufferedMs));
          expect(decision.ms).toBeGreaterThanOrEqual(2 * (each.peerMs ?? Infinity));
        } else if (isCritical || isAlone) expect(decision.kind).toBe('edge');
      }),
    );
  });

  it('is peers as soon as one has it and there is time', () => {
    expect(decide({ ...FACTS, holders: 1 })).toEqual({ kind: 'peers', ms: 5_400 });
  });

  it('is peers where the edge is the slow one', () => {
    const late = { ...FACTS, bufferedMs: 1_500, criticalMs: 3_000, holders: 1, edgeMs: 1_000 };
    expect(decide({ ...late, peerMs: 100 })).toEqual({ kind: 'peers', ms: 200 });
    for (const peerMs of [undefined, 600])
      expect(decide({ ...late, peerMs })).toEqual({ kind: 'edge', why: 'critical' });
  });

  it('is not the edge, while there is time, for who is about to hear that others have it', () => {
    const come = { ...FACTS, bufferedMs: 1_900, rank: 0, peers: 0, introducedMs: 2_000 };
    expect(decide(come)).toEqual({ kind: 'wait', ms: 1_000 });
    expect(decide({ ...come, peers: 1, introducedMs: 100 })).toEqual({ kind: 'wait', ms: 100 });
    expect(decide({ ...come, bufferedMs: 900 })).toEqual({ kind: 'edge', why: 'critical' });
    expect(decide({ ...come, introducedMs: 0 })).toEqual({ kind: 'edge', why: 'alone' });
  });

  it('never waits beyond the critical window', () => {
    fc.assert(
      fc.property(facts, (each) => {
        const decision = decide(each);
        if (decision.kind === 'wait') {
          expect(decision.ms).toBeGreaterThan(0);
          expect(decision.ms).toBeLessThanOrEqual(each.bufferedMs - each.criticalMs);
        }
      }),
    );
  });

  it('is the edge for one viewer at once, and for the next after a turn each, while nobody has it', () => {
    expect(decide({ ...FACTS, rank: 0 })).toEqual({ kind: 'edge', why: 'turn' });
    expect(decide({ ...FACTS, rank: 3 })).toEqual({ kind: 'wait', ms: 3 * TURN_MS });
    expect(decide({ ...FACTS, rank: 3, waitedMs: 3 * TURN_MS })).toEqual({ kind: 'edge', why: 'turn' });
  });

  it('is the edge for a further copy where what is on its way takes long, and not for all at once', () => {
    const busy = { ...FACTS, fetching: 1, waitedMs: 2_000, bufferedMs: 4_000 };
    expect(decide({ ...busy, rank: 1 })).toEqual({ kind: 'edge', why: 'turn' });
    expect(decide({ ...busy, rank: 2 }).kind).toBe('wait');
  });

  it('is awaited from others for most of the time that there is in a live stream, and not for long in a film', () => {
    const late = { ...FACTS, rank: 1_000, waitedMs: 1_600 };
    expect(decide({ ...late, live: true }).kind).toBe('wait');
    expect(decide({ ...late, live: false })).toEqual({ kind: 'edge', why: 'turn' });
  });

  it('is not the edge while a peer is getting it there', () => {
    expect(decide({ ...FACTS, rank: 0, fetching: 1 }).kind).toBe('wait');
  });
});

describe('turns at the edge', () => {
  const viewers = Array.from({ length: 12 }, (_, i) => `viewer ${i}`);

  it('are all different among those who know each other, and others for another segment', () => {
    const ranksOf = (id: string): number[] =>
      viewers.map((self) =>
        rankOf(
          id,
          self,
          viewers.filter((each) => each !== self),
          viewers.length,
        ),
      );
    expect(ranksOf('a').toSorted((a, b) => a - b)).toEqual(viewers.map((_, i) => i));
    const firsts = new Set(Array.from({ length: 200 }, (_, i) => ranksOf(`segment ${i}`).indexOf(0)));
    expect(firsts.size).toBe(viewers.length);
  });

  it('are few at once in a swarm that nobody sees all of', () => {
    const many = Array.from({ length: 5_000 }, (_, i) => `viewer ${i}`);
    const first = many.filter(
      (self, i) => rankOf('a', self, many.slice(Math.max(0, i - 12), i), many.length) === 0,
    );
    // One in fifty, give or take: as many copies as reach all in time.
    expect(first.length).toBeGreaterThan(50);
    expect(first.length).toBeLessThan(200);
  });

  it('are spread evenly', () => {
    const all = viewers.flatMap((viewer) => Array.from({ length: 500 }, (_, i) => standing(`s${i}`, viewer)));
    expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...all)).toBeLessThan(1);
    const mean = all.reduce((sum, each) => sum + each, 0) / all.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
  });
});

describe('what a viewer gives at once', () => {
  it('grows while answers come in time, and shrinks when one does not', () => {
    const slots = createUploadSlots(() => 0);
    expect(slots.count).toBe(2);
    for (let i = 0; i < 100; i += 1) slots.done();
    expect(slots.count).toBe(8);
    slots.slow();
    expect(slots.count).toBe(4);
  });

  it('is nothing for a while where one is too many, for longer each time', () => {
    let now = 0;
    const slots = createUploadSlots(() => now);
    slots.slow();
    expect(slots.count).toBe(1);
    slots.slow();
    expect(slots.count).toBe(0);
    now += 20_000;
    expect(slots.count).toBe(1);
    slots.slow();
    now += 20_000;
    expect(slots.count).toBe(0);
    now += 20_000;
    expect(slots.count).toBe(1);
  });
});

it('who gives nothing fetches after those who do', () => {
  const peers = Array.from({ length: 11 }, (_, i) => `viewer ${i}`);
  expect(rankOf('a', 'self', peers, 12, false)).toBe(11);
});

it('the critical window grows with the edge, to an end', () => {
  expect(criticalMs(1_000)).toBeGreaterThan(criticalMs(100));
  expect(criticalMs(1_000_000)).toBe(6_000);
});

it('who fails again is left alone for longer, to an end', () => {
  expect(backoffMs(2)).toBe(2 * backoffMs(1));
  expect(backoffMs(100)).toBe(30_000);
});

it('those who answer fast and are not busy are asked first, and each only once', () => {
  const sources = [
    { peer: 'slow', bytesPerMs: 10, asked: 0 },
    { peer: 'fast', bytesPerMs: 1_000, asked: 0 },
    { peer: 'busy', bytesPerMs: 5_000, asked: 2 },
  ];
  expect(chooseSources(sources, 2, () => 0)).toEqual(['fast', 'slow']);
  expect(chooseSources([], 2, () => 0)).toEqual([]);
  expect(new Set(chooseSources(sources, 3, Math.random)).size).toBe(3);
});
