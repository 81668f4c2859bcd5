import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from './root.ts';

/** Mounts of its own, so that a disk can be read-only for one command. */
const UNSHARE = process.getuid?.() === 0 ? '-m' : '-rm';
const CAN_MOUNT = spawnSync('unshare', [UNSHARE, 'sh', '-c', 'mount -t tmpfs -o ro tmpfs /mnt']).status === 0;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-read-only-'));
});
afterAll(() => rm(dir, { recursive: true }));

test.runIf(CAN_MOUNT).each([
  ['new', ['wallet', 'new', 'me', '--dir', 'below/new']],
  ['up', ['up', '--dir', 'new', '--port', '0', '--rpc-port', '0']],
])('a read-only disk is said to be that (%s)', { timeout: 120_000 }, (_name, args) => {
  const main = join(ROOT, 'apps', 'cli', 'src', 'main.ts');
  const { status, stderr } = spawnSync(
    'unshare',
    [
      UNSHARE,
      'sh',
      '-c',
      'mount -t tmpfs -o ro tmpfs "$1" && cd "$1" && shift && exec "$@"',
      'sh',
      dir,
      process.execPath,
      main,
      ...args,
    ],
    { encoding: 'utf8' },
  );
  expect(status).toBe(1);
  expect(stderr).toMatch(/is on a disk that cannot be written \(it is read-only\)/);
});
