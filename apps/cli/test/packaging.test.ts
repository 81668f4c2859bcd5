import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { edgeOptions } from '@media-network/edge/config';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../src/index.ts';
import { ROOT } from './root.ts';

const run = promisify(execFile);
const file = (...path: readonly string[]): Promise<string> =>
  readFile(join(ROOT, 'packaging', ...path), 'utf8');
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-packaging-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** `NAME=value` a line. */
function variables(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}

/** What is wrong with options, by "media edge check" with exactly this environment. */
async function options(
  env: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<{ state: string; text: string; hint: string } | undefined> {
  let stdout = '';
  await runCli(['edge', 'check', ...args, '--json'], {
    stdout: { write: (text) => void (stdout += text) },
    stderr: { write: () => undefined },
    env: { ...env, MEDIA_URL: 'http://127.0.0.1:9' },
    cwd: dir,
    takeSignals: () => new AbortController().signal,
  });
  const { findings } = JSON.parse(stdout) as {
    findings: { about: string; state: string; text: string; hint: string }[];
  };
  return findings.find(({ about }) => about === 'options');
}

describe('the unit of systemd', () => {
  test.skipIf(!hasSystemd)('is taken by systemd, and exposes little', async () => {
    const path = join(dir, 'media-edge.service');
    const unit = await file('systemd', 'media-edge.service');
    // What it names is not on this machine.
    await writeFile(
      path,
      unit.replace('/usr/local/bin/media', process.execPath).replace('/etc/media/edge.env', '/dev/null'),
    );
    expect(await run('systemd-analyze', ['verify', path])).toEqual({ stdout: '', stderr: '' });
    const { stdout } = await run('systemd-analyze', ['security', '--offline=true', '--threshold=25', path]);
    expect(stdout).toMatch(/exposure level[^:]*: [01]\.\d/);
  });

  test('is told options that there are, and values that they take', async () => {
    const env = variables(await file('systemd', 'edge.env'));
    const known = edgeOptions.map((option) => option.env);
    for (const name of Object.keys(env).filter(
      (each) => each.startsWith('MEDIA_EDGE_') && each !== 'MEDIA_EDGE_ARGS',
    ))
      expect(known).toContain(name);
    const args = (env['MEDIA_EDGE_ARGS'] ?? '').replace('/var/lib/media', dir).split(' ');
    expect(await options(env, args)).toEqual({
      about: 'options',
      state: 'good',
      hint: '',
      text: 'for viewers at http://203.0.113.7, for guards at http://203.0.113.7:8081',
    });
    const wrong = await options({ ...env, MEDIA_EDGE_DISK_BYTES: 'much' }, args);
    expect([wrong?.state, wrong?.text]).toEqual(['bad', expect.stringContaining('MEDIA_EDGE_DISK_BYTES')]);
  });

  test('runs as the user that is made for it, in its home', async () => {
    const unit = await file('systemd', 'media-edge.service');
    const users = await file('systemd', 'media.sysusers');
    const [, user, home] = /^u (\S+) - "[^"]*" (\S+)$/m.exec(users) ?? [];
    expect(unit).toContain(`User=${user}\n`);
    expect(unit).toContain(`WorkingDirectory=${home}\n`);
    expect(home).toBe(`/var/lib/${/^StateDirectory=(.*)$/m.exec(unit)?.[1]}`);
  });
});

test('the container is told options that there are, and holds what "media package" makes', async () => {
  const lines = (await file('Containerfile'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const of = (word: string): readonly string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  for (const line of lines)
    expect(line).toMatch(/^(?:FROM|RUN|COPY|USER|WORKDIR|VOLUME|ENV|EXPOSE|STOPSIGNAL|ENTRYPOINT|CMD) /);
  expect(of('COPY')).toContain('media-linux-x64 /media');
  const [entry, command] = [of('ENTRYPOINT'), of('CMD')].map(([json = '']) => JSON.parse(json) as string[]);
  expect(entry).toEqual(['/media']);
  const env = Object.fromEntries(
    (of('ENV')[0] ?? '').split(' ').map((each) => each.split('=')) as [string, string][],
  );
  const known = edgeOptions.map((option) => option.env);
  for (const name of Object.keys(env).filter((each) => each.startsWith('MEDIA_EDGE_')))
    expect(known).toContain(name);
  expect(command?.[0]).toBe('edge');
  const args = (command ?? []).slice(1).map((each) => each.replace('/data', dir));
  // Everywhere is no address: who runs it says where it is reached.
  expect((await options(env, args))?.hint).toContain('--endpoint');
  const urls = ['--endpoint', 'http://203.0.113.7:8080', '--control', 'http://203.0.113.7:8081'];
  expect((await options(env, [...args, ...urls]))?.state).toBe('good');
});
