import { expect, it } from 'vitest';
import { PLACES, along, backbone, distanceKm } from './places.ts';

const at = (name: string) => {
  const found = PLACES.find((place) => place.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

it('distances are those of the map, and round trips some that are seen there', () => {
  expect(distanceKm(at('Frankfurt'), at('London'))).toBeCloseTo(640, -2);
  expect(distanceKm(at('London'), at('Sydney'))).toBeCloseTo(17_000, -3);
  const roundTripMs = 2 * backbone(at('London'), at('Ashburn')).oneWayMs;
  expect(roundTripMs).toBeGreaterThan(70);
  expect(roundTripMs).toBeLessThan(100);
});

it('ways add up, and what is lost on either is lost', () => {
  const both = along({ oneWayMs: 1, loss: 0.5 }, { oneWayMs: 2, loss: 0.5 });
  expect(both).toEqual({ oneWayMs: 3, loss: 0.75 });
});

it('there are ten places, one origin, and no edge where it is', () => {
  expect(PLACES.length).toBe(10);
  expect(PLACES.filter(({ hasOrigin }) => hasOrigin).length).toBe(1);
  expect(PLACES.filter(({ hasOrigin, hasEdge }) => hasOrigin && hasEdge)).toEqual([]);
});
