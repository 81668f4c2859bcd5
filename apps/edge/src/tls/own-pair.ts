import { readFile } from 'node:fs/promises';
import { checkedPair } from '@media-network/certificates';
import type { CertificatePair } from '@media-network/certificates';
import { errorMessage, MediaError } from '@media-network/runtime';
import type { EdgeConfig } from '../config.ts';

/** The operator's own certificate, from files that are only ever read. */
export interface OwnPair {
  readonly pair: CertificatePair;
  /** Reads the files again: true where there is another pair in them. Rejects, and keeps what it had, where that is none. */
  reread(): Promise<boolean>;
}

/** Where certificate and key are named. Rejects with `config/unreadable`, `certificates/bad-pair`. */
export async function openOwnPair(config: EdgeConfig): Promise<OwnPair | undefined> {
  const { tlsCert, tlsKey } = config;
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  let pair = await read(tlsCert, tlsKey);
  return {
    get pair() {
      return pair;
    },
    async reread() {
      const now = await read(tlsCert, tlsKey);
      if (now.cert === pair.cert && now.key === pair.key) return false;
      pair = now;
      return true;
    },
  };
}

async function read(certFile: string, keyFile: string): Promise<CertificatePair> {
  let pair: CertificatePair;
  try {
    pair = { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
  } catch (error) {
    throw new MediaError({
      code: 'config/unreadable',
      message: `Cannot read the certificate or its key: ${errorMessage(error)}.`,
      source: 'client',
      cause: error,
    });
  }
  return checkedPair(pair, certFile);
}
