import type { Command } from 'commander';
import type { Terminal } from './terminal/terminal.ts';

/** What a subcommand gets from the process; tests give their own. */
export interface CliContext {
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /**
   * Takes SIGINT and SIGTERM over: the signal returned is aborted by the first, and the command ends in
   * its own time. A command that does not call this ends at once.
   */
  takeSignals(): AbortSignal;
  /** Sets the exit code of a command that ends in "no" rather than in an error, such as an audit that disagrees. */
  setExitCode(code: number): void;
}

/** A file below `commands/` exports one of these. */
export type RegisterCommand = (program: Command, context: CliContext) => void;

/** Examples at the end of a command's help. */
export function examples(command: Command, lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`);
}
