/**
 * The origin of the steadiness measurements: bodies that depend on their path (known-body.ts), ranges, validators,
 * uploads that are answered with their hash, and paths that fail now and then. Prints one line of JSON with its
 * port; stops on SIGTERM.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { seededRandom } from '../hits/trace.ts';
import { knownBody, knownPath, knownTag } from './known-body.ts';

const random = seededRandom(Number(process.argv[2] ?? 1));
const CACHE_CONTROL = {
  keep: 'public, max-age=3600',
  short: 'public, max-age=1',
  flap: 'public, max-age=1',
  pass: 'no-store',
  post: 'no-store',
} as const;

/** Longer than the edge waits. */
const STALL_MS = 9_000;

/** True when the answer has been given up. */
function flapped(request: IncomingMessage, response: ServerResponse, path: string, bytes: number): boolean {
  const chance = random();
  if (chance < 0.15) request.socket.resetAndDestroy();
  else if (chance < 0.3) response.writeHead(500, { 'Content-Type': 'text/plain' }).end('flapping\n');
  else if (chance < 0.45) {
    response.writeHead(200, { 'Content-Length': bytes, 'Cache-Control': CACHE_CONTROL.flap });
    response.write(knownBody(path, 0, bytes >> 1), () => request.socket.resetAndDestroy());
  } else if (chance < 0.5) setTimeout(() => request.socket.destroy(), STALL_MS);
  else return false;
  return true;
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? '';
  const known = knownPath(path);
  if (known === undefined) {
    response.writeHead(404, { 'Content-Length': 0 }).end();
    return;
  }
  const { kind, bytes } = known;
  if (kind === 'flap' && flapped(request, response, path, bytes)) return;
  const tag = knownTag(path);
  const common = { ETag: tag, 'Cache-Control': CACHE_CONTROL[kind], 'Accept-Ranges': 'bytes' };
  if (request.headers['if-none-match'] === tag) {
    response.writeHead(304, common).end();
    return;
  }
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const ranged = from !== undefined && Number(from) < bytes;
  const start = ranged ? Number(from) : 0;
  const end = ranged && to !== '' ? Math.min(Number(to) + 1, bytes) : bytes;
  response.writeHead(ranged ? 206 : 200, {
    ...common,
    'Content-Type': 'application/octet-stream',
    'Content-Length': end - start,
    ...(ranged ? { 'Content-Range': `bytes ${start}-${end - 1}/${bytes}` } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : knownBody(path, start, end));
}

function take(request: IncomingMessage, response: ServerResponse): void {
  const hash = createHash('sha256');
  request.on('data', (chunk: Buffer) => hash.update(chunk));
  request.on('end', () => {
    const said = hash.digest('hex');
    response.writeHead(200, { 'Content-Length': said.length, 'Cache-Control': 'no-store' }).end(said);
  });
}

const server = createServer((request, response) => {
  response.on('error', () => undefined);
  if (request.method === 'POST') take(request, response);
  else serve(request, response);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo; // it listens on TCP
  process.stdout.write(`${JSON.stringify({ httpPort: port, httpsPort: port, hostHeader: 'origin' })}\n`);
});
process.once('SIGTERM', () => process.exit(0));
