import { silentLog } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import { address } from '@solana/kit';
import { expect, test } from 'vitest';
import type { EdgeView } from '../chain/edge-chain.ts';
import { createEdgesOfName, inTurn, waitOf } from './edges-of-name.ts';

const WEEK_MS = 7 * 86_400_000;
const ADDRESSES = [
  'So11111111111111111111111111111111111111112',
  'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
  'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb',
  'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL',
  'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr',
  'ComputeBudget111111111111111111111111111111',
].map((text) => address(text));
const EDGES: readonly EdgeView[] = ADDRESSES.map((each) => ({
  address: each,
  endpoint: '',
  control: '',
  operator: each,
  region: '',
}));

test('all edges see the same turns, another for every name', () => {
  const names = Array.from({ length: 200 }, (_, i) => `n${i}.example`);
  const firsts = names.map((name) => inTurn(name, EDGES)[0]?.address);
  expect(names.map((name) => inTurn(name, EDGES.toReversed())[0]?.address)).toEqual(firsts);
  for (const each of ADDRESSES) expect(firsts.filter((first) => first === each).length).toBeGreaterThan(10);
});

test('four edges order a name at once, four more a week later', async () => {
  expect([-1, 0, 3, 4, 7, 8].map((place) => waitOf(place) / WEEK_MS)).toEqual([0, 0, 0, 1, 1, 2]);
  const waits = await Promise.all(
    ADDRESSES.map(async (self) => {
      const clock = createManualClock();
      const edges = createEdgesOfName({ self, edges: async () => EDGES, clock, log: silentLog });
      await edges.refresh();
      expect(edges.others('shop.example')).toHaveLength(EDGES.length - 1);
      return edges.turnMs('shop.example') / WEEK_MS;
    }),
  );
  expect(waits.sort((a, b) => a - b)).toEqual([0, 0, 0, 0, 1, 1]);
});

test('a chain that does not answer leaves what was known', async () => {
  const clock = createManualClock();
  let fails = false;
  let reads = 0;
  const edges = createEdgesOfName({
    self: ADDRESSES[0] ?? '',
    async edges() {
      reads += 1;
      if (fails) throw new Error('no chain');
      return EDGES;
    },
    clock,
    log: silentLog,
  });
  await edges.refresh();
  fails = true;
  clock.advance(3_600_000);
  await edges.refresh();
  await edges.refresh();
  expect(edges.others('x')).toHaveLength(EDGES.length - 1);
  expect(reads).toBe(2);
});
