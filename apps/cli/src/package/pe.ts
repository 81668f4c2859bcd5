const OPTIONAL_MAGIC_64 = 0x20b;

/** Where things stand in a 64-bit Windows executable (PE32+). */
function places(bytes: Buffer): { readonly machine: number; readonly optional: number } | undefined {
  if (bytes.toString('latin1', 0, 2) !== 'MZ') return undefined;
  const at = bytes.readUInt32LE(0x3c);
  if (bytes.toString('latin1', at, at + 4) !== 'PE\0\0') return undefined;
  const optional = at + 24;
  if (bytes.readUInt16LE(optional) !== OPTIONAL_MAGIC_64) return undefined;
  return { machine: bytes.readUInt16LE(at + 4), optional };
}

const CHECKSUM_AT = 64;
const SECURITY_AT = 144;

/** Takes away the signature, which is of the runtime alone and no longer holds. Who has a certificate signs anew. */
export function unsignPe(given: Buffer): Buffer {
  const found = places(given);
  if (found === undefined) throw new Error('this is no 64-bit Windows executable');
  const bytes = Buffer.from(given);
  bytes.fill(0, found.optional + SECURITY_AT, found.optional + SECURITY_AT + 8);
  bytes.writeUInt32LE(0, found.optional + CHECKSUM_AT);
  return bytes;
}

export function isSignedPe(bytes: Buffer): boolean {
  const found = places(bytes);
  return found !== undefined && bytes.readUInt32LE(found.optional + SECURITY_AT) !== 0;
}

export function machineOfPe(bytes: Buffer): number | undefined {
  return places(bytes)?.machine;
}
