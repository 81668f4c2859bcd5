import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureProgram, pathWithSbin } from '../machine/tools.ts';
import { stopChild } from '../servers/bench-server.ts';
import { freePort } from '../servers/free-port.ts';
import { startProgram } from '../servers/start-program.ts';

/** A server that takes channels in by RTMP. */
export interface Relay {
  readonly name: string;
  readonly pid: number;
  /** Where the n-th channel is sent to. */
  url(channel: number): string;
  close(): Promise<void>;
}

const NMS = 'node-media-server@4.4.3';
const NGINX_MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so';
const UNPINNED = { pin: [] };

async function folder(): Promise<{ readonly dir: string; readonly remove: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'media-bench-relay-'));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** Ours, as a process of its own: it packages what others pass on. */
export async function startOurs(channels: number): Promise<Relay> {
  const { dir, remove } = await folder();
  const names = Array.from({ length: channels }, (_, i) => `c${i}`);
  const main = fileURLToPath(new URL('../../../apps/server/src/main.ts', import.meta.url));
  const [port, rtmpPort] = [await freePort(), await freePort()];
  const keys = Object.fromEntries(names.map((name) => [name, `bench-key-of-${name}`.padEnd(26, 'x')]));
  await writeFile(join(dir, 'stream-keys.json'), JSON.stringify({ keys }));
  const flags = [
    '--dir',
    dir,
    '--port',
    `${port}`,
    '--rtmp-port',
    `${rtmpPort}`,
    '--channels',
    names.join(),
    '--ladder',
    'off',
  ];
  const running = await startProgram(UNPINNED, {
    name: 'media server',
    command: [process.execPath, main, ...flags],
    port: rtmpPort,
  });
  return {
    name: 'media server',
    pid: running.pid,
    url: (channel) => `rtmp://127.0.0.1:${rtmpPort}/live/${keys[`c${channel}`]}`,
    async close() {
      await running.stop();
      await remove();
    },
  };
}

/** Undefined where npm cannot install it. */
export async function startNodeMediaServer(say: (line: string) => void): Promise<Relay | undefined> {
  const dir = join(tmpdir(), 'media-bench-node-media-server-4.4.3');
  if (!existsSync(join(dir, 'node_modules', 'node-media-server'))) {
    say(`installing ${NMS} into ${dir}`);
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, 'package.json'), '{"private":true}\n');
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', NMS];
    if (spawnSync('npm', args, { cwd: dir, stdio: 'ignore' }).status !== 0) return undefined;
  }
  const [rtmpPort, httpPort] = [await freePort(), await freePort()];
  const script = `
    import NodeMediaServer from 'node-media-server';
    new NodeMediaServer({ bind: '127.0.0.1', rtmp: { port: ${rtmpPort} }, http: { port: ${httpPort} }, auth: { play: false, publish: false } }).run();
  `;
  await writeFile(join(dir, 'run.mjs'), script);
  const running = await startProgram(UNPINNED, {
    name: NMS,
    command: [process.execPath, join(dir, 'run.mjs')],
    port: rtmpPort,
  });
  return {
    name: NMS,
    pid: running.pid,
    url: (channel) => `rtmp://127.0.0.1:${rtmpPort}/live/c${channel}`,
    close: () => running.stop(),
  };
}

/** Undefined where apt cannot install it. */
export async function startNginxRtmp(say: (line: string) => void): Promise<Relay | undefined> {
  if (!ensureProgram('nginx', 'nginx-light', say)) return undefined;
  if (!existsSync(NGINX_MODULE)) {
    say('installing libnginx-mod-rtmp through apt');
    const args = ['install', '-y', '--no-install-recommends', 'libnginx-mod-rtmp'];
    spawnSync('apt-get', args, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
      stdio: 'ignore',
    });
    if (!existsSync(NGINX_MODULE)) return undefined;
  }
  const { dir, remove } = await folder();
  const port = await freePort();
  const file = join(dir, 'nginx.conf');
  await writeFile(
    file,
    `load_module ${NGINX_MODULE};
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log;
events { worker_connections 1024; }
rtmp { server { listen 127.0.0.1:${port}; access_log off; application live { live on; hls on; hls_path ${dir}/hls; hls_fragment 2s; hls_nested on; } } }
`,
  );
  const running = await startProgram(UNPINNED, {
    name: 'nginx-rtmp',
    command: ['nginx', '-c', file, '-e', `${dir}/error.log`],
    port,
  });
  return {
    name: 'nginx-rtmp, HLS',
    pid: running.pid,
    url: (channel) => `rtmp://127.0.0.1:${port}/live/c${channel}`,
    async close() {
      await running.stop();
      await remove();
    },
  };
}

/** An encoder that has nothing to encode: a film that was made before, sent in real time. */
export function sendFilm(film: string, url: string): { close(): Promise<void> } {
  const args = `-hide_banner -nostdin -loglevel error -re -stream_loop -1 -i ${film} -c copy -f flv ${url}`;
  const child = spawn('ffmpeg', args.split(' '), { stdio: 'ignore', env: pathWithSbin() });
  child.once('error', () => undefined);
  return { close: () => stopChild(child) };
}
