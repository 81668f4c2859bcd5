import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import zlib from 'node:zlib';
import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { exchange } from '@media-network/viewer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const MB = 2 ** 20;
const FILM_BYTES = 10 * 2 ** 30;
const PAGE = `<!doctype html><title>A page</title>${'<p>A line of a page that repeats itself.</p>\n'.repeat(1_000)}`;

/** A publisher's origin: a page, and a film of 10 GB that costs no disk. */
interface FilmOrigin {
  readonly url: string;
  /** Bytes of bodies that it sent. */
  sent: number;
  pages: number;
  etag: string;
  close(): Promise<void>;
}

/** Bytes of the film: each 8 say where they are, and of which version. */
function filmBytes(version: string, start: number, end: number): Buffer {
  const first = Math.floor(start / 8);
  const bytes = Buffer.alloc((Math.ceil(end / 8) - first) * 8, version.at(1));
  for (let at = 0; at < bytes.length; at += 8) bytes.writeUInt32BE(first + at / 8, at);
  return bytes.subarray(start - first * 8, end - first * 8);
}

async function startOrigin(): Promise<FilmOrigin> {
  const server: Server = createServer((request, response) => {
    if (request.url !== '/film.mp4') {
      // Guards look at sites, too.
      if (request.url === '/page' && request.headers.via !== undefined) origin.pages += 1;
      response.writeHead(200, { 'Content-Type': 'text/html', ETag: '"p"', 'Cache-Control': 'max-age=600' });
      response.end(PAGE);
      return;
    }
    const { etag } = origin;
    const fields = { ETag: etag, 'Cache-Control': 'max-age=600', 'Accept-Ranges': 'bytes' };
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const isSame = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
    if (first === undefined || last === undefined || !isSame) {
      // Nobody reads all of that.
      response.writeHead(200, { ...fields, 'Content-Length': FILM_BYTES });
      response.write(filmBytes(etag, 0, 65_536));
      origin.sent += 65_536;
      return;
    }
    const body = filmBytes(etag, Number(first), Number(last) + 1);
    origin.sent += body.length;
    response.writeHead(206, {
      ...fields,
      'Content-Length': body.length,
      'Content-Range': `bytes ${first}-${last}/${FILM_BYTES}`,
    });
    response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const origin: FilmOrigin = {
    url: `http://127.0.0.1:${address.port}`,
    sent: 0,
    pages: 0,
    etag: '"a"',
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
  return origin;
}

describe('three edges', () => {
  let origin: FilmOrigin;
  let network: Devnet;

  beforeAll(async () => {
    origin = await startOrigin();
    network = await createDevnet({ origin: origin.url, edges: 3 });
  });
  afterAll(async () => {
    await network?.close();
    await origin?.close();
  });

  const urlAt = (edge: number, target: string): string =>
    `http://${network.host}:${network.edges[edge]?.port ?? 0}${target}`;

  async function seek(edge: number, start: number, bytes = 1_000): Promise<void> {
    const part = await exchange(urlAt(edge, '/film.mp4'), {
      range: [start, start + bytes - 1],
      keepBody: true,
    });
    expect([
      part.status,
      Buffer.from(part.body).equals(filmBytes(origin.etag, start, start + bytes)),
    ]).toEqual([206, true]);
  }

  test('seek in 10 GB, each for a slice a seek', async () => {
    const seeks = [0, 1, 2, 3, 4].map((i) => i * 2 ** 31 + 12_345);
    for (let edge = 0; edge < 3; edge += 1) {
      const before = origin.sent;
      for (const start of seeks) await seek(edge, start);
      expect(origin.sent - before).toBeLessThanOrEqual(6 * MB);
      const after = origin.sent;
      for (const start of seeks) await seek(edge, start + 2_000);
      expect(origin.sent).toBe(after);
    }
  });

  test('never put two versions of it together', async () => {
    origin.etag = '"b"';
    for (let edge = 0; edge < 3; edge += 1) {
      await seek(edge, 2 ** 31 + 3 * MB);
      // What was kept of the old one is not given beside the new one.
      await seek(edge, 12_345);
    }
  });

  test('code a page for whoever takes it, and ask for it once each', async () => {
    for (let edge = 0; edge < 3; edge += 1) {
      const before = network.edges[edge]?.stats().bytes ?? 0;
      let received = 0;
      for (const [coding, decode] of [
        ['br', zlib.brotliDecompressSync],
        ['zstd', zlib.zstdDecompressSync],
        ['gzip', zlib.gunzipSync],
        ['identity', (bytes: Buffer) => bytes],
      ] as const) {
        for (let i = 0; i < 2; i += 1) {
          const page = await exchange(urlAt(edge, '/page'), {
            headers: { 'accept-encoding': coding },
            keepBody: true,
          });
          received += page.totalBytes;
          expect(decode(Buffer.from(page.body)).toString()).toBe(PAGE);
          if (coding !== 'identity') expect(page.body.length).toBeLessThan(PAGE.length / 10);
        }
      }
      // Guards may have looked meanwhile.
      expect((network.edges[edge]?.stats().bytes ?? 0) - before).toBeGreaterThanOrEqual(received);
    }
    expect(origin.pages).toBe(3);
  });
});
