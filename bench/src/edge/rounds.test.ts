import { expect, test } from 'vitest';
import { takeRounds } from './rounds.ts';
import { rounded, spreadOf } from './spread.ts';

function recording(disturbedAt: (turn: number) => number) {
  const turns: string[] = [];
  return {
    turns,
    measure: (side: string) => {
      turns.push(side);
      return Promise.resolve({ value: turns.length, disturbed: disturbedAt(turns.length) });
    },
  };
}

test('sides take turns, every other round backwards', async () => {
  const { turns, measure } = recording(() => 0);
  const { pairs, dropped } = await takeRounds({
    us: 'us',
    peers: ['a', 'b'],
    measure,
    rounds: 2,
    maxRounds: 4,
    tolerated: 0.05,
  });
  expect(turns).toEqual(['us', 'a', 'b', 'b', 'a', 'us']);
  expect(pairs).toEqual([
    [
      { us: 1, peer: 2 },
      { us: 6, peer: 5 },
    ],
    [
      { us: 1, peer: 3 },
      { us: 6, peer: 4 },
    ],
  ]);
  expect(dropped).toBe(0);
});

test('a disturbed pair is taken again, and only from the peer that lacks it', async () => {
  const { turns, measure } = recording((turn) => (turn === 3 ? 0.2 : 0.01));
  const { pairs, dropped } = await takeRounds({
    us: 'us',
    peers: ['a', 'b'],
    measure,
    rounds: 1,
    maxRounds: 3,
    tolerated: 0.05,
  });
  expect(turns).toEqual(['us', 'a', 'b', 'b', 'us']);
  expect(pairs).toEqual([[{ us: 1, peer: 2 }], [{ us: 5, peer: 4 }]]);
  expect(dropped).toBe(1);
});

test('where our half is disturbed every pair of the round is', async () => {
  const { measure } = recording((turn) => (turn === 1 ? 0.2 : 0));
  const { pairs, dropped } = await takeRounds({
    us: 'us',
    peers: ['a', 'b'],
    measure,
    rounds: 1,
    maxRounds: 1,
    tolerated: 0.05,
  });
  expect(pairs).toEqual([[], []]);
  expect(dropped).toBe(2);
});

test('on a machine that never comes to rest there are no pairs, after so many rounds', async () => {
  const { turns, measure } = recording(() => 0.5);
  const { pairs, dropped } = await takeRounds({
    us: 'us',
    peers: ['a'],
    measure,
    rounds: 3,
    maxRounds: 5,
    tolerated: 0.05,
  });
  expect([pairs, dropped, turns.length]).toEqual([[[]], 5, 10]);
});

test('median and quartiles', () => {
  expect(spreadOf([])).toBeUndefined();
  expect(spreadOf([2])).toEqual({ median: 2, lowQuartile: 2, highQuartile: 2, least: 2, most: 2 });
  expect(spreadOf([5, 1, 3, 2, 4])).toEqual({
    median: 3,
    lowQuartile: 2,
    highQuartile: 4,
    least: 1,
    most: 5,
  });
  expect(spreadOf([4, 1, 2, 3])).toEqual({
    median: 2.5,
    lowQuartile: 1.75,
    highQuartile: 3.25,
    least: 1,
    most: 4,
  });
  expect(rounded({ median: 1 / 3, lowQuartile: 0.25, highQuartile: 1, least: 0, most: 2 / 3 })).toEqual({
    median: 0.333,
    lowQuartile: 0.25,
    highQuartile: 1,
    least: 0,
    most: 0.667,
  });
});
