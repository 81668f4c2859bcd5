import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askOpen } from './open-ask.ts';
import type { OpenPart } from './open-ask.ts';

const part = (bytes: bigint, signed = 0n, likely = 100n): OpenPart => ({ bytes, signed, likely });
const sum = (list: readonly bigint[]): bigint => list.reduce((all, each) => all + each, 0n);
const bytes = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const parts = fc.array(fc.record({ bytes, signed: bytes, likely: bytes }), { maxLength: 6 });

describe('what an edge asks for', () => {
  it('is all it served where the stake may earn it, and where nothing limits it', () => {
    const mine = [part(10n, 4n), part(20n, 20n)];
    expect(askOpen(mine, undefined)).toEqual([10n, 20n]);
    expect(askOpen(mine, 30n)).toEqual([10n, 20n]);
  });

  it('is what nobody signed for first', () => {
    expect(askOpen([part(100n, 90n), part(100n, 0n)], 110n)).toEqual([10n, 100n]);
    expect(askOpen([part(100n, 90n), part(100n, 0n)], 0n)).toEqual([0n, 0n]);
  });

  it('goes by what resources are likely to pay for, not by what was served of them', () => {
    const likely = [part(1_000n, 0n, 30n), part(2_000n, 0n, 10n)];
    expect(askOpen(likely, 40n)).toEqual([30n, 10n]);
    // Saying more moves nothing.
    expect(askOpen([part(9_000n, 0n, 30n), part(2_000n, 0n, 10n)], 40n)).toEqual([30n, 10n]);
    // A resource with less leaves its part to the others.
    expect(askOpen([part(10n, 0n, 30n), part(2_000n, 0n, 10n)], 40n)).toEqual([10n, 30n]);
    expect(askOpen([part(10n, 0n, 0n), part(30n, 0n, 0n)], 20n)).toEqual([5n, 15n]);
  });

  it('is never more than the cap, nor than was served, and leaves nothing out that there is room for', () => {
    fc.assert(
      fc.property(parts, bytes, (mine, cap) => {
        const asks = askOpen(mine, cap);
        expect(asks).toHaveLength(mine.length);
        asks.forEach((asked, i) => {
          expect(asked).toBeGreaterThanOrEqual(0n);
          expect(asked).toBeLessThanOrEqual(mine[i]?.bytes ?? 0n);
        });
        const served = sum(mine.map((each) => each.bytes));
        const most = served < cap ? served : cap;
        expect(sum(asks)).toBeLessThanOrEqual(most);
        // Each division may leave a byte.
        expect(most - sum(asks)).toBeLessThanOrEqual(BigInt(2 * mine.length));
      }),
    );
  });
});
