import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MediaError } from '@media-network/runtime';
import { startCommand } from './bench-server.ts';
import type { BenchServer, BenchSetting } from './bench-server.ts';
import { startNginx } from './nginx.ts';
import { cpuSeconds, processTree } from './process-tree.ts';
import { ensureTools, twoProcessors } from './tools.ts';
import { runWrk } from './wrk.ts';
import type { LoadResult } from './wrk.ts';
import { runH2Load } from './h2load.ts';

export type BenchProtocol = 'http' | 'https' | 'h2';

export interface EdgeBenchRow {
  /** `h2`: HTTP/2 over TLS, h2load with 16 connections of 16 streams; the others HTTP/1.1, wrk. */
  readonly protocol: BenchProtocol;
  readonly size: '1K' | '64K' | '1M';
  /** Requests per second of the server's processor time: ours, and the peer's. Medians. */
  readonly us: number;
  readonly peer: number;
  readonly peerName: string;
  readonly ratio: number;
  /** Latency, microseconds. Medians. */
  readonly p99Us: number;
  readonly p99Peer: number;
}

export interface EdgeBenchResult {
  readonly name: string;
  readonly rows: readonly EdgeBenchRow[];
}

export interface BenchEdgeOptions {
  /** Starts what is measured; the front and cache alone by default. */
  readonly start?: (setting: BenchSetting) => Promise<BenchServer>;
  /** Path of the object of so many bytes; `/<bytes>` by default. */
  readonly pathOf?: (bytes: number) => string;
  /** Lets ours have the load's processor, too: it has several processes. What counts is the processor time that they use. */
  readonly spread?: boolean;
  /** Length of one measurement. 3 s by default. */
  readonly seconds?: number;
  /** Interleaved rounds, of which the median counts. 3 by default. */
  readonly rounds?: number;
  /** Of wrk. 64 by default. */
  readonly connections?: number;
  readonly protocols?: readonly BenchProtocol[];
  readonly sizes?: readonly EdgeBenchRow['size'][];
  /** Gets progress, a line a call. */
  readonly say?: (line: string) => void;
}

const SIZES: Readonly<Record<EdgeBenchRow['size'], number>> = { '1K': 1_024, '64K': 65_536, '1M': 1_048_576 };

/**
 * Cache hits side by side with Debian's nginx: each server alone on one processor, wrk on the other,
 * round by round in turn, so that what disturbs the machine disturbs both.
 */
export async function benchEdge(options: BenchEdgeOptions = {}): Promise<EdgeBenchResult> {
  const say = options.say ?? (() => undefined);
  ensureTools(say);
  const processors = twoProcessors();
  const [others = 0] = loadavg();
  if (others > 1)
    say(`the machine is busy (load ${others.toFixed(1)}): figures will be uneven, latencies above all`);
  const dir = mkdtempSync(join(tmpdir(), 'media-bench-'));
  chmodSync(dir, 0o755);
  const origin = await startOrigin();
  const stops: (() => Promise<void>)[] = [
    () =>
      new Promise((resolve) => {
        origin.server.close(() => resolve());
        origin.server.closeAllConnections();
      }),
  ];
  try {
    const setting: BenchSetting = {
      origin: origin.url,
      dir,
      ...makeCertificate(dir),
      pin: ['taskset', '-c', String(processors.server)],
    };
    const ours =
      options.spread === true
        ? { ...setting, pin: ['taskset', '-c', `${processors.server},${processors.load}`] }
        : setting;
    const us = await (options.start ?? startFrontAlone)(ours);
    stops.push(() => us.stop());
    const peer = await startNginx(setting);
    stops.push(() => peer.stop());
    const rows: EdgeBenchRow[] = [];
    for (const protocol of options.protocols ?? (['http', 'https', 'h2'] as const)) {
      for (const size of options.sizes ?? (['1K', '64K', '1M'] as const)) {
        // Against nginx, h2load does not end a measurement of 256 streams of 1 MB.
        if (protocol === 'h2' && size === '1M') continue;
        const path = options.pathOf?.(SIZES[size]) ?? `/${SIZES[size]}`;
        const load = loadOf(protocol, path, processors.load, dir, options);
        rows.push(await measureRow(us, peer, protocol, size, path, load, options, say));
      }
    }
    return { name: us.name, rows };
  } finally {
    for (const stop of stops.toReversed())
      await stop().catch((error: unknown) => say(`could not stop: ${String(error)}`));
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The front and cache of this repository, without the rest of the edge. */
export function startFrontAlone(setting: BenchSetting): Promise<BenchServer> {
  const script = fileURLToPath(new URL('front-alone.ts', import.meta.url));
  return startCommand(setting, {
    name: 'front alone',
    command: [process.execPath, script, setting.origin, setting.certFile, setting.keyFile],
  });
}

async function measureRow(
  us: BenchServer,
  peer: BenchServer,
  protocol: BenchProtocol,
  size: EdgeBenchRow['size'],
  path: string,
  runLoad: (server: BenchServer) => Promise<LoadResult>,
  options: BenchEdgeOptions,
  say: (line: string) => void,
): Promise<EdgeBenchRow> {
  const results = new Map<BenchServer, { rate: number; p99Us: number }[]>([
    [us, []],
    [peer, []],
  ]);
  for (const server of [us, peer]) await warm(server, protocol, path, SIZES[size]);
  for (let round = 0; round < (options.rounds ?? 3); round += 1) {
    for (const server of [us, peer]) {
      const pids = processTree(server.pid);
      const before = cpuSeconds(pids);
      const load = await runLoad(server);
      const used = cpuSeconds(pids) - before;
      if (load.requests === 0) {
        throw new MediaError({
          code: 'bench/machine-busy',
          message: `${server.name} answered nothing in ${options.seconds ?? 3} s: other programs leave the two processors no time. Try again when they are idle.`,
          source: 'internal',
        });
      }
      if (load.errors > load.requests / 1_000) {
        throw new MediaError({
          code: 'bench/load-failed',
          message: `${server.name} failed ${load.errors} of ${load.requests} requests.`,
          source: 'internal',
        });
      }
      results.get(server)?.push({ rate: load.requests / Math.max(used, 0.01), p99Us: load.p99Us });
    }
  }
  const of = (server: BenchServer, field: 'rate' | 'p99Us'): number =>
    median((results.get(server) ?? []).map((one) => one[field]));
  const row: EdgeBenchRow = {
    protocol,
    size,
    us: Math.round(of(us, 'rate')),
    peer: Math.round(of(peer, 'rate')),
    peerName: peer.name,
    ratio: Math.round((of(us, 'rate') / of(peer, 'rate')) * 1_000) / 1_000,
    p99Us: Math.round(of(us, 'p99Us')),
    p99Peer: Math.round(of(peer, 'p99Us')),
  };
  say(
    `${protocol} ${size}: ${row.us}/s a processor second, ${row.peerName} ${row.peer}/s, ratio ${row.ratio}; p99 ${row.p99Us} us against ${row.p99Peer} us`,
  );
  return row;
}

/** One measurement's load, for whichever server. */
function loadOf(
  protocol: BenchProtocol,
  path: string,
  processor: number,
  dir: string,
  options: BenchEdgeOptions,
): (server: BenchServer) => Promise<LoadResult> {
  const seconds = options.seconds ?? 3;
  return ({ h2Port, hostHeader, httpPort, httpsPort }) => {
    if (protocol === 'h2') {
      const logFile = join(dir, 'h2load.log');
      const port = h2Port ?? httpsPort;
      return runH2Load({
        port,
        host: hostHeader,
        path,
        seconds,
        connections: 16,
        streams: 16,
        processor,
        logFile,
      });
    }
    const port = protocol === 'http' ? httpPort : httpsPort;
    return runWrk({
      url: `${protocol}://127.0.0.1:${port}${path}`,
      hostHeader,
      seconds,
      connections: options.connections ?? 64,
      processor,
    });
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** Asks until the answer is a hit of the right length; what is measured must be that. */
async function warm(
  server: BenchServer,
  protocol: BenchProtocol,
  path: string,
  bytes: number,
): Promise<void> {
  let seen = '';
  for (let tries = 0; tries < 20; tries += 1) {
    const answer = await ask(server, protocol, path);
    seen = `${answer.status}, ${answer.length} bytes, Cache-Status ${answer.cacheStatus ?? 'absent'}`;
    if (answer.status === 200 && answer.length === bytes && /\bhit\b/i.test(answer.cacheStatus ?? '')) return;
  }
  throw new MediaError({
    code: 'bench/no-hit',
    message: `${server.name} does not answer ${path} from its cache (${seen}).`,
    source: 'internal',
  });
}

function ask(
  server: BenchServer,
  protocol: BenchProtocol,
  path: string,
): Promise<{ status: number; length: number; cacheStatus: string | undefined }> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', path, headers: { Host: server.hostHeader }, agent: false as const };
    const sent =
      protocol === 'http'
        ? httpRequest({ ...options, port: server.httpPort })
        : httpsRequest({
            ...options,
            port: protocol === 'h2' ? (server.h2Port ?? server.httpsPort) : server.httpsPort,
            rejectUnauthorized: false,
            servername: server.hostHeader,
          });
    sent.once('error', reject);
    sent.once('response', (response) => {
      let length = 0;
      response.on('data', (chunk: Buffer) => (length += chunk.length));
      response.once('error', reject);
      response.once('end', () => {
        const cacheStatus = response.headers['cache-status'];
        resolve({
          status: response.statusCode ?? 0,
          length,
          cacheStatus: typeof cacheStatus === 'string' ? cacheStatus : undefined,
        });
      });
    });
    sent.end();
  });
}

function startOrigin(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const bytes = Math.min(Number(/^\/(\d{1,8})$/.exec(request.url ?? '')?.[1] ?? 0), 8 * 1024 * 1024);
    response.writeHead(200, {
      'Content-Type': 'application/octet-stream',
      'Content-Length': bytes,
      'Cache-Control': 'public, max-age=3600',
      ETag: `"${bytes}"`,
    });
    response.end(Buffer.alloc(bytes, 0x61));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve({
        server,
        url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
      });
    });
  });
}

function makeCertificate(dir: string): { certFile: string; keyFile: string } {
  const certFile = join(dir, 'cert.pem');
  const keyFile = join(dir, 'key.pem');
  const result = spawnSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=bench.localhost',
      '-addext',
      'subjectAltName=DNS:bench.localhost',
      '-keyout',
      keyFile,
      '-out',
      certFile,
    ],
    { stdio: 'ignore' },
  );
  if (result.status !== 0)
    throw new MediaError({
      code: 'bench/certificate',
      message: 'openssl could not make a certificate.',
      source: 'internal',
    });
  return { certFile, keyFile };
}
