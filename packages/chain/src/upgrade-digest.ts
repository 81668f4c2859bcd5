import { sha256 } from './model/sha256.ts';
import { UPGRADE_SLICE } from './schema/index.ts';

/**
 * What a vote on an upgrade names of the program's bytes: d = SHA-256(d ‖ slice) over slices of `UPGRADE_SLICE` bytes, from 32
 * zero bytes on. The program hashes a slice an instruction, which SHA-256 of the whole would not allow (docs/governance.md).
 */
export function upgradeDigest(program: Uint8Array): Uint8Array {
  let digest: Uint8Array = new Uint8Array(32);
  for (let at = 0; at < program.length; at += UPGRADE_SLICE)
    digest = sha256(digest, program.subarray(at, at + UPGRADE_SLICE));
  return digest;
}
