import { createCipheriv } from 'node:crypto';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export const DOWNLOAD_BYTES = 50_000_000;
const STEP = 1 << 20;

/**
 * Makes the 50 MB download once: the AES-CTR keystream of a fixed key, so it is the same on every machine
 * and no proxy can compress it away. A file of the right size is left alone; it appears by rename, so a
 * killed run leaves no short one.
 */
export async function ensureDownload(path: string): Promise<void> {
  const present = await stat(path).catch(() => undefined);
  if (present?.size === DOWNLOAD_BYTES) return;
  await mkdir(dirname(path), { recursive: true });
  const stream = createCipheriv('aes-128-ctr', Buffer.from('sample download!'), Buffer.alloc(16));
  const zeros = Buffer.alloc(STEP);
  const part = `${path}.part`;
  const file = await open(part, 'w');
  try {
    for (let at = 0; at < DOWNLOAD_BYTES; at += STEP) {
      await file.write(stream.update(zeros.subarray(0, Math.min(STEP, DOWNLOAD_BYTES - at))));
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
}
