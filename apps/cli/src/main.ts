import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { enableCompileCache } from 'node:module';
import { isSea } from 'node:sea';
import { startOwn } from '@media-network/runtime/own-parts';
import type { SignalHandlers } from './command.ts';

// Compiling the sources is most of what a short command costs; the cache is Node's own, in its temporary folder.
if (!isSea()) enableCompileCache();
const { runCli } = await import('./run.ts');
const { PROJECT_ROOT } = await import('./root.ts');

// Signals and the exit code; everything else is below.
function takeSignals({ upgrade }: SignalHandlers = {}): AbortSignal {
  const controller = new AbortController();
  // A terminal that closes says SIGHUP, too; whoever runs without one means the other thing by it.
  const onTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  if (upgrade !== undefined) process.on('SIGUSR2', upgrade);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (signal === 'SIGHUP' && upgrade !== undefined && !onTerminal) {
        upgrade();
        return;
      }
      // Asked twice, somebody means it.
      if (controller.signal.aborted) process.exit(130);
      controller.abort();
    });
  }
  return controller.signal;
}
/** The same command line from the code on disk; what it says goes where ours does. */
function again(env: Readonly<Record<string, string>>): ChildProcess {
  const [, script = '', ...args] = process.argv;
  const options = { env: { ...process.env, ...env }, serialization: 'advanced' } as const;
  return isSea()
    ? startOwn(args, options)
    : fork(script, args, { ...options, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

// A reader that closes its end (`media status | head`) ends the command, and is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});

/** The script says how it was called. Without it, its path is what always runs. */
const calledAs =
  process.env['MEDIA_CALLED_AS'] ?? (isSea() ? (process.argv[1] ?? 'media') : `${PROJECT_ROOT}/media`);

const exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  takeSignals,
  again,
  calledAs,
});
// Not before both streams are empty: a pipe would lose its last lines.
await Promise.all(
  [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((resolve) => stream.write('', () => resolve())),
  ),
);
process.exit(exitCode);
