import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { installPackages } from '../../machine/npm-packages.ts';

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
  const dir = await installPackages('p2p-media-loader-2.3.1', PACKAGES, say);
  await writeFile(join(dir, 'tracker.js'), TRACKER);
  const module = (name: string): Promise<Buffer> =>
    readFile(join(dir, 'node_modules', name, 'dist', `${name}.es.min.js`));
  return {
    core: await module('p2p-media-loader-core'),
    hlsjs: await module('p2p-media-loader-hlsjs'),
    startTracker: () => startTracker(dir),
  };
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
