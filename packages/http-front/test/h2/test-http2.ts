import { createServer } from 'node:net';
import { connect } from 'node:net';
import { once } from 'node:events';
import { silentLog, systemClock } from '@media-network/runtime';
import { createFastHit, defaultLimits } from '../../src/index.ts';
import type { Answer, FrontLimits, ParsedRequest } from '../../src/index.ts';
import { BatchPool } from '../../src/h2/frame-output.ts';
import { Http2Connection } from '../../src/h2/h2-connection.ts';
import type { Http2Front } from '../../src/h2/h2-connection.ts';
import { defaultHttp2Limits } from '../../src/h2/h2-limits.ts';
import type { Http2Limits } from '../../src/h2/h2-limits.ts';
import { Probe } from './probe.ts';

export interface TestHttp2Options {
  readonly hits?: Readonly<Record<string, Buffer>>;
  readonly answer?: (request: ParsedRequest) => Promise<Answer<string>>;
  readonly limits?: Partial<FrontLimits>;
  readonly http2?: Partial<Http2Limits>;
}

export interface TestHttp2 {
  readonly front: Http2Front<string>;
  readonly port: number;
  readonly seen: string[];
  readonly written: Map<string, { head: number; body: number }>;
  readonly refused: string[];
  probe(): Promise<Probe>;
  close(): Promise<void>;
}

export function text(body: string, token = 'slow'): Answer<string> {
  return {
    status: 200,
    statusText: 'OK',
    headers: ['content-type', 'text/plain'],
    contentLength: Buffer.byteLength(body),
    body: Buffer.from(body),
    token,
  };
}

/** The HTTP/2 side of a front on a plain socket: what it reads and writes without TLS in between. */
export async function startHttp2(options: TestHttp2Options = {}): Promise<TestHttp2> {
  const hits = new Map(
    Object.entries(options.hits ?? {}).map(([target, body]) => [
      target,
      createFastHit({
        token: `hit ${target}`,
        status: 200,
        headers: ['Content-Type', 'text/plain'],
        body,
        varying: (second) => ['Age', String(second % 60)],
      }),
    ]),
  );
  const seen: string[] = [];
  const refused: string[] = [];
  const written = new Map<string, { head: number; body: number }>();
  const front: Http2Front<string> = {
    handlers: {
      fast(request) {
        const hit = hits.get(request.target);
        if (hit !== undefined) seen.push(`fast ${request.method} ${request.host} ${request.target}`);
        return hit;
      },
      async answer(request) {
        seen.push(`slow ${request.method} ${request.host} ${request.target}`);
        return (await options.answer?.(request)) ?? text(`target ${request.target}`);
      },
      onWritten(token, head, body) {
        const sum = written.get(token ?? 'nobody') ?? { head: 0, body: 0 };
        written.set(token ?? 'nobody', { head: sum.head + head, body: sum.body + body });
      },
      onRefused: (reason, status) => refused.push(`${status} ${reason}`),
    },
    limits: { ...defaultLimits, ...options.limits },
    http2: { ...defaultHttp2Limits, ...options.http2 },
    pool: new BatchPool(),
    clock: systemClock,
    log: silentLog,
    connections: new Set(),
    stats: { connections: 0, fast: 0, slow: 0, refused: 0 },
    nowSecond: () => Math.floor(Date.now() / 1000),
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    front.connections.add(new Http2Connection(front, socket, 'https'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const probes: Probe[] = [];
  return {
    front,
    port,
    seen,
    written,
    refused,
    async probe() {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      const probe = new Probe(socket);
      probes.push(probe);
      return probe;
    },
    async close() {
      for (const probe of probes) probe.end();
      for (const connection of front.connections) connection.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
