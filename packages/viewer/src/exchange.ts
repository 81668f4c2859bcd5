import { createHash } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import { createResponseReader, headerValue } from './response-reader.ts';
import type { Framing, ResponseHead } from './response-reader.ts';

export interface ViewerRequest {
  /** GET by default. */
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  /** First and last byte, as in `Range: bytes=first-last`; without `last` to the end. */
  readonly range?: readonly [first: number, last?: number];
  /** Host header, if not that of the URL. */
  readonly host?: string;
  /** Where to connect to, if not where the URL points. */
  readonly connectTo?: { readonly host: string; readonly port: number };
  /** Resolves the host to connect to; the system's resolver by default. */
  readonly lookup?: net.LookupFunction;
  readonly body?: Uint8Array;
  /** Sees each piece of the body as it arrives, with all bytes received so far; a promise holds back reading. */
  readonly onData?: (chunk: Uint8Array, totalBytes: number) => void | Promise<void>;
  readonly onHead?: (head: ResponseHead) => void;
  /** Keeps the body, or that of errors (400 and above) only. Off by default, so that size does not matter. */
  readonly keepBody?: boolean | 'errors';
  /** Longest silence on the connection. 30 s by default. */
  readonly idleTimeoutMs?: number;
  /** Ends with `viewer/too-large` above it. */
  readonly maxBodyBytes?: number;
  readonly signal?: AbortSignal;
  /** Certificates to trust beside the platform's, for HTTPS. */
  readonly ca?: string;
}

export interface ViewerResponse {
  readonly status: number;
  readonly head: ResponseHead;
  /** Value of a header by lower-case name, several joined by a comma. */
  header(name: string): string | undefined;
  readonly framing: Framing;
  readonly bodyBytes: number;
  /** Everything received: status lines, headers, body, framing. What an edge's meter should say. */
  readonly totalBytes: number;
  /** Hex SHA-256 of the body. */
  readonly sha256: string;
  /** Empty unless `keepBody`. */
  readonly body: Uint8Array;
  /** Unix milliseconds at which the request was sent. */
  readonly sentAtMs: number;
  readonly firstByteMs: number;
  readonly totalMs: number;
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}

function targetOf(url: URL, request: ViewerRequest): Target {
  const secure = url.protocol === 'https:';
  if (!secure && url.protocol !== 'http:') {
    throw new MediaError({
      code: 'viewer/bad-url',
      message: `Only http and https can be fetched, not ${url.protocol}`,
      source: 'client',
    });
  }
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  if (request.connectTo !== undefined) return { ...request.connectTo, secure };
  // RFC 6761: names below localhost are the loopback; not every resolver knows.
  const loopback = url.hostname === 'localhost' || url.hostname.endsWith('.localhost');
  return { host: loopback ? '127.0.0.1' : url.hostname.replaceAll(/^\[|\]$/g, ''), port, secure };
}

function requestHead(url: URL, request: ViewerRequest): string {
  const lines = [
    `${request.method ?? 'GET'} ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${request.host ?? url.host}`,
  ];
  const fields: Record<string, string> = {
    accept: '*/*',
    'accept-encoding': 'identity',
    ...request.headers,
    connection: 'close',
  };
  if (request.range !== undefined) fields['range'] = `bytes=${request.range[0]}-${request.range[1] ?? ''}`;
  if (request.body !== undefined) fields['content-length'] = String(request.body.length);
  for (const [name, value] of Object.entries(fields)) {
    if (/[\r\n\0]/.test(name + value)) {
      throw new MediaError({
        code: 'viewer/bad-header',
        message: `The header ${name} has a line break.`,
        source: 'client',
      });
    }
    lines.push(`${name}: ${value}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function connect(target: Target, url: URL, { ca, lookup }: ViewerRequest): net.Socket {
  const resolve = lookup === undefined ? {} : { lookup };
  if (!target.secure) return net.connect({ host: target.host, port: target.port, ...resolve });
  const servername = url.hostname;
  return tls.connect({
    host: target.host,
    port: target.port,
    ...resolve,
    ALPNProtocols: ['http/1.1'],
    ...(net.isIP(servername) === 0 ? { servername } : {}),
    ...(ca === undefined ? {} : { ca: [...tls.rootCertificates, ca] }),
  });
}

/**
 * One request on a connection of its own, counting every byte received after TLS. Rejects with `viewer/connect`,
 * `viewer/timeout`, `viewer/malformed`, `viewer/incomplete`, `viewer/too-large`, `viewer/aborted`.
 */
export async function exchange(href: string, request: ViewerRequest = {}): Promise<ViewerResponse> {
  const url = URL.parse(href);
  if (url === null)
    throw new MediaError({ code: 'viewer/bad-url', message: `"${href}" is not a URL.`, source: 'client' });
  const head = requestHead(url, request);
  const socket = connect(targetOf(url, request), url, request);
  try {
    return await readResponse(socket, head, request);
  } catch (error) {
    throw asViewerError(error, url, request.signal);
  } finally {
    socket.destroy();
  }
}

async function readResponse(
  socket: net.Socket,
  requestText: string,
  request: ViewerRequest,
): Promise<ViewerResponse> {
  const hash = createHash('sha256');
  const kept: Buffer[] = [];
  let head: ResponseHead | undefined;
  let totalBytes = 0;
  let bodyBytes = 0;
  let firstByteMs: number | undefined;
  let arrived: Buffer[] = [];
  const reader = createResponseReader(request.method ?? 'GET', {
    onHead(found) {
      head = found;
      request.onHead?.(found);
    },
    onBody(chunk) {
      bodyBytes += chunk.length;
      if (bodyBytes > (request.maxBodyBytes ?? Number.POSITIVE_INFINITY)) {
        throw new MediaError({
          code: 'viewer/too-large',
          message: `The body is larger than ${request.maxBodyBytes} bytes.`,
          source: 'peer',
        });
      }
      hash.update(chunk);
      const keep = request.keepBody === 'errors' ? (head?.status ?? 0) >= 400 : request.keepBody === true;
      if (keep) kept.push(chunk);
      if (request.onData !== undefined) arrived.push(chunk);
    },
  });
  const abort = (): void =>
    void socket.destroy(
      new MediaError({ code: 'viewer/aborted', message: 'The request was given up.', source: 'client' }),
    );
  if (request.signal?.aborted === true) abort();
  request.signal?.addEventListener('abort', abort, { once: true });
  socket.setTimeout(request.idleTimeoutMs ?? 30_000, () => {
    socket.destroy(
      new MediaError({
        code: 'viewer/timeout',
        message: 'The connection was silent for too long.',
        source: 'peer',
        retry: true,
      }),
    );
  });
  socket.setNoDelay(true);
  const sentAtMs = Date.now();
  socket.write(requestText, 'latin1');
  if (request.body !== undefined) socket.write(request.body);
  try {
    for await (const chunk of socket) {
      // A socket without an encoding yields buffers.
      const piece: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk), 'latin1');
      firstByteMs ??= Date.now() - sentAtMs;
      totalBytes += piece.length;
      const complete = reader.push(piece);
      for (const part of arrived) await request.onData?.(part, totalBytes);
      arrived = [];
      if (complete) break;
    }
  } finally {
    request.signal?.removeEventListener('abort', abort);
  }
  reader.end();
  const { framing } = reader;
  const found = head;
  if (found === undefined || framing === undefined) {
    throw new MediaError({
      code: 'viewer/incomplete',
      message: 'The connection ended without a response.',
      source: 'peer',
      retry: true,
    });
  }
  return {
    status: found.status,
    head: found,
    header: (name) => headerValue(found, name),
    framing,
    bodyBytes,
    totalBytes,
    sha256: hash.digest('hex'),
    body: Buffer.concat(kept),
    sentAtMs,
    firstByteMs: firstByteMs ?? 0,
    totalMs: Date.now() - sentAtMs,
  };
}

function asViewerError(error: unknown, url: URL, signal: AbortSignal | undefined): MediaError {
  if (error instanceof MediaError) return error;
  if (signal?.aborted === true) {
    return new MediaError({
      code: 'viewer/aborted',
      message: 'The request was given up.',
      source: 'client',
      cause: error,
    });
  }
  const code = errorCode(error);
  const broken = code === 'ECONNRESET' || code === 'EPIPE';
  return new MediaError({
    code: broken ? 'viewer/incomplete' : 'viewer/connect',
    message: `${url.host}: ${errorMessage(error)}.`,
    source: 'peer',
    retry: true,
    context: { code },
    cause: error,
  });
}
