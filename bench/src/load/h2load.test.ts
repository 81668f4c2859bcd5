import { expect, test } from 'vitest';
import { h2LoadArguments, latencyOfLog, parseH2Load } from './h2load.ts';

const OUTPUT = `finished in 2.00s, 39454.00 req/s, 43.31MB/s
requests: 78908 total, 79164 started, 78908 done, 78900 succeeded, 8 failed, 1 errored, 2 timeout
status codes: 78900 2xx, 0 3xx, 8 4xx, 0 5xx
`;

test('what h2load prints', () => {
  expect(parseH2Load(OUTPUT)).toEqual({ requests: 78_900, errors: 11 });
  expect(() => parseH2Load('h2load: not found')).toThrow(/no result/);
});

/** A request a millisecond, written down as they end, the slowest first; `steadyUs` after the half second of the opening. */
async function* lines(count: number, steadyUs = (i: number): number => i): AsyncGenerator<string> {
  for (let i = count - 1; i >= 0; i -= 1) {
    const startUs = 1_795_710_153_696_813 + i * 1_000;
    yield `${startUs}\t200\t${i < 500 ? 1_000 + i : steadyUs(i - 500)}`;
  }
  yield '';
}

test('99th percentiles of its log, of the half second in which connections are opened apart from the rest', async () => {
  expect(await latencyOfLog(lines(1_500))).toEqual({ p99Us: 990, openingP99Us: 1_495 });
  expect(await latencyOfLog(lines(501))).toEqual({ p99Us: 0, openingP99Us: 1_495 });
  expect(await latencyOfLog(lines(1))).toEqual({ p99Us: 0, openingP99Us: 1_000 });
  expect(await latencyOfLog(lines(0))).toEqual({ p99Us: 0, openingP99Us: 0 });
});

test('how it is called', () => {
  const load = {
    version: 'http2',
    scheme: 'https',
    port: 8443,
    host: 'a.test',
    path: '/x',
    seconds: 3,
    connections: 16,
    streams: 8,
    processor: 1,
    logFile: 'log',
  } as const;
  const common = ['-D3', '--log-file=log', '--connect-to=127.0.0.1:8443'];
  expect(h2LoadArguments(load)).toEqual(['-t1', '-c16', '-m8', ...common, 'https://a.test/x']);
  expect(h2LoadArguments({ ...load, version: 'http1', scheme: 'http', requestsPerSecond: 1_000 })).toEqual([
    '-t1',
    '-c16',
    '--h1',
    '-m1',
    '--rps=62.500',
    ...common,
    'http://a.test/x',
  ]);
});
