/** Writes `idl/media.json`, a Codama root node; with `--check` says whether it is up to date (exit code 1 if not). */
import { fileURLToPath } from 'node:url';

import { codamaRoot } from '../src/idl.ts';
import { writeOrCheck } from './write-or-check.ts';

await writeOrCheck(
  fileURLToPath(new URL('../idl/media.json', import.meta.url)),
  `${JSON.stringify(codamaRoot(), null, 1)}\n`,
  'node packages/chain/scripts/idl.ts',
);
