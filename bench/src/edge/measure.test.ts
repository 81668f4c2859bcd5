import { expect, test } from 'vitest';
import type { LoadResult } from '../load/wrk.ts';
import { measureServer } from './measure.ts';

const server = {
  name: 'it',
  pid: process.pid,
  httpPort: 1,
  httpsPort: 1,
  hostHeader: 'a.test',
  stop: () => Promise.resolve(),
};
const load = (requests: number, errors = 0): LoadResult => ({
  requests,
  errors,
  latency: () => Promise.resolve({ p99Us: 7, openingP99Us: 9 }),
});

test('what a measurement says', async () => {
  const { value } = await measureServer(server, [], [], () => Promise.resolve(load(1_000)));
  expect(value).toMatchObject({ p99Us: 7, openingP99Us: 9 });
  expect(value.cpuUs * value.perCpuSecond).toBeCloseTo(1e6);
  expect(value.perSecond).toBeGreaterThan(0);
});

test('no answer is no figure, however much is tolerated; failed requests are a failure', async () => {
  expect(await measureServer(server, [], [], () => Promise.resolve(load(0)))).toMatchObject({
    disturbed: Number.POSITIVE_INFINITY,
  });
  await expect(measureServer(server, [], [], () => Promise.resolve(load(1_000, 2)))).rejects.toMatchObject({
    code: 'bench/load-failed',
  });
  // Nobody disturbs no processors: what a load says then is thrown on.
  await expect(measureServer(server, [], [], () => Promise.reject(new Error('no result')))).rejects.toThrow(
    'no result',
  );
});
