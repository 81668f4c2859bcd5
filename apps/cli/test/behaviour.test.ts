import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@media-network/devnet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from './in-process.ts';
import type { CliOutcome } from './in-process.ts';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-cli-'));
});

afterAll(() => rm(dir, { recursive: true }));

/** What every failure looks like: one sentence, no stack. */
function expectSentence(outcome: CliOutcome, contains: string, code = 1): void {
  expect(outcome.code).toBe(code);
  expect(outcome.stderr).toMatch(/^media: [^\n]+\.\n$/);
  expect(outcome.stderr).toContain(contains);
  expect(outcome.stderr).not.toMatch(/\n\s+at /);
}

const COMMANDS: readonly string[][] = [
  ['up'],
  ['check'],
  ['test'],
  ['bench', 'edge'],
  ['bench', 'hits'],
  ['bench', 'disk'],
  ['chain'],
  ['edge'],
  ['guard'],
  ['server'],
  ['network', 'create'],
  ...['new', 'import', 'list', 'balance', 'send', 'airdrop'].map((each) => ['wallet', each]),
  ...['show', 'quote', 'swap', 'add', 'remove'].map((each) => ['pool', each]),
  ...['add', 'unbond', 'withdraw', 'show'].map((each) => ['stake', each]),
  ...['add', 'update', 'list', 'show', 'remove'].map((each) => ['resource', each]),
  ['status'],
  ...['report', 'hour', 'week'].map((each) => ['audit', each]),
  ['claim'],
  ...['build', 'verify', 'deploy', 'cu'].map((each) => ['program', each]),
];

describe('help', () => {
  test.each(COMMANDS.map((words) => [words.join(' '), words]))(
    'media %s --help says what it does and shows examples',
    async (_name, words) => {
      const { code, stdout, stderr } = await cli([...words, '--help']);
      expect(code).toBe(0);
      expect(stderr).toBe('');
      expect(stdout).toContain(`Usage: media ${words.join(' ')}`);
      expect(stdout).toMatch(/Examples:\n {2}\$ /);
      expect(stdout).toContain('--json');
    },
  );

  test('media --help lists every command', async () => {
    const { code, stdout } = await cli(['--help']);
    expect(code).toBe(0);
    for (const [name = ''] of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  test('media --version is that of the project', async () => {
    const manifest: unknown = JSON.parse(
      await readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
    );
    expect(manifest).toMatchObject({ version: (await cli(['--version'])).stdout.trim() });
  });
});

describe('typing errors', () => {
  test.each([
    [['statsu'], 'status'],
    [['wallet', 'balanc'], 'balance'],
    [['up', '--fasst'], '--fast'],
  ])('%j suggests %s', async (args, suggestion) => {
    const { code, stderr } = await cli(args);
    expect(code).toBe(2);
    expect(stderr).toContain(`Did you mean ${suggestion}?`);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('a missing argument is named', async () => {
    const { code, stderr } = await cli(['pool', 'swap', '10']);
    expect(code).toBe(2);
    expect(stderr).toContain("missing required argument 'side'");
  });

  test.each([
    [['bench', 'edge', '--peers', 'squid'], '--peers must be nginx or all'],
    [['bench', 'edge', '--mix', '--miss'], 'name one of them'],
    [['bench', 'edge', '--workers', '2', '--mix'], 'name one of them'],
  ])('%j is no such choice', async (args, contains) => {
    const { code, stderr } = await cli(args);
    expect(code).toBe(2);
    expect(stderr).toContain(contains);
  });

  test.each([
    [['resource', 'add', 'example.com'], 'http://host:port'],
    [['up', '--origin', 'ftp://example.com'], 'http://host:port'],
    [['test', '--only', 'tpyes'], 'types'],
    [['audit', 'hour', 'last'], 'The hour'],
    [['audit', 'report', 'me', '1'], 'Solana address'],
    [['wallet', 'new', '../up', '--dir', '/nowhere'], 'cannot be the name'],
  ])('%j is refused with what to write instead', async (args, contains) => {
    expectSentence(await cli(args), contains);
  });

  test.each([
    [['bench', 'hits', '--capacity', '0'], '--capacity'],
    [['bench', 'edge', '--rounds', '0'], '--rounds'],
    [['up', '--port', 'http'], '--port'],
    [['up', '--rpc-port', ''], '--rpc-port'],
    [['chain', '--rpc-port', '70000'], '--rpc-port'],
    [['top', '--interval', '0'], '--interval'],
  ])('%j is a command line that is not understood', async (args, contains) => {
    expectSentence(await cli(args), contains, 2);
  });
});

describe('no chain', () => {
  test.each([
    [['status']],
    [['wallet', 'balance', '11111111111111111111111111111111']],
    [['pool', 'show']],
    [['resource', 'list', '--all']],
    [['audit', 'week', '0']],
  ])('%j says where nothing answers and what to do', async (args) => {
    const [port] = await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    const outcome = await cli([...args, '--url', url, '--dir', dir]);
    expectSentence(outcome, `Nothing answers at ${url}`);
    expect(outcome.stderr).toContain('media chain');
    expect(outcome.stdout).toBe('');
  });

  test('with --json the failure is an object too', async () => {
    const [port] = await freePorts(1);
    const { code, stdout } = await cli([
      'status',
      '--json',
      '--url',
      `http://127.0.0.1:${port}`,
      '--dir',
      dir,
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'chain/unreachable' } });
  });

  test('--debug shows where an error comes from', async () => {
    const [port] = await freePorts(1);
    const { stderr } = await cli(['status', '--debug', '--url', `http://127.0.0.1:${port}`, '--dir', dir]);
    expect(stderr).toMatch(/\n\s+at /);
  });

  test('what is no URL is refused', async () => {
    expectSentence(await cli(['status', '--url', 'localhost:8899', '--dir', dir]), 'localhost:8899');
  });
});

describe('wallets', () => {
  test('a new wallet is a keypair file of its owner, and its key is never printed', async () => {
    const { code, stdout } = await cli(['wallet', 'new', 'alice', '--dir', dir, '--json']);
    expect(code).toBe(0);
    const made = JSON.parse(stdout) as { address: string; path: string };
    expect((await stat(made.path)).mode & 0o777).toBe(0o600);
    const key = await readFile(made.path, 'utf8');
    expect(JSON.parse(key)).toHaveLength(64);
    const listed = await cli(['wallet', 'list', '--dir', dir]);
    expect(listed.stdout).toContain(made.address);
    for (const each of [stdout, listed.stdout]) expect(each).not.toContain(key.slice(1, 40));
    expectSentence(await cli(['wallet', 'new', 'alice', '--dir', dir]), 'choose another name');
  });

  test('a wallet can be imported under another name', async () => {
    const { stdout } = await cli(['wallet', 'new', 'bob', '--dir', dir, '--json']);
    const made = JSON.parse(stdout) as { address: string; path: string };
    const imported = await cli(['wallet', 'import', made.path, 'carol', '--dir', dir, '--json']);
    expect(JSON.parse(imported.stdout)).toMatchObject({ name: 'carol', address: made.address });
  });

  test('a wrong key is a sentence', async () => {
    const file = join(dir, 'key.json');
    await writeFile(file, 'correct horse battery staple');
    const wrong = await cli(['claim', '--keypair', file, '--dir', dir]);
    expectSentence(wrong, file);
    expect(wrong.stderr).not.toContain('horse');
    expectSentence(
      await cli(['claim', '--keypair', join(dir, 'none.json'), '--dir', dir]),
      'media wallet new',
    );
  });

  test('no wallet at all is a sentence', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'media-cli-empty-'));
    expectSentence(await cli(['claim', '--dir', empty]), 'media wallet new');
    await rm(empty, { recursive: true });
  });
});

describe('ports', () => {
  test('a taken port is named before anything is started', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // A listening TCP server has an AddressInfo.
    const { port } = server.address() as AddressInfo;
    const fresh = join(dir, 'never-made');
    try {
      const outcome = await cli(['up', '--rpc-port', String(port), '--dir', fresh]);
      expectSentence(outcome, `Port ${port} on 127.0.0.1, for the chain, is in use`);
      expect(outcome.stderr).toContain('--rpc-port');
      await expect(stat(fresh)).rejects.toMatchObject({ code: 'ENOENT' });
      expectSentence(await cli(['chain', '--rpc-port', String(port), '--dir', fresh]), String(port));
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('a port that browsers refuse is not handed out', async () => {
    const [rpc] = await freePorts(1);
    expectSentence(
      await cli(['up', '--port', '5999', '--rpc-port', String(rpc), '--dir', join(dir, 'x')]),
      'port 6000',
      2,
    );
  });
});
