import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DOWNLOAD_BYTES, ensureDownload } from './download.ts';
import { selectRange } from './range.ts';
import { createSampleOrigin } from './sample-origin.ts';
import type { SampleOrigin } from './sample-origin.ts';

let dir: string;
let origin: SampleOrigin;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sample-origin-'));
  origin = await createSampleOrigin({ dir });
});

afterAll(async () => {
  await origin.close();
  await rm(dir, { recursive: true });
});

test('the page has a validator and a lifetime, and revalidates to 304', async () => {
  const first = await fetch(`${origin.url}/`);
  expect(first.status).toBe(200);
  expect(first.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(first.headers.get('cache-control')).toBe('public, max-age=60');
  const etag = first.headers.get('etag') ?? '';
  expect(await first.text()).toContain('This page came through an edge');

  const again = await fetch(`${origin.url}/`, { headers: { 'If-None-Match': `"other", ${etag}` } });
  expect(again.status).toBe(304);
  const since = first.headers.get('last-modified') ?? '';
  expect((await fetch(`${origin.url}/`, { headers: { 'If-Modified-Since': since } })).status).toBe(304);
  const both = await fetch(`${origin.url}/`, {
    headers: { 'If-None-Match': '"x"', 'If-Modified-Since': since },
  });
  expect(both.status).toBe(200);
});

test('everything a page refers to is there', async () => {
  for (const page of ['/', '/watch.html']) {
    const html = await (await fetch(origin.url + page)).text();
    const targets = [...html.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map((match) => match[1] ?? '');
    expect(targets.length).toBeGreaterThan(4);
    for (const target of targets)
      expect((await fetch(origin.url + target, { method: 'HEAD' })).status, target).toBe(200);
  }
});

test('every segment of every rendition is there and small enough to ship', async () => {
  const master = await (await fetch(`${origin.url}/hls/master.m3u8`)).text();
  const renditions = master.split('\n').filter((line) => line.endsWith('.m3u8'));
  expect(renditions).toEqual(['180p/index.m3u8', '360p/index.m3u8']);
  let bytes = 0;
  for (const rendition of renditions) {
    const playlist = await (await fetch(`${origin.url}/hls/${rendition}`)).text();
    const folder = rendition.replace('index.m3u8', '');
    const names = ['init.mp4', ...playlist.split('\n').filter((line) => line.endsWith('.m4s'))];
    expect(names).toHaveLength(13);
    for (const name of names) {
      const file = origin.files.get(`/hls/${folder}${name}`);
      expect(file?.cacheControl).toContain('immutable');
      bytes += file?.bytes ?? 0;
    }
  }
  expect(bytes).toBeLessThan(1_500_000);
});

test('the download is the same on every machine and comes in ranges', async () => {
  const file = origin.files.get('/download/50mb.bin');
  expect(file?.bytes).toBe(DOWNLOAD_BYTES);
  const whole = Buffer.from(await (await fetch(`${origin.url}/download/50mb.bin`)).arrayBuffer());
  expect(createHash('sha256').update(whole).digest('hex')).toBe(file?.sha256);
  expect(file?.sha256.slice(0, 16)).toBe('52d9b085c186f1f0');

  const part = await fetch(`${origin.url}/download/50mb.bin`, { headers: { Range: 'bytes=-1000' } });
  expect(part.status).toBe(206);
  expect(part.headers.get('content-range')).toBe(`bytes 49999000-49999999/50000000`);
  expect(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(-1000))).toBe(true);
  const beyond = await fetch(`${origin.url}/download/50mb.bin`, { headers: { Range: 'bytes=50000000-' } });
  expect(beyond.status).toBe(416);
  const stale = await fetch(`${origin.url}/`, { headers: { Range: 'bytes=0-1', 'If-Range': '"old"' } });
  expect(stale.status).toBe(200);
});

test('a download cut short is made again', async () => {
  const path = join(dir, '50mb.bin');
  await truncate(path, 1000);
  await ensureDownload(path);
  expect((await stat(path)).size).toBe(DOWNLOAD_BYTES);
});

test('unknown files and other methods are refused', async () => {
  expect((await fetch(`${origin.url}/../package.json`)).status).toBe(404);
  expect((await fetch(`${origin.url}/%2e%2e/package.json`)).status).toBe(404);
  const post = await fetch(`${origin.url}/`, { method: 'POST', body: 'x' });
  expect(post.status).toBe(405);
  expect(post.headers.get('allow')).toBe('GET, HEAD');
});

test('a taken port is named', async () => {
  const port = Number(new URL(origin.url).port);
  await expect(createSampleOrigin({ dir, port })).rejects.toMatchObject({
    code: 'devnet/port-in-use',
    message: expect.stringContaining(String(port)),
  });
});

test('ranges', () => {
  expect(selectRange(undefined, 10)).toEqual({ kind: 'whole' });
  expect(selectRange('bytes=0-3', 10)).toEqual({ kind: 'part', start: 0, end: 3 });
  expect(selectRange('bytes=4-', 10)).toEqual({ kind: 'part', start: 4, end: 9 });
  expect(selectRange('bytes=-99', 10)).toEqual({ kind: 'part', start: 0, end: 9 });
  expect(selectRange('bytes=-0', 10)).toEqual({ kind: 'unsatisfiable' });
  expect(selectRange('bytes=10-', 10)).toEqual({ kind: 'unsatisfiable' });
  expect(selectRange('bytes=5-2', 10)).toEqual({ kind: 'whole' });
  expect(selectRange('bytes=0-1,4-5', 10)).toEqual({ kind: 'whole' });
  expect(selectRange('lines=0-1', 10)).toEqual({ kind: 'whole' });
});
