import { spawn } from 'node:child_process';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MediaError } from '@media-network/runtime';

/**
 * Installs packages that nothing of the project needs into a folder of that name among temporary files, once, and resolves to it.
 * Rejects with `bench/rival-missing` where npm cannot.
 */
export async function installPackages(
  name: string,
  packages: readonly string[],
  say: (line: string) => void,
): Promise<string> {
  const dir = join(tmpdir(), `media-bench-${name}`);
  const done = join(dir, 'installed');
  if ((await stat(done).catch(() => undefined)) !== undefined) return dir;
  say(`installing ${packages.join(', ')} into ${dir}`);
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'package.json'), '{"private":true,"type":"module"}\n');
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--omit=optional', '--loglevel=error'];
  await npm(dir, ['install', ...flags, ...packages], packages);
  await writeFile(done, '');
  return dir;
}

async function npm(cwd: string, args: readonly string[], packages: readonly string[]): Promise<void> {
  const child = spawn('npm', args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (part: Buffer) => (said = (said + part.toString()).slice(-2_000)));
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  if (code === 0) return;
  throw new MediaError({
    code: 'bench/rival-missing',
    message: `npm did not install ${packages.join(', ')}. ${said}`.trim(),
    source: 'internal',
  });
}
