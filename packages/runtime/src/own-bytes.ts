/**
 * The parts, one after the other, in memory of their own. `Buffer.from`, `Buffer.concat` and `Buffer.allocUnsafe` cut what is
 * small out of slabs of 64 KiB that live as long as anything in them: what is kept must not keep its neighbours,
 * or a cache of small things holds many times what it counts.
 */
export function ownBytes(...parts: readonly Uint8Array[]): Buffer<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
