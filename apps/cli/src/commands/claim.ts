import type { ClaimPlan, MediaClient, Signer, WeekClaim } from '@media-network/chain';
import { CLAIM_WINDOW, EPOCH_STATUS } from '@media-network/chain/schema';
import { weekAt } from '@media-network/protocol';
import type { Address } from '@solana/kit';
import { formatMedia } from '../amounts.ts';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { actingOptions } from '../chain-options.ts';
import { addressOf, connect } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';

interface ClaimOptions extends ChainOptions {
  readonly owner?: string;
}

/** What an owner has earned, by the weeks that have an epoch still, claimed or not. */
interface Earned {
  readonly claims: readonly WeekClaim[];
  /** Weeks whose table of claims nobody serves at the moment. */
  readonly unserved: readonly bigint[];
}

/** What was paid, and what is left and why. */
export interface Claimed extends Earned {
  readonly paid: readonly WeekClaim[];
  readonly left: ClaimPlan['left'];
  readonly signatures: readonly string[];
}

async function earned(client: MediaClient, owner: Address, currentWeek: bigint): Promise<Earned> {
  const first = currentWeek > BigInt(CLAIM_WINDOW) ? currentWeek - BigInt(CLAIM_WINDOW) : 0n;
  const addresses = await Promise.all(
    Array.from({ length: Number(currentWeek - first) }, (_, i) => client.addresses.epoch(first + BigInt(i))),
  );
  const { findClaims } = await import('@media-network/audit');
  const { auditDeps } = await import('../audit-deps.ts');
  const deps = auditDeps(client);
  const claims: WeekClaim[] = [];
  const unserved: bigint[] = [];
  for (const epoch of await client.accounts('epoch', addresses)) {
    if (epoch === null || epoch.status === EPOCH_STATUS.open || epoch.rewards === 0n) continue;
    const table = await findClaims(deps, epoch.root);
    const leaf = table?.claimProof(owner);
    if (table === undefined) unserved.push(epoch.week);
    else if (leaf !== undefined) claims.push({ week: epoch.week, ...leaf });
  }
  return { claims, unserved };
}

/** Pays an owner all weeks that can be paid now. */
export async function claimAll(client: MediaClient, payer: Signer, owner: Address): Promise<Claimed> {
  const { claimPlan, sendPlan } = await import('@media-network/chain');
  const [config, now] = await Promise.all([client.config(), client.chainTime()]);
  const currentWeek = weekAt(config, now);
  const found = await earned(client, owner, currentWeek);
  const plan = await claimPlan(client, { payer, owner, currentWeek, claims: found.claims });
  const results = await sendPlan(client, plan.steps, { payer });
  const left = new Set(plan.left.map(({ week }) => week));
  return {
    ...found,
    left: plan.left,
    paid: found.claims.filter(({ week }) => !left.has(week)),
    signatures: results.map(({ signature }) => signature),
  };
}

const LEFT_WORDS = {
  claimed: 'paid before',
  late: 'too long ago: it was left for more than 256 weeks',
  'not-endorsed': "decided, and paid once a later week's guards have endorsed it",
  capped: 'its guards stand for no more this week: claim again in the next',
} as const satisfies Record<ClaimPlan['left'][number]['why'], string>;

async function run(options: ClaimOptions, context: CliContext): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const { terminal } = context;
  const payer = await connection.wallet();
  const owner =
    options.owner === undefined ? payer.address : await addressOf(options.owner, options, context);
  const { paid, left, unserved, claims, signatures } = await claimAll(client, payer, owner);
  const sum = paid.reduce((total, { amount }) => total + amount, 0n);
  const total = (await client.claimed(owner))?.total ?? 0n;
  const waiting = left
    .filter(({ why }) => why !== 'claimed')
    .map(({ week, why }) => ({ week, why, amount: claims.find((each) => each.week === week)?.amount ?? 0n }));
  if (options.json === true) {
    const weeks = paid.map(({ week, amount }) => ({ week, amount }));
    terminal.json({ owner, paid: sum, total, weeks, waiting, unserved, signatures });
    return;
  }
  for (const { week, amount } of paid) terminal.line(`week ${week}  ${formatMedia(amount)}`);
  for (const { week, why, amount } of waiting)
    terminal.line(terminal.style.yellow(`week ${week}  ${formatMedia(amount)}, ${LEFT_WORDS[why]}`));
  if (unserved.length > 0)
    terminal.line(
      terminal.style.yellow(
        `week ${unserved.join(', ')}  no guard serves the table of claims now: try again`,
      ),
    );
  terminal.line(
    paid.length === 0
      ? `There is nothing ${unserved.length === 0 ? '' : 'else '}to claim for ${owner} now (${formatMedia(total)} paid so far).`
      : `Paid ${formatMedia(sum)} for ${paid.length} ${paid.length === 1 ? 'week' : 'weeks'} to ${owner} (${formatMedia(total)} in all).`,
  );
  for (const signature of signatures) terminal.line(signature);
}

export const registerClaim: RegisterCommand = (program, context) => {
  const command = program
    .command('claim')
    .summary('claim the rewards of an edge or a guard')
    .description(
      'Pays an owner what it has earned in all weeks that are endorsed and not claimed. Anyone may send it; only the owner is paid.',
    )
    .option('--owner <wallet>', 'whose rewards, by name or address (default: those of --keypair)')
    .action((options: ClaimOptions) => run(options, context));
  examples(actingOptions(command), ['media claim --keypair edge-1', 'media claim --owner edge-1 --json']);
};
