import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the checkout, which holds `media`, `programs/` and `node_modules/`. */
export const PROJECT_ROOT: string = fileURLToPath(new URL('../../../', import.meta.url)).replace(
  /[/\\]$/,
  '',
);

/** Environment for the project's own tools: its Node and its binaries first on the path. */
export function toolEnv(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const path = [
    dirname(process.execPath),
    join(PROJECT_ROOT, 'node_modules', '.bin'),
    env['PATH'] ?? '',
  ].join(delimiter);
  return { ...env, PATH: path, NO_COLOR: '1', FORCE_COLOR: undefined };
}
