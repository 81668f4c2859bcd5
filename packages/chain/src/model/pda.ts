import { getAddressDecoder, getAddressEncoder, isOffCurveAddress } from '@solana/kit';
import type { Address } from '@solana/kit';

import { sha256 } from './sha256.ts';

const decoder = getAddressDecoder();
const encoder = getAddressEncoder();
const marker = new TextEncoder().encode('ProgramDerivedAddress');

/** Finds program-derived addresses without waiting, and remembers them. */
export function createPdaFinder(
  programId: Address,
): (seeds: readonly Uint8Array[]) => readonly [Address, number] {
  const program = new Uint8Array(encoder.encode(programId));
  const known = new Map<string, readonly [Address, number]>();
  return (seeds) => {
    const key = seeds.map((seed) => seed.join(',')).join('/');
    const before = known.get(key);
    if (before !== undefined) return before;
    for (let bump = 255; bump > 0; bump -= 1) {
      const found = decoder.decode(sha256(...seeds, Uint8Array.of(bump), program, marker));
      if (isOffCurveAddress(found)) {
        known.set(key, [found, bump]);
        return [found, bump];
      }
    }
    throw new Error('no program-derived address for these seeds');
  };
}
