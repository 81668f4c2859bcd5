import { seededNumbers } from '@media-network/runtime/seeded-numbers';

/** A seeded source of numbers. */
export interface Random {
  /** From 0 up to 1. */
  next(): number;
  /** A whole number from 0 up to `below`. */
  int(below: number): number;
  /** Of the normal distribution around 0 with deviation 1. */
  normal(): number;
}

/** FNV-1a over the words. */
function hashOf(words: readonly (string | number | bigint)[]): number {
  let hash = 0x811c9dc5;
  for (const character of words.join('/')) {
    hash ^= character.charCodeAt(0);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/**
 * The numbers for one purpose at one moment (from a hash of the words). What an attack does elsewhere moves none of
 * them, so that both sides of a comparison have the same.
 */
export function randomOf(...words: readonly (string | number | bigint)[]): Random {
  const next = seededNumbers(hashOf(words));
  return {
    next,
    int: (below) => Math.floor(next() * below),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}
