import { createManualClock } from '@media-network/runtime/testing';
import { expect, test } from 'vitest';
import { untilServed } from './until-served.ts';
import type { AskedEdge } from './until-served.ts';

/** An edge that says these words one after the other, and serves when they are used up. */
function edge(name: string, ...words: readonly string[]): AskedEdge & { readonly asked: () => number } {
  let asked = 0;
  return {
    name,
    asked: () => asked,
    ask: () => Promise.resolve(words[(asked += 1) - 1]),
  };
}

/** A clock that sleeps by turning itself. */
function leaping() {
  const clock = createManualClock(0);
  return {
    nowMs: () => clock.nowMs(),
    sleep: (ms: number) => {
      clock.advance(ms);
      return Promise.resolve();
    },
  };
}

test('nothing is said where all serve at once', async () => {
  const steps: string[] = [];
  const edges = [edge('edge-1'), edge('edge-2')];
  expect(await untilServed(edges, { clock: leaping(), onStep: (text) => steps.push(text) })).toEqual([]);
  expect(steps).toEqual([]);
  expect(edges.map((each) => each.asked())).toEqual([1, 1]);
});

test('waits for the last, asks nobody again who serves, and says for whom it waits', async () => {
  const steps: string[] = [];
  const edges = [
    edge('edge-1', 'edge/no-settings'),
    edge('edge-2'),
    edge('edge-3', 'edge/unknown-host', 'edge/not-authorised', 'edge/no-settings'),
  ];
  expect(await untilServed(edges, { clock: leaping(), onStep: (text) => steps.push(text) })).toEqual([]);
  expect(edges.map((each) => each.asked())).toEqual([2, 1, 4]);
  expect(steps).toEqual(['wait until edge-1, edge-3 serve the site', 'wait until edge-3 serves the site']);
});

test('gives up in time and says who does not serve and why', async () => {
  const never: AskedEdge = { name: 'edge-2', ask: () => Promise.resolve('edge/no-settings') };
  const late = await untilServed([edge('edge-1'), never], {
    clock: leaping(),
    onStep: () => undefined,
    withinMs: 5_000,
  });
  expect(late).toEqual([{ name: 'edge-2', why: 'edge/no-settings' }]);
});

test('ends with the signal', async () => {
  const stop = new AbortController();
  const never: AskedEdge = {
    name: 'edge-1',
    ask: () => {
      stop.abort();
      return Promise.resolve('edge/no-settings');
    },
  };
  const late = await untilServed([never], {
    clock: leaping(),
    onStep: () => undefined,
    signal: stop.signal,
  });
  expect(late).toHaveLength(1);
});
