import { resolve } from 'node:path';
import type { Command } from 'commander';
import { rareOption } from './command.ts';
import type { CliContext } from './command.ts';

/** Options of every command that talks to a chain. */
export interface ChainOptions {
  readonly url?: string;
  readonly ws?: string;
  readonly program?: string;
  readonly dir?: string;
  readonly keypair?: string;
  readonly json?: true;
}

export function dirOption(command: Command): Command {
  return command.option('--dir <folder>', 'folder of the network (default: .medianet)');
}

export function chainOptions(command: Command): Command {
  rareOption(command, '--ws <url>', 'its websocket (default: the port after that of --url)');
  rareOption(command, '--program <address>', 'id of the program (default: that of the network)');
  return dirOption(
    command.option('--url <url>', 'another Solana chain than that of --dir, by its JSON-RPC'),
  ).option('--json', 'print the result as JSON, amounts in base units');
}

export function keypairOption(
  command: Command,
  doc = 'wallet to act as: a name below --dir, or a keypair file (default: "default", else "publisher")',
): Command {
  return command.option('--keypair <file>', doc);
}

/** Of a command that a wallet does something with on a chain. */
export function actingOptions(command: Command, doc?: string): Command {
  return keypairOption(chainOptions(command), doc);
}

export function networkDir(options: { readonly dir?: string }, context: CliContext): string {
  return resolve(context.cwd, options.dir ?? context.env['MEDIA_DIR'] ?? '.medianet');
}
