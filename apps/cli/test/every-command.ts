import type { Command } from 'commander';
import { COMMANDS } from '../src/command-tree.ts';
import { createInvocation } from '../src/invocation.ts';
import { createProgram } from '../src/program.ts';
import { createTerminal } from '../src/terminal/terminal.ts';
import { isGroup } from '../src/usage.ts';

export interface EveryCommand {
  readonly words: readonly string[];
  readonly command: Command;
  /** Whether it is only there for its subcommands. */
  readonly isGroup: boolean;
}

/** Every command and subcommand there is, from the tables that the command itself is made of. */
export async function everyCommand(): Promise<readonly EveryCommand[]> {
  const nowhere = { write: () => undefined };
  const found: EveryCommand[] = [];
  for (const entry of COMMANDS) {
    const context = {
      terminal: createTerminal({ stdout: nowhere, stderr: nowhere, env: {} }),
      env: {},
      cwd: '/nowhere',
      invocation: createInvocation('media', []),
      helpAll: false,
      again: () => {
        throw new Error('no process');
      },
      takeSignals: () => new AbortController().signal,
      setExitCode: () => undefined,
    };
    const program = await createProgram(context, {}, entry.name);
    const command = program.commands.find((each) => each.name() === entry.name);
    if (command === undefined) throw new Error(`${entry.name} is not registered`);
    found.push({ words: [entry.name], command, isGroup: isGroup(command) });
    for (const sub of command.commands)
      found.push({ words: [entry.name, sub.name()], command: sub, isGroup: false });
  }
  return found;
}
