import { seededNumbers } from './seeded-numbers.ts';

/** Numbers that a seed determines. */
export interface FuzzRandom {
  /** From 0 up to `below`, exclusive. */
  int(below: number): number;
  /** True once in so many times. */
  oneIn(times: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** Up to `most` of these, one after the other. */
  several<T>(most: number, make: () => T): T[];
}

/** What is fed with inputs that nobody wrote. */
export interface FuzzTarget {
  readonly name: string;
  readonly doc: string;
  /**
   * Makes one input, feeds it and checks what must hold; throws where it does not. Returns what kind of
   * input it was, so that a run shows whether it reached all of the code.
   */
  run(random: FuzzRandom): string;
}

export interface FuzzResult {
  readonly inputs: number;
  readonly kinds: Readonly<Record<string, number>>;
  /** The first input that broke something: `--seed` and this number bring it back. */
  readonly failure?: { readonly input: number; readonly error: unknown };
}

export interface FuzzOptions {
  readonly seed: number;
  readonly inputs: number;
  /** Number of the first input. */
  readonly from?: number;
}

/** Each input has numbers of its own, so any of them can be made again alone. */
export function fuzz(target: FuzzTarget, { seed, inputs, from = 0 }: FuzzOptions): FuzzResult {
  const kinds: Record<string, number> = {};
  for (let input = from; input < from + inputs; input += 1) {
    try {
      const kind = target.run(createFuzzRandom(seed, input));
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    } catch (error) {
      return { inputs: input - from, kinds, failure: { input, error } };
    }
  }
  return { inputs, kinds };
}

/** Begun where seed and input say. */
export function createFuzzRandom(seed: number, input: number): FuzzRandom {
  const next = seededNumbers(Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) + Math.imul(input, 0xc2b2_ae35));
  const int = (below: number): number => Math.floor(next() * below);
  return {
    int,
    oneIn: (times) => int(times) === 0,
    pick(from) {
      // An empty list is a mistake of the target's.
      return from[int(from.length)] as (typeof from)[number];
    },
    several: (most, make) => Array.from({ length: int(most + 1) }, make),
  };
}

/** Text with a few of its characters left out, doubled, exchanged or put in; as it is one time in three. */
export function mutated(text: string, random: FuzzRandom, alphabet: readonly string[]): string {
  if (random.oneIn(3)) return text;
  let result = text;
  for (let times = 1 + random.int(3); times > 0; times -= 1) {
    const at = random.int(result.length + 1);
    const until = random.oneIn(2) ? at : Math.min(result.length, at + 1 + random.int(4));
    const put = random.oneIn(3)
      ? ''
      : random.oneIn(4)
        ? result.slice(at, until).repeat(2)
        : random.pick(alphabet);
    result = result.slice(0, at) + put + result.slice(until);
  }
  return result;
}
