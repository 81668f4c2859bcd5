import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fromHex, toHex } from '@media-network/protocol';
import { z } from 'zod';

/** What a guard has committed to and not shown yet: on its disk before the commitment is sent. */
export interface EvidenceSecret {
  readonly nonce: bigint;
  /** Name of the evidence file. */
  readonly file: string;
  readonly salt: Uint8Array;
}

export interface EvidenceSecrets {
  readonly all: readonly EvidenceSecret[];
  of(file: string): EvidenceSecret | undefined;
  add(secret: EvidenceSecret): Promise<void>;
  drop(secret: EvidenceSecret): Promise<void>;
}

const TEXT = z.object({
  nonce: z.string().regex(/^\d{1,20}$/),
  file: z.string().regex(/^[0-9a-f]{64}\.json$/),
  salt: z.string().regex(/^[0-9a-f]{64}$/),
});

export async function openSecrets(dir: string): Promise<EvidenceSecrets> {
  await mkdir(dir, { recursive: true });
  const secrets = new Map<string, EvidenceSecret>();
  const at = (nonce: bigint): string => path.join(dir, `${nonce}.json`);
  for (const name of await readdir(dir)) {
    if (!/^\d+\.json$/.test(name)) continue;
    const text = await readFile(path.join(dir, name), 'utf8');
    // A file that a crash left half written has no commitment: it is sent after the file is whole.
    const parsed = TEXT.safeParse(jsonOf(text));
    const salt = parsed.success ? fromHex(parsed.data.salt, 32) : undefined;
    if (!parsed.success || salt === undefined) continue;
    const { nonce, file } = parsed.data;
    secrets.set(file, { nonce: BigInt(nonce), file, salt });
  }
  return {
    get all() {
      return [...secrets.values()];
    },
    of: (file) => secrets.get(file),
    async add(secret) {
      const text = JSON.stringify({
        nonce: String(secret.nonce),
        file: secret.file,
        salt: toHex(secret.salt),
      });
      await writeFile(`${at(secret.nonce)}.new`, text, { flush: true });
      await rename(`${at(secret.nonce)}.new`, at(secret.nonce));
      secrets.set(secret.file, secret);
    },
    async drop(secret) {
      await rm(at(secret.nonce), { force: true });
      secrets.delete(secret.file);
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
