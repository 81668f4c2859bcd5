import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { MediaError } from '@media-network/runtime';
import type { Latency, LoadResult } from './wrk.ts';

export interface H2LoadOptions {
  /** `http1`: HTTP/1.1, one request a connection at a time; `streams` is of no matter. */
  readonly version: 'http1' | 'http2';
  readonly scheme: 'http' | 'https';
  readonly port: number;
  /** SNI and Host. */
  readonly host: string;
  readonly path: string;
  readonly seconds: number;
  readonly connections: number;
  readonly streams: number;
  /** Requests a second in all; without, as many as there is an answer for. */
  readonly requestsPerSecond?: number;
  readonly processor: number;
  /** For what h2load writes about each request; removed afterwards. */
  readonly logFile: string;
}

/** Reads what `h2load` prints: how many requests were answered with 2xx, how many were not. */
export function parseH2Load(output: string): { readonly requests: number; readonly errors: number } {
  const counts = /requests: .* (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/.exec(
    output,
  );
  const good = /status codes: (\d+) 2xx/.exec(output)?.[1];
  if (counts === null || good === undefined) {
    throw new MediaError({
      code: 'bench/load-failed',
      message: 'h2load printed no result.',
      source: 'internal',
      context: { output: output.slice(0, 500) },
    });
  }
  const done = Number(counts[1]);
  const requests = Number(good);
  return { requests, errors: done - requests + Number(counts[4]) + Number(counts[5]) };
}

/**
 * Of what is sent in so many milliseconds from the first request on, the latency is told apart: all connections are opened at
 * once, and a handshake of each stands before the first answers of the others. One percent of three seconds is 30 ms, which
 * 64 of them exceed, so they would be all that a percentile of the whole shows.
 */
const OPENING_US = 500_000;

const percentile99 = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0;
};

/** 99th percentiles of h2load's log (start of the request in microseconds, status, latency in microseconds); 0 of none. */
export async function latencyOfLog(lines: AsyncIterable<string>): Promise<Latency> {
  const requests: { readonly at: number; readonly took: number }[] = [];
  let first = Number.POSITIVE_INFINITY;
  for await (const line of lines) {
    const [start, status, microseconds] = line.split('\t');
    if (start === undefined || status === undefined || microseconds === undefined) continue;
    const at = Number(start);
    first = Math.min(first, at);
    requests.push({ at, took: Number(microseconds) });
  }
  const opening: number[] = [];
  const steady: number[] = [];
  for (const { at, took } of requests) (at - first < OPENING_US ? opening : steady).push(took);
  return { p99Us: percentile99(steady), openingP99Us: percentile99(opening) };
}

export function h2LoadArguments(options: H2LoadOptions): string[] {
  const { version, connections, requestsPerSecond } = options;
  return [
    '-t1',
    `-c${connections}`,
    ...(version === 'http1' ? ['--h1', '-m1'] : [`-m${options.streams}`]),
    // Its rate is that of one connection.
    ...(requestsPerSecond === undefined ? [] : [`--rps=${(requestsPerSecond / connections).toFixed(3)}`]),
    `-D${options.seconds}`,
    `--log-file=${options.logFile}`,
    `--connect-to=127.0.0.1:${options.port}`,
    `${options.scheme}://${options.host}${options.path}`,
  ];
}

export async function runH2Load(options: H2LoadOptions): Promise<LoadResult> {
  const args = ['-c', String(options.processor), 'h2load', ...h2LoadArguments(options)];
  const output = await new Promise<string>((resolve, reject) => {
    const child = spawn('taskset', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    // It has been seen to go on for ever: what it has not printed by then is no result.
    const timer = setTimeout(() => child.kill('SIGKILL'), (options.seconds + 30) * 1_000);
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
  const counts = parseH2Load(output);
  return {
    ...counts,
    async latency() {
      try {
        return await latencyOfLog(createInterface({ input: createReadStream(options.logFile) }));
      } finally {
        await rm(options.logFile, { force: true });
      }
    },
  };
}
