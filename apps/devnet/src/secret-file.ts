import { randomBytes } from 'node:crypto';
import { createDurably, readIfPresent } from '@media-network/runtime/durable-file';

/** The bytes that `ensureSecretFile` keeps there; undefined when there is no such file. */
export async function readSecretFile(path: string): Promise<Uint8Array | undefined> {
  const found = await readIfPresent(path);
  return found === undefined ? undefined : new Uint8Array(Buffer.from(found.toString('utf8').trim(), 'hex'));
}

/** Random bytes kept in a file that only its owner reads; made on first use, the same ever after. */
export async function ensureSecretFile(path: string, length: number): Promise<Uint8Array> {
  const found = await readSecretFile(path);
  if (found !== undefined) return found;
  const bytes = randomBytes(length);
  if (await createDurably(path, `${bytes.toString('hex')}\n`, 0o600)) return bytes;
  return ensureSecretFile(path, length);
}
