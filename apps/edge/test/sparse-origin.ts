import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';

/** An object of any size that costs no memory: its bytes follow from where they are, and from its version. */
export interface SparseObject {
  length: number;
  /** With its quotes; undefined: none is said. */
  etag: string | undefined;
  /** Another number, other bytes. */
  version: number;
  headers?: Readonly<Record<string, string>>;
  /** Does what it likes with a request; true: it has answered. */
  misbehaves?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export interface SparseOrigin {
  readonly url: string;
  readonly objects: Map<string, SparseObject>;
  /** Bytes of bodies that were given to the socket. */
  sent: number;
  /** `GET /film bytes=0-9`, in order. */
  readonly asked: string[];
  close(): Promise<void>;
}

const BLOCK = 65_536;
const NOISE = Buffer.alloc(BLOCK, Buffer.from(Array.from({ length: 251 }, (_, i) => (i * 7 + 3) % 256)));

/** Bytes of an object: each block begins with its number and the object's version. */
export function sparseBytes({ version }: Pick<SparseObject, 'version'>, start: number, end: number): Buffer {
  const first = Math.floor(start / BLOCK);
  const last = Math.floor((end - 1) / BLOCK);
  const blocks: Buffer[] = [];
  for (let block = first; block <= last; block += 1) {
    const bytes = Buffer.from(NOISE);
    bytes.writeUInt32BE(block, 0);
    bytes.writeUInt32BE(version, 4);
    bytes.writeUInt32BE(version, BLOCK - 4);
    blocks.push(bytes);
  }
  return Buffer.concat(blocks).subarray(start - first * BLOCK, end - first * BLOCK);
}

/** An origin that knows HEAD, conditions, ranges and If-Range, and sends at the pace of who reads. */
export async function startSparseOrigin(): Promise<SparseOrigin> {
  const objects = new Map<string, SparseObject>();
  const asked: string[] = [];
  const sockets = new Set<Socket>();

  function* pieces(object: SparseObject, start: number, end: number): Generator<Buffer> {
    for (let at = start; at < end;) {
      const bytes = sparseBytes(object, at, Math.min(end, at + BLOCK));
      at += bytes.length;
      origin.sent += bytes.length;
      yield bytes;
    }
  }
  function send(response: ServerResponse, object: SparseObject, start: number, end: number): void {
    // Whoever asked may leave in the middle.
    pipeline(pieces(object, start, end), response, () => undefined);
  }

  const server = createServer((request, response) => {
    let { range } = request.headers;
    asked.push(`${request.method} ${request.url}${range === undefined ? '' : ` ${range}`}`);
    const object = objects.get(request.url ?? '');
    if (object === undefined) {
      response.writeHead(404, { 'Content-Length': 0 }).end();
      return;
    }
    if (object.misbehaves?.(request, response) === true) return;
    // Where the object's own word is that ranges are nothing to it.
    ({ range } = request.headers);
    const { length, etag, headers } = object;
    const fields = {
      'Accept-Ranges': 'bytes',
      'Cache-Control': 'max-age=600',
      'Content-Type': 'video/mp4',
      ...(etag === undefined ? {} : { ETag: etag }),
      ...headers,
    };
    if (etag !== undefined && request.headers['if-none-match'] === etag) {
      response.writeHead(304, fields).end();
      return;
    }
    const ifRange = request.headers['if-range'];
    const [, first, last] =
      ifRange === undefined || ifRange === etag ? (/^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []) : [];
    if (first === undefined) {
      response.writeHead(200, { ...fields, 'Content-Length': length });
      if (request.method === 'HEAD') response.end();
      else send(response, object, 0, length);
      return;
    }
    const start = Number(first);
    const end = last === undefined || last === '' ? length : Math.min(length, Number(last) + 1);
    if (start >= length) {
      response.writeHead(416, { 'Content-Range': `bytes */${length}`, 'Content-Length': 0 }).end();
      return;
    }
    response.writeHead(206, {
      ...fields,
      'Content-Range': `bytes ${start}-${end - 1}/${length}`,
      'Content-Length': end - start,
    });
    send(response, object, start, end);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('no port');
  const origin: SparseOrigin = {
    url: `http://127.0.0.1:${at.port}`,
    objects,
    sent: 0,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return origin;
}
