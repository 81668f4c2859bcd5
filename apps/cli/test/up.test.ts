import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { get as getHttps } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createViewer } from '@media-network/viewer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runChild } from '../src/child.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MAIN = join(ROOT, 'apps', 'cli', 'src', 'main.ts');
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-up-'));
});

afterAll(() => rm(dir, { recursive: true, force: true }));

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A base port with all that `up` takes above it free. */
async function freeBase(): Promise<number> {
  for (let base = 20_000 + Math.floor(Math.random() * 5_000); base < 30_000; base += 7) {
    const wanted = [0, 1, 2, 363, 364, 365, 1000, 1001, 1002, 2001, 2002, 2003, 3000, 3001, 500, 501].map(
      (each) => base + each,
    );
    if ((await Promise.all(wanted.map(isFree))).every(Boolean)) return base;
  }
  throw new Error('no free ports');
}

interface Up {
  readonly child: ChildProcess;
  readonly url: string;
  /** That of the same site without a name. */
  readonly plainUrl: string;
  output(): string;
  exit: Promise<number | null>;
}

/** Without `base` it takes the ports that the folder's network had. */
function up(base: number | undefined, more: readonly string[] = [], folder = 'net'): Promise<Up> {
  const args = [
    MAIN,
    'up',
    '--dir',
    join(dir, folder),
    ...(base === undefined ? [] : ['--port', String(base), '--rpc-port', String(base + 500)]),
    '--fast',
    ...more,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  return new Promise((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const url = /^\s*(http:\/\/[a-z2-7]{20}\.medianet\.localhost:\d+\/)$/m.exec(output)?.[1];
      const plainUrl = /^\s*(http:\/\/127\.0\.0\.1:\d+\/) /m.exec(output)?.[1];
      if (url !== undefined && plainUrl !== undefined)
        resolve({
          child,
          url,
          plainUrl,
          output: () => output,
          exit,
        });
    });
    void exit.then((code) => reject(new Error(`up ended with ${code}: ${output}`)));
  });
}

/** The status over HTTPS, for a client that trusts this root alone. */
function statusOver(url: string, ca: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    getHttps({ host: '127.0.0.1', port, servername: hostname, ca, headers: { Host: hostname } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on('error', reject);
  });
}

async function body(url: string): Promise<string> {
  return (await fetch(url)).text();
}

async function command(
  ...args: readonly string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  return runChild(process.execPath, [MAIN, ...args], { cwd: dir });
}

test(
  'up serves its URL, stops cleanly on Ctrl-C, and goes on where it stopped',
  { timeout: 400_000 },
  async () => {
    const base = await freeBase();
    const viewer = createViewer();
    const first = await up(base);
    // What it says to open is open, at every edge and at once.
    for (const port of [base, base + 1, base + 2])
      expect((await viewer.get(first.url.replace(String(base), String(port)))).status).toBe(200);
    const miss = await viewer.get(`${first.url}pictures/coast.jpg`);
    const hit = await viewer.get(`${first.url}pictures/coast.jpg`);
    expect([miss.status, hit.status]).toEqual([200, 200]);
    expect(miss.header('cache-status')).toContain('fwd=miss');
    expect(hit.header('cache-status')).toContain('; hit');
    const root = await readFile(join(dir, 'net', 'authority', 'root.pem'), 'utf8');
    const secure = /(https:\/\/\S+)/.exec(first.output())?.[1] ?? '';
    expect(new URL(secure)).toMatchObject({
      hostname: new URL(first.url).hostname,
      port: String(base + 363),
    });
    for (const port of [base + 363, base + 364, base + 365])
      expect(await statusOver(secure.replace(String(base + 363), String(port)), root)).toBe(200);
    const shown = await command('certificates', 'root', '--dir', join(dir, 'net'), '--pem');
    expect(shown.stdout).toBe(root);
    first.child.kill('SIGINT');
    expect(await first.exit).toBe(0);
    // Piped output is plain lines.
    expect(first.output()).not.toContain('\u001B');
    expect(first.output()).toMatch(/\nstopped; /);

    const second = await up(base);
    expect(second.url).toBe(first.url);
    // With the root that was trusted before.
    expect(await statusOver(secure, root)).toBe(200);
    // What a first start makes is there, so that a second is short.
    for (const made of ['create the network', 'register the edge', 'register the resource']) {
      expect(first.output()).toContain(made);
      expect(second.output()).not.toContain(made);
    }
    const again = await viewer.get(`${second.url}pictures/coast.jpg`);
    expect(again.header('cache-status')).toContain('; hit');
    expect(again.sha256).toBe(miss.sha256);
    second.child.kill('SIGTERM');
    expect(await second.exit).toBe(0);
  },
);

test(
  'up goes on with the origin it had, says where it runs, and stops by --stop',
  { timeout: 400_000 },
  async () => {
    const site = createHttpServer((_request, response) => response.end('my own site'));
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    // A listening TCP server has an AddressInfo.
    const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    const net = join(dir, 'own net');
    try {
      const base = await freeBase();
      const first = await up(base, ['--origin', origin], 'own net');
      expect(await body(first.plainUrl)).toBe('my own site');
      const second = await command('up', '--dir', net);
      expect(second.code).toBe(1);
      expect(second.stderr).toContain('is running already');
      expect(second.stderr).toContain(first.url);
      expect(second.stderr).not.toContain('Port');
      const stopped = await command('up', '--stop', '--dir', net, '--json');
      expect(JSON.parse(stopped.stdout)).toMatchObject({ stopped: true, url: first.url });
      expect(await first.exit).toBe(0);
      expect(first.output()).toContain(`up --dir '${net}'`);
      expect((await command('up', '--stop', '--dir', net)).stderr).toContain('No network runs in');

      const again = await up(undefined, [], 'own net');
      expect(again.url).toBe(first.url);
      expect(again.plainUrl).toBe(first.plainUrl);
      expect(await body(again.plainUrl)).toBe('my own site');
      expect(again.output()).toContain(origin);
      again.child.kill('SIGTERM');
      expect(await again.exit).toBe(0);

      const sample = await up(base, ['--origin', 'sample'], 'own net');
      await expect
        .poll(() => body(sample.plainUrl), { timeout: 60_000 })
        .toContain('This page came through an edge');
      sample.child.kill('SIGKILL');
      await sample.exit;
      // What a kill left behind is no running network.
      expect((await command('up', '--stop', '--dir', net)).stderr).toContain('No network runs in');
    } finally {
      site.close();
    }
  },
);

test(
  'with --json standard output is lines of JSON, from the first to the last',
  { timeout: 400_000 },
  async () => {
    const base = await freeBase();
    const args = [MAIN, 'up', '--json', '--fast', '--dir', join(dir, 'json net')];
    const child = spawn(
      process.execPath,
      [...args, '--port', String(base), '--rpc-port', String(base + 500)],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let stdout = '';
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
    await new Promise<void>((resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        // The addresses, and a first look.
        if (stdout.split('\n').length > 2) resolve();
      });
      void exit.then((code) => reject(new Error(`up ended with ${code}: ${stderr}`)));
    });
    child.kill('SIGINT');
    expect(await exit).toBe(0);
    const lines = stdout.split('\n').slice(0, -1);
    const [first, second] = lines.map((line): unknown => JSON.parse(line));
    expect(first).toMatchObject({
      url: expect.stringContaining(`:${base}/`),
      plainUrl: `http://127.0.0.1:${base}/`,
    });
    expect(second).toMatchObject({
      sites: { requests: expect.any(Number) },
      money: { hour: expect.any(String) },
    });
    // What it is at is said besides.
    expect(stderr).toContain('start the chain');
  },
);

test(
  'up comes up with a site that is not there yet, says so, and serves it when it is',
  { timeout: 400_000 },
  async () => {
    const site = createHttpServer((_request, response) => response.end('late'));
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    // A listening TCP server has an AddressInfo.
    const { port } = site.address() as AddressInfo;
    await new Promise((resolve) => site.close(resolve));
    const network = await up(await freeBase(), ['--origin', `http://127.0.0.1:${port}`], 'late net');
    expect(network.output()).toContain('does not answer this machine');
    expect(network.output()).toContain('the guards do not authorise it yet');
    expect((await fetch(network.plainUrl)).status).toBe(503);
    const late = createHttpServer((_request, response) => response.end('late'));
    await new Promise<void>((resolve) => late.listen(port, '127.0.0.1', resolve));
    try {
      await expect.poll(() => body(network.plainUrl), { timeout: 90_000, interval: 500 }).toBe('late');
    } finally {
      late.close();
      network.child.kill('SIGTERM');
      await network.exit;
    }
  },
);

test(
  'up says of a site that is paused or removed that it is, and waits for nobody',
  { timeout: 400_000 },
  async () => {
    const folder = 'ended net';
    const net = join(dir, folder);
    const again = async (): Promise<string> => {
      const network = await up(undefined, [], folder);
      network.child.kill('SIGTERM');
      expect(await network.exit).toBe(0);
      return network.output();
    };
    const first = await up(await freeBase(), [], folder);
    expect((await command('resource', 'update', '1', '--pause', '--dir', net)).code).toBe(0);
    // A disk that takes no figures ends nothing.
    await mkdir(join(net, 'traffic.json'));
    first.child.kill('SIGTERM');
    expect(await first.exit).toBe(0);
    expect(first.output()).toContain('the figures are not kept: ');
    await rm(join(net, 'traffic.json'), { recursive: true });
    expect(await again()).toMatch(/the site is paused: ".* resource update 1 --resume .*" serves it again/);

    const second = await up(undefined, [], folder);
    expect((await command('resource', 'remove', '1', '--dir', net)).code).toBe(0);
    second.child.kill('SIGTERM');
    await second.exit;
    expect(await again()).toMatch(/the site was removed: ".* resource add .*" publishes another/);
    // Another origin has nowhere to go.
    const other = await up(undefined, ['--origin', 'http://127.0.0.1:9'], folder);
    other.child.kill('SIGTERM');
    expect(await other.exit).toBe(0);
    expect(other.output()).toContain('the site was removed');
  },
);

test(
  'up says of a seal key that is gone that it made another, and seals the settings for it',
  { timeout: 400_000 },
  async () => {
    const folder = 'unsealed net';
    const first = await up(await freeBase(), [], folder);
    first.child.kill('SIGTERM');
    await first.exit;
    for (const name of ['guard-1.seal', 'guard-2.seal', 'guard-3.seal', 'vouch-1.json'])
      await rm(join(dir, folder, 'keys', name));
    const second = await up(undefined, [], folder);
    try {
      expect(second.output().match(/the seal key of the guard at \S+ was gone/g)).toHaveLength(3);
      expect(second.output()).toContain('put new settings in force');
      const named = /the key of the signer was gone.* --vouching-key (\w+)/.exec(second.output())?.[1] ?? '';
      const net = join(dir, folder);
      const signer = await command('vouch', 'key', '--key', join(net, 'keys', 'vouch-1.json'), '--json');
      expect(JSON.parse(signer.stdout)).toMatchObject({ vouchingKey: named, made: false });
      await expect
        .poll(() => body(second.plainUrl), { timeout: 60_000 })
        .toContain('This page came through an edge');
    } finally {
      second.child.kill('SIGTERM');
      expect(await second.exit).toBe(0);
    }
  },
);

test(
  'a network that is starting is said to be, and stops before it is up',
  { timeout: 400_000 },
  async () => {
    const base = await freeBase();
    const net = join(dir, 'starting net');
    const args = [
      MAIN,
      'up',
      '--fast',
      '--dir',
      net,
      '--port',
      String(base),
      '--rpc-port',
      String(base + 500),
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
    await new Promise<void>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        const isFirst = !output.includes('start the chain');
        output += text;
        if (!isFirst || !output.includes('start the chain')) return;
        // It stands still here, however fast the machine.
        child.kill('SIGSTOP');
        resolve();
      });
    });
    const second = await command('up', '--dir', net);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`The network in ${net} is starting`);
    expect(second.stderr).not.toContain('Port');
    child.kill('SIGTERM');
    child.kill('SIGCONT');
    expect(await exit).toBe(0);
    expect(output).toMatch(/\nstopped before it was up; /);
    expect((await command('up', '--stop', '--dir', net)).stderr).toContain('No network runs in');
  },
);

test('the bootstrap script runs from any folder and through symlinks', { timeout: 60_000 }, async () => {
  const link = join(dir, 'media-link');
  await symlink(join(ROOT, 'media'), join(dir, 'once'));
  await symlink('once', link);
  const result = await runChild(link, ['--version'], { cwd: tmpdir() });
  expect(result).toMatchObject({ code: 0, stderr: '' });
  expect(result.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
