import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { MediaError } from '@media-network/runtime';
import type { LoadResult } from './wrk.ts';

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

/** The 99th percentile of the third column of h2load's log, microseconds; 0 of an empty one. */
export async function p99OfLog(lines: AsyncIterable<string>): Promise<number> {
  const latencies: number[] = [];
  for await (const line of lines) {
    const [, status, microseconds] = line.split('\t');
    if (status !== undefined && microseconds !== undefined) latencies.push(Number(microseconds));
  }
  latencies.sort((a, b) => a - b);
  return latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * 0.99))] ?? 0;
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
    async p99Us() {
      try {
        return await p99OfLog(createInterface({ input: createReadStream(options.logFile) }));
      } finally {
        await rm(options.logFile, { force: true });
      }
    },
  };
}
