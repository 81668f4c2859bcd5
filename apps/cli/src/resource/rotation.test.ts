import { expect, test } from 'vitest';
import { rotationOf } from './rotation.ts';
import type { RotationFacts } from './rotation.ts';

const FACTS: RotationFacts = {
  readers: [1, 2, 3],
  guards: [3, 2, 1],
  edgesThen: ['a', 'b'],
  edgesNow: ['b', 'a', 'c'],
  rotatedIn: 4n,
  hour: 9n,
};

test('nothing is due while those that could read the settings are those that are there', () => {
  expect(rotationOf(FACTS)).toEqual({ kind: 'none' });
  expect(rotationOf({ ...FACTS, edgesThen: undefined, edgesNow: [] })).toEqual({ kind: 'none' });
});

test('who came and who left is told', () => {
  expect(rotationOf({ ...FACTS, guards: [1, 4, 5] })).toEqual({
    kind: 'due',
    why: 'guards 4, 5 came; guards 2, 3 left',
  });
  expect(rotationOf({ ...FACTS, edgesNow: ['b'] })).toEqual({ kind: 'due', why: 'edge a left' });
});

test('an edge that comes and goes has nobody pay more than once an hour', () => {
  expect(rotationOf({ ...FACTS, edgesNow: [], hour: 4n })).toMatchObject({ kind: 'later' });
  expect(rotationOf({ ...FACTS, edgesNow: [], hour: 5n })).toMatchObject({ kind: 'due' });
  expect(rotationOf({ ...FACTS, edgesNow: [], rotatedIn: undefined, hour: 0n })).toMatchObject({
    kind: 'due',
  });
});
