import { expect, test } from 'vitest';
import { createEdgeLoads } from './edge-loads.ts';

const never = new AbortController().signal;
const EDGE = [{ address: 'a', control: 'http://a.test' }];

/** What becomes of an edge's answers, ten seconds apart. */
async function loadsOf(...answers: readonly string[]): Promise<readonly (number | undefined)[]> {
  let answer = '';
  const loads = createEdgeLoads({
    mayAsk: () => true,
    get: async () => ({ status: 200, body: Buffer.from(answer) }),
  });
  const found: (number | undefined)[] = [];
  for (const [i, each] of answers.entries()) {
    answer = each;
    found.push((await loads.ask(EDGE, 1_000_000 + i * 10_000, never)).get('a'));
  }
  return found;
}
const says = (monthBytes: unknown, maxMbit: unknown = 8): string =>
  JSON.stringify({ caps: { maxMbit, monthBytes } });

test('is what was served between two looks, of what can be', async () => {
  // 8 Mbit/s are ten megabytes in ten seconds.
  expect(await loadsOf(says(5e6), says(10e6), says(30e6), says(30e6))).toEqual([undefined, 0.5, 2, 0]);
});

test('is unknown where an edge says nothing, nonsense, or begins a new month', async () => {
  expect(await loadsOf(says(1, null), says(2, null))).toEqual([undefined, undefined]);
  expect(await loadsOf(says(9e6), says(1e6), says(6e6))).toEqual([undefined, undefined, 0.5]);
  for (const bad of ['', 'null', '{}', '{"caps":1}', says('1'), says(-1), says(1, 0), says(1, '8')])
    expect(await loadsOf(says(1e6), bad)).toEqual([undefined, undefined]);
});
