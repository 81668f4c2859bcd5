import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './processes.ts';

/** The examples as they are in the repository. */
const EXAMPLES = fileURLToPath(new URL('../../examples/vouch/', import.meta.url));

/** nginx lives in a folder that is not on every user's PATH. */
const ENV = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };

/** Longest that a server may take to start on a busy machine. */
const START_MS = 60_000;

export interface Running {
  stop(): Promise<void>;
}

/** Copies an example, with other ports in its files: what stands there is for one user at a time. */
export async function copyExample(
  name: string,
  to: string,
  files: readonly string[],
  ports: Readonly<Record<number, number>>,
): Promise<void> {
  await cp(join(EXAMPLES, name), to, { recursive: true });
  for (const file of files) {
    let text = await readFile(join(to, file), 'utf8');
    for (const [from, port] of Object.entries(ports))
      text = text.replaceAll(`127.0.0.1:${from}`, `127.0.0.1:${port}`);
    await writeFile(join(to, file), text);
  }
}

/** Debian's nginx, installed where it is missing and that needs no password. */
export function ensureNginx(): void {
  const here = (): boolean => spawnSync('nginx', ['-v'], { env: ENV, stdio: 'ignore' }).status === 0;
  if (here()) return;
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', 'nginx-light'];
  const [program = '', ...args] = process.getuid?.() === 0 ? install : ['sudo', '-n', ...install];
  // RUNLEVEL=1: the package's own service is not started.
  spawnSync(program, args, {
    env: { ...ENV, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    stdio: 'ignore',
  });
  if (!here()) throw new Error('nginx is missing: run "apt-get install nginx-light" as root');
}

/** nginx in the folder of its configuration, as the example says to start it. */
export async function startNginx(dir: string, port: number): Promise<Running> {
  // As root, nginx's worker becomes another user, who cannot read a temporary folder.
  const user = process.getuid?.() === 0 ? ' user root;' : '';
  return start(
    'nginx',
    ['-p', dir, '-c', 'nginx.conf', '-g', `daemon off;${user}`, '-e', 'error.log'],
    port,
    {},
  );
}

/** The example's own server. */
export function startNode(port: number, env: Readonly<Record<string, string>>): Promise<Running> {
  return start(process.execPath, [join(EXAMPLES, 'node/server.js')], port, { ...env, PORT: String(port) });
}

async function start(
  program: string,
  args: readonly string[],
  port: number,
  env: Readonly<Record<string, string>>,
): Promise<Running> {
  const child = spawn(program, args, { env: { ...ENV, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (part: Buffer) => (stderr += part.toString('utf8')));
  await until(`${program} at ${port}`, START_MS, async () => {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}: ${stderr}`);
    return (await accepts(port)) ? true : undefined;
  });
  return { stop: () => stopped(child) };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  await gone;
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('a listening server has an address');
  return address.port;
}
