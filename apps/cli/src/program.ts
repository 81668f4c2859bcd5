import { isSea } from 'node:sea';
import { readOwnFile } from '@media-network/runtime/own-parts';
import { Command } from 'commander';
import type { OutputConfiguration } from 'commander';
import { COMMANDS } from './command-tree.ts';
import type { CliContext } from './command.ts';

export function version(): string {
  const manifest: unknown = JSON.parse(
    readOwnFile(new URL('../../../package.json', import.meta.url)).toString('utf8'),
  );
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '0';
}

const FIRST_STEPS_OF_A_BINARY = `
Start here:
  $ media edge check      whether an edge could run here, and what is missing
  $ media <word> --help   what a command does, with examples
`;

const FIRST_STEPS = `
Start here:
  $ media up              a whole network on this machine
  $ media <word> --help   what a command does, with examples
`;

/** The command line with what `word` names loaded; the other commands are there by name only. Errors are thrown, never process.exit. */
export async function createProgram(
  context: CliContext,
  output: OutputConfiguration,
  word: string | undefined,
): Promise<Command> {
  const program = new Command('media')
    .description('Media Network: a decentralised content delivery network on Solana.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput(output)
    .addHelpText('after', isSea() ? FIRST_STEPS_OF_A_BINARY : FIRST_STEPS);
  const commands = isSea() ? COMMANDS.filter(({ checkout }) => checkout !== true) : COMMANDS;
  for (const entry of commands) {
    if (entry.name === word) (await entry.load())(program, context);
    else program.command(entry.name, { hidden: entry.hidden === true }).summary(entry.summary);
  }
  for (const command of program.commands) {
    if (command.name() !== word) continue;
    const entry = COMMANDS.find(({ name }) => name === word);
    command.summary(entry?.summary ?? '');
    if (command.commands.length > 0) command.enablePositionalOptions().helpCommand(false);
    finish(command, context);
    for (const sub of command.commands) finish(sub, context);
  }
  return program;
}

/** What every command has: errors that are thrown, --debug, and the rest of its help under --help-all. */
function finish(command: Command, context: CliContext): void {
  command.exitOverride();
  if (!command.options.some((each) => each.long === '--debug'))
    command.addOption(command.createOption('--debug', 'show where an error comes from').hideHelp());
  const hidden = command.options.filter((each) => each.hidden);
  if (context.helpAll) for (const option of hidden) option.hidden = false;
  else if (hidden.length > 1)
    command.addHelpText(
      'after',
      `\n--help-all shows ${hidden.length} more option${hidden.length === 1 ? '' : 's'}.`,
    );
}
