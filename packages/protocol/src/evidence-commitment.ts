import { addressBytes } from './address.ts';
import { recordWriter, utf8 } from './bytes.ts';
import type { Sha256 } from './bytes.ts';

/** What a guard commits to before it shows evidence: nobody who sees it can tell what it is about, or use it. */
export function evidenceCommitment(
  evidence: {
    /** Account of the guard. */
    readonly guard: string;
    /** 32 random bytes. */
    readonly salt: Uint8Array;
    /** SHA-256 of the evidence file. */
    readonly file: Uint8Array;
    /** Data of the Ed25519 instruction that shows it; none for evidence that nobody has signed. */
    readonly signed: Uint8Array | undefined;
  },
  sha256: Sha256,
): Uint8Array {
  return sha256(
    recordWriter(8 + 4 * 32)
      .bytes(utf8('mn.evidn'), 8)
      .bytes(addressBytes(evidence.guard), 32)
      .bytes(evidence.salt, 32)
      .bytes(evidence.file, 32)
      .bytes(evidence.signed === undefined ? new Uint8Array(32) : sha256(evidence.signed), 32)
      .done(),
  );
}
