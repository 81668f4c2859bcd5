import { createHash } from 'node:crypto';
import { bodyOffsetFor, encodeHead } from './disk-head.ts';
import type { EntryMeta } from './store.ts';

/** The file of the disk tier that holds an entry, to the byte. For measurements that need very many. */
export function entryFile(key: string, meta: EntryMeta, body: Buffer): Buffer {
  const head = encodeHead({
    key,
    meta,
    bodyOffset: bodyOffsetFor(key, meta),
    length: body.length,
    sha256: createHash('sha256').update(body).digest(),
    md5: createHash('md5').update(body).digest(),
  });
  if (head === undefined) throw new Error('a head fits before the offset that was made for it');
  return Buffer.concat([head, body]);
}
