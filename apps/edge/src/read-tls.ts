import { readFile } from 'node:fs/promises';
import { errorMessage, MediaError } from '@media-network/runtime';
import type { EdgeConfig } from './config.ts';

/** Certificate and key, where both are named. Rejects with `config/unreadable`. */
export async function readTls(config: EdgeConfig): Promise<{ cert: string; key: string } | undefined> {
  const { tlsCert, tlsKey } = config;
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  try {
    return { cert: await readFile(tlsCert, 'utf8'), key: await readFile(tlsKey, 'utf8') };
  } catch (error) {
    throw new MediaError({
      code: 'config/unreadable',
      message: `Cannot read the certificate or its key: ${errorMessage(error)}.`,
      source: 'client',
      cause: error,
    });
  }
}
