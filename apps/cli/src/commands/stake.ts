import type { Found } from '@media-network/chain';
import { ROLE } from '@media-network/chain/schema';
import type { Command } from 'commander';
import { formatMedia, formatUnits } from '../amounts.ts';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { chainOptions, keypairOption } from '../chain-options.ts';
import { connect, mintDecimals } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import { ROLE_NAMES, nameIn } from '../roles.ts';
import type * as Moves from '../stake/move.ts';
import type { StakeOptions } from '../stake/move.ts';
import { table } from '../terminal/table.ts';

async function show(options: ChainOptions & { readonly all?: true }, context: CliContext): Promise<void> {
  const { worth } = await import('@media-network/chain/model');
  const connection = await connect(options, context);
  const { client } = connection;
  const config = await client.config();
  const stakes = await client.stakes(options.all === true ? undefined : (await connection.wallet()).address);
  const now = await client.chainTime();
  const pools = new Map((await client.pools()).map((pool) => [pool.address, pool]));
  const worthOf = (stake: Found<'stake'>): bigint => {
    const pool = pools.get(stake.pool);
    return pool === undefined ? 0n : worth(pool, config, now, stake.lp);
  };
  const rows = stakes.map((stake) => ({
    owner: stake.owner,
    role: nameIn(ROLE, stake.flags),
    pool: stake.pool,
    lp: stake.lp,
    allocated: stake.allocated,
    unbonding: stake.unbonding,
    withdrawableAt:
      stake.unbonding === 0n
        ? null
        : new Date((Number(stake.unbondAt) + config.unbondSecs) * 1000).toISOString(),
    worth: worthOf(stake),
  }));
  if (options.json === true) {
    context.terminal.json(rows);
    return;
  }
  if (rows.length === 0) {
    context.terminal.line('Nothing is staked: "media pool add" makes LP, "media stake add" stakes it.');
    return;
  }
  const [first] = pools.values();
  const decimals = first === undefined ? 0 : await mintDecimals(client, first.lpMint);
  const lines = table(
    rows,
    [
      { head: 'owner', value: (row) => row.owner },
      { head: 'role', value: (row) => row.role },
      { head: 'LP', value: (row) => formatUnits(row.lp, decimals), align: 'right' },
      { head: 'set aside', value: (row) => formatUnits(row.allocated, decimals), align: 'right' },
      { head: 'unbonding', value: (row) => formatUnits(row.unbonding, decimals), align: 'right' },
      { head: 'worth', value: (row) => formatMedia(row.worth), align: 'right' },
    ],
    context.terminal.style,
  );
  for (const line of lines) context.terminal.line(line);
}

const acting = (command: Command): Command =>
  keypairOption(
    chainOptions(command.option('--quote <mint>', 'quote token of the pool, where there are several')),
  ).option('--role <role>', `what the stake is for: ${ROLE_NAMES.join(', ')}`, 'publisher');

/** Loaded by the command that moves something. */
const moves = (): Promise<typeof Moves> => import('../stake/move.ts');

export const registerStake: RegisterCommand = (program, context) => {
  const stake = program.command('stake').description('Stakes are LP MEDIA, one for each role and pool.');
  examples(stake, [
    'media stake show --all',
    'media stake add --all',
    'media stake unbond --all --role edge --keypair edge-4',
  ]);
  examples(
    acting(
      stake
        .command('add')
        .argument('[lp]', 'LP to stake')
        .option('--all', 'all that the wallet holds')
        .description('Move LP from the wallet into a stake.'),
    ).action(async (amount: string | undefined, options: StakeOptions) =>
      (await moves()).addStake(amount, options, context),
    ),
    ['media stake add 500', 'media stake add --all --role edge --keypair edge-4'],
  );
  examples(
    acting(
      stake
        .command('unbond')
        .argument('[lp]', 'LP to take back')
        .option('--all', 'all that is not set aside for resources')
        .description('Begin to take LP back; it is paid out when the unbonding period is over.'),
    ).action(async (amount: string | undefined, options: StakeOptions) =>
      (await moves()).unbond(amount, options, context),
    ),
    ['media stake unbond 100', 'media stake unbond --all --role edge --keypair edge-4'],
  );
  examples(
    acting(
      stake
        .command('withdraw')
        .option('--all', 'all whose unbonding is over, as without it')
        .description('Pay out all LP whose unbonding period is over.'),
    ).action(async (options: StakeOptions) => (await moves()).withdraw(options, context)),
    ['media stake withdraw', 'media stake withdraw --role edge --keypair edge-4'],
  );
  examples(
    keypairOption(
      chainOptions(
        stake
          .command('show')
          .option('--all', "everybody's stakes")
          .description('Show stakes and their worth.'),
      ),
    ).action((options: ChainOptions & { readonly all?: true }) => show(options, context)),
    ['media stake show', 'media stake show --all --json'],
  );
};
