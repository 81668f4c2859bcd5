import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Plugin } from 'rolldown';
import { COMMANDS } from '../command-tree.ts';
import { PROJECT_ROOT } from '../root.ts';
import { licencesOf } from './licences.ts';

/** The program as a few files, ready to be put into a runtime. */
export interface Bundle {
  readonly main: string;
  /** By the names under which the program asks for them. */
  readonly assets: Readonly<Record<string, string>>;
  /** Licences of all that is in it. */
  readonly licences: string;
}

const source = (...path: readonly string[]): string => join(PROJECT_ROOT, ...path);

/** Code of threads: each a script of its own (`startThread`). */
const THREADS: readonly string[] = [
  source('apps', 'edge', 'src', 'tenant', 'history-worker.ts'),
  source('apps', 'edge', 'src', 'files', 'file-thread-main.ts'),
  source('apps', 'guard', 'src', 'evidence', 'hash-worker.ts'),
];
/** What is given out, or read, as it is (`readOwnFile`). */
const FILES: readonly string[] = [
  source('package.json'),
  source('packages', 'vouch', 'browser', 'media-vouch.js'),
  source('packages', 'peerpool-hls', 'browser', 'media-peerpool.js'),
  source('apps', 'guard', 'browser', 'media-beacon.js'),
  source('packages', 'peerpool-hls', 'browser', 'media-peerpool.js'),
  ...['channels.html', 'watch.html', 'page.css', 'watch.js', 'timeline.js', 'channels.js'].map((name) =>
    source('apps', 'server', 'player', name),
  ),
  ...['express.html', 'media-express.js', 'media-express.css'].map((name) =>
    source('apps', 'express', 'browser', name),
  ),
  source('node_modules', 'hls.js', 'dist', 'hls.min.js'),
  source('packages', 'geo', 'data', 'countries.bin'),
  source('packages', 'geo', 'data', 'asns.bin'),
];
/** Named in modules that are in the binary, and read by commands that are not. */
const CHECKOUT_ONLY: ReadonlySet<string> = new Set(['media.so']);
/** Optional parts of `ws` and `pg` in native code; they go without. */
const OPTIONAL = ['bufferutil', 'utf-8-validate', 'pg-native'];

/** Commands that need the checkout are left out, and with them the chain's virtual machine and the tools. */
const withoutCheckout: Plugin = {
  name: 'without-checkout',
  resolveId(id, importer) {
    if (importer === undefined || basename(importer) !== 'command-tree.ts') return undefined;
    const absent = COMMANDS.some(({ name, checkout }) => checkout === true && id === `./commands/${name}.ts`);
    return absent ? '\0absent' : undefined;
  },
  load: (id) => (id === '\0absent' ? 'export {};' : undefined),
};

/** What is required when it is first needed is in the bundle all the same. */
const requireFound: Plugin = {
  name: 'require-found',
  transform(code) {
    const CALL = 'createRequire(import.meta.url)(';
    return code.includes(CALL) ? code.replaceAll(CALL, 'require(') : undefined;
  },
};

/** What the program names by its place in the checkout has to be in the binary, or it would miss it on the day that it asks. */
async function requireParts(main: string, names: readonly string[]): Promise<void> {
  const text = await readFile(main, 'utf8');
  for (const [, path = ''] of text.matchAll(/new URL\(\s*["'`]([^"'`]+)["'`],\s*import\.meta\.url\s*\)/g)) {
    const name = basename(path).replace(/\.ts$/, '.js');
    // The folder of the checkout itself, which only `media --help` of a checkout prints.
    if (path.endsWith('/') || path.includes('${') || CHECKOUT_ONLY.has(name) || names.includes(name))
      continue;
    throw new Error(`${path} is read from the checkout, and is not in the binary`);
  }
}

/** Bundles the command into `dir`. */
export async function bundle(dir: string): Promise<Bundle> {
  const { rolldown } = await import('rolldown');
  await mkdir(dir, { recursive: true });
  const modules = new Set<string>();

  async function write(input: string, file: string, format: 'esm' | 'cjs'): Promise<string> {
    const made = await rolldown({
      // Paths in the output are from here, wherever it is made.
      cwd: PROJECT_ROOT,
      input,
      platform: 'node',
      external: OPTIONAL,
      plugins: [withoutCheckout, requireFound],
      logLevel: 'silent',
    });
    const { output } = await made.write({ file: join(dir, file), format, codeSplitting: false });
    await made.close();
    for (const each of output) if (each.type === 'chunk') for (const id of each.moduleIds) modules.add(id);
    return join(dir, file);
  }

  const main = await write(source('apps', 'cli', 'src', 'single-file.ts'), 'media.mjs', 'esm');
  const assets: Record<string, string> = {};
  for (const thread of THREADS) {
    const name = basename(thread).replace(/\.ts$/, '.js');
    assets[name] = await write(thread, name, 'cjs');
  }
  for (const file of FILES) {
    assets[basename(file)] = join(dir, basename(file));
    await cp(file, join(dir, basename(file)));
    // Of others' files the licence goes along.
    modules.add(file);
  }
  await requireParts(main, [...Object.keys(assets), 'worker-main.js']);
  const licences = join(dir, 'LICENSES.txt');
  await writeFile(licences, await licencesOf(modules, await readFile(source('LICENSE'), 'utf8')));
  return { main, assets, licences };
}
