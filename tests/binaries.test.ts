import { execFile, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, readdir } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { field, media, scratch, until } from './harness/processes.ts';

const run = promisify(execFile);

/** What the Linux binary needs to be made so that it needs nothing. */
const hasRust = spawnSync('rustc', ['--version']).status === 0;
/** A root of one's own: by right, or in a namespace of users. */
const CHROOT: readonly string[] = process.getuid?.() === 0 ? ['chroot'] : ['unshare', '-r', 'chroot'];
const canChroot = spawnSync(CHROOT[0] ?? '', [...CHROOT.slice(1), '/', '/bin/true']).status === 0;
const here = process.platform === 'linux' && process.arch === 'x64';

/** Six hundred megabytes are read, written and hashed; on a busy machine that takes minutes. */
const LONGEST_MS = 1_500_000;

const MAGIC: Readonly<Record<string, string>> = {
  'media-linux-x64': '7f454c46',
  'media-linux-arm64': '7f454c46',
  'media-macos-x64': 'cffaedfe',
  'media-windows-x64.exe': '4d5a',
};

describe.skipIf(!here)('media package', () => {
  let folder: Awaited<ReturnType<typeof scratch>>;
  let out: string;

  beforeAll(async () => {
    folder = await scratch();
    out = join(folder.dir, 'dist');
    await media(['package', '--out', out], folder.dir);
  }, LONGEST_MS);
  afterAll(() => folder?.remove());

  test('makes a binary for each system, with hashes and licences', async () => {
    expect((await readdir(out)).toSorted()).toEqual(
      [
        'Containerfile',
        'LICENSES.txt',
        'SHA256SUMS',
        'edge.env',
        'grafana-media-edge.json',
        'media-edge.service',
        'media.sysusers',
        ...Object.keys(MAGIC),
      ].toSorted(),
    );
    const sums = await readFile(join(out, 'SHA256SUMS'), 'utf8');
    for (const [name, magic] of Object.entries(MAGIC)) {
      const bytes = await readFile(join(out, name));
      expect(bytes.toString('hex', 0, magic.length / 2)).toBe(magic);
      expect(sums).toContain(`${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`);
      // The command is in it, and its checkout is not.
      expect([
        name,
        bytes.includes('Serves resources from its cache'),
        bytes.includes(process.cwd()),
      ]).toEqual([name, true, false]);
    }
    const licences = await readFile(join(out, 'LICENSES.txt'), 'utf8');
    for (const name of [
      'Media Network',
      'pino ',
      'undici ',
      'commander ',
      '@solana/kit ',
      'Node.js',
      'GNU C Library',
    ])
      expect(licences).toContain(name);
  });

  test('what needs the checkout is not among its commands', () => {
    const help = spawnSync(join(out, 'media-linux-x64'), ['--help'], { cwd: folder.dir, encoding: 'utf8' });
    expect([help.status, help.stderr]).toEqual([0, '']);
    for (const word of ['edge', 'guard', 'wallet', 'resource', 'doctor'])
      expect(help.stdout).toMatch(new RegExp(`^ {2}${word} `, 'm'));
    for (const word of ['up', 'bench', 'program', 'package'])
      expect(help.stdout).not.toMatch(new RegExp(`^ {2}${word} `, 'm'));
    const up = spawnSync(join(out, 'media-linux-x64'), ['up'], { cwd: folder.dir, encoding: 'utf8' });
    expect([up.status, up.stderr]).toEqual([2, expect.stringContaining('up')]);
  });

  describe.skipIf(!hasRust || !canChroot)('in an empty root', () => {
    let network: Devnet;
    let root: string;
    let port: number;
    let control: string;
    let stop: () => Promise<number | null>;

    beforeAll(async () => {
      network = await createDevnet({ dir: join(folder.dir, 'net'), guards: 1, edges: 1 });
      const name = 'edge-9';
      const { keypair } = await network.registerEdge(8);
      root = join(folder.dir, 'root');
      await mkdir(root);
      await copyFile(join(out, 'media-linux-x64'), join(root, 'media'));
      await copyFile(keypair, join(root, 'key.json'));
      const [program = '', ...first] = CHROOT;
      const args = [
        ...first,
        root,
        '/media',
        'edge',
        '--keypair',
        '/key.json',
        '--data',
        `/${name}`,
        '--json',
      ];
      const child = spawn(
        program,
        [
          ...args,
          '--url',
          network.rpcUrl,
          '--program',
          network.programId,
          '--port',
          '0',
          '--control-port',
          '0',
          // The site pays little for so much in one hour.
          '--past-credit',
          'serve',
          '--workers',
          '2',
        ],
        { cwd: root, env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      let stderr = '';
      child.stderr.on('data', (part: Buffer) => (stderr += part.toString()));
      const gone = new Promise<number | null>((resolve) => child.once('close', resolve));
      const told = await Promise.race([
        new Promise<unknown>((resolve) =>
          createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line))),
        ),
        gone.then((code) => Promise.reject(new Error(`the edge ended with ${code}: ${stderr}`))),
      ]);
      port = Number(field(told, 'httpPort'));
      control = field(told, 'controlUrl');
      stop = () => {
        child.kill('SIGTERM');
        return gone;
      };
    });
    afterAll(async () => {
      await stop?.();
      await network?.close();
    });

    /** By name: the platform's fetch does not let anybody choose a Host. */
    const get = (path: string): Promise<{ status: number; cacheStatus: string; bytes: number }> =>
      new Promise((resolve, reject) => {
        http
          .get({ host: '127.0.0.1', port, path, headers: { Host: network.host } }, (response) => {
            let bytes = 0;
            response.on('data', (part: Buffer) => (bytes += part.length));
            response.on('error', reject);
            response.on('end', () =>
              resolve({
                status: response.statusCode ?? 0,
                cacheStatus: String(response.headers['cache-status']),
                bytes,
              }),
            );
          })
          .on('error', reject);
      });

    test('it is an edge: workers, threads, cache on disk, journal', async () => {
      await until('the edge to serve', 60_000, async () =>
        (await get('/.well-known/media-network/ready')).status === 204 ? true : undefined,
      );
      expect((await get('/index.html')).status).toBe(200);
      // Many at once are written by a thread.
      const many = await Promise.all(Array.from({ length: 60 }, (_, i) => get(`/index.html?${i}`)));
      expect(many.every(({ status }) => status === 200)).toBe(true);
      expect((await get('/download/50mb.bin')).bytes).toBe(50_000_000);
      expect((await get('/index.html')).cacheStatus).toMatch(/hit/);
      const metrics = await (await fetch(`${control}/metrics`)).text();
      expect(metrics).toMatch(/^media_edge_workers 2$/m);
      expect(metrics).toMatch(/^media_edge_cache_degraded 0$/m);
      expect(metrics).toMatch(/^media_edge_workers_lost_total 0$/m);
    });

    test('it is upgraded, and ends in order, with nothing outside what it was given', async () => {
      const [program = '', ...first] = CHROOT;
      // The chain runs in this process: it must go on while the new generation asks it.
      const upgraded = await run(
        program,
        [...first, root, '/media', 'edge', 'upgrade', '--data', '/edge-9', '--json'],
        { env: { PATH: process.env['PATH'] } },
      );
      expect(upgraded.stdout).toMatch(/"pid":\d+/);
      expect((await get('/index.html')).status).toBe(200);
      expect(await stop()).toBe(0);
      expect((await readdir(root)).toSorted()).toEqual(['.media-runtime', 'edge-9', 'key.json', 'media']);
    });
  });
});
