import { edgeOptions } from '@media-network/edge/config';
import { examples } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { chainOptions } from '../chain-options.ts';
import type { ReputationOptions } from '../reputation/reputation.ts';
import { addDaemonOptions } from '../daemon-options.ts';
import type { DaemonOptions } from '../daemon-options.ts';
import { registerLeave } from '../register-leave.ts';
import { registerUpgrade } from '../register-upgrade.ts';

export const registerEdge: RegisterCommand = (program, context) => {
  const command = program
    .command('edge')
    .description(
      'Serves resources from its cache, reports what it served and earns MEDIA. Registers itself when it is not registered yet.',
    )
    .option('--endpoint <url>', 'URL for viewers (default: where it listens)')
    .option('--control <url>', 'URL for guards (default: where it listens)');
  addDaemonOptions(command, edgeOptions).action(async (options: DaemonOptions) =>
    (await import('../run-edge.ts')).runEdge(options, context),
  );
  const check = command
    .command('check')
    .summary('whether it could run as told, and what is missing')
    .description(
      'Looks at options, file and environment, folder, ports, certificate, chain, clock, wallet and stake as "media edge" with the same options would need them. Changes nothing. Exit code 1 when something is wrong.',
    )
    .option('--endpoint <url>', 'URL for viewers (default: where it listens)')
    .option('--control <url>', 'URL for guards (default: where it listens)');
  addDaemonOptions(check, edgeOptions).action(async (options: DaemonOptions) =>
    (await import('../check-edge.ts')).checkEdge(options, context),
  );
  examples(check, ['media edge check --keypair edge-1']);
  examples(
    chainOptions(
      command
        .command('reputation')
        .argument('<edge>', 'account of the edge, or name or address of the wallet that owns it')
        .summary('what it has made of itself, point by point')
        .description(
          'The reputation of an edge, 0 to 1,000, by the published formula, from what is on chain alone: hours that guards judged, disputes, elections. Each point names the account that shows it.',
        )
        .option('--hours <n>', 'hours to look back, at most 1000 (default: 336)'),
    ).action(async (edge: string, options: ReputationOptions) =>
      (await import('../reputation/reputation.ts')).showReputation(edge, options, context),
    ),
    ['media edge reputation edge-1', 'media edge reputation edge-1 --json'],
  );
  registerLeave(command, 'edge', context);
  registerUpgrade(command, context);
  examples(command, [
    'media edge --keypair edge-4 --port 8090 --control-port 9090',
    'media edge reputation edge-1',
    'media edge upgrade --keypair edge-4',
  ]);
  // As wide as its options: what each takes is in its own help.
  command.configureHelp({
    ...command.configureHelp(),
    subcommandTerm: (sub) => `${sub.name()} [options]`,
  });
};
