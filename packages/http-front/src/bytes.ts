export const CR = 0x0d;
export const LF = 0x0a;
export const SP = 0x20;
export const HT = 0x09;
export const COLON = 0x3a;

/** Character classes, as bits of `classes[byte]`: field names and methods, field values, request targets. */
export const TOKEN = 1;
export const FIELD = 2;
export const TARGET = 4;
export const classes: Uint8Array = new Uint8Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  const character = String.fromCharCode(byte);
  if (/[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(character)) classes[byte] = (classes[byte] ?? 0) | TOKEN;
  if (byte === HT || (byte >= SP && byte !== 0x7f)) classes[byte] = (classes[byte] ?? 0) | FIELD;
  if (/[!$-;=?-[\]-~]/.test(character)) classes[byte] = (classes[byte] ?? 0) | TARGET;
}

/** Whether the bytes at `start` are this name in any case. The caller has compared lengths. */
export function nameIs(buffer: Buffer, start: number, lowerName: string): boolean {
  for (let i = 0; i < lowerName.length; i += 1) {
    let byte = buffer[start + i] ?? 0;
    if (byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
    if (byte !== lowerName.charCodeAt(i)) return false;
  }
  return true;
}
