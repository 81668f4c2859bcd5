import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createDevnet } from '@media-network/devnet';
import { createLog, logFile } from '@media-network/runtime';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runCli } from '../src/index.ts';
import { cli } from './in-process.ts';

vi.setConfig({ testTimeout: 240_000 });

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-logs-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const at = (second: number): string => new Date(Date.UTC(2026, 0, 2, 3, 4, second)).toISOString();
async function write(file: string, ...lines: readonly (object | string)[]): Promise<void> {
  const path = join(dir, file);
  await mkdir(dirname(path), { recursive: true });
  const text = lines.map((line) => (typeof line === 'string' ? line : `${JSON.stringify(line)}\n`)).join('');
  await appendFile(path, text);
}
const line = (second: number, msg: string, more: object = {}): object => ({
  level: 30,
  time: at(second),
  name: 'edge',
  msg,
  ...more,
});

/** The messages that are shown. */
async function shown(...args: readonly string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await cli(['logs', ...args, '--dir', dir, '--json']);
  expect([code, stderr]).toEqual([0, '']);
  return stdout
    .split('\n')
    .filter((each) => each !== '')
    .map((each) => (JSON.parse(each) as { msg: string }).msg);
}

describe('logs of a folder', () => {
  beforeEach(async () => {
    await write(
      'log/up.jsonl',
      line(3, 'three', { daemon: 'edge-1', outcome: 'hit', host: 'abc.medianet.localhost' }),
      line(9, 'nine', { daemon: 'guard-1', level: 50 }),
    );
    await write(
      'edge-7/log/edge.jsonl.1',
      line(1, 'one', {
        phase: 'admit',
        outcome: 'refused',
        host: 'shop.example',
        site: 'abc.medianet.localhost',
      }),
    );
    await write('edge-7/log/edge.jsonl', line(5, 'five', { level: 40 }), 'cut sho');
    await write(
      'edge-7/log/worker-1.jsonl',
      line(4, 'four', { outcome: 'hit', host: 'xyz.medianet.localhost' }),
    );
    await write('wallets/default.json', '[1,2]');
  });

  test('are one list, by time, of all daemons and their workers', async () => {
    expect(await shown()).toEqual(['one', 'three', 'four', 'five', 'nine']);
    expect(await shown('--lines', '2')).toEqual(['five', 'nine']);
  });

  test.each([
    [['edge-7'], ['one', 'four', 'five']],
    [['guard-1'], ['nine']],
    [
      ['--level', 'warn'],
      ['five', 'nine'],
    ],
    [['--phase', 'admit'], ['one']],
    [
      ['--outcome', 'hit'],
      ['three', 'four'],
    ],
    [
      ['--resource', 'abc'],
      ['one', 'three'],
    ],
    [['--resource', 'shop.example'], ['one']],
    [['--since', '1m'], []],
    [['--outcome', 'hit', '--resource', 'xyz', 'edge-7'], ['four']],
  ])('%j', async (args, messages) => expect(await shown(...args)).toEqual(messages));

  test('are for people without --json, with the daemon in front', async () => {
    const { stdout } = await cli(['logs', '--dir', dir, '--phase', 'admit']);
    expect(stdout).toBe(
      '03:04:01.000 INFO  edge-7 one  phase=admit outcome=refused host=shop.example site=abc.medianet.localhost\n',
    );
  });

  test('what is not understood is said', async () => {
    for (const args of [
      ['--level', 'loud'],
      ['--since', 'yesterday'],
      ['--lines', 'x'],
      ['--outcomes', 'hit'],
    ])
      expect((await cli(['logs', ...args, '--dir', dir])).code).toBeGreaterThan(0);
    const none = await cli(['logs', '--dir', join(dir, 'wallets'), '--json']);
    expect([none.code, JSON.parse(none.stdout)]).toEqual([
      1,
      { error: expect.objectContaining({ code: 'cli/no-logs' }) },
    ]);
  });

  test('are followed, over the moment at which a file is set aside', async () => {
    const controller = new AbortController();
    let stdout = '';
    const following = runCli(['logs', '--follow', '--lines', '1', '--dir', dir, '--json'], {
      stdout: { write: (text) => void (stdout += text) },
      stderr: { write: () => undefined },
      env: {},
      cwd: '/nowhere',
      takeSignals: () => controller.signal,
    });
    await expect.poll(() => stdout).toContain('nine');
    await write('edge-7/log/edge.jsonl', 'rt\n', line(10, 'ten'));
    await expect.poll(() => stdout).toContain('ten');
    const file = join(dir, 'edge-7/log/edge.jsonl');
    await write('edge-7/log/edge.jsonl', line(11, 'eleven'));
    await rename(file, `${file}.1`);
    await writeFile(file, `${JSON.stringify(line(12, 'twelve'))}\n`);
    await write('edge-8/log/edge.jsonl', line(13, 'thirteen'));
    await expect.poll(() => stdout).toContain('thirteen');
    for (const each of ['eleven', 'twelve']) expect(stdout.split(each)).toHaveLength(2);
    expect(stdout).not.toContain('three');
    controller.abort();
    expect(await following).toBe(0);
  });
});

test('no line of a network has the address of a viewer, whatever the viewer does', async () => {
  const path = join(dir, 'log', 'up.jsonl');
  const network = await createDevnet({
    guards: 1,
    edges: 1,
    log: createLog('media', { level: 'debug', destination: logFile(path) }),
    edgeFlags: () => ({ accessLog: true }),
  });
  const port = network.edges[0]?.port ?? 0;
  const VIEWER = '127.0.0.77';
  const say = (text: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', localAddress: VIEWER }, () => socket.end(text));
      let all = '';
      socket.on('data', (part: Buffer) => (all += part.toString('latin1')));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(all));
    });
  const head = `Host: ${network.host}\r\nConnection: close\r\n`;
  try {
    for (const text of [
      `GET /index.html HTTP/1.1\r\n${head}\r\n`,
      `GET /index.html HTTP/1.1\r\n${head}X-Forwarded-For: ${VIEWER}\r\nForwarded: for=${VIEWER}\r\n\r\n`,
      `GET /nothing HTTP/1.1\r\n${head}\r\n`,
      `GET /ws HTTP/1.1\r\n${head.replace('close', 'Upgrade')}Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      `POST /index.html HTTP/1.1\r\n${head}Content-Length: 5\r\n\r\n1`,
      'GET / HTTP/1.1\r\nHost: nobody.example\r\n\r\n',
      'nonsense\r\n\r\n',
      `GET /download/50mb.bin HTTP/1.1\r\n${head}\r\n`,
    ])
      await say(text);
    const { stdout } = await cli(['logs', '--dir', dir, '--json', '--level', 'debug']);
    expect(stdout).toMatch(/"target":"\/index.html"/);
    expect(stdout).toMatch(/edge\/unknown-host/);
    expect(stdout).not.toContain(VIEWER);
  } finally {
    await network.close();
  }
});
