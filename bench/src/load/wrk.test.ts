import { describe, expect, test } from 'vitest';
import { cpuSeconds, processTree } from '../machine/process-tree.ts';
import { parseWrk, wrkArguments } from './wrk.ts';

const OUTPUT = `Running 2s test @ http://127.0.0.1:1/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.02ms    0.50ms   9.00ms   90.00%
  Latency Distribution
     50%    0.90ms
     75%    1.10ms
     90%    1.50ms
     99%    2.75ms
  123456 requests in 2.00s, 150.00MB read
`;

describe('what the bench reads', () => {
  test('wrk', () => {
    expect(parseWrk(OUTPUT)).toEqual({ requests: 123_456, p99Us: 2_750, errors: 0 });
    expect(
      parseWrk(
        `${OUTPUT}  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 5\n`,
      ).errors,
    ).toBe(15);
    expect(() => parseWrk('unable to connect')).toThrow(/no result/);
  });

  test('the processor time of a process tree grows with work', () => {
    const pids = processTree(process.pid);
    expect(pids).toContain(process.pid);
    const before = cpuSeconds(pids);
    // By the processor's clock: on a busy machine a moment of the wall's may bring no work at all.
    const { user, system } = process.cpuUsage();
    for (let used = 0; used < 60_000;) {
      for (let i = 0; i < 1e6; i += 1);
      const now = process.cpuUsage();
      used = now.user + now.system - user - system;
    }
    expect(cpuSeconds(pids)).toBeGreaterThan(before);
    expect(processTree(process.ppid)).toContain(process.pid);
  });

  test('how it is called', () => {
    const load = {
      url: 'http://127.0.0.1:1/',
      hostHeader: 'a.test',
      seconds: 3,
      connections: 64,
      processors: '1',
    };
    const common = ['-c64', '-d3s', '--latency', '-H', 'Host: a.test'];
    expect(wrkArguments(load)).toEqual(['-t1', ...common, load.url]);
    expect(wrkArguments({ ...load, threads: 2, script: ['mix.lua', 'ids', '7'] })).toEqual([
      '-t2',
      ...common,
      '-s',
      'mix.lua',
      load.url,
      '--',
      'ids',
      '7',
    ]);
  });
});
