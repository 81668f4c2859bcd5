import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SEGMENT_SECONDS } from './film.ts';
import type { Film } from './film.ts';
import { listenLocally } from './listen.ts';

/** Segments of a live playlist. */
const WINDOW = 10;
const CHUNK_BYTES = 64 * 1_024;
const MASTER = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=1300000,CODECS="avc1.42c00c",RESOLUTION=256x144
index.m3u8
`;

/** The publisher's server: the same film live (`/live/<run>/master.m3u8`, which begins when it is asked for) and whole (`/film/<run>/master.m3u8`). */
export interface ContentOrigin {
  readonly url: string;
  close(): Promise<void>;
}

export async function startContentOrigin(film: Film, nowMs: () => number): Promise<ContentOrigin> {
  const begun = new Map<string, number>();
  const digests = film.segments.map(digestOf);

  function publishedOf(run: string): number {
    const since = begun.get(run);
    if (since === undefined) return 0;
    const passed = WINDOW + Math.floor((nowMs() - since) / (SEGMENT_SECONDS * 1_000));
    return Math.min(film.segments.length, passed);
  }

  function playlist(kind: string, run: string): string {
    if (kind === 'live' && !begun.has(run)) begun.set(run, nowMs());
    const end = kind === 'live' ? publishedOf(run) : film.segments.length;
    const first = kind === 'live' ? Math.max(0, end - WINDOW) : 0;
    const lines = [
      '#EXTM3U',
      '#EXT-X-VERSION:7',
      '#EXT-X-INDEPENDENT-SEGMENTS',
      `#EXT-X-TARGETDURATION:${SEGMENT_SECONDS}`,
      `#EXT-X-MEDIA-SEQUENCE:${first}`,
      '#EXT-X-MAP:URI="init.mp4"',
    ];
    for (let i = first; i < end; i += 1) lines.push(`#EXTINF:${SEGMENT_SECONDS}.0,`, `${i}.m4s`);
    if (kind === 'film') lines.push('#EXT-X-ENDLIST');
    return `${lines.join('\n')}\n`;
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://origin');
    if (pathname === '/digests') {
      const found = searchParams.getAll('target').map((target) => digests[indexOf(target)] ?? null);
      return send(response, 'application/json', JSON.stringify({ digests: found }), 600);
    }
    const [, kind = '', run = '', name = ''] = pathname.split('/');
    if (kind === '') return send(response, 'text/plain', 'an origin', 60);
    if (kind !== 'live' && kind !== 'film') return void response.writeHead(404).end();
    const maxAge = kind === 'live' ? 1 : 600;
    if (name === 'master.m3u8') return send(response, PLAYLIST, MASTER, maxAge);
    if (name === 'index.m3u8') return send(response, PLAYLIST, playlist(kind, run), maxAge);
    if (name === 'init.mp4') return send(response, 'video/mp4', film.init, 600);
    const segment = film.segments[indexOf(pathname)];
    if (segment === undefined) return void response.writeHead(404).end();
    return send(response, 'video/mp4', segment, 600);
  }

  const server = createServer(answer);
  const listening = await listenLocally(server);
  return { url: listening.url, close: () => listening.close() };
}

const PLAYLIST = 'application/vnd.apple.mpegurl';

function indexOf(target: string): number {
  return Number(/\/(\d+)\.m4s$/.exec(target)?.[1] ?? -1);
}

function send(response: ServerResponse, type: string, body: Buffer | string, maxAge: number): void {
  const bytes = Buffer.from(body as string);
  response.writeHead(200, {
    'Content-Type': type,
    'Content-Length': bytes.length,
    'Cache-Control': `public, max-age=${maxAge}`,
    'Access-Control-Allow-Origin': '*',
  });
  response.end(bytes);
}

const hash = (part: Buffer): string => createHash('sha256').update(part).digest('hex');

/** What a publisher says of a segment to pages beside a CDN that knows nothing of PeerPool. */
function digestOf(bytes: Buffer): object {
  const chunks: string[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
    chunks.push(hash(bytes.subarray(at, at + CHUNK_BYTES)));
  return { length: bytes.length, sha256: hash(bytes), chunks };
}
