/** Eight bytes of ASCII, zero-padded: how a node says where it is. */
export function regionBytes(region: string): Uint8Array {
  const bytes = new Uint8Array(8);
  bytes.set(new TextEncoder().encode(region).subarray(0, 8));
  return bytes;
}
