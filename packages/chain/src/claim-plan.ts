import type { Address, TransactionSigner } from '@solana/kit';

import type { MediaClient } from './client.ts';
import { packTransactions } from './pack-transactions.ts';
import type { PlanStep } from './plans.ts';
import { EPOCH_STATUS } from './schema/index.ts';
import { ensureAta } from './tokens.ts';
import { claimedIn, releasedIn } from './windows.ts';

/** What an owner earned in a week, and the proof of it: 32 bytes a step. */
export interface WeekClaim {
  readonly week: bigint;
  readonly amount: bigint;
  readonly proof: readonly Uint8Array[];
}

/** Why a week is not claimed: it was, it is too long ago, no later set has endorsed it, or it has paid out what it may for now. */
export type Unclaimed = 'claimed' | 'late' | 'not-endorsed' | 'capped';

export interface ClaimPlan {
  readonly steps: readonly PlanStep[];
  /** The weeks left out, oldest first. */
  readonly left: readonly { readonly week: bigint; readonly why: Unclaimed }[];
}

/** Claims that compute units allow in one transaction: at most 14,000 each, beside the token account's creation. */
const MOST_CLAIMS = 60;

/**
 * Claims weeks of an owner in as few transactions as they fit in, oldest first. Those that the program would refuse are left out, so
 * that none keeps the others from being paid. The owner's token account is created if need be. `currentWeek` is that of the chain.
 */
export async function claimPlan(
  client: Pick<MediaClient, 'addresses' | 'instructions' | 'claimed' | 'accounts'>,
  input: {
    readonly payer: TransactionSigner;
    readonly owner: Address;
    readonly currentWeek: bigint;
    readonly claims: readonly WeekClaim[];
  },
): Promise<ClaimPlan> {
  const { payer, owner, currentWeek } = input;
  const claims = input.claims
    .filter(({ amount }) => amount > 0n)
    .toSorted((a, b) => (a.week < b.week ? -1 : 1));
  const claim = await client.claimed(owner);
  const addresses = await Promise.all(claims.map(({ week }) => client.addresses.epoch(week)));
  const epochs = await client.accounts('epoch', addresses);
  const judged = claims.map((each, index) => {
    const epoch = epochs[index];
    const window = claimedIn(claim, each.week);
    if (window !== 'open') return { ...each, why: window };
    if (epoch?.status !== EPOCH_STATUS.endorsed) return { ...each, why: 'not-endorsed' as const };
    const isCapped = epoch.paid + each.amount > releasedIn(epoch, currentWeek);
    return { ...each, why: isCapped ? ('capped' as const) : undefined };
  });
  const left = judged.flatMap(({ week, why }) => (why === undefined ? [] : [{ week, why }]));
  const open = judged.filter(({ why }) => why === undefined);
  if (open.length === 0) return { steps: [], left };

  const mint = await client.addresses.mediaMint();
  const { ata, instruction } = await ensureAta(client.addresses, { payer, owner, mint });
  const claiming = await Promise.all(
    open.map(({ week, amount, proof }) => {
      const tail = new Uint8Array(proof.length * 32);
      for (const [index, step] of proof.entries()) tail.set(step, index * 32);
      return client.instructions.claim({ payer, owner, ownerMedia: ata, week, amount, tail });
    }),
  );
  const groups = packTransactions(payer.address, [instruction, ...claiming], MOST_CLAIMS);
  // One after another: the first makes the accounts that all others use.
  const steps = groups.map((group, index) => ({
    label: groups.length === 1 ? 'claim' : `claim, ${index + 1} of ${groups.length}`,
    transactions: [group],
  }));
  return { steps, left };
}
