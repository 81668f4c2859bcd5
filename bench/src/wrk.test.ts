import { describe, expect, test } from 'vitest';
import { median } from './edge-bench.ts';
import { cpuSeconds, processTree } from './process-tree.ts';
import { parseWrk } from './wrk.ts';

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
    const until = performance.now() + 60;
    while (performance.now() < until);
    expect(cpuSeconds(pids)).toBeGreaterThan(before);
    expect(processTree(process.ppid)).toContain(process.pid);
  });

  test('the median', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });
});
