import { CommanderError } from 'commander';
import type { CliContext } from './command.ts';
import { describeFailure } from './failure.ts';
import { createProgram } from './program.ts';
import { createTerminal } from './terminal/terminal.ts';
import type { Output } from './terminal/terminal.ts';

export interface RunDeps {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly takeSignals: () => AbortSignal;
}

/** Exit code of a command line that was not understood, as shells and BSD tools have it. */
const USAGE = 2;

/** Runs one command line and returns its exit code; never throws. */
export async function runCli(args: readonly string[], deps: RunDeps): Promise<number> {
  const terminal = createTerminal(deps);
  let exitCode = 0;
  const output = {
    writeOut: (text: string) => void deps.stdout.write(text),
    writeErr: (text: string) => void deps.stderr.write(text),
    outputError: (text: string, write: (text: string) => void) => write(text.replace(/^error: /, 'media: ')),
  };
  const context: CliContext = {
    terminal,
    env: deps.env,
    cwd: deps.cwd,
    takeSignals: deps.takeSignals,
    setExitCode: (code) => {
      exitCode = code;
    },
  };
  try {
    await createProgram(context, output).parseAsync(args, { from: 'user' });
    terminal.settle();
    return exitCode;
  } catch (error) {
    terminal.settle();
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    const failure = describeFailure(error);
    if (args.includes('--json')) terminal.json({ ok: false, code: failure.code, error: failure.message });
    terminal.note(`media: ${failure.message}`);
    if (args.includes('--debug')) terminal.note(debugText(error));
    return failure.exitCode;
  }
}

function debugText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  const inner = error instanceof AggregateError ? error.errors : [error.cause];
  return [
    own,
    ...inner.filter((each) => each !== undefined).map((each) => `caused by ${debugText(each)}`),
  ].join('\n');
}
