import { scrypt as nodeScrypt } from 'node:crypto';
import type { Scrypt } from '@media-network/protocol';

/** scrypt of the platform, off the main thread. */
export const scrypt: Scrypt = (password, salt, { N, r, p }) =>
  new Promise((resolve, reject) => {
    nodeScrypt(password, salt, 32, { N, r, p, maxmem: 256 * N * r }, (error, key) => {
      if (error === null) resolve(new Uint8Array(key));
      else reject(error);
    });
  });
