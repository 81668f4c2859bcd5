import { expect, test } from 'vitest';
import { h2LoadArguments, p99OfLog, parseH2Load } from './h2load.ts';

const OUTPUT = `finished in 2.00s, 39454.00 req/s, 43.31MB/s
requests: 78908 total, 79164 started, 78908 done, 78900 succeeded, 8 failed, 1 errored, 2 timeout
status codes: 78900 2xx, 0 3xx, 8 4xx, 0 5xx
`;

test('what h2load prints', () => {
  expect(parseH2Load(OUTPUT)).toEqual({ requests: 78_900, errors: 11 });
  expect(() => parseH2Load('h2load: not found')).toThrow(/no result/);
});

async function* lines(count: number): AsyncGenerator<string> {
  for (let i = count; i > 0; i -= 1) yield `1795710153696813\t200\t${i}`;
}

test('the 99th percentile of its log', async () => {
  expect(await p99OfLog(lines(1_000))).toBe(991);
  expect(await p99OfLog(lines(1))).toBe(1);
  expect(await p99OfLog(lines(0))).toBe(0);
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
