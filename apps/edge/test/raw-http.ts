import { createServer, connect } from 'node:net';
import type { Socket } from 'node:net';

export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Everything that came, status line and headers included. */
  readonly bytes: number;
  /** Whether the body was as long as its framing said. */
  readonly complete: boolean;
}

/** Sends bytes on a socket of its own and reads until the other side ends: what a viewer counts. */
export function exchangeRaw(port: number, text: string | Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('close', () => resolve(Buffer.concat(parts)));
    socket.on('error', (error) => (parts.length > 0 ? resolve(Buffer.concat(parts)) : reject(error)));
  });
}

export interface GetOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A whole request, head and body. */
export function requestText(host: string, target: string, options: GetOptions = {}): Buffer {
  const method = options.method ?? 'GET';
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close'];
  for (const [name, value] of Object.entries(options.headers ?? {})) lines.push(`${name}: ${value}`);
  const body = Buffer.from(options.body ?? '');
  if (options.body !== undefined) lines.push(`Content-Length: ${body.length}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

export async function request(
  port: number,
  host: string,
  target: string,
  options: GetOptions = {},
): Promise<RawResponse> {
  return parseResponse(await exchangeRaw(port, requestText(host, target, options)), options.method);
}

/** Whether the edge answered from its cache. */
export function isHit(response: RawResponse): boolean {
  return response.headers['cache-status']?.startsWith('medianet; hit') === true;
}

export function parseResponse(raw: Buffer, method = 'GET'): RawResponse {
  const end = raw.indexOf('\r\n\r\n');
  const head = raw
    .subarray(0, end === -1 ? raw.length : end)
    .toString('latin1')
    .split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of head.slice(1)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const status = Number(head[0]?.split(' ')[1] ?? 0);
  const rest = end === -1 ? Buffer.alloc(0) : raw.subarray(end + 4);
  const bodyless = method === 'HEAD' || status === 204 || status === 304;
  if (headers['transfer-encoding'] === 'chunked') {
    const { body, complete } = dechunk(rest);
    return { status, headers, body, bytes: raw.length, complete };
  }
  const complete =
    end !== -1 &&
    (bodyless ||
      headers['content-length'] === undefined ||
      rest.length === Number(headers['content-length']));
  return { status, headers, body: rest, bytes: raw.length, complete };
}

function dechunk(rest: Buffer): { body: Buffer; complete: boolean } {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const line = rest.indexOf('\r\n', at);
    if (line === -1) return { body: Buffer.concat(parts), complete: false };
    const size = Number.parseInt(rest.subarray(at, line).toString('latin1'), 16);
    if (size === 0) return { body: Buffer.concat(parts), complete: true };
    if (line + 2 + size > rest.length) return { body: Buffer.concat(parts), complete: false };
    parts.push(rest.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}

interface OriginRequestSeen {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface RawOrigin {
  readonly url: string;
  readonly seen: OriginRequestSeen[];
  /** How often a target was asked for. */
  count(target: string): number;
  /** What a path answers: given the raw socket, so that it can misbehave. */
  on(path: string, answer: (socket: Socket, seen: OriginRequestSeen) => void): void;
  close(): Promise<void>;
}

/** An origin on raw sockets, one request a connection unless the answer keeps it. */
export async function startRawOrigin(): Promise<RawOrigin> {
  const answers = new Map<string, (socket: Socket, seen: OriginRequestSeen) => void>();
  const seen: OriginRequestSeen[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    let held: Buffer = Buffer.alloc(0);
    socket.on('data', (part: Buffer) => {
      held = Buffer.concat([held, part]);
      for (;;) {
        const end = held.indexOf('\r\n\r\n');
        if (end === -1) return;
        const { headers } = parseResponse(held.subarray(0, end + 4));
        const length = Number(headers['content-length'] ?? 0);
        if (held.length < end + 4 + length) return;
        const [method = '', target = ''] = held
          .subarray(0, held.indexOf('\r\n'))
          .toString('latin1')
          .split(' ');
        const one = { method, target, headers, body: held.subarray(end + 4, end + 4 + length) };
        held = held.subarray(end + 4 + length);
        seen.push(one);
        const answer = answers.get(target.split('?')[0] ?? '');
        if (answer === undefined) socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
        else answer(socket, one);
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${at.port}`,
    seen,
    count: (target) => seen.filter((one) => one.target === target).length,
    on: (path, answer) => {
      answers.set(path, answer);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** An answer with a body of known length. */
export function ok(
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): (socket: Socket) => void {
  return (socket) => {
    const lines = Object.entries({ 'Content-Length': String(Buffer.byteLength(body)), ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${lines.join('')}\r\n`), Buffer.from(body)]));
  };
}
