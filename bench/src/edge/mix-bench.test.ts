import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fillCache } from './fill-cache.ts';
import { compareRow, mixPaths } from './mix-bench.ts';
import { freshScript, pathsScript } from './request-scripts.ts';

test('a mix is the same each time, names the length of each object, and has favourites', () => {
  const { paths, meanBytes } = mixPaths(1_000, 20_000, 1);
  expect(mixPaths(1_000, 20_000, 1).paths).toEqual(paths);
  expect(mixPaths(1_000, 20_000, 2).paths).not.toEqual(paths);
  const sizes = new Map<string, string>();
  let sum = 0;
  for (const path of paths) {
    const [, bytes = '', object = ''] = path.split('/');
    expect(sizes.get(object) ?? bytes).toBe(bytes);
    sizes.set(object, bytes);
    sum += Number(bytes);
  }
  expect(meanBytes).toBe(Math.round(sum / paths.length));
  const favourite = paths.filter((path) => path.endsWith('/0')).length;
  // 1 / H(1000) is 0.1336.
  expect(favourite / paths.length).toBeGreaterThan(0.12);
  expect(favourite / paths.length).toBeLessThan(0.15);
});

test('scripts for the load stand in the folder with what they ask for', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'media-bench-test-'));
  const [script, list] = pathsScript(dir, ['/1/2', '/3/4']);
  expect(readFileSync(list, 'utf8')).toBe('/1/2\n/3/4\n');
  expect(readFileSync(script, 'utf8')).toContain('function request()');
  const [fresh, start] = freshScript(dir, '/4096/7-');
  expect(start).toBe('/4096/7-');
  expect(readFileSync(fresh, 'utf8')).toContain('start .. at');
  await rm(dir, { recursive: true });
});

test('a cache is filled with each once, and says what failed', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(request.url === '/bad' ? 503 : 200).end('x');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const target = {
    name: 'it',
    pid: process.pid,
    httpPort: port,
    httpsPort: port,
    hostHeader: 'a.test',
    stop: () => Promise.resolve(),
  };
  const paths = Array.from({ length: 100 }, (_, i) => `/${i}`);
  await fillCache(target, paths, 4);
  expect(asked.toSorted((a, b) => a.localeCompare(b))).toEqual(paths.toSorted((a, b) => a.localeCompare(b)));
  await expect(fillCache(target, ['/bad'])).rejects.toMatchObject({ code: 'bench/load-failed' });
  server.closeAllConnections();
  server.close();
});

const figures = (cpuUs: number) => ({
  perCpuSecond: 1e6 / cpuUs,
  perSecond: 1,
  cpuUs,
  p99Us: 1,
  openingP99Us: 1,
});

test('a comparison without enough undisturbed rounds has no ratio', () => {
  const pairs = [
    { us: figures(20), peer: figures(10) },
    { us: figures(10), peer: figures(10) },
    { us: figures(40), peer: figures(10) },
  ];
  expect(compareRow('a', 'b', pairs, 3, 0)).toMatchObject({
    usCpuUs: 20,
    peerCpuUs: 10,
    us: 50_000,
    ratio: { median: 0.5, least: 0.25, most: 1 },
    busy: false,
  });
  expect(compareRow('a', 'b', pairs, 4, 5)).toMatchObject({ ratio: null, busy: true, dropped: 5 });
});
