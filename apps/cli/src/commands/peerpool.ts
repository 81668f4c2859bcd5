import { examples } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { chainOptions, keypairOption } from '../chain-options.ts';
import type * as Domains from '../peerpool/domains.ts';
import type { DomainOptions, ListOptions } from '../peerpool/domains.ts';
import type { TrackerOptions } from '../peerpool/tracker.ts';

/** Loaded by the command that needs it. */
const domains = (): Promise<typeof Domains> => import('../peerpool/domains.ts');

export const registerPeerpool: RegisterCommand = (program, context) => {
  const peerpool = program
    .command('peerpool')
    .description(
      'Domains whose pages may use PeerPool beside any CDN, by LP at stake for the role peerpool.',
    );
  examples(peerpool, ['media peerpool domains', 'media peerpool domains --all']);
  examples(
    keypairOption(
      chainOptions(
        peerpool
          .command('domains')
          .option('--all', "everybody's domains")
          .description('List domains with what stands for each, and notices.'),
      ),
    ).action(async (options: ListOptions) => (await domains()).list(options, context)),
    ['media peerpool domains', 'media peerpool domains --all --json'],
  );
  examples(
    keypairOption(
      chainOptions(
        peerpool
          .command('add')
          .argument('<domain>', 'host name of the pages')
          .description('Allow a domain: sets LP of your stake aside for it.'),
      ),
    )
      .option('--quote <mint>', 'quote token of the pool, where there are several')
      .option('--lp <lp>', 'LP to set aside (default: what a domain needs now, and a tenth)')
      .action(async (name: string, options: DomainOptions) => (await domains()).add(name, options, context)),
    [
      'media stake add 5 --role peerpool --keypair treasury',
      'media peerpool add shop.example --keypair treasury',
    ],
  );
  examples(
    keypairOption(
      chainOptions(
        peerpool
          .command('keep')
          .argument('<domain>', 'a domain of yours')
          .description('Set LP aside for a domain anew, and take a notice back.'),
      ),
    )
      .option('--lp <lp>', 'LP to set aside from now on (default: what a domain needs now, and a tenth)')
      .action(async (name: string, options: DomainOptions) => (await domains()).keep(name, options, context)),
    ['media peerpool keep shop.example --keypair treasury'],
  );
  examples(
    keypairOption(
      chainOptions(
        peerpool
          .command('remove')
          .argument('<domain>', 'a domain under notice, or one of yours')
          .description(
            'Give notice to a domain; when the notice is over, end it and free its LP. Others may where its stake fell short.',
          ),
      ),
    ).action(async (name: string, options: DomainOptions) =>
      (await domains()).remove(name, options, context),
    ),
    ['media peerpool remove shop.example --keypair treasury'],
  );
  examples(
    peerpool
      .command('tracker')
      .description(
        'Run a tracker for pages of your own, beside any CDN: it introduces their viewers to each other. Guards do so for resources and for domains with stake.',
      )
      .option('--allow <domain...>', 'host names of the pages, one at least')
      .option('--host <address>', 'address to listen on; TLS is for a proxy in front', '127.0.0.1')
      .option('--port <port>', 'port to listen on; 0 for a free one', '8480')
      .option('--stun-port <port>', 'UDP port of a STUN server beside it; 0 for a free one')
      .option('--stun-host <name>', 'name or address that viewers find STUN at (default: --host)')
      .option('--json', 'print the result as JSON')
      .action(async (options: TrackerOptions) =>
        (await import('../peerpool/tracker.ts')).runTracker(options, context),
      ),
    ['media peerpool tracker --allow shop.example --stun-port 3478'],
  );
};
