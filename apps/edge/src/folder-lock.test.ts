import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { folderHolder, lockFolder } from './folder-lock.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edge-lock-'));
});
afterEach(() => rm(dir, { recursive: true }));

const take = async (): Promise<void> => (await lockFolder(dir)).release();

it('is held by the process that took it, until it lets go', async () => {
  const lock = await lockFolder(dir, 12);
  expect(await folderHolder(dir)).toEqual({ pid: process.pid, main: 12 });
  await lock.release();
  expect(await folderHolder(dir)).toBeUndefined();
});

it('is refused while another process holds it, also one that tells no start', async () => {
  for (const text of [`${process.ppid}\n`, `${process.ppid} 12\n`]) {
    await writeFile(join(dir, 'lock'), text);
    expect(await folderHolder(dir)).toMatchObject({ pid: process.ppid });
    await expect(take()).rejects.toMatchObject({ code: 'edge/folder-in-use' });
  }
});

it.each(['', 'nonsense', '0', '-1', '999999999'])('is free where the file says %j', async (text) => {
  await writeFile(join(dir, 'lock'), text);
  expect(await folderHolder(dir)).toBeUndefined();
  await take();
});

it.runIf(existsSync('/proc/self/stat'))('is free where the number is another process since', async () => {
  await (await lockFolder(dir)).release();
  const parent = await readFile(`/proc/${process.ppid}/stat`, 'latin1');
  const started = parent.slice(parent.lastIndexOf(')') + 2).split(' ')[19];
  await writeFile(join(dir, 'lock'), `${process.ppid}\nstarted ${started}\n`);
  await expect(take()).rejects.toMatchObject({ code: 'edge/folder-in-use' });
  await writeFile(join(dir, 'lock'), `${process.ppid}\nstarted ${Number(started) + 1}\n`);
  expect(await folderHolder(dir)).toBeUndefined();
  await take();
});

it.runIf(existsSync('/proc/self/stat'))('is free where its process is a zombie', async () => {
  // The shell becomes a program that never asks after the child that it had; before that, a shell may.
  const child = 'until [ "$(cat /proc/$PPID/comm)" = tail ]; do :; done';
  const parent = spawn('sh', ['-c', `sh -c '${child}' & echo $!; exec tail -f /dev/null`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const pid = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (text: Buffer) => resolve(Number(String(text)))),
    );
    await expect.poll(() => readFile(`/proc/${pid}/stat`, 'latin1')).toMatch(/\) Z /);
    await writeFile(join(dir, 'lock'), `${pid}\n`);
    expect(await folderHolder(dir)).toBeUndefined();
    await take();
  } finally {
    parent.kill('SIGKILL');
  }
});
