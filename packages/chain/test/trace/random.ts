import { seededNumbers } from '@media-network/runtime/seeded-numbers';

/** A seeded source of choices: the same seed gives the same trace. */
export interface Random {
  /** From 0 up to `below`. */
  readonly int: (below: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(from: readonly T[]) => T;
  readonly maybe: <T>(from: readonly T[]) => T | undefined;
  /** Any size, from nothing to far too much; `around` often. */
  readonly amount: (around: bigint) => bigint;
}

export function createRandom(seed: number): Random {
  const next = seededNumbers(seed);
  const int = (below: number): number => Math.floor(next() * below);
  const maybe = <T>(from: readonly T[]): T | undefined => from[int(from.length)];
  return {
    int,
    chance: (probability) => next() < probability,
    maybe,
    pick(from) {
      const found = maybe(from);
      if (found === undefined) throw new Error('nothing to pick from');
      return found;
    },
    amount(around) {
      const kind = int(20);
      if (kind === 0) return 0n;
      if (kind === 1) return BigInt(1 + int(3));
      if (kind === 2) return 2n ** 64n - 1n - BigInt(int(3));
      if (kind === 3) return around * BigInt(10 ** int(6));
      return (around * BigInt(1 + int(2000))) / 1000n;
    },
  };
}
