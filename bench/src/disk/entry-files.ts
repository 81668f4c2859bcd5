import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryFile, testMeta } from '@media-network/http-cache/testing';

const BODY = Buffer.from('tiny');

/** Fills the folder of a disk tier with entries, as its store would have left them: tiny ones, one a file. */
export function writeEntryFiles(dir: string, objects: number): void {
  for (let i = 0; i < 256; i += 1)
    mkdirSync(join(dir, 'entries', i.toString(16).padStart(2, '0')), { recursive: true });
  const meta = testMeta(['Content-Type', 'application/octet-stream', 'Cache-Control', 'max-age=31536000']);
  for (let i = 0; i < objects; i += 1) {
    const id = randomBytes(12).toString('hex');
    writeFileSync(join(dir, 'entries', id.slice(0, 2), id), entryFile(`bench object ${i}`, meta, BODY));
  }
}
