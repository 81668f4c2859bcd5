import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPrivateChannels } from '@media-network/server/links';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cli } from './in-process.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-link-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it('makes links that the server takes, and none to what is not private', async () => {
  const link = (...more: readonly string[]) =>
    cli(['server', 'link', 'stage', '--dir', dir, '--json', ...more]);
  expect((await link()).stdout).toContain('server/not-private');
  const options = { channels: ['stage'], encryption: 'aes-128', keySegments: 30 } as const;
  await mkdir(join(dir, 'server'));
  const channels = await openPrivateChannels(join(dir, 'server'), options);
  const { code, stdout } = await link('--hours', '2', '--base', 'https://live.example/');
  expect(code).toBe(0);
  const said = JSON.parse(stdout) as { link: string; until: string; watchUrl: string };
  expect(said.watchUrl).toBe(`https://live.example/watch/stage?link=${said.link}`);
  const untilMs = Date.parse(said.until);
  expect(channels.check('stage', said.link, untilMs - 1)).toBe('good');
  expect(channels.check('stage', said.link, untilMs)).toBe('expired');
  for (const bad of ['0', '1e9', '99999999', '-1'])
    expect((await link('--hours', bad)).stdout).toContain('cli/bad-number');
  expect((await link('--base', 'javascript:alert(1)')).stdout).toContain('cli/bad-choice');
});
