import { spawn } from 'node:child_process';
import { MediaError } from '@media-network/runtime';

/** 99th percentiles, microseconds. */
export interface Latency {
  readonly p99Us: number;
  /** Of what was sent while connections were being opened, where the tool tells it apart; else 0, and `p99Us` is of all. */
  readonly openingP99Us: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly errors: number;
  /** Asked for after the measurement: to read it may take work. */
  latency(): Promise<Latency>;
}

export interface LoadOptions {
  readonly url: string;
  readonly hostHeader: string;
  readonly seconds: number;
  readonly connections: number;
  /** Those that the load keeps to: a list as `taskset` reads it. */
  readonly processors: string;
  /** 1 by default. */
  readonly threads?: number;
  /** A Lua script that makes the requests, and its arguments. */
  readonly script?: readonly [file: string, ...args: string[]];
}

const MICROSECONDS: Readonly<Record<string, number>> = { us: 1, ms: 1_000, s: 1_000_000, m: 60_000_000 };

/** Reads what `wrk --latency` prints. */
export function parseWrk(output: string): {
  readonly requests: number;
  readonly errors: number;
  readonly p99Us: number;
} {
  const requests = /(\d+) requests in /.exec(output)?.[1];
  const p99 = /99%\s+([\d.]+)(us|ms|s|m)\b/.exec(output);
  if (requests === undefined || p99 === null) {
    throw new MediaError({
      code: 'bench/load-failed',
      message: 'wrk printed no result.',
      source: 'internal',
      context: { output: output.slice(0, 500) },
    });
  }
  const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output);
  const bad = Number(/Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? 0);
  const errors = (socketErrors?.slice(1) ?? []).reduce((sum, count) => sum + Number(count), bad);
  return { requests: Number(requests), p99Us: Number(p99[1]) * (MICROSECONDS[p99[2] ?? 'us'] ?? 1), errors };
}

export function wrkArguments(options: LoadOptions): string[] {
  const [script, ...scriptArgs] = options.script ?? [];
  return [
    `-t${options.threads ?? 1}`,
    `-c${options.connections}`,
    `-d${options.seconds}s`,
    '--latency',
    '-H',
    `Host: ${options.hostHeader}`,
    ...(script === undefined ? [] : ['-s', script]),
    options.url,
    ...(scriptArgs.length === 0 ? [] : ['--', ...scriptArgs]),
  ];
}

export function runWrk(options: LoadOptions): Promise<LoadResult> {
  const args = ['-c', options.processors, 'wrk', ...wrkArguments(options)];
  return new Promise((resolve, reject) => {
    const child = spawn('taskset', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', () => {
      try {
        const { requests, errors, p99Us } = parseWrk(output);
        resolve({ requests, errors, latency: () => Promise.resolve({ p99Us, openingP99Us: 0 }) });
      } catch (error) {
        reject(error);
      }
    });
  });
}
