import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { capacityOf, provenOf } from './capacities.ts';
import type { CapacityView } from './capacities.ts';
import { createSteering } from './steering.ts';

const saw = (pulled: number, over: Partial<CapacityView> = {}): CapacityView => ({
  served: undefined,
  claimed: 1_000_000,
  pulled,
  proven: 0,
  ...over,
});

test('what guards pull at once is proven, together with what viewers had', () => {
  expect(provenOf([saw(100), saw(110), saw(90)])).toBe(300);
  expect(provenOf([saw(100, { served: 50 }), saw(100, { served: 50 }), saw(100)])).toBe(350);
  // Too few, or nobody: what was known stays.
  expect(provenOf([saw(100, { proven: 7 }), saw(0, { proven: 7 }), saw(0, { proven: 7 })])).toBe(7);
  expect(provenOf([])).toBe(0);
  // What shows less takes a tenth at a time.
  expect(provenOf([saw(1, { proven: 1_000 }), saw(1, { proven: 1_000 }), saw(1, { proven: 1_000 })])).toBe(
    900,
  );
});

test('fewer than half of the guards move nothing beyond what honest ones saw', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 100, max: 200 }), { minLength: 3, maxLength: 21 }),
      fc.array(fc.integer({ min: 1, max: 4_000_000 }), { maxLength: 9 }),
      (honest, lies) => {
        fc.pre(lies.length < honest.length);
        const proven = provenOf([...honest, ...lies].map((each) => saw(each)));
        const guards = honest.length + lies.length;
        expect(proven).toBeGreaterThanOrEqual(guards * 100);
        expect(proven).toBeLessThanOrEqual(guards * 200);
      },
    ),
    { numRuns: 200 },
  );
});

test('a claim stands until less is seen than guards can see', () => {
  expect(capacityOf(1_000, 0, 0)).toBe(1_000);
  expect(capacityOf(1_000, 900, 5_000)).toBe(1_000);
  expect(capacityOf(1_000, 300, 5_000)).toBe(300);
  // Guards whose own lines end at 400 cannot tell.
  expect(capacityOf(1_000, 300, 400)).toBe(1_000);
  expect(capacityOf(0, 300, 400)).toBeUndefined();
  expect(capacityOf(0, 100, 1_000)).toBe(100);
  expect(capacityOf(0, 0, 1_000)).toBeUndefined();
});

test('an edge that claims ten times what it has gets viewers for what it has', () => {
  const edges = ['honest', 'boaster'].map((id) => ({ id, region: 'eu-west' }));
  const steering = createSteering();
  /** Viewers would take 300 Mbit/s of each; the boaster has 136 in all. */
  const play = (challenge: boolean): void => {
    const wanted = (id: string): number => Math.round(300_000 * steering.shareOf(id));
    const serves = (id: string): number => (id === 'honest' ? wanted(id) : Math.min(136_000, wanted(id)));
    const pulls = (id: string): number =>
      id === 'honest' ? 320_000 : Math.max(1, Math.round((136_000 - serves(id)) / 3));
    steering.advance(
      ['1', '2', '3'].map((guard) => ({
        guard,
        rtts: [],
        told: [],
        loads: edges.map(({ id }) => ({
          edge: id,
          served: serves(id),
          claimed: 1_000_000,
          pulled: challenge ? pulls(id) : 0,
          proven: steering.provenOf(id),
          share: steering.shareOf(id),
        })),
      })),
      edges,
    );
  };
  play(false);
  expect(steering.shareOf('boaster')).toBe(1);
  play(true);
  for (let window = 0; window < 40; window += 1) play(false);
  expect(steering.capacityOf('honest')).toBe(1_000_000);
  expect(steering.shareOf('honest')).toBe(1);
  expect(steering.capacityOf('boaster')).toBeCloseTo(136_000, -2);
  expect(300_000 * steering.shareOf('boaster')).toBeLessThanOrEqual(136_000 * 0.9);
  expect(300_000 * steering.shareOf('boaster')).toBeGreaterThanOrEqual(136_000 * 0.7);
});
