export const MACHO_MAGIC = 0xfeedfacf;
const HEAD_BYTES = 32;
const LC_SEGMENT_64 = 0x19;

/** Where a load command of a Mach-O file stands. */
export interface LoadCommand {
  readonly kind: number;
  readonly at: number;
  readonly size: number;
}

export function loadCommands(bytes: Buffer): readonly LoadCommand[] {
  const found: LoadCommand[] = [];
  let at = HEAD_BYTES;
  for (let left = bytes.readUInt32LE(16); left > 0; left -= 1) {
    const size = bytes.readUInt32LE(at + 4);
    found.push({ kind: bytes.readUInt32LE(at), at, size });
    at += size;
  }
  return found;
}

export function segmentName(bytes: Buffer, { kind, at }: LoadCommand): string | undefined {
  if (kind !== LC_SEGMENT_64) return undefined;
  return bytes.toString('latin1', at + 8, at + 24).replaceAll('\0', '');
}
