import { createHash } from 'node:crypto';
import { access, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError } from '@media-network/runtime';
import { runChild } from '../child.ts';
import { PROJECT_ROOT, toolEnv } from '../root.ts';
import type { Target } from './targets.ts';

interface Locked {
  readonly version: string;
  readonly integrity: string;
}

/** What package-lock.json says of a runtime: which one, and the hash that it must have. */
async function locked(name: string): Promise<Locked> {
  const lock: unknown = JSON.parse(await readFile(join(PROJECT_ROOT, 'package-lock.json'), 'utf8'));
  // npm's own format, version 3.
  const { packages } = lock as { packages: Record<string, Partial<Locked>> };
  const { version, integrity } = packages[`node_modules/${name}`] ?? {};
  if (version === undefined || integrity === undefined) throw new Error(`package-lock.json pins no ${name}`);
  return { version, integrity };
}

/**
 * The runtime of a target: the installed one, or one that npm brings, which has the hash of package-lock.json.
 *
 * @throws `cli/no-runtime`
 */
export async function runtimeOf({ runtime, executable }: Target, dir: string): Promise<string> {
  const installed = join(PROJECT_ROOT, 'node_modules', runtime, ...executable.split('/'));
  if (await isThere(installed)) return installed;
  const { version, integrity } = await locked(runtime);
  const folder = join(dir, `${runtime}-${version}`);
  const fetched = join(folder, 'package', ...executable.split('/'));
  if (await isThere(fetched)) return fetched;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const npm = await runChild(
    'npm',
    ['pack', `${runtime}@${version}`, '--pack-destination', folder, '--silent'],
    {
      cwd: folder,
      env: toolEnv(process.env),
    },
  );
  const [packed] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  if (packed === undefined) throw missing(runtime, version, npm.stderr);
  const bytes = await readFile(join(folder, packed));
  const hash = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  if (hash !== integrity) {
    await rm(folder, { recursive: true });
    throw missing(runtime, version, `it has not the hash of package-lock.json: ${hash}`);
  }
  await runChild('tar', ['-xzf', packed], { cwd: folder, env: toolEnv(process.env) });
  await rm(join(folder, packed));
  if (!(await isThere(fetched))) throw missing(runtime, version, `there is no ${executable} in it`);
  return fetched;
}

function missing(name: string, version: string, why: string): MediaError {
  return new MediaError({
    code: 'cli/no-runtime',
    message: `The runtime ${name}@${version} cannot be had: ${why.trim().split('\n').slice(-3).join(' ')}`,
    hint: 'It comes from the npm registry: see "npm config get registry", and run this again.',
    source: 'client',
  });
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
