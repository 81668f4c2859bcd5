import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { MediaError } from '@media-network/runtime';
import { pathWithSbin } from '../machine/tools.ts';

export type BenchProtocol = 'http' | 'https' | 'h2';

/** A server under load. */
export interface BenchServer {
  readonly name: string;
  /** What it speaks; everything where it is left out. */
  readonly protocols?: readonly BenchProtocol[];
  /** Whether it serves files or ready-made bytes, so that nothing it says tells of a cache. */
  readonly uncached?: true;
  /** Its CPU time and its children's count. */
  readonly pid: number;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Where HTTP/2 is offered; `httpsPort` without. */
  readonly h2Port?: number;
  readonly hostHeader: string;
  stop(): Promise<void>;
}

/** What the bench offers a server that it starts. */
export interface BenchSetting {
  /** `http://127.0.0.1:port`: answers `/<bytes>` and `/<bytes>/<anything>` with that many bytes, `Cache-Control: public, max-age=3600`. */
  readonly origin: string;
  /** Lengths of the objects that will be asked for, for servers that need files. */
  readonly sizes?: readonly number[];
  /** For files; removed afterwards. */
  readonly dir: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Put before the command so that the server keeps to its processor. */
  readonly pin: readonly string[];
  /** Processes that serve viewers; 1 by default. */
  readonly workers?: number;
  /** Of its RAM tier; its own choice by default. */
  readonly ramBytes?: number;
}

export interface CommandServer {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** How long to wait for the line that says it is ready. 60 s by default. */
  readonly readyMs?: number;
}

/**
 * Starts a command, pinned, and waits for a line on its standard output that is one JSON object
 * `{"httpPort","httpsPort","hostHeader"}`. Stopped by SIGTERM.
 */
export async function startCommand(setting: BenchSetting, server: CommandServer): Promise<BenchServer> {
  const [program = '', ...args] = [...setting.pin, ...server.command];
  const child = spawn(program, args, {
    env: { ...pathWithSbin(), ...server.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ready = await readyLine(child, server);
  if (child.pid === undefined) throw new Error('a child that printed its line has a pid');
  return { name: server.name, pid: child.pid, ...ready, stop: () => stopChild(child) };
}

interface Ready {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly hostHeader: string;
}

function readyLine(child: ChildProcess, server: CommandServer): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer);
      reject(
        new MediaError({
          code: 'bench/server-failed',
          message: `${server.name} did not start: ${why}.`,
          source: 'internal',
        }),
      );
    };
    const timer = setTimeout(() => {
      child.kill('SIGTERM');
      fail('it printed no line that says it is ready');
    }, server.readyMs ?? 60_000);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`it exited with ${code ?? 'a signal'}`));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const ready = parseReady(line);
      if (ready === undefined) return;
      clearTimeout(timer);
      resolve(ready);
    });
  });
}

function parseReady(line: string): Ready | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return undefined;
    const { httpPort, httpsPort, hostHeader } = value as Partial<Ready>; // fields are checked below
    if (typeof httpPort !== 'number' || typeof httpsPort !== 'number' || typeof hostHeader !== 'string')
      return undefined;
    return { httpPort, httpsPort, hostHeader };
  } catch {
    return undefined;
  }
}

export function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
