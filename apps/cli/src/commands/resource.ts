import { Option } from 'commander';
import { examples } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { chainOptions, keypairOption } from '../chain-options.ts';
import { connect } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import type { AddOptions } from '../resource/add.ts';
import { settingsOptions } from '../resource/settings-options.ts';
import { RESOURCE_ARGUMENT, findResource } from '../resource/find.ts';
import type { ShowOptions } from '../resource/show.ts';
import type { DomainOptions } from '../resource/domain.ts';
import type { RotateOptions } from '../resource/rotate.ts';
import type { SignOptions } from '../resource/sign.ts';
import type { UsageOptions } from '../resource/usage.ts';
import type { UpdateOptions } from '../resource/update.ts';
import type { WarmOptions } from '../warm/warm.ts';

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
      .option('--remove-rule <line...>', 'rules to take away, by text or number')
      .option('--lp <lp>', 'LP to set aside from now on')
      .option('--allowance <bytes>', 'open bytes an hour that are paid for at most')
      .option('--vouching-key <address>', 'key whose tokens are paid for, or none')
      .option('--new-password', 'seal the settings with a new password')
      .addOption(new Option('--pause', 'stop serving it').conflicts('resume'))
      .option('--resume', 'ask the guards to serve it again')
      .action(async (which: string, options: UpdateOptions) =>
        (await import('../resource/update.ts')).update(which, options, context),
      ),
    [
      'media resource update 1 --origin http://127.0.0.1:4000',
      'media resource update 1 --domain my-site.localhost',
      'media resource update 1 --rule "cache /assets/* ttl=30d"',
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
          .command('domain')
          .argument('<resource>', RESOURCE_ARGUMENT)
          .argument('[name]', 'one of its own names (default: all)')
          .option('--resolver <address>', "DNS server that is asked (default: this machine's)")
          .option(
            '--password-file <file>',
            'password of the settings (else MEDIA_PASSWORD, else that of --dir)',
          )
          .description('Print the DNS records that its own names need, and look whether they are there.'),
      ),
    ).action(async (which: string, name: string | undefined, options: DomainOptions) =>
      (await import('../resource/domain.ts')).domains(which, name, options, context),
    ),
    ['media resource domain 1', 'media resource domain 1 shop.example --resolver 9.9.9.9 --json'],
  );
  examples(
    keypairOption(
      chainOptions(
        resource
          .command('usage')
          .argument('<resource>', RESOURCE_ARGUMENT)
          .option('--month <number>', 'a month that is past (default: the one that runs)')
          .description('Draw a month of it: samples, 95th percentile, quota, burst left.'),
      ),
    ).action(async (which: string, options: UsageOptions) =>
      (await import('../resource/usage.ts')).printUsage(which, options, context),
    ),
    ['media resource usage 1', 'media resource usage 1 --month 0 --json'],
  );
  examples(
    keypairOption(
      chainOptions(
        resource
          .command('rotate')
          .argument('[resource...]', `${RESOURCE_ARGUMENT} (default: all of the wallet's own)`)
          .option('--force', 'though nobody has come or gone')
          .option('--watch', 'stay, and do it whenever it is due: a standing order')
          .option('--every <seconds>', 'how often to look, with --watch', '60')
          .option(
            '--password-file <file>',
            'password of the settings (else MEDIA_PASSWORD, else that of --dir)',
          )
          .summary('seal the settings anew, under a new key, when a guard or an edge came or left')
          .description(
            'Seals the same settings anew, under a new key, for the guards that are there now, when a guard joined, or a guard or an edge left or was removed since. Edges serve on meanwhile. What whoever left has read stays read: change what is secret in them too.',
          ),
      ),
    ).action(async (which: readonly string[], options: RotateOptions) =>
      (await import('../resource/rotate.ts')).rotate(which, options, context),
    ),
    [
      'media resource rotate',
      'media resource rotate 1 --force --json',
      'media resource rotate --watch --keypair publisher',
    ],
  );
  examples(
    keypairOption(
      chainOptions(
        resource
          .command('refresh')
          .argument('<resource>', RESOURCE_ARGUMENT)
          .description('Compute its quota anew from what its stake is worth now; guards do in turns.'),
      ),
    ).action(async (which: string, options: ChainOptions) =>
      (await import('../resource/refresh.ts')).refresh(which, options, context),
    ),
    ['media resource refresh 1', 'media resource refresh 1 --keypair treasury --json'],
  );
  examples(
    keypairOption(
      chainOptions(
        resource
          .command('rules')
          .argument('[resource]', RESOURCE_ARGUMENT)
          .option(
            '--password-file <file>',
            'password of the settings (else MEDIA_PASSWORD, else that of --dir)',
          )
          .description('Show the rules of a resource, or, without one, every kind of rule there is.'),
      ),
    ).action(async (which: string | undefined, options: ShowOptions) =>
      (await import('../resource/rules.ts')).showRules(which, options, context),
    ),
    [
      'media resource rules',
      'media resource rules 1',
      'media resource update 1 --rule "cache /assets/* ttl=30d" --remove-rule 2',
    ],
  );
  examples(
    keypairOption(
      chainOptions(
        resource
          .command('sign')
          .argument('<resource>', RESOURCE_ARGUMENT)
          .argument('[target]', 'path and query, as browsers send them')
          .option('--new-key <name>', 'make a key instead, and print its rule')
          .option('--key <name>', 'key to sign with (default: the first that it has)')
          .option('--expires <time>', 'how long it is good for', '1h')
          .option('--path <pattern>', 'good for all of this path, such as /members/*')
          .option('--address <address>', 'good from this address or network only')
          .option(
            '--password-file <file>',
            'password of the settings (else MEDIA_PASSWORD, else that of --dir)',
          )
          .description('Make a signed URL for a path that is closed by the rule "sign", or a key for that.'),
      ),
    ).action(async (which: string, target: string | undefined, options: SignOptions) =>
      (await import('../resource/sign.ts')).sign(which, target, options, context),
    ),
    [
      'media resource sign 1 --new-key site',
      'media resource sign 1 /members/film.mp4 --expires 12h',
      'media resource sign 1 /members/film.m3u8 --path "/members/*" --json',
    ],
  );
  examples(
    keypairOption(
      chainOptions(
        resource
          .command('warm')
          .argument(
            '[what...]',
            'the resource, and paths of it (over https where edges speak it); or URLs. Playlists bring what they name',
          )
          .option('--file <file>', 'URLs or paths, one a line')
          .option('--sitemap <url...>', 'all that a sitemap.xml lists')
          .option('--region <region...>', 'only edges there')
          .option('--parallel <number>', 'requests to an edge at a time', '4')
          .summary('Have every edge fetch what viewers will ask for.')
          .description(
            'Have every edge fetch what viewers will ask for. This command asks each edge as any viewer would, once: the bytes are open bytes and count against the allowance of the resource. Ends with 1 where something could not be had, or is not kept.',
          ),
      ),
    ).action(async (what: readonly string[], options: WarmOptions) =>
      (await import('../warm/warm.ts')).warm(what, options, context),
    ),
    ['media resource warm 1 / /watch.html', 'media resource warm 1 /hls/index.m3u8 --region local --json'],
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
