import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What the site's pages load, by the file that it is kept in; made of `web/` and `packages/ui`. */
export async function bundle(): Promise<ReadonlyMap<string, string>> {
  const made = await rolldown({
    input: at('../web/main.ts'),
    platform: 'browser',
    external: ['hls.js'],
    logLevel: 'warn',
  });
  const { output } = await made.generate({ format: 'es', minify: true, comments: false });
  await made.close();
  const styles = await Promise.all(
    ['../../../packages/ui/src/ui.css', '../web/express.css'].map((path) => readFile(at(path), 'utf8')),
  );
  return new Map([
    [at('../browser/media-express.js'), output[0].code],
    [at('../browser/media-express.css'), styles.join('\n')],
  ]);
}

if (import.meta.main) {
  for (const [path, text] of await bundle()) {
    await writeFile(path, text);
    process.stdout.write(`${path}: ${text.length} bytes\n`);
  }
}
