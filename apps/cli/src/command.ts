import type { ChildProcess } from 'node:child_process';
import type { Command } from 'commander';
import type { Invocation } from './invocation.ts';
import type { Terminal } from './terminal/terminal.ts';

export interface SignalHandlers {
  /** Called with SIGUSR2, and with SIGHUP where no terminal has gone; without it SIGHUP ends a command. */
  readonly upgrade?: () => void;
}

/** What a subcommand gets from the process; tests give their own. */
export interface CliContext {
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** How this command was called, for the command lines that it prints. */
  readonly invocation: Invocation;
  /** Whether help shows everything there is (`--help-all`), or what matters first. */
  readonly helpAll: boolean;
  /**
   * Takes SIGINT and SIGTERM over: the signal returned is aborted by the first, and the command ends in
   * its own time. A command that does not call this ends at once.
   */
  takeSignals(handlers?: SignalHandlers): AbortSignal;
  /** Starts this command line once more, from the code that is on disk now, with Node's channel to it. */
  again(env: Readonly<Record<string, string>>): ChildProcess;
  /** Sets the exit code of a command that ends in "no" rather than in an error, such as an audit that disagrees. */
  setExitCode(code: number): void;
}

/** A file below `commands/` exports one of these. */
export type RegisterCommand = (program: Command, context: CliContext) => void;

/** Examples at the end of a command's help. Each runs as it stands beside the network of `media up`. */
export function examples(command: Command, lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`);
}

/** An option that help leaves to `--help-all`. */
export function rareOption(command: Command, flags: string, description: string, standard?: string): Command {
  return command.addOption(command.createOption(flags, description).hideHelp().default(standard));
}
