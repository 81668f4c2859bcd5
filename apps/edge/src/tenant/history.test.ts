import { addressOf, buildHour, toHex } from '@media-network/protocol';
import { expect, it } from 'vitest';
import { sha256 } from '../report/report-builder.ts';
import { readHistory, readHistoryAside } from './history.ts';

const address = (n: number): string =>
  addressOf(Uint8Array.from({ length: 32 }, (_, i) => (n >> (8 * (i % 4))) & 255));

it('reads the same from a large hour in a thread as from it here, and nothing from no hour', async () => {
  const edge = address(1);
  const table = Array.from({ length: 1_000 }, (_, n) => [edge, address(2)].map((each) => ({ each, n })))
    .flat()
    .map(({ each, n }) => ({ resource: address(100 + n), edge: each, vouched: BigInt(n), credited: 0n }));
  const { blob, root } = buildHour({ resources: [], edges: [], base: undefined, table, right: [] }, sha256);
  expect(blob.length).toBeGreaterThan(65_536);
  const aside = await readHistoryAside({ blob, edge });
  expect(toHex(aside?.root ?? new Uint8Array())).toBe(toHex(root));
  expect(aside).toEqual(readHistory({ blob, edge }));
  expect(aside?.weights.get(address(107))).toEqual({ here: 7n, all: 14n });
  expect(await readHistoryAside({ blob: blob.slice(1), edge })).toBeUndefined();
});
