import { createHash } from 'node:crypto';
import { ensureAta } from '@media-network/chain';
import type { MediaClient, Signer } from '@media-network/chain';
import { decodeEpoch, equalBytes } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import type { Address } from '@solana/kit';
import { formatMedia } from '../amounts.ts';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { chainOptions, keypairOption } from '../chain-options.ts';
import { addressOf, connect } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import { auditDeps } from './audit.ts';

interface ClaimOptions extends ChainOptions {
  readonly owner?: string;
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** What an owner has earned and been paid, as the last closed epoch has it. */
export interface Claimable {
  readonly week: bigint;
  readonly cumulative: bigint;
  readonly claimed: bigint;
  readonly proof: readonly Uint8Array[];
}

/** Undefined when no epoch is closed yet or the owner has earned nothing. */
export async function claimable(client: MediaClient, owner: Address): Promise<Claimable | undefined> {
  const config = await client.config();
  if (config.lastEpoch === 0n) return undefined;
  const week = config.lastEpoch - 1n;
  const epoch = await client.epoch(week);
  if (epoch === null) return undefined;
  const table = await auditDeps(client).blobs.find('epochs', epoch.root, (blob) => {
    const decoded = decodeEpoch(blob, sha256);
    return decoded !== undefined && equalBytes(decoded.root, epoch.root) ? decoded : undefined;
  });
  if (table === undefined) {
    throw new MediaError({
      code: 'cli/no-evidence',
      message: `No guard serves the table of week ${week}: check that guards run, and try again.`,
      source: 'peer',
      retry: true,
    });
  }
  const leaf = table.claimProof(owner);
  if (leaf === undefined) return undefined;
  const claimed = (await client.claimed(owner))?.claimed ?? 0n;
  return { week, cumulative: leaf.cumulative, claimed, proof: leaf.proof };
}

/** Pays an owner what is theirs. */
export async function sendClaim(
  client: MediaClient,
  payer: Signer,
  owner: Address,
  what: Claimable,
): Promise<string> {
  const { mediaMint } = await client.config();
  const to = await ensureAta(client.addresses, { payer, owner, mint: mediaMint });
  const claim = await client.instructions.claim({
    payer,
    owner,
    week: what.week,
    cumulative: what.cumulative,
    ownerMedia: to.ata,
    tail: new Uint8Array(Buffer.concat(what.proof)),
  });
  return (await client.send([to.instruction, claim], { payer })).signature;
}

function nothingDue(who: string, claimed: bigint, what: Claimable | undefined): string[] {
  if (claimed > 0n)
    return [
      `Everything that ${who} has earned is paid: ${formatMedia(claimed)} in all${what === undefined ? '' : `, up to week ${what.week}`}.`,
      'Edges and guards claim by themselves; what a week earns is due when it is closed.',
    ];
  return [
    `Nothing is due to ${who}, and nothing was paid yet.`,
    what === undefined
      ? 'Rewards come when a week is closed that it has served or judged in.'
      : `The last closed week is ${what.week}.`,
  ];
}

async function run(options: ClaimOptions, context: CliContext): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const payer = await connection.wallet();
  const owner =
    options.owner === undefined ? payer.address : await addressOf(options.owner, options, context);
  const what = await claimable(client, owner);
  const due = what === undefined ? 0n : what.cumulative - what.claimed;
  if (what === undefined || due <= 0n) {
    // What was paid is on chain, whatever the last week says.
    const claimed = what?.claimed ?? (await client.claimed(owner))?.claimed ?? 0n;
    if (options.json === true) context.terminal.json({ owner, paid: 0n, claimed, week: what?.week ?? null });
    else
      for (const line of nothingDue(await connection.named(owner), claimed, what))
        context.terminal.line(line);
    return;
  }
  const signature = await sendClaim(client, payer, owner, what);
  if (options.json === true)
    context.terminal.json({ owner, paid: due, claimed: what.cumulative, week: what.week, signature });
  else
    context.terminal.line(
      `Paid ${formatMedia(due)} to ${owner} (${formatMedia(what.cumulative)} in all).\n${signature}`,
    );
}

export const registerClaim: RegisterCommand = (program, context) => {
  const command = program
    .command('claim')
    .description(
      'Pays what the last closed week says an owner has earned. Anyone may send it; only the owner is paid.',
    )
    .option('--owner <wallet>', 'whose rewards, by name or address (default: those of --keypair)')
    .action((options: ClaimOptions) => run(options, context));
  examples(keypairOption(chainOptions(command)), [
    'media claim --keypair edge-1',
    'media claim --owner edge-1 --json',
  ]);
};
