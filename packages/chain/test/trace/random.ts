/** A seeded source of choices (mulberry32): the same seed gives the same trace. */
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
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
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
