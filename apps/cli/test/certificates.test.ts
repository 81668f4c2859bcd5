import { X509Certificate } from 'node:crypto';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPebble } from '@media-network/certificates/testing';
import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cli } from './in-process.ts';
import type { CliOutcome } from './in-process.ts';

vi.setConfig({ testTimeout: 240_000 });

let devnet: Devnet;
let dir: string;
const run = (...args: readonly string[]): Promise<CliOutcome> => cli([...args, '--dir', dir]);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-certificates-'));
  devnet = await createDevnet({ dir, periods: 'fast', guards: 1, edges: 1, https: true });
}, 240_000);
afterAll(async () => {
  await devnet.close();
  await rm(dir, { recursive: true, force: true });
});

test('what an edge serves HTTPS with, for people and for programs', async () => {
  const shown = await run('certificates');
  expect(shown.code).toBe(0);
  expect(shown.stdout).toMatch(/^edge +name +from +state +issuer/);
  expect(shown.stdout).toContain('*.medianet.localhost');
  expect(shown.stdout).toMatch(/Media Network local authority [0-9a-f]{8}/);
  const { stdout } = await run('certificates', 'list', '--json');
  const rows = stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(rows[0]).toMatchObject({
    edge: devnet.edges[0]?.address,
    name: 'medianet.localhost',
    source: 'local',
    state: 'served',
    untilMs: expect.any(Number),
  });
});

async function found(...args: readonly string[]): Promise<readonly string[]> {
  const ports = ['--port', '0', '--https-port', '0', '--control-port', '0', '--data', join(dir, 'edge-9')];
  const { stdout } = await run('edge', 'check', '--keypair', 'edge-1', ...ports, ...args, '--json');
  const said: unknown = JSON.parse(stdout);
  return (said as { findings: readonly { about: string; state: string; text: string }[] }).findings
    .filter(({ about }) => about === 'authority' || about === 'options')
    .map(({ about, state, text }) => `${about} ${state}: ${text}`);
}

test('edge check looks at who would sign', async () => {
  const pebble = await openPebble();
  try {
    const acme = ['--acme', pebble.directory, '--acme-ca', pebble.caFile] as const;
    // Nobody listens on port 4; where the authority will be, whoever comes is sent away until it starts.
    expect(await found('--acme', 'https://127.0.0.1:4/dir')).toContainEqual(
      expect.stringMatching(/^authority bad: .*cannot be reached: .*ECONNREFUSED/),
    );
    expect(await found(...acme)).toContainEqual(
      expect.stringMatching(/^authority bad: .*cannot be reached: ./),
    );
    await pebble.start({ httpPort: 9, tlsPort: 9 });
    expect(await found(...acme)).toContainEqual(
      expect.stringMatching(/^authority good: certificates are ordered from 127\.0\.0\.1:\d+/),
    );
    expect(await found('--acme', pebble.directory)).toContainEqual(
      expect.stringMatching(/^authority bad: .*certificate/),
    );
    expect(
      await found(...acme, '--acme-challenges', 'dns-01', '--acme-dns-hook', join(dir, 'no-hook')),
    ).toContainEqual(expect.stringContaining('no-hook cannot be run'));
    // The guards' records are no file.
    expect(await found(...acme, '--acme-challenges', 'dns-01', '--acme-dns-hook', 'guards')).toContainEqual(
      expect.stringMatching(/^authority good: /),
    );
    for (const wrong of [
      ['--acme', 'letsdecrypt'],
      ['--acme', 'http://ca.example/dir'],
      [...acme, '--acme-challenges', 'dns-01'],
      [...acme, '--acme-challenges', 'http-02'],
      [...acme, '--acme-eab-kid', 'x'],
    ])
      expect(await found(...wrong), wrong.join(' ')).toEqual([
        expect.stringMatching(/^options bad: .*acme/i),
      ]);
    expect(await found('--local-authority', join(dir, 'authority'))).toContainEqual(
      expect.stringMatching(/^authority good: the local one in .* holds until 20/),
    );
    const fresh = join(dir, 'fresh');
    expect(await found('--local-authority', fresh)).toContainEqual(
      `authority good: a local one will be made in ${fresh}`,
    );
    await expect(access(fresh)).rejects.toMatchObject({ code: 'ENOENT' });
  } finally {
    await pebble.close();
  }
});

test('an edge that does not answer is said, and the rest is shown', async () => {
  await devnet.edges[0]?.close();
  const { code, stdout, stderr } = await run('certificates', 'list');
  expect([code, stdout]).toEqual([0, 'No edge that tells of it serves HTTPS.\n']);
  expect(stderr).toContain('does not answer');
});

test('the root, to read and to copy', async () => {
  const pem = (await run('certificates', 'root', '--pem')).stdout;
  const { stdout } = await run('certificates', 'root', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    file: join(dir, 'authority', 'root.pem'),
    fingerprint: new X509Certificate(pem).fingerprint256,
  });
  const shown = (await run('certificates', 'root')).stdout;
  for (const each of [`curl --cacert "${join(dir, 'authority', 'root.pem')}"`, 'macOS', 'Windows', 'Firefox'])
    expect(shown).toContain(each);
  expect(shown + pem + stdout).not.toContain('PRIVATE');
  const nowhere = await cli(['certificates', 'root', '--json', '--dir', join(dir, 'nowhere')]);
  expect(nowhere.code).toBeGreaterThan(0);
  expect(JSON.parse(nowhere.stdout)).toMatchObject({ error: { code: 'cli/no-authority' } });
});
