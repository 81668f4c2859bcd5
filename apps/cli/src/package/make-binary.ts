import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { errorMessage } from '@media-network/runtime';
import { RUNTIME_FLAGS } from '@media-network/runtime/own-parts';
import { runChild } from '../child.ts';
import { toolEnv } from '../root.ts';
import type { Bundle } from './bundle.ts';
import { formatProblem } from './format.ts';
import { launched } from './launcher.ts';
import type { Launcher } from './launcher.ts';
import { signMachO } from './macho-signature.ts';
import { unsignPe } from './pe.ts';
import type { Target } from './targets.ts';

export interface MadeBinary {
  readonly target: Target['name'];
  readonly path: string;
  readonly bytes: Buffer;
}

/** Puts the program into a runtime, and makes of both what its system runs. Rejects where that is not what came out. */
export async function makeBinary(
  target: Target,
  runtime: string,
  { main, assets }: Bundle,
  folders: { readonly work: string; readonly out: string },
  launcher: Launcher | undefined,
): Promise<MadeBinary> {
  const raw = join(folders.work, `raw-${target.file}`);
  const config = join(folders.work, `${target.name}.json`);
  await writeFile(
    config,
    JSON.stringify({
      // By names that are the same wherever it is made: they go into the binary.
      main: relative(folders.work, main),
      mainFormat: 'module',
      output: raw,
      executable: runtime,
      disableExperimentalSEAWarning: true,
      // Options of the runtime are not the operator's to give: `--help` is the command's.
      execArgv: RUNTIME_FLAGS,
      execArgvExtension: 'none',
      assets,
    }),
  );
  const built = await runChild(process.execPath, ['--build-sea', config], {
    cwd: folders.work,
    env: toolEnv(process.env),
  });
  if (built.code !== 0) throw new Error(`${target.file} cannot be built: ${built.stderr.trim()}`);
  const path = join(folders.out, target.file);
  const program = finished(await readFile(raw), target.name);
  await rm(raw);
  const problem = formatProblem(program, target.name);
  if (problem !== undefined) throw new Error(`${target.file} would not run: ${problem}`);
  const bytes = launcher === undefined ? program : launched(launcher, program);
  await writeFile(path, bytes);
  await chmod(path, 0o755);
  return { target: target.name, path, bytes };
}

function finished(bytes: Buffer, target: Target['name']): Buffer {
  try {
    if (target === 'macos') return signMachO(bytes, 'media');
    return target === 'windows' ? unsignPe(bytes) : bytes;
  } catch (error) {
    throw new Error(`the binary for ${target} is not what was expected: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}
