import { actingOptions, chainOptions } from '../chain-options.ts';
import type { ChainOptions } from '../chain-options.ts';
import { examples } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import type * as Actions from '../elections/actions.ts';

// Loaded when something is done: help need not know the chain.
const actions = (): Promise<typeof Actions> => import('../elections/actions.ts');

/** An account as examples name one. */
const SOME = '8Ucr2RfdiAK8obU3fMZN3eZo1RyPSGZBVydmR7vSEspQ';

export const registerElections: RegisterCommand = (program, context) => {
  const elections = program
    .command('elections')
    .description(
      'Elections of edges and guards: who is accused of what, how guards vote, what came of it. An accused node may appeal; a guard votes by itself, and here by hand.',
    )
    .option('--all', 'those that are over too')
    .action((options: Actions.ListOptions) => actions().then((each) => each.list(options, context)));
  chainOptions(elections);
  examples(elections, [
    'media elections',
    'media elections --all --json',
    `media elections vote ${SOME} reject --keypair guard-1`,
  ]);
  examples(
    actingOptions(
      elections
        .command('vote')
        .argument('<election>', 'account of the election')
        .argument('<vote>', 'uphold or reject')
        .description('Vote by hand, as the operator of a guard; the last vote counts.'),
    ).action((election: string, word: string, options: ChainOptions) =>
      actions().then((each) => each.vote(election, word, options, context)),
    ),
    [`media elections vote ${SOME} uphold --keypair guard-1`],
  );
  examples(
    actingOptions(
      elections
        .command('appeal')
        .argument('<election>', 'account of the election')
        .argument('<file>', 'counter-evidence; its SHA-256 goes on chain')
        .description('Appeal, once, as owner or operator of the accused: guards may vote again.'),
    ).action((election: string, file: string, options: ChainOptions) =>
      actions().then((each) => each.appeal(election, file, options, context)),
    ),
    [`media elections appeal ${SOME} answer.txt --keypair edge-4`],
  );
};
