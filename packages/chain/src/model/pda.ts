import { isOffCurveAddress } from '@solana/kit';
import type { Address } from '@solana/kit';

import { addressBytes, bytesAddress } from '../codec/address-bytes.ts';
import { sha256 } from './sha256.ts';

const marker = new TextEncoder().encode('ProgramDerivedAddress');

/** Addresses remembered by a finder, some 300 bytes each: a long trace makes millions. */
const MAX_REMEMBERED = 100_000;

const finders = new Map<Address, PdaFinder>();

/** The finder of a program, which all who ask share. */
export function pdaFinderOf(programId: Address): PdaFinder {
  const before = finders.get(programId);
  if (before !== undefined) return before;
  const finder = createPdaFinder(programId);
  finders.set(programId, finder);
  return finder;
}

export type PdaFinder = (seeds: readonly Uint8Array[]) => readonly [Address, number];

/** Finds program-derived addresses without waiting, and remembers them. */
function createPdaFinder(programId: Address): PdaFinder {
  const program = addressBytes(programId);
  const known = new Map<string, readonly [Address, number]>();
  return (seeds) => {
    const key = seeds.map((seed) => seed.join(',')).join('/');
    const before = known.get(key);
    if (before !== undefined) return before;
    for (let bump = 255; bump > 0; bump -= 1) {
      const found = bytesAddress(sha256(...seeds, Uint8Array.of(bump), program, marker));
      if (isOffCurveAddress(found)) {
        if (known.size >= MAX_REMEMBERED) known.clear();
        known.set(key, [found, bump]);
        return [found, bump];
      }
    }
    throw new Error('no program-derived address for these seeds');
  };
}
