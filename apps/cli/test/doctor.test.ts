import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cli } from './in-process.ts';

// A command line is a second's work on a quiet machine, and ten where others are at theirs.
vi.setConfig({ testTimeout: 240_000 });

let dir: string;
let devnet: Devnet;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-doctor-'));
  devnet = await createDevnet({ dir, periods: 'fast', guards: 1, edges: 1 });
}, 240_000);
afterAll(async () => {
  await devnet.close();
  await rm(dir, { recursive: true, force: true });
});

interface Report {
  readonly ok: boolean;
  readonly findings: readonly { about: string; state: string; text: string; hint: string }[];
}

async function doctor(...more: readonly string[]): Promise<Report & { code: number }> {
  const { code, stdout } = await cli(['doctor', '--dir', dir, '--json', ...more]);
  const report = JSON.parse(stdout) as Report;
  return { ...report, code };
}

test('finds nothing wrong with a network that is well', async () => {
  const { code, ok, findings } = await doctor();
  expect([code, ok], JSON.stringify(findings)).toEqual([0, true]);
  for (const about of [
    'machine',
    'folder',
    'keys',
    'chain',
    'clock',
    'guard',
    'edge',
    'guards',
    'hours',
    'resource',
    'wallets',
  ])
    expect(findings.map((each) => each.about)).toContain(about);
});

test('names keys that others can read, with the line that mends it', async () => {
  const file = devnet.wallets.path('publisher');
  await chmod(file, 0o644);
  const { code, findings } = await doctor();
  expect(code).toBe(1);
  expect(findings).toContainEqual({
    about: 'keys',
    state: 'bad',
    text: `others can read ${file}`,
    hint: `Run: chmod 600 '${file}'`,
  });
  await chmod(file, 0o600);
});

test('names an edge that does not answer, and a site that is not served', async () => {
  await cli(['resource', 'update', '1', '--pause', '--dir', dir]);
  await devnet.edges[0]?.close();
  const { code, findings } = await doctor();
  expect(code).toBe(1);
  expect(findings).toContainEqual(
    expect.objectContaining({
      about: 'edge',
      state: 'bad',
      text: expect.stringMatching(/edge-1 .*does not answer/),
    }),
  );
  expect(findings).toContainEqual(
    expect.objectContaining({
      about: 'resource',
      state: 'warning',
      hint: expect.stringContaining('--resume'),
    }),
  );
  const told = await cli(['doctor', '--dir', dir]);
  expect(told.stdout).toContain('→');
  expect(told.stdout).toMatch(/things? (is|are) wrong/);
});

test('without a chain it says how to start one', async () => {
  const { code, findings } = await doctor('--url', 'http://127.0.0.1:1');
  expect(code).toBe(1);
  expect(findings).toContainEqual(
    expect.objectContaining({ about: 'chain', state: 'bad', hint: expect.stringContaining('media up') }),
  );
});
