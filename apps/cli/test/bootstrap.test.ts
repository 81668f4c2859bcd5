import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { RUNTIME_FLAGS } from '@media-network/runtime/own-parts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROOT } from './root.ts';

/** A checkout that has its lock file and no packages, as a clone has. */
let clone: string;

beforeEach(async () => {
  clone = join(await mkdtemp(join(tmpdir(), 'media-clone-')), 'with space');
  await mkdir(clone);
  await copyFile(join(ROOT, 'media'), join(clone, 'media'));
  const manifest = { name: 'clone', version: '1.0.0', dependencies: { 'is-odd': '3.0.1' } };
  await writeFile(join(clone, 'package.json'), JSON.stringify(manifest));
  await writeFile(
    join(clone, 'package-lock.json'),
    JSON.stringify({
      name: 'clone',
      version: '1.0.0',
      lockfileVersion: 3,
      packages: { '': manifest, 'node_modules/is-odd': { version: '3.0.1' } },
    }),
  );
});
afterEach(() => rm(join(clone, '..'), { recursive: true, force: true }));

interface Run {
  readonly text: string;
  readonly code: number | null;
}

/** Only what hangs takes longer. */
const HANGS_MS = 200_000;

/** Runs the script with an npm that has an empty cache and this registry; ends it once it has said `until`. */
function run(env: Readonly<Record<string, string>>, until?: string): Promise<Run> {
  const child = spawn(join(clone, 'media'), ['up'], {
    cwd: clone,
    env: { ...process.env, npm_config_cache: join(clone, '..', 'cache'), ...env },
  });
  let text = '';
  const heard = (more: string): void => {
    text += more;
    if (until !== undefined && text.includes(until)) child.kill('SIGTERM');
  };
  child.stderr.setEncoding('utf8').on('data', heard);
  child.stdout.setEncoding('utf8').on('data', heard);
  const timer = setTimeout(() => child.kill('SIGTERM'), HANGS_MS);
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ text, code });
    });
  });
}

/** An npm that fails in a way that a test cannot bring about, in npm's own words. */
async function failingNpm(words: string): Promise<string> {
  const bin = join(clone, '..', 'bin');
  await mkdir(bin, { recursive: true });
  await writeFile(
    join(bin, 'npm'),
    `#!/bin/sh\ncase $1 in config) echo there ;; *) echo "${words}"; exit 1 ;; esac\n`,
    {
      mode: 0o755,
    },
  );
  return `${bin}:${process.env['PATH']}`;
}

/** An npm that says what it was asked for, and installs nothing. */
async function recordingNpm(): Promise<string> {
  const bin = join(clone, '..', 'bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'npm'), '#!/bin/sh\necho "asked: $1 $2" >&2; mkdir -p node_modules; exit 1\n', {
    mode: 0o755,
  });
  return `${bin}:${process.env['PATH']}`;
}

test('what is installed already is brought up to date in place, not removed first', async () => {
  const PATH = await recordingNpm();
  const file = join(clone, 'node_modules', 'in-use', 'index.js');
  expect((await run({ PATH })).text).toContain('asked: ci --ignore-scripts');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, '');
  expect((await run({ PATH })).text).toContain('asked: install --no-save');
  expect(await readFile(file, 'utf8')).toBe('');
});

test('the lock file is whole for every platform, and names no host', async () => {
  const lock: unknown = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
  const { packages } = lock as { packages: Record<string, LockedPackage> };
  const missing = Object.entries(packages).flatMap(([at, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        packages[`${at}/node_modules/${name}`] === undefined &&
        packages[`node_modules/${name}`] === undefined,
    ),
  );
  // npm's ci refuses a lock file that lacks one which the registry has, also where it is not needed.
  expect(missing.filter((name) => !NOWHERE.test(name))).toEqual([]);
  for (const [at, { link, resolved, integrity }] of Object.entries(packages)) {
    if (!at.startsWith('node_modules/') || link === true) continue;
    expect([at, resolved, integrity]).toEqual([at, undefined, expect.stringMatching(/^sha512-/)]);
  }
});

/** Named by its package, and not to be had where the lock file was made. */
const NOWHERE = /^litesvm-(?!linux-x64-gnu$)/;

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
}

test('a network that is down is named', { timeout: 240_000 }, async () => {
  const { text, code } = await run({ npm_config_registry: 'http://127.0.0.1:1/' });
  expect(code).toBe(1);
  expect(text).toContain('the npm registry (http://127.0.0.1:1/) cannot be reached');
});

test('a registry that says nothing is no silence of ours', { timeout: 240_000 }, async () => {
  const server: Server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A listening TCP server has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  try {
    const { text } = await run({ npm_config_registry: `http://127.0.0.1:${port}/` }, 'installing, 12 s');
    // Every fourth second, by its own count.
    const told = [...text.matchAll(/still installing, (\d+) s/g)].map(([, seconds]) => Number(seconds));
    expect(told).toEqual([4, 8, 12]);
  } finally {
    server.close();
  }
});

test.each([
  ['npm error code ENOSPC', 'the disk is full'],
  ['npm error code EACCES', 'may not write'],
  ['npm error code EROFS', 'may not write'],
  ['npm error code E404', 'lacks a package'],
  ['npm error code EINTEGRITY', 'is not what package-lock.json says'],
  ['npm error code ESTRANGE', 'could not install'],
])('%s is told apart', { timeout: 240_000 }, async (words, told) => {
  const { text, code } = await run({ PATH: await failingNpm(words) });
  expect(code).toBe(1);
  expect(text).toContain(words);
  expect(text).toContain(told);
  if (!told.includes('reached')) expect(text).not.toContain('cannot be reached');
});

test('begins the runtime with the flags that every process of ours has', async () => {
  const launcher = await readFile(join(ROOT, 'media'), 'utf8');
  expect(launcher).toContain(
    `exec "$runtime" ${RUNTIME_FLAGS.join(' ')} "$root/apps/cli/src/main.ts" "$@"\n`,
  );
});
