import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { MediaError } from '@media-network/runtime';
import { pathWithSbin } from '../machine/tools.ts';
import { stopChild } from './bench-server.ts';
import type { BenchSetting } from './bench-server.ts';

export interface Program {
  readonly name: string;
  readonly command: readonly string[];
  /** It is ready when this port answers. */
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Where the reason stands if it does not start. */
  readonly logFile?: string;
}

/** How long a program may take until its port answers. */
const READY_MS = 20_000;
const LOOK_MS = 25;

/** Starts a server that says nothing when it is ready, pinned; ready when its port answers. */
export async function startProgram(
  setting: Pick<BenchSetting, 'pin'>,
  program: Program,
): Promise<{ readonly pid: number; stop(): Promise<void> }> {
  const [file = '', ...args] = [...setting.pin, ...program.command];
  const child = spawn(file, args, {
    env: { ...pathWithSbin(), ...program.env },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  failed.catch(() => undefined); // looked at below, or nobody waits any more
  for (const end = Date.now() + READY_MS; !(await Promise.race([accepts(program.port), failed]));) {
    if (ended(child) || Date.now() > end) {
      await stopChild(child);
      throw new MediaError({
        code: 'bench/server-failed',
        message: `${program.name} did not start${program.logFile === undefined ? '' : `; see ${program.logFile}`}.`,
        source: 'internal',
      });
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  if (child.pid === undefined) throw new Error('a child whose port answers has a pid');
  return { pid: child.pid, stop: () => stopChild(child) };
}

function ended(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
