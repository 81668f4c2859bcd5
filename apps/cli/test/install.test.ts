import { spawnSync } from 'node:child_process';
import { lstat, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runCli } from '../src/index.ts';
import { ROOT } from './root.ts';

// A command line is a second's work on a quiet machine, and ten where others are at theirs.
vi.setConfig({ testTimeout: 240_000 });

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'media-home-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function run(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  const code = await runCli(args, {
    stdout: { write: (text: string) => void (stdout += text) },
    stderr: { write: (text: string) => void (stderr += text) },
    env: { HOME: home, PATH: '/usr/bin:/bin', SHELL: '/bin/bash' },
    cwd: home,
    takeSignals: () => new AbortController().signal,
  });
  return { code, stdout, stderr };
}

test(
  'puts a link and completions into the user’s own folders, and takes them away',
  { timeout: 240_000 },
  async () => {
    const installed = await run('install');
    expect([installed.code, installed.stderr]).toEqual([0, '']);
    const link = join(home, '.local', 'bin', 'media');
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    // It says how to get on PATH, and the command runs from any folder.
    expect(installed.stdout).toContain(`export PATH="${join(home, '.local', 'bin')}:$PATH"`);
    const version = spawnSync(link, ['--version'], { cwd: tmpdir(), encoding: 'utf8' });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    // Twice is once.
    expect((await run('install')).code).toBe(0);
    const gone = await run('install', '--uninstall', '--json');
    expect((JSON.parse(gone.stdout) as { removed: string[] }).removed).toHaveLength(4);
    await expect(lstat(link)).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await run('install', '--uninstall')).stdout).toContain('Nothing was installed');
  },
);

test('leaves alone what is another’s', async () => {
  const bin = join(home, 'bin');
  const { mkdir } = await import('node:fs/promises');
  await mkdir(bin);
  await writeFile(join(bin, 'media'), 'mine');
  const refused = await run('install', '--bin', bin, '--json');
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'cli/not-ours' } });
  expect(await readFile(join(bin, 'media'), 'utf8')).toBe('mine');
  await rm(join(bin, 'media'));
  await symlink('/bin/true', join(bin, 'media'));
  expect((await run('install', '--bin', bin)).code).toBe(1);
  // A link into a checkout that is gone is taken over.
  await rm(join(bin, 'media'));
  await symlink('/nowhere/media', join(bin, 'media'));
  expect((await run('install', '--bin', bin)).code).toBe(0);
});

test('bash completes commands, options and wallets', { timeout: 240_000 }, async () => {
  await run('wallet', 'new', 'alice', '--dir', join(home, '.medianet'));
  const { stdout: script } = await run('completion', 'bash');
  const complete = (...words: readonly string[]): string[] => {
    const bash = `${script}
COMP_WORDS=(${[join(ROOT, 'media'), ...words].map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length}
_media '${join(ROOT, 'media')}'
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = spawnSync('bash', ['-c', bash], { cwd: home, encoding: 'utf8' });
    return stdout.trim().split('\n');
  };
  expect(complete('wal')).toEqual(['wallet']);
  expect(complete('edge', 'le')).toEqual(['leave']);
  expect(complete('wallet', 'balance', 'al')).toEqual(['alice']);
  expect(complete('claim', '--keypair', '')).toEqual(['alice']);
  expect(complete('stake', 'add', '--role', 'gu')).toEqual(['guard']);
  expect(complete('up', '--fa')).toEqual(['--fast']);
});

test.each(['bash', 'zsh', 'fish'])('%s gets a script, and other shells a sentence', async (shell) => {
  expect((await run('completion', shell)).stdout).toContain('complete');
  const refused = await run('completion', 'csh', '--json');
  expect(refused.code).toBe(2);
  expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'cli/bad-choice' } });
});
