import { Agent, createServer, request as ask } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listenLocally } from './listen.ts';

/** What the server that players point at has sent since it was last asked to begin anew. Bytes are those written to sockets, heads included. */
export interface Counted {
  readonly bytes: number;
  /** Answers with a segment in them, and the bytes of those. */
  readonly segments: number;
  readonly segmentBytes: number;
  /** Different segments among them. */
  readonly different: number;
}

/** Stands where a CDN's host is: passes every request on and counts what it sends; pages and scripts of the bench come from it uncounted. */
export interface Counter {
  readonly url: string;
  /** Where content comes from from now on, and with which `Host`. */
  pointTo(upstream: { readonly url: string; readonly host: string }): void;
  begin(): void;
  read(): Counted;
  close(): Promise<void>;
}

/** A page or script of the bench, by path. */
export type Asset = (
  path: string,
) => { readonly type: string; readonly body: Uint8Array | string } | undefined;

export async function startCounter(assetOf: Asset): Promise<Counter> {
  const agent = new Agent({ keepAlive: true });
  let upstream = { url: 'http://127.0.0.1:9', host: '' };
  let counts = { bytes: 0, segments: 0, segmentBytes: 0 };
  let names = new Set<string>();

  function count(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const before = socket.bytesWritten;
    const into = counts;
    const intoNames = names;
    response.once('close', () => {
      const bytes = socket.bytesWritten - before;
      into.bytes += bytes;
      const path = (request.url ?? '').split('?')[0] ?? '';
      if (!path.endsWith('.m4s')) return;
      into.segments += 1;
      into.segmentBytes += bytes;
      intoNames.add(path);
    });
  }

  function pass(request: IncomingMessage, response: ServerResponse): void {
    const { method, headers } = request;
    const url = new URL(request.url ?? '/', upstream.url);
    const passed = ask(url, { agent, method: method ?? 'GET', headers: { ...headers, host: upstream.host } });
    passed.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.once('error', () => response.destroy());
    });
    passed.once('error', () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    });
    response.once('close', () => passed.destroy());
    request.pipe(passed);
  }

  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const asset = assetOf((request.url ?? '').split('?')[0] ?? '');
    if (asset === undefined) {
      count(request, response);
      return pass(request, response);
    }
    response.writeHead(200, { 'Content-Type': asset.type }).end(asset.body);
  });
  const listening = await listenLocally(server);
  return {
    url: listening.url,
    pointTo(to) {
      upstream = to;
    },
    begin() {
      counts = { bytes: 0, segments: 0, segmentBytes: 0 };
      names = new Set();
    },
    read: () => ({ ...counts, different: names.size }),
    async close() {
      agent.destroy();
      await listening.close();
    },
  };
}
