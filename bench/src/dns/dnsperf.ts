import { spawn } from 'node:child_process';
import { MediaError } from '@media-network/runtime';

export interface DnsLoad {
  readonly port: number;
  /** Lines `name type`. */
  readonly queries: string;
  readonly seconds: number;
  readonly processors: string;
  readonly more: readonly string[];
}

/** Answers with NOERROR that `dnsperf` counted. */
export function parseDnsperf(output: string): number {
  const completed = /Queries completed:\s+(\d+)/.exec(output)?.[1];
  const good = /NOERROR (\d+)/.exec(output)?.[1];
  if (completed === undefined || good !== completed)
    throw new MediaError({
      code: 'bench/load-failed',
      message: 'dnsperf counted no answers, or some that are errors.',
      source: 'internal',
      context: { output: output.slice(0, 500) },
    });
  return Number(completed);
}

export function runDnsperf(load: DnsLoad): Promise<number> {
  const args = ['-s', '127.0.0.1', '-p', String(load.port), '-d', load.queries, '-l', String(load.seconds)];
  const all = ['-c', load.processors, 'dnsperf', ...args, '-c', '16', '-q', '128', ...load.more];
  return new Promise((resolve, reject) => {
    const child = spawn('taskset', all, { stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', () => {
      try {
        resolve(parseDnsperf(output));
      } catch (error) {
        reject(error);
      }
    });
  });
}
