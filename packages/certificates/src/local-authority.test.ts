import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createManualClock } from '@media-network/runtime/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLocalAuthority } from './local-authority.ts';

const DAY_MS = 86_400_000;
const clock = createManualClock(Date.now());
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-authority-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('is made once, with a key for its owner alone', async () => {
  const folder = join(dir, 'authority');
  const first = await openLocalAuthority(folder, clock);
  const again = await openLocalAuthority(folder, clock);
  expect(again.root).toBe(first.root);
  expect(again.fingerprint).toBe(first.fingerprint);
  expect((await stat(join(folder, 'authority.pem'))).mode & 0o777).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await readdir(folder)).sort()).toEqual(['authority.pem', 'root.pem']);
  expect(await readFile(first.rootFile, 'utf8')).toBe(first.root);
  expect(await readFile(first.rootFile, 'utf8')).not.toContain('PRIVATE');
});

test('made by several at once, is one', async () => {
  const all = await Promise.all(Array.from({ length: 5 }, () => openLocalAuthority(dir, clock)));
  expect(new Set(all.map(({ root }) => root)).size).toBe(1);
  const leaf = all[3]?.issue(['x.localhost']);
  expect(
    new X509Certificate(leaf?.cert ?? '').verify(new X509Certificate(all[0]?.root ?? '').publicKey),
  ).toBe(true);
});

test('that cannot be read is told, and not replaced', async () => {
  const { rootFile } = await openLocalAuthority(dir, clock);
  const path = join(dir, 'authority.pem');
  const whole = await readFile(path, 'utf8');
  const leaf = (await openLocalAuthority(dir, clock)).issue(['x.localhost']);
  for (const text of ['', whole.slice(0, 300), await readFile(rootFile, 'utf8'), leaf.key + leaf.cert]) {
    await writeFile(path, text);
    await expect(openLocalAuthority(dir, clock)).rejects.toMatchObject({
      code: 'certificates/authority-unreadable',
    });
    expect(await readFile(path, 'utf8')).toBe(text);
  }
});

test('that has ended is told', async () => {
  const old = createManualClock(Date.now() - 3_700 * DAY_MS);
  await openLocalAuthority(dir, old);
  await expect(openLocalAuthority(dir, clock)).rejects.toMatchObject({
    code: 'certificates/authority-expired',
  });
});
