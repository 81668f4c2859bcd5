import type { Command } from 'commander';
import { chainOptions, keypairOption } from './chain-options.ts';
import type { ChainOptions } from './chain-options.ts';
import { examples } from './command.ts';
import type { CliContext } from './command.ts';
import type { NodeKind } from './leave.ts';

/** `media edge leave`, `media guard leave`. */
export function registerLeave(group: Command, kind: NodeKind, context: CliContext): void {
  const command = group
    .command('leave')
    .summary('take it off the network, so that its stake can go')
    .description(
      `Takes ${kind === 'edge' ? 'an edge' : 'a guard'} off the network. Its stake can then unbond and be withdrawn, all of it.`,
    );
  examples(
    keypairOption(
      chainOptions(command),
      `wallet that owns the ${kind}: a name below --dir, or a file`,
    ).action(async (options: ChainOptions) => (await import('./leave.ts')).leave(kind, options, context)),
    [
      `media ${kind} leave --keypair ${kind}-4`,
      `media stake unbond --all --role ${kind} --keypair ${kind}-4`,
    ],
  );
}
