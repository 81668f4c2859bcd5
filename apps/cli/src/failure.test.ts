import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeFailure } from './failure.ts';

const failure = (code: string, more: object = {}): string =>
  describeFailure(Object.assign(new Error(code), { code, ...more })).message;

test('a link that leads nowhere is said to, wherever on the way it is', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'media-failure-'));
  try {
    const link = join(dir, 'disk');
    await symlink('/mnt/not-mounted', link);
    for (const [code, path] of [
      ['ENOENT', join(link, 'net', 'wallets')],
      ['ENOTDIR', link],
      ['EEXIST', link],
    ] as const)
      expect(failure(code, { path, syscall: 'mkdir' })).toBe(
        `${link} leads to /mnt/not-mounted, which does not exist: make it, or choose another path.`,
      );
    expect(failure('ENOENT', { path: join(dir, 'x') })).toBe(
      `${join(dir, 'x')} does not exist: check the path.`,
    );
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('a full disk is named where it is known', () => {
  expect(failure('ENOSPC')).toBe('The disk is full: make room and run this again.');
  expect(failure('ENOSPC', { path: '/a/b' })).toBe('The disk of /a/b is full: make room and run this again.');
});
