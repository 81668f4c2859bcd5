import { readFile, writeFile } from 'node:fs/promises';
import { evidenceVectors } from './evidence-vectors.ts';

/** Writes `vectors/evidence.json`; with `--check` says whether it is what would be written. */
const file = new URL('../../../vectors/evidence.json', import.meta.url);
const text = `${JSON.stringify(await evidenceVectors(), null, 2)}\n`;
if (process.argv.includes('--check')) {
  if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    process.stderr.write(
      'vectors/evidence.json is not what the code gives: node packages/protocol/test/generate-vectors.ts\n',
    );
    process.exitCode = 1;
  }
} else {
  await writeFile(file, text);
}
