import { chainOptions } from '../chain-options.ts';
import type { ChainOptions } from '../chain-options.ts';
import { examples } from '../command.ts';
import type { RegisterCommand } from '../command.ts';

export const registerStatus: RegisterCommand = (program, context) => {
  const command = program
    .command('status')
    .description('Shows chain, time, money, recent hours and every node, each asked whether it is ready.')
    .action(async (options: ChainOptions) =>
      // Loaded when something is shown: help need not know the chain.
      (await import('../status/show-status.ts')).showStatus(options, context),
    );
  examples(chainOptions(command), ['media status', 'media status --json']);
};
