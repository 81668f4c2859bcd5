import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { createFastHit, createFront } from '../../src/index.ts';
import type {
  Answer,
  Front,
  FrontHandlers,
  FrontLimits,
  FrontOptions,
  Http2Limits,
  ParsedRequest,
} from '../../src/index.ts';
import { selfSigned } from '../self-signed.ts';
import { Probe } from './probe.ts';

export interface TestHttp2Options {
  readonly hits?: Readonly<Record<string, Buffer>>;
  /** More fields of a hit. */
  readonly hitHeaders?: (target: string) => readonly string[];
  readonly selective?: FrontHandlers<string>['selective'];
  readonly answer?: (request: ParsedRequest) => Promise<Answer<string>>;
  readonly limits?: Partial<FrontLimits>;
  readonly http2?: Partial<Http2Limits>;
  readonly clock?: FrontOptions['clock'];
}

export interface TestHttp2 {
  readonly front: Front;
  readonly port: number;
  readonly seen: string[];
  readonly written: Map<string, { head: number; body: number }>;
  readonly refused: string[];
  /** All bytes that were accounted, whoever pays. */
  total(): number;
  /** A client of frames, ALPN h2. */
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

/** A front over TLS with fixed hits; whatever is no hit is answered by `answer`, with the target by default. */
export async function startHttp2(options: TestHttp2Options = {}): Promise<TestHttp2> {
  const hits = new Map(
    Object.entries(options.hits ?? {}).map(([target, body]) => [
      target,
      createFastHit({
        token: `hit ${target}`,
        status: 200,
        headers: ['Content-Type', 'text/plain', ...(options.hitHeaders?.(target) ?? [])],
        body,
        varying: (second) => ['Age', String(second % 60)],
      }),
    ]),
  );
  const seen: string[] = [];
  const refused: string[] = [];
  const written = new Map<string, { head: number; body: number }>();
  const front = createFront<string>(
    {
      fast(request) {
        const hit = hits.get(request.target);
        if (hit !== undefined) seen.push(`fast ${request.method} ${request.host} ${request.target}`);
        return hit;
      },
      selective: (request) => options.selective?.(request),
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
    {
      limits: options.limits ?? {},
      http2Limits: options.http2 ?? {},
      ...(options.clock === undefined ? {} : { clock: options.clock }),
    },
  );
  const dir = mkdtempSync(join(tmpdir(), 'media-h2-'));
  const { port } = await front.listenTls({ host: '127.0.0.1', port: 0 }, selfSigned(dir, 'a.localhost'));
  rmSync(dir, { recursive: true });
  const probes: Probe[] = [];
  return {
    front,
    port,
    seen,
    written,
    refused,
    total: () => [...written.values()].reduce((sum, { head, body }) => sum + head + body, 0),
    async probe() {
      const socket = connect({
        host: '127.0.0.1',
        port,
        ALPNProtocols: ['h2'],
        rejectUnauthorized: false,
        servername: 'a.localhost',
      });
      const probe = new Probe(socket);
      probes.push(probe);
      socket.setNoDelay(true);
      await once(socket, 'secureConnect');
      return probe;
    },
    async close() {
      for (const probe of probes) probe.end();
      await front.close({ graceMs: 0 });
    },
  };
}
