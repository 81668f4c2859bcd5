import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './root.ts';

export interface LoadedFiles {
  /** Source files that the process loaded, by their path in the checkout. */
  readonly files: readonly string[];
  /** What they hold together. */
  readonly bytes: number;
  readonly code: number | null;
}

/** Reports every module that is loaded, required ones among them, on a descriptor of its own. */
const RECORDER = `data:text/javascript,${encodeURIComponent(`
import { registerHooks } from 'node:module';
import { writeSync } from 'node:fs';
registerHooks({
  load(url, context, nextLoad) {
    if (url.startsWith('file:')) writeSync(3, url + '\\n');
    return nextLoad(url, context);
  },
});
`)}`;

/** Runs a command line in a process of its own and tells what it loaded of the checkout to do so. */
export function loadedFiles(args: readonly string[], cwd: string): LoadedFiles {
  const { output, status } = spawnSync(
    process.execPath,
    ['--import', RECORDER, join(ROOT, 'apps/cli/src/main.ts'), ...args],
    { cwd, encoding: 'utf8', env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] },
  );
  const paths = [...new Set((output[3] ?? '').split('\n').filter((line) => line !== ''))].map((url) =>
    fileURLToPath(url),
  );
  return {
    files: paths.map((path) => relative(ROOT, path)),
    bytes: paths.reduce((sum, path) => sum + statSync(path).size, 0),
    code: status,
  };
}
