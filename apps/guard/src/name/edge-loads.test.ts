import { expect, test } from 'vitest';
import { createBilledLoads } from './billed-loads.ts';
import { createEdgeLoads } from './edge-loads.ts';

const never = new AbortController().signal;
const EDGE = [{ address: 'a', control: 'http://a.test' }];

const HOURS = { epochZero: 0n, sampleSecs: 300, samplesPerReport: 12, hoursPerWeek: 168 };

/** What becomes of an edge's answers, ten seconds apart. */
async function loadsOf(...answers: readonly string[]): Promise<readonly (number | undefined)[]> {
  let answer = '';
  const loads = createEdgeLoads({
    fetch: {
      mayAsk: () => true,
      get: async () => ({ status: 200, body: Buffer.from(answer) }),
    },
    billed: createBilledLoads(),
    periods: () => undefined,
    reports: async () => [],
  });
  const found: (number | undefined)[] = [];
  for (const [i, each] of answers.entries()) {
    answer = each;
    found.push((await loads.ask(EDGE, 1_000_000 + i * 10_000, never)).get('a')?.served);
  }
  return found;
}
const says = (monthBytes: unknown, maxMbit: unknown = 8): string =>
  JSON.stringify({ caps: { maxMbit, monthBytes } });

test('is what was served between two looks, in kbit/s', async () => {
  expect(await loadsOf(says(5e6), says(10e6), says(30e6), says(30e6))).toEqual([undefined, 4_000, 16_000, 0]);
  expect(await loadsOf(says(5e6, null), says(10e6, null))).toEqual([undefined, 4_000]);
});

test('is unknown where an edge says nonsense, or begins a new month', async () => {
  expect(await loadsOf(says(9e6), says(1e6), says(6e6))).toEqual([undefined, undefined, 4_000]);
  for (const bad of ['', 'null', '{}', '{"caps":1}', says('1'), says(-1), says(1, 0), says(1, '8')])
    expect(await loadsOf(says(1e6), bad)).toEqual([undefined, undefined]);
});

/** What an edge is taken to serve that serves so much an hour, says a part of it, and reports another, hour after hour. */
async function servedAt(hourly: number, saysPart: number, reportsPart: number): Promise<number | undefined> {
  let monthBytes = 0;
  const loads = createEdgeLoads({
    fetch: { mayAsk: () => true, get: async () => ({ status: 200, body: Buffer.from(says(monthBytes)) }) },
    billed: createBilledLoads(),
    periods: () => HOURS as never, // all that hours are told by
    reports: async () => [{ edge: 'a', bytes: BigInt(hourly * reportsPart) }],
  });
  let last: number | undefined;
  for (let tick = 0; tick < 6 * 60; tick += 1) {
    last = (await loads.ask(EDGE, tick * 60_000, never)).get('a')?.served;
    monthBytes += (hourly * saysPart) / 60;
  }
  return last;
}

test('is what an edge reported to be paid for, where it says less to guards', async () => {
  const hourly = 3.6e9;
  const honest = await servedAt(hourly, 1, 1);
  expect(honest).toBe(8_000);
  expect(await servedAt(hourly, 0.25, 1)).toBe(8_000);
  // More than it reports it may well serve: not all is paid for.
  expect(await servedAt(hourly, 1, 0.5)).toBe(8_000);
  expect(await servedAt(hourly, 1, 1.05)).toBe(8_000);
  expect(await servedAt(hourly, 0.001, 1)).toBe(80);
});
