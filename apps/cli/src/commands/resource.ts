import { Option } from 'commander';
import { examples } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { chainOptions, keypairOption } from '../chain-options.ts';
import { connect } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import type { AddOptions } from '../resource/add.ts';
import { settingsOptions } from '../resource/settings.ts';
import { RESOURCE_ARGUMENT, findResource } from '../resource/find.ts';
import type { ShowOptions } from '../resource/show.ts';
import type { UpdateOptions } from '../resource/update.ts';

export const registerResource: RegisterCommand = (program, context) => {
  const resource = program
    .command('resource')
    .description('Resources are what publishers serve through the network.');
  examples(resource, ['media resource', 'media resource show 1', 'media resource update 1 --pause']);
  examples(
    keypairOption(
      chainOptions(
        settingsOptions(
          resource
            .command('add')
            .argument('<origin>', 'http://host:port or https://host')
            .description('Publish an origin.'),
        ),
      ),
    )
      .option('--quote <mint>', 'quote token of the pool, where there are several')
      .option('--id <number>', 'number of the resource (default: the next of this publisher)')
      .option('--lp <lp>', 'LP of the stake to set aside (default: all that is free)')
      .option('--allowance <bytes>', 'open bytes an hour that are paid for at most', '10000000000')
      .option('--vouching-key <address>', 'the key whose tokens are paid for, as "vouch key" shows it')
      .option('--no-wait', 'do not wait for the guards')
      .action(async (origin: string, options: AddOptions) =>
        (await import('../resource/add.ts')).add(origin, options, context),
      ),
    [
      'media resource add http://127.0.0.1:3000',
      'media resource add https://example.com --lp 500 --header "Authorization: Bearer x"',
    ],
  );
  examples(
    keypairOption(
      chainOptions(
        settingsOptions(
          resource
            .command('update')
            .argument('<resource>', RESOURCE_ARGUMENT)
            .description('Change settings, stake or terms; pause or resume.'),
        ),
      ),
    )
      .option('--origin <url>', 'the new origin')
      .option('--remove-domain <name...>', 'names of your own that it no longer has')
      .option('--lp <lp>', 'LP to set aside from now on')
      .option('--allowance <bytes>', 'open bytes an hour that are paid for at most, from the next hour on')
      .option('--vouching-key <address>', 'the key whose tokens are paid for from the next hour on, or none')
      .option('--new-password', 'seal the settings with a new password, by the wallet alone')
      .addOption(new Option('--pause', 'stop serving it').conflicts('resume'))
      .option('--resume', 'ask the guards to serve it again')
      .action(async (which: string, options: UpdateOptions) =>
        (await import('../resource/update.ts')).update(which, options, context),
      ),
    [
      'media resource update 1 --origin http://127.0.0.1:4000',
      'media resource update 1 --domain my-site.localhost',
      'media resource update 1 --pause',
      'media resource update 1 --new-password',
    ],
  );
  examples(
    keypairOption(
      chainOptions(
        resource
          .command('list')
          .option('--all', "everybody's resources")
          .option(
            '--password-file <file>',
            'password of the settings (else MEDIA_PASSWORD, else that of --dir)',
          )
          .description('List resources with origin, URL and status.'),
      ),
    ).action(async (options: ShowOptions & { readonly all?: true }) =>
      (await import('../resource/show.ts')).list(options, context),
    ),
    ['media resource list', 'media resource list --all --json'],
  );
  examples(
    keypairOption(
      chainOptions(
        resource
          .command('show')
          .argument('<resource>', RESOURCE_ARGUMENT)
          .option(
            '--password-file <file>',
            'password of the settings (else MEDIA_PASSWORD, else that of --dir)',
          )
          .description('Show a resource: its URL, its origin, where it is served and, if not, why not.'),
      ),
    ).action(async (which: string, options: ShowOptions) => {
      const { print } = await import('../resource/show.ts');
      const connection = await connect(options, context);
      await print(await findResource(connection, which), connection, options, context);
    }),
    ['media resource show 1', 'media resource show 1 --json'],
  );
  examples(
    keypairOption(
      chainOptions(
        resource
          .command('remove')
          .argument('<resource>', RESOURCE_ARGUMENT)
          .option('--release', 'free the LP of a removed resource')
          .description('Take a resource off the network.'),
      ),
    ).action(async (which: string, options: ChainOptions & { readonly release?: true }) =>
      (await import('../resource/remove.ts')).remove(which, options, context),
    ),
    ['media resource remove 1', 'media resource remove 1 --release'],
  );
};
