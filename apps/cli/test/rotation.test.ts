import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { readSecretFile, scrypt } from '@media-network/devnet/folder';
import { decryptSettings, settingsKeyByPassword } from '@media-network/protocol';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cli } from './in-process.ts';

// A command line is a second's work on a quiet machine, and ten where others are at theirs.
vi.setConfig({ testTimeout: 240_000 });

let devnet: Devnet;
let dir: string;
let site: Server;
let siteUrl: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-rotation-'));
  site = createServer((_request, response) => response.end('mine'));
  await new Promise<void>((resolve) => {
    site.listen(0, '127.0.0.1', resolve);
  });
  // A listening TCP server has an AddressInfo.
  siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  devnet = await createDevnet({ dir, periods: 'fast', guards: 1, edges: 2, origin: siteUrl });
}, 240_000);

afterAll(async () => {
  await devnet.close();
  site.close();
  await rm(dir, { recursive: true, force: true });
});

async function rotate(...args: readonly string[]): Promise<unknown> {
  const { stdout } = await cli(['resource', 'rotate', '1', ...args, '--json', '--dir', dir]);
  const parsed: { resources?: unknown[] } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  return parsed.resources?.[0] ?? parsed;
}

async function sealed(): Promise<{ readonly version: number; readonly blob: Uint8Array }> {
  const resource = (await devnet.client.account('resource', devnet.resource))!;
  const account = (await devnet.client.account('settings', resource.settings))!;
  return { version: resource.settingsVersion, blob: account.tail.subarray(0, account.length) };
}

test('settings get a new key when an edge leaves, and whoever stays serves on', async () => {
  const before = await sealed();
  expect(await rotate()).toMatchObject({ rotated: false, why: '', settingsVersion: before.version });
  await cli(['edge', 'leave', '--keypair', 'edge-1', '--dir', dir, '--json']);
  const left = devnet.edges[0]!.address;
  // Once an hour of the network at most, and here an hour is 12 seconds.
  await vi.waitFor(
    async () => expect(await rotate()).toMatchObject({ rotated: true, why: `edge ${left} left` }),
    { timeout: 60_000, interval: 500 },
  );
  const after = await sealed();
  expect(after.version).toBe(before.version + 1);
  expect(await rotate()).toMatchObject({ rotated: false, why: '' });

  const password = (await readSecretFile(join(dir, 'keys', 'publisher.password')))!;
  const subject = { resource: devnet.resource, version: after.version };
  const old = (await settingsKeyByPassword(before.blob, password, scrypt))!;
  const fresh = (await settingsKeyByPassword(after.blob, password, scrypt))!;
  expect(await decryptSettings(after.blob, subject, fresh)).toMatchObject({ origin: siteUrl });
  expect(await decryptSettings(after.blob, subject, old)).toBeUndefined();
  const answer = await fetch(devnet.edges[1]!.urls[0]!);
  expect([answer.status, await answer.text()]).toEqual([200, 'mine']);

  expect(await rotate('--force')).toMatchObject({ rotated: true, settingsVersion: after.version + 1 });
  expect(await rotate('--every', '0')).toMatchObject({ error: { code: 'cli/bad-number' } });
});
