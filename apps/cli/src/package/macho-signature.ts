import { createHash } from 'node:crypto';
import { MACHO_MAGIC, loadCommands, segmentName } from './macho.ts';
import type { LoadCommand } from './macho.ts';

const PAGE_BITS = 12;
const PAGE_BYTES = 2 ** PAGE_BITS;
const HASH_BYTES = 32;
const DIRECTORY_BYTES = 88;
const SUPER_BYTES = 20;
const LC_CODE_SIGNATURE = 0x1d;
const SIGNATURE_COMMAND_BYTES = 16;
const ALIGN = 16;

const aligned = (value: number, to: number): number => Math.ceil(value / to) * to;

/**
 * Signs a 64-bit Mach-O file for nobody in particular ("ad hoc"), as its linker does: what macOS asks of a program before
 * it runs it. The signature that was there was of other bytes. Formats: `cs_blobs.h` and `loader.h` of XNU.
 */
export function signMachO(given: Buffer, identifier: string): Buffer {
  if (given.readUInt32LE(0) !== MACHO_MAGIC) throw new Error('this is no 64-bit Mach-O file');
  const bytes = Buffer.from(given);
  const commands = loadCommands(bytes);
  const segment = (name: string): LoadCommand => {
    const found = commands.find((each) => segmentName(bytes, each) === name);
    if (found === undefined) throw new Error(`the file has no segment ${name}`);
    return found;
  };
  const text = segment('__TEXT');
  const linkEdit = segment('__LINKEDIT');
  const old = commands.find(({ kind }) => kind === LC_CODE_SIGNATURE);
  const command = old ?? addCommand(bytes, commands);
  // It is the last thing in the file, and in the last segment.
  const at = aligned(old === undefined ? bytes.length : bytes.readUInt32LE(old.at + 8), ALIGN);
  const name = Buffer.from(`${identifier}\0`, 'latin1');
  const pages = Math.ceil(at / PAGE_BYTES);
  const directoryBytes = DIRECTORY_BYTES + name.length + pages * HASH_BYTES;
  const size = aligned(SUPER_BYTES + directoryBytes, ALIGN);

  bytes.writeUInt32LE(LC_CODE_SIGNATURE, command.at);
  bytes.writeUInt32LE(SIGNATURE_COMMAND_BYTES, command.at + 4);
  bytes.writeUInt32LE(at, command.at + 8);
  bytes.writeUInt32LE(size, command.at + 12);
  const linkEditFrom = Number(bytes.readBigUInt64LE(linkEdit.at + 40));
  bytes.writeBigUInt64LE(BigInt(at + size - linkEditFrom), linkEdit.at + 48);
  bytes.writeBigUInt64LE(BigInt(aligned(at + size - linkEditFrom, PAGE_BYTES)), linkEdit.at + 32);

  const signed = Buffer.alloc(at + size);
  bytes.copy(signed, 0, 0, Math.min(at, bytes.length));
  const directory = signed.subarray(at + SUPER_BYTES);
  const words = [0xfade0cc0, SUPER_BYTES + directoryBytes, 1, 0, SUPER_BYTES];
  for (const [i, word] of words.entries()) signed.writeUInt32BE(word, at + i * 4);
  writeDirectory(directory, {
    length: directoryBytes,
    hashes: DIRECTORY_BYTES + name.length,
    pages,
    limit: at,
    textFrom: bytes.readBigUInt64LE(text.at + 40),
    textBytes: bytes.readBigUInt64LE(text.at + 48),
  });
  name.copy(directory, DIRECTORY_BYTES);
  for (let page = 0; page < pages; page += 1) {
    const of = signed.subarray(page * PAGE_BYTES, Math.min(at, (page + 1) * PAGE_BYTES));
    createHash('sha256')
      .update(of)
      .digest()
      .copy(directory, DIRECTORY_BYTES + name.length + page * HASH_BYTES);
  }
  return signed;
}

/** The head of a CodeDirectory, version 0x20400. */
function writeDirectory(
  directory: Buffer,
  of: {
    readonly length: number;
    readonly hashes: number;
    readonly pages: number;
    readonly limit: number;
    readonly textFrom: bigint;
    readonly textBytes: bigint;
  },
): void {
  const AD_HOC_BY_A_LINKER = 0x20002;
  const words = [
    0xfade0c02,
    of.length,
    0x20400,
    AD_HOC_BY_A_LINKER,
    of.hashes,
    DIRECTORY_BYTES,
    0,
    of.pages,
    of.limit,
  ];
  for (const [i, word] of words.entries()) directory.writeUInt32BE(word, i * 4);
  const SHA256 = 2;
  directory.set([HASH_BYTES, SHA256, 0, PAGE_BITS], 36);
  // Scatter, team and the 64-bit limit stay zero.
  directory.writeBigUInt64BE(of.textFrom, 64);
  directory.writeBigUInt64BE(of.textBytes, 72);
  const MAIN_BINARY = 1n;
  directory.writeBigUInt64BE(MAIN_BINARY, 80);
}

/** A place for one more command, where there is room between the last one and the first section. */
function addCommand(bytes: Buffer, commands: readonly LoadCommand[]): LoadCommand {
  const last = commands.at(-1);
  if (last === undefined) throw new Error('the file has no load commands');
  const at = last.at + last.size;
  if (bytes.subarray(at, at + SIGNATURE_COMMAND_BYTES).some((byte) => byte !== 0))
    throw new Error('there is no room for a signature');
  bytes.writeUInt32LE(commands.length + 1, 16);
  bytes.writeUInt32LE(bytes.readUInt32LE(20) + SIGNATURE_COMMAND_BYTES, 20);
  return { kind: LC_CODE_SIGNATURE, at, size: SIGNATURE_COMMAND_BYTES };
}
