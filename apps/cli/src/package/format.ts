import { createHash } from 'node:crypto';
import { MACHO_MAGIC, loadCommands, segmentName } from './macho.ts';
import { isSignedPe, machineOfPe } from './pe.ts';
import type { Target } from './targets.ts';

/** Set by the build in a runtime that has a program in it; without, it would be a plain Node. */
const FUSE = Buffer.from('NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:1', 'latin1');
const ELF = Buffer.of(0x7f, 0x45, 0x4c, 0x46, 2, 1);
const EM_X86_64 = 62;
const EM_AARCH64 = 183;
const CPU_X86_64 = 0x0100_0007;
const PE_X86_64 = 0x8664;
const LC_CODE_SIGNATURE = 0x1d;

/** Why a file cannot be what a system would run; undefined where it can. What does not run here is held to this. */
export function formatProblem(bytes: Buffer, target: Target['name']): string | undefined {
  const wrong = kindProblem(bytes, target);
  if (wrong !== undefined) return wrong;
  if (!bytes.includes(FUSE)) return 'the runtime in it does not know that it has a program';
  return undefined;
}

function kindProblem(bytes: Buffer, target: Target['name']): string | undefined {
  switch (target) {
    case 'linux':
    case 'linux-arm64':
      if (!bytes.subarray(0, ELF.length).equals(ELF)) return 'it is no 64-bit ELF file';
      return bytes.readUInt16LE(18) === (target === 'linux' ? EM_X86_64 : EM_AARCH64)
        ? undefined
        : 'it is for another processor';
    case 'macos':
      if (bytes.readUInt32LE(0) !== MACHO_MAGIC) return 'it is no 64-bit Mach-O file';
      if (bytes.readUInt32LE(4) !== CPU_X86_64) return 'it is for another processor';
      if (!loadCommands(bytes).some((each) => segmentName(bytes, each) === 'NODE_SEA'))
        return 'there is no program in it';
      return signatureProblem(bytes);
    case 'windows': {
      const machine = machineOfPe(bytes);
      if (machine === undefined) return 'it is no 64-bit Windows executable';
      if (machine !== PE_X86_64) return 'it is for another processor';
      return isSignedPe(bytes) ? 'it has a signature that does not hold' : undefined;
    }
    default:
      return target satisfies never;
  }
}

/** A Mach-O file whose pages are not those that were signed is killed when it is run. */
function signatureProblem(bytes: Buffer): string | undefined {
  const command = loadCommands(bytes).find(({ kind }) => kind === LC_CODE_SIGNATURE);
  if (command === undefined) return 'it is not signed';
  const at = bytes.readUInt32LE(command.at + 8);
  const size = bytes.readUInt32LE(command.at + 12);
  if (at + size !== bytes.length) return 'its signature is not its end';
  const directory = bytes.subarray(at + bytes.readUInt32BE(at + 16));
  const [hashesAt, pages, limit] = [16, 28, 32].map((field) => directory.readUInt32BE(field));
  if (hashesAt === undefined || pages === undefined || limit !== at) return 'its signature ends elsewhere';
  const pageBytes = 2 ** (directory[39] ?? 0);
  for (let page = 0; page < pages; page += 1) {
    const of = bytes.subarray(page * pageBytes, Math.min(limit, (page + 1) * pageBytes));
    const hash = directory.subarray(hashesAt + page * 32, hashesAt + (page + 1) * 32);
    if (!createHash('sha256').update(of).digest().equals(hash)) return `page ${page} is not what was signed`;
  }
  return pages * pageBytes >= limit ? undefined : 'not all of it is signed';
}
