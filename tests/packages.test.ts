import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { HOUR_STATUS } from '@media-network/chain/schema';
import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { createViewer } from '@media-network/viewer';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from './harness/processes.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, unknown>>;
}

const readManifest = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;

/** This Node first, whatever is on the path: npm runs scripts with the first that it finds. */
const env = { ...process.env, PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) };

let dir: string;
let consumer: string;
/** Tarballs by the folder of the package. */
const tarballs = new Map<string, string>();
let network: Devnet;

const isSource = (path: string): boolean => !/[/\\](node_modules|\.types|dist)$/.test(path);

/** A copy of what packing needs: it puts another manifest in place for a moment, which other tests must not see. */
async function copyRepository(): Promise<string> {
  const copy = join(dir, 'repository');
  for (const name of ['packages', 'packaging'])
    await cp(join(ROOT, name), join(copy, name), { recursive: true, filter: isSource });
  for (const name of ['package.json', 'tsconfig.base.json', 'LICENSE'])
    await cp(join(ROOT, name), join(copy, name));
  const modules = join(copy, 'node_modules');
  await mkdir(join(modules, '@media-network'), { recursive: true });
  for (const name of await readdir(join(ROOT, 'node_modules')))
    if (name !== '@media-network') await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  for (const name of await readdir(join(copy, 'packages')))
    await symlink(join(copy, 'packages', name), join(modules, '@media-network', name));
  return copy;
}

/** Installs as anybody would; without a registry, by hand what npm would have put there. */
async function install(): Promise<void> {
  await writeFile(join(consumer, 'package.json'), '{"name":"consumer","type":"module","private":true}\n');
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  try {
    await run('npm', [...args, ...tarballs.values()], { cwd: consumer, env, timeout: 120_000 });
    return;
  } catch (error) {
    if (!/E(NOTFOUND|AI_AGAIN|CONNREFUSED|TIMEDOUT|NOTCACHED)|network/.test(String(error))) throw error;
  }
  const modules = join(consumer, 'node_modules');
  await rm(modules, { recursive: true, force: true });
  await mkdir(join(modules, '@media-network'), { recursive: true });
  for (const name of await readdir(join(ROOT, 'node_modules')))
    if (name !== '@media-network') await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  for (const [name, tarball] of tarballs) {
    const target = join(modules, '@media-network', name);
    await mkdir(target);
    await run('tar', ['xzf', tarball, '-C', target, '--strip-components=1']);
  }
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-packages-'));
  const copy = await copyRepository();
  for (const name of await readdir(join(copy, 'packages'))) {
    const folder = join(copy, 'packages', name);
    if ((await readManifest(folder)).private === true) continue;
    const args = ['pack', '--json', '--ignore-scripts=false', '--pack-destination', dir];
    const { stdout } = await run('npm', args, { cwd: folder, env });
    const [packed] = JSON.parse(stdout) as [{ filename: string }];
    tarballs.set(name, join(dir, packed.filename));
  }
  consumer = join(dir, 'consumer');
  await mkdir(consumer);
  await install();
  network = await createDevnet({ guards: 3, edges: 1, periods: 'fast' });
  await createViewer().get(network.url);
}, 600_000);
afterAll(async () => {
  await network?.close();
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
});

const names = (await readdir(join(ROOT, 'packages'))).toSorted((a, b) => a.localeCompare(b));
const manifests = await Promise.all(
  names.map(async (name) => [name, await readManifest(join(ROOT, 'packages', name))] as const),
);
const published = manifests.filter(([, manifest]) => manifest.private !== true).map(([name]) => name);

/** The first example of a README, as TypeScript of its own. */
async function exampleOf(name: string): Promise<string> {
  const readme = await readFile(join(consumer, 'node_modules', '@media-network', name, 'README.md'), 'utf8');
  const example = /^```ts\n([\s\S]*?)^```$/m.exec(readme)?.[1];
  if (example === undefined) throw new Error(`the README of ${name} has no example`);
  return example;
}

/** What an audit needs: an hour that is final, which is there for a while before it is closed. */
const finalHour = (): Promise<unknown> =>
  until('a final hour', 240_000, async () =>
    (await network.client.list('hour', { status: HOUR_STATUS.final })).at(-1),
  );

/** The same, asking the network of this test instead of the one that a reader has. */
async function aimed(example: string): Promise<string> {
  if (example.includes('auditHour')) await finalHour();
  return example
    .replaceAll('http://127.0.0.1:8899', network.rpcUrl)
    .replaceAll('MediaNetwork1111111111111111111111111111111', network.programId)
    .replaceAll('http://127.0.0.1:8080/', network.url)
    .replaceAll('.medianet/wallets/treasury.json', network.wallets.path('treasury'));
}

describe('what is published', () => {
  test('is every package that does not call itself private', () => {
    expect([...tarballs.keys()].toSorted((a, b) => a.localeCompare(b))).toEqual(published);
    expect(published.length).toBeGreaterThanOrEqual(8);
  });

  test.each(published)('%s holds JavaScript and declarations, and nothing else', async (name) => {
    const tarball = tarballs.get(name) ?? '';
    const { stdout } = await run('tar', ['tzf', tarball]);
    const files = stdout.trim().split('\n');
    expect(
      files.filter(
        (file) => !/^package\/(dist\/.*\.(js|d\.ts)|package\.json|README\.md|LICENSE)$/.test(file),
      ),
    ).toEqual([]);
    expect(files).toContain('package/LICENSE');
    expect(files.filter((file) => file.includes('.test.'))).toEqual([]);
  });

  test.each(published)('%s passes publint', async (name) => {
    const bytes = await readFile(tarballs.get(name) ?? '');
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const { messages } = await publint({ pack: { tarball }, strict: true });
    expect(messages).toEqual([]);
  });

  test('has types for every export, in Node and for bundlers', async () => {
    const lines: string[] = [];
    for (const name of published) {
      const installed = await readManifest(join(consumer, 'node_modules', '@media-network', name));
      for (const path of Object.keys(installed.exports))
        lines.push(`export * as _${lines.length} from '${installed.name}${path.slice(1)}';`);
    }
    await writeFile(join(consumer, 'every-export.ts'), `${lines.join('\n')}\n`);
    for (const name of published) await writeFile(join(consumer, `type-${name}.ts`), await exampleOf(name));
    for (const [module, moduleResolution] of [
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
    ]) {
      await writeFile(
        join(consumer, 'tsconfig.json'),
        JSON.stringify({
          compilerOptions: {
            target: 'es2024',
            lib: ['es2024', 'esnext.disposable', 'dom'],
            module,
            moduleResolution,
            strict: true,
            noEmit: true,
            // Only our own declarations are ours to mend; an import of theirs that leads nowhere fails all the same.
            skipLibCheck: true,
            types: ['node'],
            typeRoots: [join(ROOT, 'node_modules', '@types')],
          },
          include: ['*.ts'],
        }),
      );
      const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
      const checked = run(process.execPath, [tsc, '-p', '.'], { cwd: consumer }).then(
        () => '',
        (error: { stdout: string }) => error.stdout,
      );
      expect([moduleResolution, await checked]).toEqual([moduleResolution, '']);
    }
  });
});

// Side by side: one waits for an hour to be final, others go on until they are ended.
describe.concurrent('the example of the README', () => {
  test.each(published)('of %s runs in an empty folder', async (name) => {
    const file = join(consumer, `run-${name}.ts`);
    await writeFile(file, await aimed(await exampleOf(name)));
    // Some go on until they are told to end, as a daemon does; whatever fails has failed by then.
    const ran = run(process.execPath, [file], { cwd: consumer, env, timeout: 10_000 }).then(
      ({ stderr }) => ({ failed: false, stderr }),
      (error: { killed?: boolean; stderr: string }) => ({
        failed: error.killed !== true,
        stderr: error.stderr,
      }),
    );
    const { failed, stderr } = await ran;
    expect([failed, failed ? stderr : '']).toEqual([false, '']);
  });
});
