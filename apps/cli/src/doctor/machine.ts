import { access, constants, mkdtemp, readdir, rm, stat, statfs } from 'node:fs/promises';
import { lookup } from 'node:dns/promises';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { errorCode } from '@media-network/runtime';
import { formatBytes } from '../amounts.ts';
import { bad, good, warning } from './finding.ts';
import type { Finding } from './finding.ts';

/** Below this a cache and a journal are soon in each other's way. */
const LEAST_FREE_BYTES = 2e9;
const LEAST_MEMORY_BYTES = 1e9;

export async function machine(): Promise<readonly Finding[]> {
  const memory = totalmem();
  const text = `Node ${process.versions.node} on ${process.platform}-${process.arch}, ${availableParallelism()} cores, ${formatBytes(memory)} of memory`;
  return [
    memory < LEAST_MEMORY_BYTES
      ? warning('machine', text, `An edge wants 1 GB: give it less cache with --ram-bytes 64M.`)
      : good('machine', text),
  ];
}

async function existing(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((await stat(folder).catch(() => undefined)) !== undefined || dirname(folder) === folder)
      return folder;
  }
}

/** Whether the folder of the network takes files, has room, and keeps its keys to itself. */
export async function folder(dir: string): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const at = await existing(dir);
  try {
    await access(at, constants.W_OK);
    const probe = await mkdtemp(join(at, '.media-doctor-'));
    await rm(probe, { recursive: true });
  } catch (error) {
    const code = errorCode(error);
    return [
      bad(
        'folder',
        `${at} takes no files (${code})`,
        code === 'ENOSPC'
          ? 'The disk is full: make room.'
          : 'Change its owner, or choose another folder with --dir.',
      ),
    ];
  }
  const space = await statfs(at);
  const free = space.bavail * space.bsize;
  findings.push(
    free < LEAST_FREE_BYTES
      ? warning(
          'folder',
          `${dir}: ${formatBytes(free)} free`,
          'Make room, or bound the cache with --disk-bytes.',
        )
      : good('folder', `${dir}: ${formatBytes(free)} free`),
  );
  for (const name of ['wallets', 'keys']) findings.push(...(await openKeys(join(dir, name))));
  return findings;
}

/** Keys that others on this machine can read. */
async function openKeys(dir: string): Promise<readonly Finding[]> {
  const names = await readdir(dir).catch(() => []);
  const open: string[] = [];
  for (const name of names) {
    const info = await stat(join(dir, name)).catch(() => undefined);
    if (info !== undefined && (info.mode & 0o077) !== 0) open.push(join(dir, name));
  }
  if (names.length === 0) return [];
  return open.length === 0
    ? [good('keys', `${names.length} files in ${dir}, readable by their owner only`)]
    : [
        bad(
          'keys',
          `others can read ${open.join(', ')}`,
          `Run: chmod 600 ${open.map((each) => `'${each}'`).join(' ')}`,
        ),
      ];
}

/** Whether names below `.localhost` lead here: not every system resolves them. */
export async function names(): Promise<readonly Finding[]> {
  try {
    await lookup('a.medianet.localhost');
    return [good('names', 'names ending in .localhost resolve on this machine')];
  } catch {
    return [
      warning(
        'names',
        'names ending in .localhost do not resolve on this machine',
        'Browsers and curl know them by themselves; elsewhere use the URL with 127.0.0.1 that "media up" prints, or send the name to it: curl -H \'Host: <label>.medianet.localhost\' <that URL>',
      ),
    ];
  }
}
