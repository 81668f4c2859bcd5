import type { Hour } from '@media-network/protocol';
import { expect, it } from 'vitest';
import { createPaidShares } from './paid-shares.ts';

const hourOf = (rows: readonly (readonly [resource: string, credited: bigint])[]): Pick<Hour, 'edges'> => ({
  edges: [{ edge: 'e', rows: rows.map(([resource, credited]) => ({ resource, credited })) }],
});

it('draws resources by what the edge is paid for, however many others there are', () => {
  const shares = createPaidShares();
  expect(shares.draw('e', 0.5)).toBeUndefined();
  const dust = Array.from({ length: 10_000 }, (_, i) => [`dust ${i}`, 0n] as const);
  shares.note(
    hourOf([...dust.slice(0, 5_000), ['busy', 3_000n], ...dust.slice(5_000), ['quiet', 1_000n]]),
    7n,
  );
  const drawn = Array.from({ length: 400 }, (_, i) => shares.draw('e', i / 400));
  expect(drawn.filter((each) => each === 'busy')).toHaveLength(300);
  expect(drawn.filter((each) => each === 'quiet')).toHaveLength(100);
  expect(shares.draw('another', 0.5)).toBeUndefined();
});

it('goes by the newest hour', () => {
  const shares = createPaidShares();
  shares.note(hourOf([['new', 1n]]), 7n);
  shares.note(hourOf([['old', 1n]]), 6n);
  expect(shares.draw('e', 0.99)).toBe('new');
  shares.note(hourOf([['none', 0n]]), 8n);
  expect(shares.draw('e', 0)).toBeUndefined();
});
