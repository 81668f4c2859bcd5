import { edgeOptions } from '@media-network/edge/config';
import { examples } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
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
  registerLeave(command, 'edge', context);
  registerUpgrade(command, context);
  examples(command, [
    'media edge --keypair edge-4 --port 8090 --control-port 9090',
    'media edge upgrade --keypair edge-4',
    'media edge leave --keypair edge-4',
  ]);
};
