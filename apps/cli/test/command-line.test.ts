import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { callName, createInvocation } from '../src/invocation.ts';
import { nearest } from '../src/usage.ts';
import { everyCommand } from './every-command.ts';
import { cli } from './in-process.ts';
import { ROOT } from './root.ts';

// A command line is a second's work on a quiet machine, and ten where others are at theirs.
vi.setConfig({ testTimeout: 240_000 });

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-line-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const commands = await everyCommand();
const cases = commands.map((each) => [each.words.join(' '), each] as const);

/** Lines of standard output, each of which must be JSON. */
function jsonLines(stdout: string): unknown[] {
  expect(stdout === '' || stdout.endsWith('\n')).toBe(true);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line): unknown => JSON.parse(line));
}

const envelope = (code: string | RegExp): unknown => ({
  error: {
    code: typeof code === 'string' ? code : expect.stringMatching(code),
    message: expect.stringMatching(/\S.*[.!?]$/),
    hint: expect.any(String),
  },
});

describe('help', () => {
  test.each(cases)('media %s --help fits 40 lines of 80 columns', async (_name, { words, isGroup }) => {
    const { code, stdout, stderr } = await cli([...words, '--help']);
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(40);
    expect(stdout).toContain(`Usage: media ${words.join(' ')}`);
    expect(stdout).toMatch(/Examples:\n {2}\$ /);
    if (!isGroup) expect(stdout).toContain('--json');
    // What is explained wraps; an example must stay what it is.
    const prose = stdout.slice(0, stdout.indexOf('Examples:')).split('\n');
    expect(prose.filter((line) => line.length > 80)).toEqual([]);
  });

  test.each(cases)('media %s --help-all leaves nothing out', async (_name, { words, command }) => {
    const { stdout } = await cli([...words, '--help-all']);
    for (const option of command.options) expect(stdout).toContain(option.long);
  });

  test.each(cases)('media %s --help --json is one line of JSON', async (_name, { words }) => {
    const [page, ...more] = jsonLines((await cli([...words, '--help', '--json'])).stdout);
    expect(page).toMatchObject({ help: expect.stringContaining('Usage: media') });
    expect(more).toEqual([]);
  });

  test('media alone and media help are the general help', async () => {
    const [alone, help, flag] = [await cli([]), await cli(['help']), await cli(['--help'])];
    expect(alone).toEqual(help);
    expect(alone).toEqual(flag);
    expect(alone.code).toBe(0);
    expect(alone.stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
    expect((await cli(['help', 'wallet', 'send'])).stdout).toContain('Usage: media wallet send');
  });
});

describe('what is not understood', () => {
  test.each([
    [['statsu'], 'status'],
    [['chian', '--help'], 'chain'],
    [['help', 'walet'], 'wallet'],
    [['--json', 'audti'], 'audit'],
    [['edge', 'leav', '--help'], 'leave'],
    [['guard', 'leaves'], 'leave'],
    [['wallet', 'balanc'], 'balance'],
    [['pool', 'shwo', '--json'], 'show'],
    [['leave'], 'edge leave'],
    [['up', '--fasst'], '--fast'],
  ])('%j suggests %s', async (args, suggestion) => {
    const { code, stderr } = await cli(args);
    expect(code).toBe(2);
    expect(stderr).toContain(`Did you mean ${suggestion}?`);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test.each(cases)(
    'media %s with an unknown option is a usage error, in JSON too',
    async (_name, { words }) => {
      const { code, stdout, stderr } = await cli([...words, '--no-such-option', '--json']);
      expect(code).toBe(2);
      expect(jsonLines(stdout)).toEqual([envelope(/^cli\/(unknown-option|missing-command)$/)]);
      expect(stderr).toMatch(/^media: .+\n$/);
    },
  );

  test.each(cases.filter(([, each]) => each.command.commands.length > 0))(
    'media %s with an unknown word is refused, with and without --help',
    async (_name, { words }) => {
      for (const more of [[], ['--help'], ['--json'], ['--help', '--json']]) {
        const { code, stdout } = await cli([...words, 'xyzzyx', ...more]);
        expect([more, code]).toEqual([more, 2]);
        expect(jsonLines(stdout)).toEqual(more.includes('--json') ? [envelope('cli/unknown-command')] : []);
      }
    },
  );

  test.each(cases.filter(([, each]) => each.command.registeredArguments.some((arg) => arg.required)))(
    'media %s without its argument is a usage error in JSON',
    async (_name, { words }) => {
      const { code, stdout } = await cli([...words, '--json']);
      expect(code).toBe(2);
      expect(jsonLines(stdout)).toEqual([envelope('cli/missing-argument')]);
    },
  );

  test.each(cases.filter(([, each]) => each.isGroup))(
    'media %s alone does something or says what is missing',
    async (_name, { words }) => {
      const { stdout } = await cli([...words, '--json', '--dir', dir, '--url', 'http://127.0.0.1:1']);
      const lines = jsonLines(stdout);
      expect(lines).toHaveLength(1);
      if (words[0] !== 'wallet')
        expect(lines).toEqual([envelope(/^(chain\/unreachable|cli\/missing-command|cli\/no-wallet)$/)]);
    },
  );

  test('nearest', () => {
    const names = ['status', 'stake', 'edge', 'up'];
    expect(nearest('sttaus', names)).toBe('status');
    expect(nearest('stak', names)).toBe('stake');
    expect(nearest('xyzzy', names)).toBeUndefined();
    // Two letters of four are another word.
    expect(nearest('foo', ['pool', 'wallet'])).toBeUndefined();
    expect(nearest('egde', names)).toBe('edge');
  });

  test.each([
    [['resource', 'rm', '1'], 'Did you mean remove?'],
    [['wallet', 'create'], 'Did you mean new?'],
    [['pool', 'ls'], 'There is no command "pool ls". "media pool'],
    [['start'], 'Did you mean up?'],
  ])('%j, as it is called elsewhere', async (words, says) => {
    const { code, stderr } = await cli(words);
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
  });
});

describe('command lines that are printed', () => {
  test.each([[['explain', 'edge/paused', '--json']], [['explain', '--json']]])(
    '%j name the command as it was called',
    async (words) => {
      const { stdout } = await cli(words, { calledAs: './media' });
      expect(stdout).toContain('\\"./media resource update 1 --resume\\"');
      expect(stdout).not.toMatch(/["`]media /);
    },
  );

  test.each(cases)('the help of media %s names the command as it was called', async (_name, { words }) => {
    const { stdout } = await cli([...words, '--help-all'], { calledAs: './media' });
    expect(stdout).toContain('Usage:');
    expect(stdout).not.toMatch(/["`$]\s*media /);
  });

  test('name the command as it was called and carry what leads to the network', () => {
    const invocation = createInvocation('./media', [
      'status',
      '--dir',
      'my net',
      '--keypair=it’s',
      '--',
      '--url',
      'x',
    ]);
    expect(invocation.line('status')).toBe("./media status --dir 'my net'");
    expect(invocation.line('claim')).toBe("./media claim --dir 'my net' --keypair 'it’s'");
    expect(invocation.line('claim --keypair edge-1')).toBe("./media claim --keypair edge-1 --dir 'my net'");
    expect(invocation.line('check')).toBe('./media check');
    expect(invocation.line('status --help')).toBe('./media status --help');
    expect(invocation.rewrite('Make one with "media wallet new", or `media chain`.')).toBe(
      "Make one with \"./media wallet new --dir 'my net'\", or `./media chain --dir 'my net'`.",
    );
  });

  test('the name is that under which a shell finds it', async () => {
    const bin = join(dir, 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, 'media'), '#!/bin/sh\n', { mode: 0o755 });
    const env = { PATH: `/usr/bin:${bin}` };
    expect(callName(join(bin, 'media'), env, '/')).toBe('media');
    expect(callName('./media', env, bin)).toBe('./media');
    expect(callName(join(bin, 'media'), { PATH: '/usr/bin' }, '/')).toBe(join(bin, 'media'));
    expect(callName('/a b/media', env, '/')).toBe("'/a b/media'");
  });

  test('through the script, a link and a folder with a space', { timeout: 180_000 }, async () => {
    const folder = join(dir, 'with space');
    await mkdir(folder, { recursive: true });
    await symlink(join(ROOT, 'media'), join(folder, 'media'));
    const run = (command: string, path = ''): string =>
      spawnSync('/bin/sh', ['-c', command], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, PATH: `${path}${process.env['PATH']}` },
      }).stderr;
    expect(run('./media claim')).toContain('"./media wallet new"');
    expect(run('./media claim --dir "a b"')).toContain(`"./media wallet new --dir 'a b'"`);
    expect(run('media claim', `${folder}:`)).toContain('"media wallet new"');
    expect(run(`'${folder}/media' claim`)).toContain(`"'${folder}/media' wallet new"`);
    // And it runs as pasted.
    const [, pasted = ''] = /"([^"]+)"/.exec(run('./media claim --dir "a b"')) ?? [];
    expect(run(pasted)).toBe('');
    expect(run('./media claim --dir "a b"')).not.toContain('wallet new');
  });
});
