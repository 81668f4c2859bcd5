import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { U64_MAX } from './integer.ts';
import { packNumbers, unpackNumbers } from './packed-numbers.ts';

const u64 = fc.bigInt({ min: 0n, max: U64_MAX });

describe('packed numbers', () => {
  it('come back', () => {
    fc.assert(
      fc.property(fc.array(u64, { maxLength: 30 }), (numbers) => {
        expect(unpackNumbers(packNumbers(numbers), numbers.length)).toEqual(numbers);
      }),
    );
  });

  it('take seven bits a byte, lowest first', () => {
    expect([...packNumbers([0n, 127n, 128n, 300n])]).toEqual([0, 127, 128, 1, 172, 2]);
    expect(packNumbers([U64_MAX])).toHaveLength(10);
    expect(() => packNumbers([U64_MAX + 1n])).toThrow(RangeError);
  });

  it('have one spelling, and fit', () => {
    for (const [bytes, count] of [
      [[128, 0], 1],
      [[128], 1],
      [[], 1],
      [[1, 2], 1],
      [[255, 255, 255, 255, 255, 255, 255, 255, 255, 2], 1],
      [[128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1], 1],
    ] as const)
      expect([bytes, unpackNumbers(Uint8Array.from(bytes), count)]).toEqual([bytes, undefined]);
    expect(unpackNumbers(Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 255, 1), 1)).toEqual([
      U64_MAX,
    ]);
  });
});
