import { weekAt } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import type { Address, Instruction, TransactionSigner } from '@solana/kit';

import type { MediaClient } from './client.ts';
import { decodeAction } from './codec/actions.ts';
import type { ActionValue } from './codec/actions.ts';
import { PROGRAMS } from './programs.ts';
import type { Found } from './reads.ts';
import { ACTIONS, UPGRADE_SLICE } from './schema/index.ts';
import type { ActionName } from './schema/index.ts';
import { ensureAta } from './tokens.ts';

type Chain = Pick<MediaClient, 'account' | 'addresses' | 'chainTime' | 'config' | 'instructions' | 'list'>;

/** The name of a proposal's kind in the tables; undefined for a number that none has. */
export function actionOfKind(kind: number): ActionName | undefined {
  // Object.entries widens the names of the table.
  return Object.entries(ACTIONS).find(([, schema]) => schema.kind === kind)?.[0] as ActionName | undefined;
}

/** What a proposal says, by the names of its kind's fields. */
export function saidBy(proposal: Pick<Found<'proposal'>, 'flags' | 'action'>): {
  readonly name: ActionName | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
} {
  const name = actionOfKind(proposal.flags);
  return { name, fields: name === undefined ? {} : decodeAction(name, proposal.action).value };
}

const is = <N extends ActionName>(
  name: N,
  said: ReturnType<typeof saidBy>,
): said is { readonly name: N; readonly fields: ActionValue<N> } => said.name === name;

/**
 * The instructions that carry a passed proposal out, in one transaction. An upgrade needs the buffer that holds the program, and
 * first has what of it was not checked yet checked, slice by slice: in one transaction nobody else's check comes between.
 *
 * @throws `chain/missing-input` without it, `chain/wrong-account` where a successor's stake is gone
 */
export async function executePlan(
  client: Chain,
  input: {
    readonly payer: TransactionSigner;
    readonly proposal: Found<'proposal'>;
    readonly buffer?: Address;
  },
): Promise<Instruction[]> {
  const { payer, proposal: found } = input;
  const { instructions } = client;
  const proposal = found.address;
  const { number } = found;
  const said = saidBy(found);
  if (is('removeResource', said))
    return [await instructions.executeRemoval({ proposal, resource: said.fields.resource })];
  if (is('grant', said)) return [await instructions.executeGrant({ payer, proposal, number })];
  if (is('stopGrant', said)) return [await instructions.stopGrant({ proposal, number: said.fields.grant })];
  if (is('integration', said))
    return [await instructions.executeIntegration({ payer, proposal, name: said.fields.name })];
  if (is('replaceGuard', said)) return [await replaceGuard(client, { payer, proposal, said: said.fields })];
  if (!is('upgrade', said)) return [await instructions.executeParameters({ proposal })];
  if (input.buffer === undefined)
    throw new MediaError({
      code: 'chain/missing-input',
      message: 'An upgrade needs the buffer that holds the program which was voted for.',
      source: 'client',
      context: { instruction: 'executeUpgrade', input: 'buffer' },
    });
  const { buffer } = input;
  const { upgrades } = await client.config();
  const goesOn = found.checkedBuffer === buffer && found.checkedBefore === upgrades;
  const plan: Instruction[] = [];
  for (let offset = goesOn ? found.checkedBytes : 0; offset < said.fields.length; offset += UPGRADE_SLICE)
    plan.push(await instructions.checkUpgrade({ proposal, buffer, offset }));
  return [...plan, await instructions.executeUpgrade({ payer, proposal, buffer })];
}

async function replaceGuard(
  client: Chain,
  input: {
    readonly payer: TransactionSigner;
    readonly proposal: Address;
    readonly said: ActionValue<'replaceGuard'>;
  },
): Promise<Instruction> {
  const { guard, successor } = input.said;
  const config = await client.config();
  const week = weekAt(config, await client.chainTime()) + 1n;
  const { payer, proposal } = input;
  const base = { payer, proposal, guard, successor, week };
  if (successor === PROGRAMS.system) return client.instructions.executeGuard(base);
  const next = await client.account('guard', successor);
  const stake = next === null ? null : await client.account('stake', next.stake);
  if (next === null || stake === null)
    throw new MediaError({
      code: 'chain/wrong-account',
      message: `The successor ${successor} is no guard with a stake.`,
      source: 'chain',
    });
  return client.instructions.executeGuard({
    ...base,
    successorStake: next.stake,
    successorPool: stake.pool,
  });
}

/** Something that an owner can vote with, and how much of it counts for a proposal. */
export interface Ballot {
  readonly kind: 'lock' | 'stake';
  readonly address: Address;
  /** MEDIA base units. */
  readonly weight: bigint;
  readonly vote: Found<'vote'> | null;
}

/** What an owner votes with: its lock and its stakes, with their weight for a proposal as the program would count it now. */
export async function ballotsOf(
  client: Chain,
  owner: Address,
  proposal: Found<'proposal'>,
): Promise<Ballot[]> {
  const { averagePrice, seasonedSince, worthOf } = await import('./model/index.ts');
  const config = await client.config();
  const now = await client.chainTime();
  const lock = await client.account('lock', await client.addresses.lock(owner));
  const stakes = await client.list('stake', { owner });
  const ballots: Ballot[] = [];
  const add = async (kind: Ballot['kind'], address: Address, weight: bigint): Promise<void> => {
    const vote = await client.account('vote', await client.addresses.vote(proposal.address, address));
    ballots.push({ kind, address, weight, vote });
  };
  if (lock !== null)
    await add('lock', lock.address, seasonedSince(lock, lock.amount, config, proposal.seasonedAt));
  for (const stake of stakes) {
    const pool = await client.account('pool', stake.pool);
    const lp = seasonedSince(stake, stake.lp, config, proposal.seasonedAt);
    const price = pool === null ? 1n : averagePrice(pool, now, BigInt(config.twapSecs));
    await add('stake', stake.address, pool === null ? 0n : worthOf(pool, price, lp) / 2n);
  }
  return ballots;
}

/** The instruction by which an owner's ballot is cast. */
export async function votePlan(
  client: Chain,
  input: {
    readonly owner: TransactionSigner;
    readonly proposal: Address;
    readonly ballot: Ballot;
    readonly side: 0 | 1;
  },
): Promise<Instruction> {
  const { owner, proposal, side } = input;
  const { kind, address } = input.ballot;
  if (kind === 'lock') return client.instructions.castVote({ owner, proposal, lock: address, side });
  const stake = await client.account('stake', address);
  const pool = stake?.pool ?? PROGRAMS.system;
  return client.instructions.castStakeVote({ owner, proposal, pool, stake: address, side });
}

/** Closes the votes of an owner whose proposals are done, which frees what was voted with. */
export async function closeVotesPlan(client: Chain, owner: Address): Promise<Instruction[]> {
  const { isOver } = await import('./model/index.ts');
  const now = await client.chainTime();
  const closing: Instruction[] = [];
  for (const vote of await client.list('vote', { owner })) {
    const proposal = await client.account('proposal', vote.proposal);
    if (proposal === null || !isOver(proposal, now)) continue;
    const { source, address } = vote;
    closing.push(
      await client.instructions.closeVote({ owner, proposal: proposal.address, source, vote: address }),
    );
  }
  return closing;
}

/** Pays what a grant has earned to its recipient, whose token account is made if need be. */
export async function payGrantPlan(
  client: Chain,
  input: { readonly payer: TransactionSigner; readonly grant: Found<'grant'> },
): Promise<Instruction[]> {
  const { payer, grant } = input;
  const mint = await client.addresses.mediaMint();
  const to = await ensureAta(client.addresses, { payer, owner: grant.recipient, mint });
  const { number } = grant;
  return [to.instruction, await client.instructions.payGrant({ number, recipientMedia: to.ata })];
}
