import { ACTIONS } from '@media-network/chain/schema';
import { actingOptions, chainOptions } from '../chain-options.ts';
import type { ChainOptions } from '../chain-options.ts';
import { examples } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import type * as Actions from '../gov/actions.ts';
import type * as Proposals from '../gov/proposals.ts';

// Loaded when something is done: help need not know the chain.
const actions = (): Promise<typeof Actions> => import('../gov/actions.ts');
const proposals = (): Promise<typeof Proposals> => import('../gov/proposals.ts');

export const registerGov: RegisterCommand = (program, context) => {
  const gov = program
    .command('gov')
    .description('Governance: lock MEDIA, propose, vote, and carry out what has passed.');
  examples(gov, ['media gov', 'media gov parameters', 'media gov show 1']);
  examples(
    chainOptions(gov.command('list').description('List proposals, the newest first.')).action(
      (options: ChainOptions) => proposals().then((each) => each.list(options, context)),
    ),
    ['media gov list', 'media gov list --json'],
  );
  examples(
    actingOptions(
      gov
        .command('show')
        .summary('votes and effect')
        .argument('<number>', 'the proposal')
        .description('Show a proposal, its votes, and what the wallet can vote on it with.'),
    ).action((which: string, options: ChainOptions) =>
      proposals().then((each) => each.show(which, options, context)),
    ),
    ['media gov show 1'],
  );
  examples(
    chainOptions(
      gov
        .command('parameters')
        .summary('what can be set')
        .description('List what proposals can set, with units, bounds, and from when a change holds.'),
    ).action((options: ChainOptions) => proposals().then((each) => each.parameters(options, context))),
    ['media gov parameters', 'media gov parameters --json'],
  );
  examples(
    actingOptions(
      gov
        .command('lock')
        .summary('lock MEDIA to vote')
        .argument('<media>', 'MEDIA to lock')
        .description('Lock MEDIA, which votes on proposals that are made when it has lain for a while.'),
    ).action((amount: string, options: ChainOptions) =>
      actions().then((each) => each.lock(amount, options, context)),
    ),
    ['media gov lock 1000', 'media gov lock 0.5 --keypair treasury'],
  );
  examples(
    actingOptions(
      gov
        .command('unlock')
        .summary('take it back')
        .argument('<media>', 'MEDIA to take back, or "all"')
        .description('Take locked MEDIA back. Votes on proposals that are done are closed first.'),
    ).action((amount: string, options: ChainOptions) =>
      actions().then((each) => each.unlock(amount, options, context)),
    ),
    ['media gov unlock 100', 'media gov unlock all --keypair treasury'],
  );
  examples(
    actingOptions(
      gov
        .command('propose')
        .summary('propose something')
        .argument('<kind>', `one of ${Object.keys(ACTIONS).join(', ')}`)
        .argument('[settings...]', 'what it sets or names, each as name=value')
        .option('--link <url>', 'where the text of the proposal is')
        .option('--text <file>', 'the text itself, whose SHA-256 goes on chain')
        .option('--max-deposit <media>', 'most to deposit (default: 2 % above what it costs now)')
        .description('Propose something, for a deposit that comes back if it passes.'),
    ).action((kind: string, words: string[], options: Actions.ProposeOptions) =>
      actions().then((each) => each.propose(kind, words, options, context)),
    ),
    [
      'media gov propose dataFees feePerGb=0.003MEDIA --keypair treasury',
      'media gov propose grant recipient=edge-1 amount=10MEDIA secs=90d',
    ],
  );
  examples(
    actingOptions(
      gov
        .command('vote')
        .summary('for or against')
        .argument('<number>', 'the proposal')
        .argument('<side>', '"for" or "against"')
        .description('Vote with all that the wallet has locked or staked for long enough.'),
    ).action((which: string, side: string, options: ChainOptions) =>
      actions().then((each) => each.vote(which, side, options, context)),
    ),
    ['media gov vote 1 for', 'media gov vote 1 against --keypair treasury'],
  );
  const counted = gov.command('finalise').summary('count the votes').argument('<number>', 'the proposal');
  examples(
    actingOptions(counted.description('Count the votes when voting is over. Anyone may.')).action(
      (which: string, options: ChainOptions) =>
        actions().then((each) => each.finalise(which, options, context)),
    ),
    ['media gov finalise 1'],
  );
  examples(
    actingOptions(
      gov
        .command('execute')
        .summary('carry it out')
        .argument('<number>', 'the proposal')
        .option('--buffer <address>', 'of an upgrade: the buffer with the program')
        .description('Carry out a proposal that has passed, when its delay is over. Anyone may.'),
    ).action((which: string, options: ChainOptions & { readonly buffer?: string }) =>
      actions().then((each) => each.execute(which, options, context)),
    ),
    ['media gov execute 1'],
  );
  const returned = gov.command('refund').summary('return a deposit').argument('<number>', 'the proposal');
  examples(
    actingOptions(
      returned.description('Return the deposit of a proposal that has passed. Anyone may.'),
    ).action((which: string, options: ChainOptions) =>
      actions().then((each) => each.refund(which, options, context)),
    ),
    ['media gov refund 1'],
  );
  examples(
    actingOptions(
      gov
        .command('buffer')
        .summary('a program to upgrade to')
        .argument('<file>', 'the program, as "media program build" makes it')
        .description('Put a program where an upgrade that is voted for finds it. Anyone may.'),
    ).action((file: string, options: ChainOptions) =>
      actions().then((each) => each.buffer(file, options, context)),
    ),
    ['media gov buffer media.so', 'media gov propose upgrade file=media.so'],
  );
  examples(
    actingOptions(
      gov
        .command('take-over')
        .summary('upgrades by vote')
        .description('Hand the right to upgrade the program over to votes, for good. Its holder may.'),
    ).action((options: ChainOptions) => actions().then((each) => each.govern(options, context))),
    ['media gov take-over --keypair treasury'],
  );
  const paid = gov.command('pay').summary('pay out a grant').argument('<number>', 'the grant');
  examples(
    actingOptions(
      paid.description('Pay what a grant has earned so far to its recipient. Anyone may.'),
    ).action((which: string, options: ChainOptions) =>
      actions().then((each) => each.pay(which, options, context)),
    ),
    ['media gov pay 2'],
  );
};
