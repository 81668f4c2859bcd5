import { spawn } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MediaError } from '@media-network/runtime';

export const RIVAL = 'p2p-media-loader 2.3.1';
const PACKAGES = [
  'p2p-media-loader-core@2.3.1',
  'p2p-media-loader-hlsjs@2.3.1',
  // Its own tracker: what its documentation runs.
  'bittorrent-tracker@11.2.3',
];
const TRACKER = `
import Server from 'bittorrent-tracker/server';
const server = new Server({ udp: false, http: false, ws: true, stats: false });
server.on('error', (error) => { throw error; });
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ url: 'ws://127.0.0.1:' + server.ws.address().port })));
`;

/** The other library and its tracker, installed in the folder for temporary files: nothing of the project needs them. */
export interface Rival {
  /** Modules as pages load them. */
  readonly core: Buffer;
  readonly hlsjs: Buffer;
  startTracker(): Promise<{ readonly url: string; close(): Promise<void> }>;
}

/** Rejects with `bench/rival-missing` where npm cannot install it. */
export async function installRival(say: (line: string) => void): Promise<Rival> {
  const dir = join(tmpdir(), 'media-bench-p2p-media-loader-2.3.1');
  const done = join(dir, 'installed');
  if ((await stat(done).catch(() => undefined)) === undefined) {
    say(`installing ${RIVAL} into ${dir}`);
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, 'package.json'), '{"private":true,"type":"module"}\n');
    await writeFile(join(dir, 'tracker.js'), TRACKER);
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--omit=optional', '--loglevel=error'];
    await npm(dir, ['install', ...flags, ...PACKAGES]);
    await writeFile(done, '');
  }
  const module = (name: string): Promise<Buffer> =>
    readFile(join(dir, 'node_modules', name, 'dist', `${name}.es.min.js`));
  return {
    core: await module('p2p-media-loader-core'),
    hlsjs: await module('p2p-media-loader-hlsjs'),
    startTracker: () => startTracker(dir),
  };
}

async function npm(cwd: string, args: readonly string[]): Promise<void> {
  const child = spawn('npm', args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (part: Buffer) => (said = (said + part.toString()).slice(-2_000)));
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  if (code === 0) return;
  throw new MediaError({
    code: 'bench/rival-missing',
    message: `npm did not install ${PACKAGES.join(', ')}. ${said}`.trim(),
    source: 'internal',
  });
}

async function startTracker(dir: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const child = spawn(process.execPath, ['tracker.js'], { cwd: dir, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('error', reject);
    void ended.then(() => reject(new Error('the tracker ended')));
  });
  const { url } = JSON.parse(line) as { readonly url: string };
  return {
    url,
    async close() {
      child.kill();
      await ended;
    },
  };
}
