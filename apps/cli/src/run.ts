import { CommanderError } from 'commander';
import type { CliContext } from './command.ts';
import { describeFailure, failureText } from './failure.ts';
import { callName, createInvocation } from './invocation.ts';
import { createProgram, version } from './program.ts';
import { createTerminal } from './terminal/terminal.ts';
import type { Output } from './terminal/terminal.ts';
import { commandWords, usageErrorOf } from './usage.ts';

export interface RunDeps {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly takeSignals: CliContext['takeSignals'];
  readonly again?: CliContext['again'];
  /** How the command was called, a path or a bare name; `media` without. */
  readonly calledAs?: string;
}

/** Narrower help is not readable, wider is not read. */
const HELP_COLUMNS = { least: 60, most: 100 };

/** Runs one command line and returns its exit code; never throws. */
export async function runCli(given: readonly string[], deps: RunDeps): Promise<number> {
  const line = readLine(given);
  const { args, json } = line;
  const name = deps.calledAs === undefined ? 'media' : callName(deps.calledAs, deps.env, deps.cwd);
  const invocation = createInvocation(name, args);
  const terminal = createTerminal({ ...deps, json, rewrite: (text) => invocation.rewrite(text) });
  let exitCode = 0;
  let path = '';
  let page = '';
  /** Help and the version come in pieces. */
  const showPage = (): void => {
    if (json) terminal.json(page.trim() === version() ? { version: version() } : { help: page });
    else deps.stdout.write(page);
  };
  const output = {
    // Only help and the version come here.
    writeOut: (text: string) => {
      page += invocation.rewriteHelp(text);
    },
    // Told by `usageErrorOf`, in one shape with all other errors.
    writeErr: () => undefined,
    outputError: () => undefined,
    getOutHelpWidth: () =>
      Math.min(HELP_COLUMNS.most, Math.max(HELP_COLUMNS.least, deps.stdout.columns ?? 80)),
    getOutHasColors: () => false,
  };
  const context: CliContext = {
    terminal,
    env: deps.env,
    cwd: deps.cwd,
    invocation,
    helpAll: line.helpAll,
    takeSignals: deps.takeSignals,
    again:
      deps.again ??
      (() => {
        throw new Error('this command line is no process of its own');
      }),
    setExitCode: (code) => {
      exitCode = code;
    },
  };
  try {
    const program = await createProgram(context, output, args[0]);
    if (args.length === 0) {
      program.outputHelp();
      showPage();
      return 0;
    }
    const words = commandWords(program, args);
    path = words.path;
    await program.parseAsync(words.args, { from: 'user' });
    terminal.settle();
    return exitCode;
  } catch (error) {
    terminal.settle();
    if (error instanceof CommanderError && error.exitCode === 0) {
      showPage();
      return 0;
    }
    const failure = describeFailure(error instanceof CommanderError ? usageErrorOf(error, path) : error);
    const message = invocation.rewrite(failure.message);
    const hint = invocation.rewrite(failure.hint);
    if (json) {
      // A program has no use for a sentence that says both; what to do is always apart.
      const { remedyOf } = await import('./errors/catalogue.ts');
      const remedy = hint === '' ? invocation.rewrite(remedyOf(failure.code)) : hint;
      terminal.json({ error: { code: failure.code, message, hint: remedy } });
    }
    terminal.note(`media: ${failureText({ ...failure, message, hint })}`);
    if (args.includes('--debug')) terminal.note(debugText(error));
    return failure.exitCode;
  }
}

interface CommandLine {
  readonly args: readonly string[];
  readonly json: boolean;
  readonly helpAll: boolean;
}

/** A command line as typed: `help x` is `x --help`, and flags before the command belong to it. */
function readLine(given: readonly string[]): CommandLine {
  const end = given.indexOf('--');
  const flags = end === -1 ? given : given.slice(0, end);
  const helpAll = flags.includes('--help-all');
  const first = given.findIndex((each) => each !== '--json' && each !== '--debug');
  const early = first === -1 ? [] : given.slice(0, first);
  const rest = (first === -1 ? given : given.slice(first)).map((each) =>
    each === '--help-all' ? '--help' : each,
  );
  const isHelp = rest[0] === 'help';
  const words = isHelp ? [...rest.slice(1), '--help'] : [...rest];
  // A flag that stands before the command is its own; alone it asks for the general help.
  const only = words.length === 0 || words[0]?.startsWith('-') === true;
  return {
    args: only ? words.filter((each) => each !== '--json' && each !== '--debug') : [...words, ...early],
    json: flags.includes('--json'),
    helpAll,
  };
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
