import type { Command } from 'commander';
import { dirOption, keypairOption } from './chain-options.ts';
import { examples, rareOption } from './command.ts';
import type { CliContext } from './command.ts';
import type { DaemonOptions } from './daemon-options.ts';

/** `media edge upgrade` */
export function registerUpgrade(group: Command, context: CliContext): void {
  const command = group
    .command('upgrade')
    .summary('go over to the code on disk, without a failed request')
    .description(
      'Lets the edge that runs on this machine be taken over from by the code, certificates and configuration on disk. No request fails: new processes take the listening sockets, the old ones end what they have begun. If the new ones do not come up, the old go on.',
    );
  rareOption(command, '--data <folder>', 'folder of the daemon (default: one below --dir)');
  rareOption(command, '--within <seconds>', 'how long to wait for the outcome', '360');
  examples(
    dirOption(keypairOption(command, 'wallet that the edge was started with'))
      .option('--json', 'print the result as JSON')
      .action(async (options: DaemonOptions) =>
        (await import('./upgrade-edge.ts')).upgradeEdge(options, context),
      ),
    ['media edge upgrade --keypair edge-4'],
  );
}
