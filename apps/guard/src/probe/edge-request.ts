import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import tls from 'node:tls';
import { errorCode } from '@media-network/runtime';
import { isPrivateLiteral, publicLookup } from '@media-network/runtime/daemon';
import type { HeaderList } from './profiles.ts';

export interface EdgeAnswer {
  readonly status: number;
  /** Value of a field by lower-case name, several joined by a comma. */
  header(name: string): string | undefined;
  readonly body: Buffer;
  /** Bytes that the edge must have counted. Exact without TLS; with it status line, head and body, so never too many. */
  readonly receivedBytes: number;
}

export interface EdgeAsk {
  /** Base URL of the edge's data plane. */
  readonly endpoint: string;
  /** Host of the resource. */
  readonly host: string;
  readonly target: string;
  readonly headers: HeaderList;
  /** Most bytes of a body; more ends the exchange, and only the first of them are known then. */
  readonly maxBytes: number;
  readonly timeoutMs: number;
  /** Address of this machine to ask from. */
  readonly from: string | undefined;
  /** Ends the exchange because the guard is closing. */
  readonly signal?: AbortSignal;
}

/** How an edge took a request: an answer; one too large to be read, with the bytes it begins with; or none at all. */
export type EdgeContact =
  | { readonly kind: 'answered'; readonly answer: EdgeAnswer }
  | { readonly kind: 'too-large'; readonly answer: EdgeAnswer }
  /** `connected`: something took the connection; what it waits for may be an origin. */
  | { readonly kind: 'silent'; readonly connected: boolean; readonly receivedBytes: number }
  /** It was not asked: its address is not one to be asked, or nothing of this machine gets there. */
  | { readonly kind: 'not-asked' };

/** Requests to edges as viewers make them: connections that stay open, several source addresses. */
export interface EdgeRequest {
  ask(ask: EdgeAsk): Promise<EdgeContact>;
  close(): void;
}

/** Errors of this machine: no such address of its own, no way there, no room. They say nothing of an edge. */
const OWN_FAULTS: ReadonlySet<string> = new Set([
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT',
  'EAI_AGAIN',
  'EINVAL',
  'EMFILE',
  'ENETDOWN',
  'ENETUNREACH',
  'ENFILE',
  'ENOBUFS',
  'runtime/private-address',
]);
/** Browsers keep a connection for about as long. */
const KEEP_ALIVE_MS = 4_000;

export function createEdgeRequest({ allowPrivate }: { readonly allowPrivate: boolean }): EdgeRequest {
  const shared = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxSockets: 2, maxFreeSockets: 64 };
  const agents = { 'http:': new http.Agent(shared), 'https:': new https.Agent(shared) };

  return {
    async ask(ask) {
      const base = URL.parse(ask.endpoint);
      if (base === null || (base.protocol !== 'http:' && base.protocol !== 'https:'))
        return { kind: 'not-asked' };
      if (!allowPrivate && isPrivateLiteral(base.hostname)) return { kind: 'not-asked' };
      const secure = base.protocol === 'https:';
      const headers: string[] = ['Host', base.port === '' ? ask.host : `${ask.host}:${base.port}`];
      for (const [name, value] of ask.headers) headers.push(name, value);
      const options: https.RequestOptions = {
        agent: agents[base.protocol],
        host: base.hostname.replaceAll(/^\[|\]$/g, ''),
        port: base.port === '' ? (secure ? 443 : 80) : Number(base.port),
        path: ask.target,
        // A flat list keeps the order of the fields.
        headers,
        setHost: false,
        signal:
          ask.signal === undefined
            ? AbortSignal.timeout(ask.timeoutMs)
            : AbortSignal.any([AbortSignal.timeout(ask.timeoutMs), ask.signal]),
        ...(ask.from === undefined ? {} : { localAddress: ask.from }),
        ...(allowPrivate ? {} : { lookup: publicLookup }),
        ...(secure ? { servername: ask.host } : {}),
      };
      const contact = await exchange(secure ? https.request(options) : http.request(options), ask.maxBytes);
      return ask.signal?.aborted === true ? { kind: 'not-asked' } : contact;
    },
    close() {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

function exchange(request: http.ClientRequest, maxBytes: number): Promise<EdgeContact> {
  return new Promise((resolve) => {
    let head = 0;
    let size = 0;
    let socket: net.Socket | undefined;
    let readBefore = 0;
    let connected = false;
    request.on('socket', (found) => {
      // One that stayed open from an earlier request is connected already.
      connected = !found.connecting;
      if (found.connecting)
        found.once('connect', () => {
          connected = true;
        });
      socket = found instanceof tls.TLSSocket ? undefined : found;
      readBefore = socket?.bytesRead ?? 0;
    });
    const received = (): number => (socket === undefined ? head + size : socket.bytesRead - readBefore);
    const chunks: Buffer[] = [];
    const silent = (): void => resolve({ kind: 'silent', connected, receivedBytes: received() });
    request.on('error', (error) => {
      if (OWN_FAULTS.has(errorCode(error))) resolve({ kind: 'not-asked' });
      else silent();
    });
    request.on('response', (response) => {
      head = headBytes(response);
      const answer = (): EdgeAnswer => ({
        status: response.statusCode ?? 0,
        header: (name) => {
          const value = response.headers[name];
          return Array.isArray(value) ? value.join(', ') : value;
        },
        body: Buffer.concat(chunks),
        receivedBytes: received(),
      });
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > maxBytes) {
          resolve({ kind: 'too-large', answer: answer() });
          request.destroy();
        }
      });
      response.on('error', silent);
      response.on('close', () => {
        if (!response.complete) {
          silent();
          return;
        }
        resolve({ kind: 'answered', answer: answer() });
      });
    });
    request.end();
  });
}

/** Bytes of the status line and the head as they came. */
function headBytes(response: http.IncomingMessage): number {
  // Each field has a colon, a space and a line end; a colon without a space is one byte less.
  const fields = response.rawHeaders.reduce((sum, text) => sum + text.length, 0);
  const line = `HTTP/1.1 200 ${response.statusMessage ?? ''}\r\n\r\n`.length;
  return line + fields + (response.rawHeaders.length / 2) * 3;
}
