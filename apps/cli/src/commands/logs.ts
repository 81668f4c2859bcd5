import { dirOption } from '../chain-options.ts';
import { examples, rareOption } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import type { LogsOptions } from '../logs/command.ts';

export const registerLogs: RegisterCommand = (program, context) => {
  const command = program
    .command('logs')
    .description(
      'Prints what the daemons of this folder have logged, oldest first: those of "media up", and edges and guards of their own. No line has the address of a viewer. Requests are among them with "media up", and with --access-log of an edge.',
    )
    .argument('[daemon]', 'edge-1, guard-2, … (default: all)')
    .option('-f, --follow', 'go on with what they log from now on')
    .option('--lines <count>', 'how many of those there are', '200')
    .option('--level <level>', 'debug, info, warn or error, and all above it')
    .option('--phase <phase>', 'requests that ended in this phase')
    .option('--outcome <outcome>', 'requests that ended so: hit, miss, refused, …')
    .option('--resource <label>', 'requests for a resource, by its label or a host')
    .option('--since <time>', 'not older than 90s, 10m, 2h, 1d')
    .option('--json', 'the lines as they are, in JSON')
    .action(async (daemon: string | undefined, options: LogsOptions) =>
      (await import('../logs/command.ts')).showLogs(daemon, options, context),
    );
  rareOption(command, '--data <folder>', 'folder of one daemon');
  examples(dirOption(command), [
    'media logs --since 10m',
    'media logs edge-1 --level warn',
    'media logs --outcome refused --json',
  ]);
};
