import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inflatedMeter } from './inflated-meter.ts';
import type { MeterRound } from './inflated-meter.ts';

const lengths = fc.array(fc.bigInt({ min: 10_000n, max: 1_000_000n }), { minLength: 3, maxLength: 12 });
const spread = (list: readonly bigint[]): boolean =>
  new Set(list).size >= 3 && list.some((a) => list.some((b) => 2n * a >= 3n * b));

const round = (received: bigint, c1 = 0n): MeterRound => ({
  c0: 0n,
  c1,
  received,
  c2: c1 + 2n * received,
});

describe('inflated meter', () => {
  it('finds any constant factor from a tenth up', () => {
    fc.assert(
      fc.property(lengths, fc.bigInt({ min: 1_100n, max: 5_000n }), (list, factor) => {
        fc.pre(spread(list));
        const rounds = list.map((received) => ({
          c0: 7n,
          c1: 7n,
          received,
          c2: 7n + (received * factor) / 1_000n,
        }));
        expect(inflatedMeter(rounds).kind).toBe('inflated');
      }),
    );
  });

  it('never blames an exact meter, whatever other traffic comes in between', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            received: fc.bigInt({ min: 1n, max: 1_000_000n }),
            before: fc.bigInt({ min: 0n, max: 10n }),
          }),
          { maxLength: 12 },
        ),
        // Other viewers fetch whole objects of one size: their bytes do not scale with what the guard asked for.
        fc.bigInt({ min: 0n, max: 1_000_000n }),
        (list, other) => {
          const rounds = list.map(({ received, before }) => ({
            c0: 0n,
            c1: before,
            received,
            c2: before + received + other,
          }));
          const quiet = list.filter(({ before }) => before === 0n).map(({ received }) => received);
          const finding = inflatedMeter(rounds);
          if (finding.kind !== 'inflated') return;

          const [least, most] = [
            quiet.reduce((a, b) => (a < b ? a : b)),
            quiet.reduce((a, b) => (a > b ? a : b)),
          ];
          throw new Error(`blamed for ${other} foreign bytes beside ${least} to ${most}`);
        },
      ),
    );
  });

  it('does not blame for random traffic of the size of the probes', () => {
    // A fixed generator: one thousand hours of twelve rounds, each with foreign bytes up to twice what was asked.
    let state = 12_345;
    const random = (): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      return state / 0x8000_0000;
    };
    let blamed = 0;
    for (let hour = 0; hour < 1_000; hour += 1) {
      const rounds = Array.from({ length: 12 }, (): MeterRound => {
        const received = BigInt(1 + Math.floor(random() * 65_536));
        return { c0: 0n, c1: 0n, received, c2: received + BigInt(Math.floor(random() * 131_072)) };
      });
      if (inflatedMeter(rounds).kind === 'inflated') blamed += 1;
    }
    expect(blamed).toBe(0);
  });

  it('knows nothing from fewer than three quiet rounds, or rounds of one length', () => {
    expect(inflatedMeter([round(10n), round(20n)])).toEqual({ kind: 'unknown', quietRounds: 2 });
    expect(inflatedMeter([round(10n), round(20n), round(30n, 1n)])).toEqual({
      kind: 'unknown',
      quietRounds: 2,
    });
    expect(inflatedMeter([round(10n), round(10n), round(10n)]).kind).toBe('unknown');
    expect(inflatedMeter([round(100n), round(101n), round(102n)]).kind).toBe('unknown');
    expect(inflatedMeter([round(10n), round(20n), round(30n)])).toEqual({
      kind: 'inflated',
      quietRounds: 3,
      factorPpm: 2_000_000n,
    });
  });

  it('lets a single round that disagrees speak for the edge', () => {
    const inflated = [1n, 2n, 3n].map((n) => ({ c0: 0n, c1: 0n, received: n * 1_000n, c2: n * 2_000n }));
    expect(inflatedMeter([...inflated, { c0: 0n, c1: 0n, received: 500n, c2: 500n }]).kind).toBe('plausible');
  });
});
