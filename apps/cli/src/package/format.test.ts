import { describe, expect, test } from 'vitest';
import { formatProblem } from './format.ts';
import { loadCommands } from './macho.ts';
import { signMachO } from './macho-signature.ts';
import { unsignPe } from './pe.ts';

const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:1';
const PAGE = 4096;

/** A Mach-O file with the segments that a signature needs, over five pages and a bit. */
function machO({ signed = false, program = true } = {}): Buffer {
  const bytes = Buffer.alloc(5 * PAGE + 100, 0x5a);
  bytes.fill(0, 0, 1024);
  bytes.writeUInt32LE(0xfeedfacf, 0);
  bytes.writeUInt32LE(0x0100_0007, 4);
  const segments: readonly (readonly [string, number, number])[] = [
    ['__TEXT', 0, 3 * PAGE],
    ...(program ? [['NODE_SEA', 3 * PAGE, PAGE] as const] : []),
    ['__LINKEDIT', 4 * PAGE, PAGE + 100],
  ];
  let at = 32;
  for (const [name, from, size] of segments) {
    bytes.writeUInt32LE(0x19, at);
    bytes.writeUInt32LE(72, at + 4);
    bytes.write(name, at + 8, 'latin1');
    bytes.writeBigUInt64LE(BigInt(from), at + 40);
    bytes.writeBigUInt64LE(BigInt(size), at + 48);
    at += 72;
  }
  if (signed) {
    bytes.writeUInt32LE(0x1d, at);
    bytes.writeUInt32LE(16, at + 4);
    bytes.writeUInt32LE(5 * PAGE + 16, at + 8);
    bytes.writeUInt32LE(84, at + 12);
    at += 16;
  }
  bytes.writeUInt32LE(segments.length + (signed ? 1 : 0), 16);
  bytes.writeUInt32LE(at - 32, 20);
  bytes.write(FUSE, 2 * PAGE, 'latin1');
  return bytes;
}

describe('a Mach-O file', () => {
  test.each([false, true])('is signed page by page, whether it was before: %s', (signed) => {
    const made = signMachO(machO({ signed }), 'media');
    expect(formatProblem(made, 'macos')).toBeUndefined();
    const commands = loadCommands(made);
    expect(commands.filter(({ kind }) => kind === 0x1d)).toHaveLength(1);
    // The last segment ends where the file does.
    const last = commands.findLast(({ kind }) => kind === 0x19);
    if (last === undefined) throw new Error('no segment');
    expect(Number(made.readBigUInt64LE(last.at + 40) + made.readBigUInt64LE(last.at + 48))).toBe(made.length);
    // Signing it again changes nothing.
    expect(signMachO(made, 'media').equals(made)).toBe(true);
  });

  test('is refused where a byte is not what was signed, wherever it is', () => {
    const made = signMachO(machO(), 'media');
    for (const at of [24, PAGE + 7, 3 * PAGE, 5 * PAGE + 90]) {
      const spoilt = Buffer.from(made);
      spoilt.writeUInt8((spoilt[at] ?? 0) ^ 1, at);
      expect([at, formatProblem(spoilt, 'macos')]).toEqual([at, expect.stringMatching(/^page \d is not/)]);
    }
    expect(formatProblem(machO(), 'macos')).toBe('it is not signed');
    expect(formatProblem(made.subarray(0, -1), 'macos')).toBe('its signature is not its end');
    expect(formatProblem(signMachO(machO({ program: false }), 'media'), 'macos')).toBe(
      'there is no program in it',
    );
  });

  test('without room for a signature is not written over', () => {
    const full = machO();
    full.fill(1, 32 + 3 * 72, 32 + 3 * 72 + 16);
    expect(() => signMachO(full, 'media')).toThrow('no room');
    expect(() => signMachO(Buffer.from('MZ nothing of that kind at all'), 'media')).toThrow(
      'no 64-bit Mach-O',
    );
  });
});

test('a Windows executable loses the signature of the runtime', () => {
  const bytes = Buffer.alloc(2048);
  bytes.write('MZ', 0, 'latin1');
  bytes.writeUInt32LE(0x80, 0x3c);
  bytes.write('PE\0\0', 0x80, 'latin1');
  bytes.writeUInt16LE(0x8664, 0x84);
  bytes.writeUInt16LE(0x20b, 0x98);
  bytes.writeUInt32LE(1234, 0x98 + 144);
  bytes.write(FUSE, 1024, 'latin1');
  expect(formatProblem(bytes, 'windows')).toBe('it has a signature that does not hold');
  expect(formatProblem(unsignPe(bytes), 'windows')).toBeUndefined();
  expect(() => unsignPe(machO())).toThrow('no 64-bit Windows executable');
});

test('a file of another system or processor, or without a program, is none', () => {
  const elf = Buffer.alloc(1024);
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  elf.writeUInt16LE(62, 18);
  expect(formatProblem(elf, 'linux')).toBe('the runtime in it does not know that it has a program');
  elf.write(FUSE, 512, 'latin1');
  expect(formatProblem(elf, 'linux')).toBeUndefined();
  expect(formatProblem(elf, 'linux-arm64')).toBe('it is for another processor');
  expect(formatProblem(elf, 'macos')).toBe('it is no 64-bit Mach-O file');
  expect(formatProblem(elf, 'windows')).toBe('it is no 64-bit Windows executable');
});
