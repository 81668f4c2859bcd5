import { createHash } from 'node:crypto';
import { findClaims } from '@media-network/audit';
import { ensureAta } from '@media-network/chain';
import type { Found, MediaClient, Signer } from '@media-network/chain';
import { CLAIM_WINDOW, EPOCH_STATUS } from '@media-network/chain/schema';
import { weekAt } from '@media-network/protocol';
import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import type { Address } from '@solana/kit';
import { formatMedia } from '../amounts.ts';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { chainOptions, connect, keypairOption, parseAddressArg } from '../connection.ts';
import type { ChainOptions } from '../connection.ts';
import { auditDeps } from './audit.ts';

interface ClaimOptions extends ChainOptions {
  readonly owner?: string;
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** What an owner can have of one week now. */
export interface Claimable {
  readonly week: bigint;
  readonly amount: bigint;
  readonly proof: readonly Uint8Array[];
}

/** Where an owner stands, week by week. */
export interface Standing {
  /** Endorsed and not claimed, oldest first. */
  readonly claimable: readonly Claimable[];
  /** Decided, and to be endorsed by a later week's set before anything is paid. */
  readonly waiting: readonly bigint[];
  /** Endorsed weeks whose table of claims nobody serves at the moment. */
  readonly unserved: readonly bigint[];
  /** Paid so far. */
  readonly total: bigint;
}

/** Whether a week is claimed, or too old for the window of an owner's account. */
function isDone(claim: Found<'claim'> | null, week: bigint): boolean {
  if (claim === null) return false;
  if (week < claim.base) return true;
  if (week >= claim.base + BigInt(CLAIM_WINDOW)) return false;
  const bit = Number(week % BigInt(CLAIM_WINDOW));
  return ((claim.claimed[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
}

/** What an owner has earned and not been paid, over all weeks that have an epoch still. */
export async function claimStanding(client: MediaClient, owner: Address): Promise<Standing> {
  const [config, now] = await Promise.all([client.config(), client.chainTime()]);
  const claim = await client.claimed(owner);
  const current = weekAt(config, now);
  const first = current > BigInt(CLAIM_WINDOW) ? current - BigInt(CLAIM_WINDOW) : 0n;
  const weeks = Array.from({ length: Number(current - first) }, (_, i) => first + BigInt(i));
  const epochs = await client.accounts(
    'epoch',
    await Promise.all(weeks.map((week) => client.addresses.epoch(week))),
  );
  const deps = auditDeps(client);
  const claimable: Claimable[] = [];
  const waiting: bigint[] = [];
  const unserved: bigint[] = [];
  for (const epoch of epochs) {
    if (epoch === null || epoch.status === EPOCH_STATUS.open || isDone(claim, epoch.week)) continue;
    if (epoch.rewards === 0n) continue;
    const table = await findClaims({ ...deps, sha256 }, epoch.root);
    if (table === undefined) {
      unserved.push(epoch.week);
      continue;
    }
    const leaf = table.claimProof(owner);
    if (leaf === undefined) continue;
    if (epoch.status === EPOCH_STATUS.endorsed) claimable.push({ week: epoch.week, ...leaf });
    else waiting.push(epoch.week);
  }
  return { claimable, waiting, unserved, total: claim?.total ?? 0n };
}

/** Pays an owner what is theirs of one week. */
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
    amount: what.amount,
    ownerMedia: to.ata,
    tail: new Uint8Array(Buffer.concat(what.proof)),
  });
  return (await client.send([to.instruction, claim], { payer })).signature;
}

/** A week of which no more than a part may be paid for now waits for a later one; the others are paid all the same. */
interface Outcome {
  readonly week: bigint;
  readonly amount: bigint;
  readonly signature: string | null;
  readonly code: string | null;
  readonly words: string | null;
}

async function payAll(
  client: MediaClient,
  payer: Signer,
  owner: Address,
  standing: Standing,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const what of standing.claimable) {
    const { week, amount } = what;
    try {
      const signature = await sendClaim(client, payer, owner, what);
      outcomes.push({ week, amount, signature, code: null, words: null });
    } catch (error) {
      outcomes.push({ week, amount, signature: null, code: errorCode(error), words: errorMessage(error) });
    }
  }
  return outcomes;
}

async function run(options: ClaimOptions, context: CliContext): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const { terminal } = context;
  const payer = await connection.wallet();
  const owner = options.owner === undefined ? payer.address : parseAddressArg(options.owner, '--owner');
  const standing = await claimStanding(client, owner);
  const outcomes = await payAll(client, payer, owner, standing);
  const paid = outcomes.filter(({ signature }) => signature !== null);
  const sum = paid.reduce((total, { amount }) => total + amount, 0n);
  const total = standing.total + sum;
  if (options.json === true) {
    const { waiting, unserved } = standing;
    terminal.json({ owner, paid: sum, total, weeks: outcomes, waiting, unserved });
  } else {
    for (const { week, amount, signature, words } of outcomes) {
      terminal.line(
        signature === null
          ? terminal.style.yellow(`week ${week}  ${formatMedia(amount)} not paid yet: ${words}`)
          : `week ${week}  ${formatMedia(amount)}  ${signature}`,
      );
    }
    if (standing.waiting.length > 0)
      terminal.line(
        `Week ${standing.waiting.join(', ')}: decided, and paid once the next week's guards have endorsed it.`,
      );
    if (standing.unserved.length > 0)
      terminal.line(
        terminal.style.yellow(
          `Week ${standing.unserved.join(', ')}: no guard serves the table of claims now; try again.`,
        ),
      );
    terminal.line(
      paid.length === 0
        ? `There is nothing to claim for ${owner} now (${formatMedia(total)} paid so far).`
        : `Paid ${formatMedia(sum)} for ${paid.length} ${paid.length === 1 ? 'week' : 'weeks'} to ${owner} (${formatMedia(total)} in all).`,
    );
  }
  if (paid.length === 0 && outcomes.length > 0) {
    const [first] = outcomes;
    throw new MediaError({
      code: first?.code ?? 'cli/not-paid',
      message: `Nothing was paid: ${first?.words ?? ''}`,
      source: 'chain',
      retry: true,
    });
  }
}

export const registerClaim: RegisterCommand = (program, context) => {
  const command = program
    .command('claim')
    .summary('claim the rewards of an edge or a guard')
    .description(
      'Pays an owner what it has earned in all weeks that are endorsed and not claimed. Anyone may send it; only the owner is paid.',
    )
    .option('--owner <address>', 'whose rewards (default: those of --keypair)')
    .action((options: ClaimOptions) => run(options, context));
  examples(keypairOption(chainOptions(command)), [
    'media claim --keypair edge-1',
    'media claim --owner <address> --json',
  ]);
};
