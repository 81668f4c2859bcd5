import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { systemClock } from '@media-network/runtime';
import type { Clock } from '@media-network/runtime';
import { listenAt } from '@media-network/runtime/listen';
import { ensureDownload } from './download.ts';
import { createLiveChannel } from './live-channel.ts';
import { selectRange } from './range.ts';
import { loadSampleFiles } from './sample-files.ts';
import type { SampleFile } from './sample-files.ts';

export interface SampleOriginOptions {
  /** Folder for what is generated: the 50 MB download. */
  readonly dir: string;
  /** 0 (default) for a free port. Listens on 127.0.0.1 only. */
  readonly port?: number;
  /** What `Date` is by: the network's own where that is turned by hand, or every answer would look old. */
  readonly clock?: Pick<Clock, 'nowMs'>;
}

/** A plain HTTP origin with real files, validators and caching headers. */
export interface SampleOrigin {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly files: ReadonlyMap<string, SampleFile>;
  /** GETs and HEADs answered since the start, by target; what a collapsed or cached fetch keeps low. */
  readonly requests: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

function isFresh(request: IncomingMessage, file: SampleFile): boolean {
  // RFC 9110 §13.1.3: If-None-Match makes If-Modified-Since void.
  const noneMatch = request.headers['if-none-match'];
  if (noneMatch !== undefined) {
    return (
      noneMatch === '*' || noneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === file.etag)
    );
  }
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  return !Number.isNaN(since) && file.lastModified.getTime() <= since;
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  });
  response.end(text);
}

async function answer(request: IncomingMessage, response: ServerResponse, file: SampleFile): Promise<void> {
  response.setHeader('Cache-Control', file.cacheControl);
  response.setHeader('ETag', file.etag);
  response.setHeader('Last-Modified', file.lastModified.toUTCString());
  response.setHeader('Accept-Ranges', 'bytes');
  if (isFresh(request, file)) {
    response.writeHead(304).end();
    return;
  }
  response.setHeader('Content-Type', file.contentType);
  // RFC 9110 §13.1.5: a range of another version is no range at all.
  const ifRange = request.headers['if-range'];
  const ranged = ifRange === undefined || ifRange === file.etag;
  const range = selectRange(ranged ? request.headers.range : undefined, file.bytes);
  if (range.kind === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${file.bytes}`, 'Content-Length': 0 }).end();
    return;
  }
  const { start, end } = range.kind === 'part' ? range : { start: 0, end: file.bytes - 1 };
  response.setHeader('Content-Length', end - start + 1);
  if (range.kind === 'part') response.setHeader('Content-Range', `bytes ${start}-${end}/${file.bytes}`);
  response.writeHead(range.kind === 'part' ? 206 : 200);
  if (request.method === 'HEAD' || file.bytes === 0) {
    response.end();
    return;
  }
  await pipeline(createReadStream(file.path, { start, end, highWaterMark: 256 * 1024 }), response);
}

/**
 * Starts the sample origin.
 *
 * @throws `devnet/port-in-use` when the port is taken.
 */
export async function createSampleOrigin(options: SampleOriginOptions): Promise<SampleOrigin> {
  const downloadPath = join(options.dir, '50mb.bin');
  await ensureDownload(downloadPath);
  const files = await loadSampleFiles(downloadPath);
  const requests = new Map<string, number>();
  const live = createLiveChannel(
    [...files.keys()].filter((each) => /^\/hls\/360p\/\d+\.m4s$/.test(each)).length,
    (options.clock ?? systemClock).nowMs(),
  );

  const server = createServer((request, response) => {
    response.setHeader('Date', new Date((options.clock ?? systemClock).nowMs()).toUTCString());
    const target = (request.url ?? '/').replace(/\?.*$/s, '');
    requests.set(target, (requests.get(target) ?? 0) + 1);
    const nowMs = (options.clock ?? systemClock).nowMs();
    const playlist = live.playlist(target, nowMs);
    const file = files.get(target) ?? files.get(live.segment(target, nowMs) ?? '');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      plain(response, 405, 'Only GET and HEAD are answered here.\n');
    } else if (playlist !== undefined) {
      response.writeHead(200, {
        'Content-Type': 'application/vnd.apple.mpegurl',
        'Content-Length': Buffer.byteLength(playlist),
        'Cache-Control': 'public, max-age=1',
      });
      response.end(request.method === 'HEAD' ? '' : playlist);
    } else if (file === undefined) {
      plain(response, 404, 'There is no such file here.\n');
    } else {
      // A reader that goes away in the middle ends only its own response.
      answer(request, response, file).catch(() => response.destroy());
    }
  });
  server.keepAliveTimeout = 60_000;

  const port = await listenAt(server, {
    host: '127.0.0.1',
    port: options.port ?? 0,
    flag: '--port',
    codes: { inUse: 'devnet/port-in-use', failed: 'devnet/cannot-listen' },
    use: 'the sample origin',
  });

  return {
    url: `http://127.0.0.1:${port}`,
    files,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
