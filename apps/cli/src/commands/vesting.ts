import type { Found } from '@media-network/chain';
import { PURPOSE } from '@media-network/chain/schema';
import { MediaError } from '@media-network/runtime';
import type { Instruction } from '@solana/kit';
import { formatMedia } from '../amounts.ts';
import { chainOptions, keypairOption } from '../chain-options.ts';
import type { ChainOptions } from '../chain-options.ts';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { addressOf, connect } from '../connection.ts';
import type { Connection } from '../connection.ts';
import { nameIn } from '../roles.ts';
import { table } from '../terminal/table.ts';
import { wholeBetween } from '../whole-number.ts';

/** An allocation with what its schedule has let go of by now, in base units. */
interface Row {
  readonly index: number;
  readonly purpose: string;
  readonly beneficiary: Found<'founding'>['vault'];
  readonly amount: bigint;
  readonly vested: bigint;
  readonly released: bigint;
  readonly payable: bigint;
}

interface Vesting {
  readonly found: Found<'founding'>;
  readonly rows: readonly Row[];
}

async function read({ client }: Connection): Promise<Vesting> {
  await client.config();
  const found = await client.founding();
  if (found === null)
    throw new MediaError({
      code: 'cli/no-founding',
      message: `The network under the program ${client.programId} has no account of founding allocations.`,
      source: 'client',
    });
  const now = await client.chainTime();
  const { vestedAt } = await import('@media-network/chain/model');
  const rows = found.allocations.slice(0, found.count).map((each, index) => {
    const vested = vestedAt(found, each.amount, now);
    return {
      index,
      purpose: nameIn(PURPOSE, each.purpose),
      beneficiary: each.beneficiary,
      amount: each.amount,
      vested,
      released: each.released,
      payable: vested - each.released,
    };
  });
  return { found, rows };
}

const day = (time: string): string => time.slice(0, 10);
const timeOf = (secs: bigint | number): string => new Date(Number(secs) * 1_000).toISOString();

async function show(options: ChainOptions, context: CliContext): Promise<void> {
  const connection = await connect(options, context);
  const { found, rows } = await read(connection);
  const { terminal } = context;
  const lockedUntil = timeOf(found.foundedAt + BigInt(found.lockSecs));
  const vestedUntil = timeOf(found.foundedAt + BigInt(found.lockSecs + found.vestSecs));
  const held = rows.reduce((sum, { amount, released }) => sum + amount - released, 0n);
  if (options.json === true) {
    const { vault, toFund, toTreasury } = found;
    const free = { toFund, toTreasury };
    terminal.json({
      vault,
      held,
      foundedAt: timeOf(found.foundedAt),
      lockedUntil,
      vestedUntil,
      ...free,
      allocations: rows,
    });
    return;
  }
  terminal.line(
    `founded  ${day(timeOf(found.foundedAt))}, ${formatMedia(found.toFund)} free in the fund, ${formatMedia(found.toTreasury)} with the founder`,
  );
  if (rows.length === 0) {
    terminal.line('Nothing was locked: this network is one to try things on.');
    return;
  }
  terminal.line(`locked   until ${day(lockedUntil)}, vests evenly until ${day(vestedUntil)}`);
  terminal.line(`held     ${formatMedia(held)} in ${found.vault}`);
  terminal.line();
  const config = await connection.client.addresses.config();
  const names = await Promise.all(
    rows.map(async ({ beneficiary }) =>
      beneficiary === config ? 'the fund' : connection.named(beneficiary),
    ),
  );
  const columns = [
    { head: 'no', value: (row: Row) => String(row.index), align: 'right' as const },
    { head: 'purpose', value: (row: Row) => row.purpose },
    {
      head: 'MEDIA',
      value: (row: Row) => formatMedia(row.amount).replace(' MEDIA', ''),
      align: 'right' as const,
    },
    {
      head: 'released',
      value: (row: Row) => formatMedia(row.released).replace(' MEDIA', ''),
      align: 'right' as const,
    },
    {
      head: 'due now',
      value: (row: Row) => formatMedia(row.payable).replace(' MEDIA', ''),
      align: 'right' as const,
    },
    { head: 'for', value: (row: Row) => names[row.index] ?? row.beneficiary },
  ];
  for (const line of table(rows, columns, terminal.style)) terminal.line(line);
}

function chosen({ found, rows }: Vesting, which: string | undefined): readonly Row[] {
  if (rows.length === 0)
    throw new MediaError({
      code: 'cli/no-founding',
      message: 'Nothing was locked at genesis.',
      hint: 'This network is one to try things on; "media network create" without --unlocked locks what the documents lock.',
      source: 'client',
    });
  if (which === undefined) return rows;
  const index = wholeBetween(which, 'The allocation', 0, found.count - 1);
  return rows.filter((row) => row.index === index);
}

async function release(which: string | undefined, options: ChainOptions, context: CliContext): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const vesting = await read(connection);
  const due = chosen(vesting, which).filter(({ payable }) => payable > 0n);
  if (due.length === 0) {
    const { foundedAt, lockSecs } = vesting.found;
    throw new MediaError({
      code: 'chain/nothing-vested',
      message: `Nothing has vested that is not released: allocations are locked until ${timeOf(foundedAt + BigInt(lockSecs)).slice(0, 10)}.`,
      hint: '"media vesting show" has amounts and dates.',
      source: 'client',
    });
  }
  const payer = await connection.wallet();
  const { ensureAta } = await import('@media-network/chain');
  const [config, mint, fund] = await Promise.all([
    client.addresses.config(),
    client.addresses.mediaMint(),
    client.addresses.fund(),
  ]);
  const instructions: Instruction[] = [];
  for (const { index, beneficiary } of due) {
    if (beneficiary === config) {
      instructions.push(await client.instructions.release({ index, beneficiaryMedia: fund }));
      continue;
    }
    const { ata, instruction } = await ensureAta(client.addresses, { payer, owner: beneficiary, mint });
    instructions.push(instruction, await client.instructions.release({ index, beneficiaryMedia: ata }));
  }
  const { signature } = await connection.send(instructions, payer);
  const after = await read(connection);
  const paid = due.map(({ index, beneficiary, released }) => ({
    index,
    beneficiary,
    amount: (after.rows[index]?.released ?? released) - released,
  }));
  if (options.json === true) {
    context.terminal.json({ signature, paid });
    return;
  }
  for (const { index, amount, beneficiary } of paid)
    context.terminal.line(
      `${index}  ${formatMedia(amount)} to ${beneficiary === config ? 'the fund' : await connection.named(beneficiary)}`,
    );
  context.terminal.line(signature);
}

async function handOver(
  which: string,
  to: string,
  options: ChainOptions,
  context: CliContext,
): Promise<void> {
  const connection = await connect(options, context);
  const vesting = await read(connection);
  const [row] = chosen(vesting, which);
  const beneficiary = await connection.wallet();
  const successor = await addressOf(to, options, context);
  if (row === undefined || row.beneficiary !== beneficiary.address)
    throw new MediaError({
      code: 'cli/not-yours',
      message: `The allocation ${which} is for ${await connection.named(row?.beneficiary ?? beneficiary.address)}, not for ${await connection.named(beneficiary.address)}.`,
      hint: 'Name the wallet of its beneficiary with --keypair.',
      source: 'client',
    });
  const { changeBeneficiary } = connection.client.instructions;
  const { signature } = await connection.send(
    [await changeBeneficiary({ beneficiary, index: row.index, successor })],
    beneficiary,
  );
  if (options.json === true) context.terminal.json({ signature, index: row.index, beneficiary: successor });
  else
    context.terminal.line(
      `What is left of allocation ${row.index} is for ${await connection.named(successor)} now.\n${signature}`,
    );
}

export const registerVesting: RegisterCommand = (program, context) => {
  const vesting = program
    .command('vesting')
    .description(
      'Founding allocations: MEDIA that the program has locked since genesis, and when it lets go of them.',
    );
  examples(vesting, ['media vesting', 'media vesting --json']);
  examples(
    chainOptions(vesting.command('show').description('Show amounts, beneficiaries and dates.')).action(
      (options: ChainOptions) => show(options, context),
    ),
    ['media vesting show', 'media vesting show --json'],
  );
  examples(
    keypairOption(
      chainOptions(
        vesting
          .command('release')
          .summary('pay what has vested')
          .argument('[number]', 'one allocation (default: all)')
          .description('Pay what has vested to the beneficiaries. Anyone may send it; only they are paid.'),
      ),
    ).action((which: string | undefined, options: ChainOptions) => release(which, options, context)),
    ['media vesting release', 'media vesting release 1 --keypair treasury'],
  );
  examples(
    keypairOption(
      chainOptions(
        vesting
          .command('hand-over')
          .summary('name another beneficiary')
          .argument('<number>', 'the allocation')
          .argument('<wallet>', 'who gets the rest of it, by name or address')
          .description('Make somebody else the beneficiary of an allocation of yours; its schedule stays.'),
      ),
    ).action((which: string, to: string, options: ChainOptions) => handOver(which, to, options, context)),
    ['media vesting hand-over 1 guard-1 --keypair treasury'],
  );
};
