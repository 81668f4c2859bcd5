import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { OutputConfiguration } from 'commander';
import type { CliContext, RegisterCommand } from './command.ts';
import { registerAudit } from './commands/audit.ts';
import { registerBench } from './commands/bench.ts';
import { registerChain } from './commands/chain.ts';
import { registerCheck } from './commands/check.ts';
import { registerClaim } from './commands/claim.ts';
import { registerEdge } from './commands/edge.ts';
import { registerGuard } from './commands/guard.ts';
import { registerNetwork } from './commands/network.ts';
import { registerPool } from './commands/pool.ts';
import { registerProgram } from './commands/program.ts';
import { registerResource } from './commands/resource.ts';
import { registerStake } from './commands/stake.ts';
import { registerStatus } from './commands/status.ts';
import { registerTest } from './commands/test.ts';
import { registerUp } from './commands/up.ts';
import { registerWallet } from './commands/wallet.ts';

/** In the order in which `media --help` lists them. */
const COMMANDS: readonly RegisterCommand[] = [
  registerUp,
  registerCheck,
  registerTest,
  registerBench,
  registerChain,
  registerEdge,
  registerGuard,
  registerNetwork,
  registerWallet,
  registerPool,
  registerStake,
  registerResource,
  registerStatus,
  registerAudit,
  registerClaim,
  registerProgram,
];

function version(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '0';
}

/** The whole command line; errors are thrown to the caller, never process.exit. */
export function createProgram(context: CliContext, output: OutputConfiguration): Command {
  const program = new Command('media')
    .description('Media Network: a decentralised content delivery network on Solana.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .option('--debug', 'show where an error comes from')
    .showSuggestionAfterError(true)
    .showHelpAfterError('(media --help lists the commands)')
    .exitOverride()
    .configureOutput(output)
    .addHelpText(
      'after',
      '\nStart here:\n  $ media up       a whole network on this machine\n  $ media check    does it all work here?\n',
    );
  for (const register of COMMANDS) register(program, context);
  for (const command of program.commands) {
    command.showHelpAfterError(`(media ${command.name()} --help says more)`).exitOverride();
    if (command.commands.length === 0) command.option('--debug', 'show where an error comes from');
    for (const sub of command.commands)
      sub.option('--debug', 'show where an error comes from').exitOverride();
  }
  return program;
}
