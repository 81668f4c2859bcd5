/**
 * Hashes that every guard computes alike: what they place is never stored, and a change of them moves every viewer once.
 * They spread; they keep no secrets, and nobody gains by a collision, who then shares an edge with somebody.
 */

/** 32 bits of a text. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash, 0x9e3779b9);
}

/** 32 bits of two numbers (the finaliser of MurmurHash3 over both). */
export function mix(a: number, b: number): number {
  let hash = (a ^ Math.imul(b, 0x9e3779b1)) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** From 0 up to 1. */
export function fraction(hash: number): number {
  return (hash >>> 0) / 2 ** 32;
}

/** 32 bits of an address prefix, whose bytes beyond `bits` are zero. */
export function prefixHash(family: 4 | 6, address: Uint8Array, bits: number): number {
  let hash = mix(family, bits);
  const bytes = (bits + 7) >> 3;
  for (let i = 0; i < bytes; i += 1) hash = Math.imul(hash ^ (address[i] ?? 0), 0x01000193);
  return mix(hash, 0x51ed270b);
}
