import { spawnSync } from 'node:child_process';
import { lstat, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runCli } from '../src/index.ts';

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

/** What is typed, up to the key that completes, and the whole line after it. */
const COMPLETIONS = {
  'media wal': 'media wallet',
  'media edge le': 'media edge leave',
  'media wallet balance al': 'media wallet balance alice',
  'media claim --keypair ': 'media claim --keypair alice',
  'media stake add --role gu': 'media stake add --role guard',
  'media up --fa': 'media up --fast',
  // A value that the command knows nothing of is a file.
  'media up --dir bi': 'media up --dir bin/',
  // By path, as before it is installed.
  './bin/media wal': './bin/media wallet',
};
const TYPED = Object.keys(COMPLETIONS);

/** The command is installed as a user has it, into a home with one wallet. */
async function installed(): Promise<Record<string, string>> {
  await run('install', '--bin', join(home, 'bin'));
  await run('wallet', 'new', 'alice', '--dir', join(home, '.medianet'));
  return { HOME: home, PATH: `${join(home, 'bin')}:${process.env['PATH'] ?? ''}`, TERM: 'dumb' };
}

function has(shell: string): boolean {
  return spawnSync(shell, ['-c', 'exit 0']).status === 0;
}

function shellSays(shell: string, script: string, env: Record<string, string>): string[] {
  const args = { bash: ['--norc', '-c'], zsh: ['-f', '-c'], fish: ['--no-config', '-c'] }[shell] ?? ['-c'];
  const { stdout, stderr } = spawnSync(shell, [...args, script], { cwd: home, env, encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.trimEnd().split('\n');
}

/** The line when what is common to all that was offered stands in place of the last word. */
function completed(typed: string, word: string): string {
  return `${typed.slice(0, typed.lastIndexOf(' ') + 1)}${word}`;
}

test('bash completes commands, options, wallets and files', { timeout: 240_000 }, async () => {
  const env = await installed();
  const complete = (typed: string): string => {
    const words = typed.split(' ');
    const script = `. '${join(home, '.local', 'share', 'bash-completion', 'completions', 'media')}'
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_media '${words[0]}'
[ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -S / -- '${words.at(-1)}'))
printf '%s\\n' "\${COMPREPLY[@]}"`;
    return completed(typed, shellSays('bash', script, env).join('|'));
  };
  expect(Object.fromEntries(TYPED.map((typed) => [typed, complete(typed)]))).toEqual(COMPLETIONS);
});

// The gate installs both; elsewhere a machine may have none.
test.runIf(has('zsh'))('zsh completes the same at the key itself', { timeout: 240_000 }, async () => {
  const env = await installed();
  // A terminal of zsh's own: types each line, the key, and what prints the line that came of it.
  const script = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'fpath=(${home}/.local/share/zsh/site-functions $fpath); autoload -Uz compinit; compinit -u -d ${home}/dump; print -r -- IS""UP'
zpty -r shell out '*ISUP*'
for line in ${TYPED.map((typed) => `'${typed}'`).join(' ')}; do
  zpty -w -n shell "$line"$'\\t\\x01print -r -- DO""NE: \\x05:E""ND\\r'
  zpty -r shell out '*DONE:*:END*'
  print -r -- "\${\${\${out##*DONE: }%%:END*}%% #}"
done`;
  const lines = shellSays('zsh', script, env).map((line) => line.trimEnd());
  // zsh takes the slash behind a folder back when a blank follows.
  const expected = Object.values(COMPLETIONS).map((line) => line.replace(/\/$/, ''));
  expect(lines).toEqual(expected);
});

test.runIf(has('fish'))('fish completes the same', { timeout: 240_000 }, async () => {
  const env = await installed();
  const folder = join(home, '.config', 'fish', 'completions');
  const script = [
    `set -p fish_complete_path '${folder}'`,
    ...TYPED.map((typed) => `echo (complete -C '${typed}' | string split -f 1 \\t | string join '|')`),
  ].join('\n');
  const lines = shellSays('fish', script, env);
  expect(Object.fromEntries(TYPED.map((typed, i) => [typed, completed(typed, lines[i] ?? '')]))).toEqual(
    COMPLETIONS,
  );
});

test.each(['bash', 'zsh', 'fish'])('%s gets a script, and other shells a sentence', async (shell) => {
  expect((await run('completion', shell)).stdout).toContain('complete');
  const refused = await run('completion', 'csh', '--json');
  expect(refused.code).toBe(2);
  expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'cli/bad-choice' } });
});
