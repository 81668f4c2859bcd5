import { actingOptions } from '../chain-options.ts';
import { examples } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import type { PurgeOptions } from '../purge/purge.ts';

export const registerPurge: RegisterCommand = (program, context) => {
  const command = program
    .command('purge')
    .summary('have every edge forget what it keeps')
    .description(
      'Has every edge forget what it keeps of your resource: objects by URL or path, by tag (Cache-Tag, Surrogate-Key), by prefix, or everything; under all its names, http and https. A URL means that object with that query; use --prefix for all below it. Ends with 0 when each edge has confirmed, else with 1: guards keep the purge for edges that are down.',
    )
    .argument('[what...]', 'URLs; or the resource (id, label, host), and paths of it')
    .option('--tag <tag...>', 'all that has this tag')
    .option('--prefix <prefix...>', 'all whose path begins like this, such as /img/')
    .option('--all', 'everything of the resource')
    .option('--soft', 'keep it, and ask the origin before it is used again')
    .action(async (what: readonly string[], options: PurgeOptions) =>
      (await import('../purge/purge.ts')).purge(what, options, context),
    );
  examples(actingOptions(command), [
    'media purge 1 /index.html /css/site.css',
    'media purge 1 --tag news --soft',
    'media purge 1 --prefix /download/ --json',
    'media purge 1 --all',
  ]);
};
