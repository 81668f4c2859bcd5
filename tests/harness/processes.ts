import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

/** A folder of its own, removed at the end. */
export async function scratch(): Promise<{ readonly dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'media-system-'));
  return { dir, remove: () => rm(dir, { recursive: true, force: true, maxRetries: 3 }) };
}

export interface Daemon {
  /** The first line of standard output, which with `--json` is one object. Rejects when the process ends before. */
  readonly ready: Promise<Readonly<Record<string, unknown>>>;
  /** Ends it at once, with nothing written any more, and waits until it is gone. */
  kill(): Promise<void>;
  /** Holds it: its sockets stay, and nothing answers. `kill` ends it from there, too. */
  freeze(): void;
  /** Asks it to end, as Ctrl-C does. Resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** Starts `media <args>` as a process of its own. */
export function startMedia(args: readonly string[], cwd: string): Daemon {
  const child = launch(args, cwd);
  let stderr = '';
  child.stderr?.on('data', (part: Buffer) => {
    stderr = (stderr + part.toString('utf8')).slice(-20_000);
  });
  const gone = new Promise<number | null>((resolve) => child.once('close', resolve));
  const ready = new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => {
    if (child.stdout === null) throw new Error('standard output is not a pipe');
    const lines = createInterface({ input: child.stdout });
    // The reader stays, so that a full pipe never holds the process up.
    lines.on('line', (line) => {
      const value = objectOf(line);
      if (value !== undefined) resolve(value);
    });
    void gone.then((code) => reject(new Error(`media ${args.join(' ')} ended with ${code}:\n${stderr}`)));
  });
  // Whoever does not wait for it must not be ended by it.
  ready.catch(() => undefined);
  return {
    ready,
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
    freeze() {
      child.kill('SIGSTOP');
    },
    async stop() {
      child.kill('SIGINT');
      return gone;
    },
  };
}

/** A process of `media <args>`, and all that it says, once it has ended. */
export function spawnMedia(
  args: readonly string[],
  cwd: string,
): { readonly ended: Promise<{ code: number | null; output: string }>; kill(signal: NodeJS.Signals): void } {
  const child = launch(args, cwd);
  let output = '';
  child.stdout?.on('data', (part: Buffer) => (output += part.toString('utf8')));
  child.stderr?.on('data', (part: Buffer) => (output += part.toString('utf8')));
  const ended = new Promise<{ code: number | null; output: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, output })),
  );
  return { ended, kill: (signal) => void child.kill(signal) };
}

/** Runs `media <args> --json` to its end and returns what it printed. Rejects unless it exits with 0. */
export async function media(args: readonly string[], cwd: string): Promise<unknown> {
  const child = launch([...args, '--json'], cwd);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (part: Buffer) => (stdout += part.toString('utf8')));
  child.stderr?.on('data', (part: Buffer) => (stderr += part.toString('utf8')));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`media ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return JSON.parse(stdout);
}

/** Many short processes of the same program: compiled once, they start in half the time. */
const COMPILED = join(tmpdir(), 'media-system-compiled');

function launch(args: readonly string[], cwd: string): ChildProcess {
  const env = { ...process.env, NO_COLOR: '1', NODE_COMPILE_CACHE: COMPILED };
  return spawn(process.execPath, [MAIN, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'], env });
}

function objectOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value))
      : undefined;
  } catch {
    return undefined;
  }
}

/** A field of an object that came as JSON. */
export function field(value: unknown, name: string): string {
  const found: unknown =
    typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(name) : undefined;
  if (typeof found === 'string' || typeof found === 'number' || typeof found === 'bigint')
    return String(found);
  throw new Error(`the answer has no ${name}: ${JSON.stringify(value)}`);
}

/** Looks until there is an answer: the processes are on their own clock, which nobody can turn. */
export async function until<T>(
  what: string,
  withinMs: number,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`${what} did not happen within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
