import { expect, test } from 'vitest';
import { rowOf } from './edge-bench.ts';
import type { Figures } from './measure.ts';

const figures = (perCpuSecond: number, p99Us = 0): Figures => ({
  perCpuSecond,
  perSecond: perCpuSecond / 2,
  cpuUs: 1e6 / perCpuSecond,
  p99Us,
  openingP99Us: 2 * p99Us,
});
const OF = { protocol: 'http', size: '1K', peerName: 'nginx' } as const;
const PAIRS = [
  { us: figures(100), peer: figures(200) },
  { us: figures(300), peer: figures(100) },
  { us: figures(200), peer: figures(250) },
];

test('the ratio of a row is the median of the ratios, not the ratio of the medians', () => {
  const latencies = [{ us: figures(1, 70), peer: figures(1, 90) }];
  expect(rowOf(OF, PAIRS, 3, 1, latencies, 42)).toEqual({
    ...OF,
    us: 200,
    peer: 200,
    ratio: 0.8,
    spread: { median: 0.8, lowQuartile: 0.65, highQuartile: 1.9, least: 0.5, most: 3 },
    rounds: 3,
    dropped: 1,
    busy: false,
    p99Us: 70,
    p99Peer: 90,
    openingP99Us: 140,
    openingP99Peer: 180,
    rateP99: 42,
  });
});

test('with too few undisturbed rounds there is no ratio', () => {
  expect(rowOf(OF, PAIRS, 4, 9, [], 0)).toMatchObject({ busy: true, ratio: null, spread: null, rounds: 3 });
  expect(rowOf(OF, [], 1, 3, [], 0)).toMatchObject({ busy: true, ratio: null, us: 0, peer: 0, p99Us: 0 });
});
