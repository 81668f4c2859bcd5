import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { benchIdle } from './idle-bench.ts';

it('tells what it saw for an hour, by method and in all', async () => {
  const server = createServer((_, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const calls = new Map([['getSlot', 7]]);
  let closed = 0;
  let passed = 0;
  const begun = performance.now();
  const [row] = await benchIdle({
    seconds: 1,
    hours: 4,
    // What happens in the time that is watched: two calls of the chain, one request to the front beside them.
    sleep: async () => {
      for (const method of ['getSlot', 'getBalance']) {
        await (await fetch(`http://127.0.0.1:${port}/`)).text();
        calls.set(method, (calls.get(method) ?? 0) + 1);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    },
    cases: [
      {
        name: 'still',
        start: () =>
          Promise.resolve({
            chainCalls: () => new Map(calls),
            frontRequests: () => (calls.get('getSlot') === 7 ? 0 : 1),
            close: () => {
              closed += 1;
              return Promise.resolve();
            },
          }),
        pass: (hours) => {
          passed += hours;
          return Promise.resolve(10);
        },
      },
    ],
  });
  server.close();
  const most = 3_600_000 / 50;
  const least = 3_600_000 / (performance.now() - begun);
  expect(row).toMatchObject({ name: 'still', transactions: 2.5 });
  expect(Object.keys(row?.chainCallsByMethod ?? {}).toSorted((a, b) => a.localeCompare(b))).toEqual([
    'getBalance',
    'getSlot',
  ]);
  // Two calls, and three requests with the one to the front.
  expect(row?.chainCalls).toBeGreaterThanOrEqual(Math.floor(2 * least));
  expect(row?.chainCalls).toBeLessThanOrEqual(2 * most);
  expect((row?.requests ?? 0) / (row?.chainCalls ?? 1)).toBeCloseTo(1.5, 1);
  expect([closed, passed]).toEqual([1, 4]);
});
