import { createHash } from 'node:crypto';
import type { ActionName, ActionSchema } from '@media-network/chain/schema';
import { ACTIONS } from '@media-network/chain/schema';
import { MediaError } from '@media-network/runtime';
import type { Instruction } from '@solana/kit';
import { formatMedia, parseAmount } from '../amounts.ts';
import type { ChainOptions } from '../chain-options.ts';
import type { CliContext } from '../command.ts';
import { addressOf, connect, parseAddressArg } from '../connection.ts';
import type { Connection } from '../connection.ts';
import { fieldsOf } from './fields.ts';
import { minuteOf } from '../minute.ts';
import { readNamedFile } from '../named-file.ts';
import { proposalOf, timeOf } from './proposals.ts';
import { requireCountable, requireExecutable, requireRefundable, requireVoting } from './ready.ts';
import { findResource } from '../resource/find.ts';
import { wholeBetween } from '../whole-number.ts';

export interface ProposeOptions extends ChainOptions {
  readonly text?: string;
  readonly link?: string;
  readonly maxDeposit?: string;
}

/** Sends what a wallet asks for and says so. */
async function act(
  options: ChainOptions,
  context: CliContext,
  plan: (
    connection: Connection,
    owner: Awaited<ReturnType<Connection['wallet']>>,
  ) => Promise<{
    readonly instructions: readonly Instruction[];
    readonly said: string;
    readonly json?: Readonly<Record<string, unknown>>;
  }>,
): Promise<void> {
  const connection = await connect(options, context);
  await connection.client.config();
  const owner = await connection.wallet();
  const { instructions, said, json = {} } = await plan(connection, owner);
  const { packTransactions } = await import('@media-network/chain');
  const signatures: string[] = [];
  for (const group of packTransactions(owner.address, instructions))
    signatures.push((await connection.send(group, owner)).signature);
  const signature = signatures.at(-1);
  if (options.json === true) context.terminal.json({ signature, ...json });
  else context.terminal.line(`${said}\n${signature}`);
}

export async function lock(amount: string, options: ChainOptions, context: CliContext): Promise<void> {
  const units = parseAmount(amount, 9, 'The amount of MEDIA');
  await act(options, context, async (connection, owner) => {
    const { client } = connection;
    const held = await client.tokenBalance(owner.address, await client.addresses.mediaMint());
    if (held < units)
      throw new MediaError({
        code: 'cli/too-little',
        message: `The wallet ${await connection.named(owner.address)} holds ${formatMedia(held)}.`,
        hint: 'Lock less, or name another wallet with --keypair.',
        source: 'client',
      });
    const { seasoningSecs } = await client.config();
    const at = (await client.chainTime()) + BigInt(seasoningSecs);
    return {
      instructions: [await client.instructions.lockMedia({ owner, amount: units })],
      said: `Locked ${formatMedia(units)}. They vote on what is proposed from ${minuteOf(at)} on.`,
      json: { locked: units, votesFrom: timeOf(at) },
    };
  });
}

export async function unlock(amount: string, options: ChainOptions, context: CliContext): Promise<void> {
  await act(options, context, async ({ client }, owner) => {
    const { closeVotesPlan } = await import('@media-network/chain');
    const found = await client.account('lock', await client.addresses.lock(owner.address));
    const held = found?.amount ?? 0n;
    const units = amount === 'all' ? held : parseAmount(amount, 9, 'The amount of MEDIA');
    if (held === 0n || units > held)
      throw new MediaError({
        code: 'cli/too-little',
        message: `${formatMedia(held)} of this wallet are locked.`,
        hint: 'Ask for at most that, or name another wallet with --keypair.',
        source: 'client',
      });
    const closing = await closeVotesPlan(client, owner.address);
    return {
      instructions: [...closing, await client.instructions.unlockMedia({ owner, amount: units })],
      said: `Unlocked ${formatMedia(units)}.`,
      json: { unlocked: units, votesClosed: closing.length },
    };
  });
}

/** The kind by its name in the tables. */
function kindOf(text: string): readonly [ActionName, ActionSchema] {
  const found = Object.entries<ActionSchema>(ACTIONS).find(([name]) => name === text);
  // The names are those of the table.
  if (found !== undefined) return [found[0] as ActionName, found[1]];
  throw new MediaError({
    code: 'cli/bad-proposal',
    message: `There is no kind "${text}": there are ${Object.keys(ACTIONS).join(', ')}.`,
    hint: '"media gov parameters" says what each sets.',
    source: 'client',
  });
}

export async function propose(
  kindText: string,
  words: readonly string[],
  options: ProposeOptions,
  context: CliContext,
): Promise<void> {
  const [name, schema] = kindOf(kindText);
  const reader = {
    cwd: context.cwd,
    addressOf: (who: string) => addressOf(who, options, context),
    resourceOf: async (which: string) => (await findResource(await connect(options, context), which)).address,
  };
  const fields = await fieldsOf(reader, name, schema, words);
  const text = options.text === undefined ? undefined : await readNamedFile(options.text, context);
  await act(options, context, async (connection, proposer) => {
    const { client } = connection;
    const config = await client.config();
    const { encodeAction } = await import('@media-network/chain');
    const { averagePrice, depositOf } = await import('@media-network/chain/model');
    const quoteMint = config.quotes[0]?.mint;
    const pool = quoteMint === undefined ? null : await client.pool(quoteMint);
    if (pool === null)
      throw new MediaError({
        code: 'cli/no-pool',
        message: 'The first quote token has no pool, by which a deposit is measured.',
        hint: 'Open it with "media pool create".',
        source: 'client',
      });
    const now = await client.chainTime();
    const deposit = depositOf(config, averagePrice(pool, now, BigInt(config.twapSecs)));
    // The average moves while the transaction is on its way.
    const most = (deposit * 102n) / 100n;
    const maxDeposit =
      options.maxDeposit === undefined ? most : parseAmount(options.maxDeposit, 9, '--max-deposit');
    const held = await client.tokenBalance(proposer.address, config.mediaMint);
    if (held < deposit)
      throw new MediaError({
        code: 'cli/too-little',
        message: `A proposal costs a deposit of ${formatMedia(deposit)} until it has passed; the wallet ${await connection.named(proposer.address)} holds ${formatMedia(held)}.`,
        hint: 'Name another wallet with --keypair; "media pool swap" gets MEDIA.',
        source: 'client',
      });
    const number = config.proposals + 1n;
    const instruction = await client.instructions.propose({
      proposer,
      pool: pool.address,
      number,
      maxDeposit,
      kind: schema.kind,
      // Read by the kind's own table.
      action: encodeAction(name, fields as never),
      textHash: new Uint8Array(
        createHash('sha256')
          .update(text ?? '')
          .digest(),
      ),
      link: options.link ?? '',
    });
    const ends = now + BigInt(config.votingSecs);
    return {
      instructions: [instruction],
      said: `Proposed: number ${number}, deposit ${formatMedia(deposit)}. Voting ends ${minuteOf(ends)}.`,
      json: { number, deposit, votingEndsAt: timeOf(ends) },
    };
  });
}

export async function vote(
  which: string,
  sideText: string,
  options: ChainOptions,
  context: CliContext,
): Promise<void> {
  if (sideText !== 'for' && sideText !== 'against')
    throw new MediaError({
      code: 'cli/bad-side',
      message: `Vote "for" or "against", not "${sideText}".`,
      source: 'client',
    });
  await act(options, context, async (connection, owner) => {
    const { client } = connection;
    const { ballotsOf, votePlan } = await import('@media-network/chain');
    const proposal = await proposalOf(connection, which);
    requireVoting(proposal, await client.chainTime());
    const ballots = await ballotsOf(client, owner.address, proposal);
    const open = ballots.filter((ballot) => ballot.weight > 0n && ballot.vote === null);
    if (open.length === 0)
      throw new MediaError({
        code: 'cli/nothing-to-vote',
        message: ballots.some((ballot) => ballot.vote !== null)
          ? `The wallet has voted on proposal ${proposal.number} with all it has.`
          : `Nothing of this wallet has been locked or staked since ${minuteOf(proposal.seasonedAt)} UTC.`,
        hint: '"media gov lock" now counts for later proposals; "media gov show" has the weight of a wallet.',
        source: 'client',
      });
    const side = sideText === 'for' ? 1 : 0;
    const instructions = await Promise.all(
      open.map((ballot) => votePlan(client, { owner, proposal: proposal.address, ballot, side })),
    );
    const weight = open.reduce((sum, ballot) => sum + ballot.weight, 0n);
    return {
      instructions,
      said: `Voted ${sideText} with ${formatMedia(weight)}.`,
      json: { number: proposal.number, side: sideText, weight, votes: open.length },
    };
  });
}

export async function finalise(which: string, options: ChainOptions, context: CliContext): Promise<void> {
  await act(options, context, async (connection) => {
    const proposal = await proposalOf(connection, which);
    const { number, address } = proposal;
    requireCountable(proposal, await connection.client.chainTime());
    return {
      instructions: [await connection.client.instructions.finaliseProposal({ proposal: address })],
      said: `Counted: "media gov show ${number}" says how it ended.`,
      json: { number },
    };
  });
}

export async function execute(
  which: string,
  options: ChainOptions & { readonly buffer?: string },
  context: CliContext,
): Promise<void> {
  await act(options, context, async (connection, payer) => {
    const { executePlan } = await import('@media-network/chain');
    const proposal = await proposalOf(connection, which);
    requireExecutable(proposal, await connection.client.chainTime());
    const { buffer } = options;
    const named = buffer === undefined ? {} : { buffer: parseAddressArg(buffer, '--buffer') };
    return {
      instructions: await executePlan(connection.client, { payer, proposal, ...named }),
      said: `Proposal ${proposal.number} is carried out.`,
      json: { number: proposal.number },
    };
  });
}

export async function refund(which: string, options: ChainOptions, context: CliContext): Promise<void> {
  await act(options, context, async (connection, payer) => {
    const { client } = connection;
    const { ensureAta } = await import('@media-network/chain');
    const proposal = await proposalOf(connection, which);
    requireRefundable(proposal);
    const { number, address, proposer, deposit } = proposal;
    const mint = await client.addresses.mediaMint();
    const to = await ensureAta(client.addresses, { payer, owner: proposer, mint });
    const paid = await client.instructions.refundDeposit({ proposal: address, proposerMedia: to.ata });
    return {
      instructions: [to.instruction, paid],
      said: `Returned ${formatMedia(deposit)} to ${await connection.named(proposer)}.`,
      json: { number, deposit, proposer },
    };
  });
}

export async function pay(which: string, options: ChainOptions, context: CliContext): Promise<void> {
  const number = BigInt(wholeBetween(which, 'The grant', 1, Number.MAX_SAFE_INTEGER));
  await act(options, context, async (connection, payer) => {
    const { client } = connection;
    const { payGrantPlan } = await import('@media-network/chain');
    const { earnedOf } = await import('@media-network/chain/model');
    const grant = await client.account('grant', await client.addresses.grant(number));
    if (grant === null)
      throw new MediaError({
        code: 'cli/no-proposal',
        message: `There is no grant ${number}: grants have the numbers of the proposals that approved them.`,
        hint: '"media gov list" shows proposals.',
        source: 'client',
      });
    const due = earnedOf(grant, await client.chainTime()) - grant.paid;
    return {
      instructions: await payGrantPlan(client, { payer, grant }),
      said: `Paid about ${formatMedia(due)} of grant ${number} to ${await connection.named(grant.recipient)}.`,
      json: { number, recipient: grant.recipient },
    };
  });
}

/** Puts a program where an upgrade finds it. */
export async function buffer(file: string, options: ChainOptions, context: CliContext): Promise<void> {
  const bytes = await readNamedFile(file, context);
  const connection = await connect(options, context);
  const { client } = connection;
  const payer = await connection.wallet();
  const { upgradeDigest, writeUpgradeBuffer } = await import('@media-network/chain');
  const authority = await client.addresses.upgradeAuthority();
  const address = await writeUpgradeBuffer({ client, payer, bytes: new Uint8Array(bytes), authority });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const digest = Buffer.from(upgradeDigest(bytes)).toString('hex');
  if (options.json === true) context.terminal.json({ buffer: address, digest, sha256, length: bytes.length });
  else
    context.terminal.line(
      `The buffer ${address} holds ${bytes.length} bytes, digest ${digest}, SHA-256 ${sha256}. Nobody can change it any more.`,
    );
}

/** Gives the right to upgrade the program to those who vote. */
export async function govern(options: ChainOptions, context: CliContext): Promise<void> {
  await act(options, context, async (connection, owner) => {
    const { client } = connection;
    const { governUpgrades, upgradeAuthorityOf } = await import('@media-network/chain');
    const { addresses } = client;
    const [authority, programData] = [await addresses.upgradeAuthority(), await addresses.programData()];
    const held = await upgradeAuthorityOf(client, programData);
    if (held !== owner.address)
      throw new MediaError({
        code: 'cli/not-upgrader',
        message:
          held === null
            ? 'Nobody can upgrade the program of this network: it was deployed for good.'
            : held === authority
              ? 'The program is upgraded by vote already.'
              : `The program is upgraded by ${await connection.named(held)}, not by ${await connection.named(owner.address)}.`,
        hint: 'Only who upgrades a program can hand that over; "media program deploy" deploys one.',
        source: 'client',
      });
    return {
      instructions: [governUpgrades(programData, owner, authority)],
      said: 'The program is upgraded by vote from now on, and by nobody else.',
      json: { authority },
    };
  });
}
