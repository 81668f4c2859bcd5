import { describe, expect, it } from 'vitest';
import { compareOpen } from './open-bytes.ts';

const row = (
  edge: string,
  vouched: bigint,
  open: bigint,
): { edge: string; vouched: bigint; credited: bigint } => ({
  edge,
  vouched,
  credited: vouched + open,
});
const unlike = (...rows: ReturnType<typeof row>[]): string[] =>
  compareOpen(rows).unlike.map(({ edge }) => edge);

describe('open bytes beside vouched ones', () => {
  it('are alike where the same edges have both', () => {
    expect(unlike(row('a', 600n, 60n), row('b', 400n, 40n))).toEqual([]);
    // Three times its part is still chance.
    expect(unlike(row('a', 100n, 300n), row('b', 900n, 700n))).toEqual([]);
  });

  it('are unlike where an edge that nobody visits has most of them', () => {
    expect(unlike(row('a', 1_000n, 100n), row('b', 0n, 900n))).toEqual(['b']);
    expect(unlike(row('a', 90n, 0n), row('b', 10n, 100n))).toEqual(['b']);
  });

  it('are not counted against an edge for a handful', () => {
    expect(unlike(row('a', 1_000n, 951n), row('b', 0n, 49n))).toEqual([]);
    expect(unlike(row('a', 1_000n, 949n), row('b', 0n, 51n))).toEqual(['b']);
  });

  it('say nothing without vouched ones to compare with', () => {
    expect(compareOpen([row('a', 0n, 5n)])).toEqual({ vouched: 0n, open: 5n, unlike: [] });
    expect(compareOpen([])).toEqual({ vouched: 0n, open: 0n, unlike: [] });
  });
});
