import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** The script for pages: one file, made of `src/browser.ts` and all that it needs. */
export const BUNDLE: string = fileURLToPath(new URL('../browser/media-peerpool.js', import.meta.url));

export async function bundle(entry: string): Promise<string> {
  const made = await rolldown({
    input: entry,
    platform: 'browser',
    external: ['hls.js'],
    logLevel: 'warn',
  });
  const { output } = await made.generate({ format: 'iife', minify: true, comments: false });
  await made.close();
  return output[0].code;
}

export const ENTRY: string = fileURLToPath(new URL('../src/browser.ts', import.meta.url));

if (import.meta.main) {
  const code = await bundle(ENTRY);
  const before = await readFile(BUNDLE, 'utf8').catch(() => '');
  if (code !== before) await writeFile(BUNDLE, code);
  process.stdout.write(`${BUNDLE}: ${code.length} bytes\n`);
}
