import { expect, test } from 'vitest';
import { isPicked } from './picked.ts';
import { readRules } from './rules.ts';

const HERE = '8Ucr2RfdiAK8obU3fMZN3eZo1RyPSGZBVydmR7vSEspQ';
const THERE = '9BPaaK8suZitp5VkTaLSmPpmWiFhd6AxMpmakzq6NbyQ';

function picked(edge: { address: string; region: string }, ...lines: readonly string[]): boolean | string {
  const read = readRules(lines);
  return read.kind === 'wrong' ? read.why : isPicked(read.rules, edge);
}

test('without a rule all edges are picked; with some those that any of them names', () => {
  const here = { address: HERE, region: 'eu-west' };
  const there = { address: THERE, region: 'us-east' };
  expect([picked(here), picked(there)]).toEqual([true, true]);
  expect([picked(here, 'regions eu-west'), picked(there, 'regions eu-west')]).toEqual([true, false]);
  expect(picked(there, 'regions eu-west', 'regions us-east,eu-west')).toBe(true);
  expect([picked(here, `edges ${THERE}`), picked(there, `edges ${THERE}`)]).toEqual([false, true]);
  expect([
    picked(here, 'regions eu-west', `edges ${THERE}`),
    picked(there, 'regions eu-west', `edges ${THERE}`),
  ]).toEqual([true, true]);
  expect(picked({ address: HERE, region: '' }, 'regions eu-west')).toBe(false);
});

test.each([
  ['regions', 'names no region'],
  ['regions a,,b', 'has a region that no edge has'],
  ['regions far-too-long', 'has a region that no edge has'],
  ['regions eu-west us-east', 'has a word'],
  ['regions eu-west only=1', 'has an option'],
  ['edges', 'names no edge'],
  ['edges x', 'has an address that is none'],
  [
    `edges ${Array.from({ length: 101 }, (_, i) => HERE.slice(0, 41) + 'abc'.slice(i % 3, (i % 3) + 1) + String((i % 9) + 1) + String((Math.floor(i / 9) % 9) + 1)).join(',')}`,
    'is longer than 2048',
  ],
])('%s is refused', (line, why) => {
  expect(picked({ address: HERE, region: '' }, line)).toContain(why);
});
