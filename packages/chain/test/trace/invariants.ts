import type { Address } from '@solana/kit';

import type { Draft, ModelState } from '../../src/model/state.ts';
import { LOCKED_LP, MEDIA_SUPPLY } from '../../src/schema/index.ts';
import type { AccountName } from '../../src/schema/index.ts';

export function allOf<K extends AccountName>(
  state: ModelState,
  kind: K,
): { address: Address; value: Draft<K> }[] {
  const found: { address: Address; value: Draft<K> }[] = [];
  for (const [address, account] of state.accounts) {
    // The kinds are equal, which the compiler cannot carry over to K.
    if (account.kind === kind) found.push({ address, value: account.value as unknown as Draft<K> });
  }
  return found;
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, each) => total + each, 0n);

function hold(condition: boolean, sentence: string): void {
  if (!condition) throw new Error(sentence);
}

/** docs/chain.md, Invariants. Throws a sentence for the first that does not hold. */
export function checkInvariants(state: ModelState): void {
  const [found] = allOf(state, 'config');
  if (found === undefined) return;
  const config = found.value;
  const amount = (address: Address): bigint => state.tokens.get(address)?.amount ?? 0n;
  const supply = state.mints.get(config.mediaMint)?.supply ?? 0n;
  hold(supply <= MEDIA_SUPPLY, 'MEDIA supply has risen');
  const held = sum(
    [...state.tokens.values()].filter(({ mint }) => mint === config.mediaMint).map((each) => each.amount),
  );
  hold(held === supply, 'MEDIA held is not the supply');
  hold(config.claimed <= config.allocated, 'claimed above allocated');
  hold(config.allocated <= config.kept, 'allocated above kept');
  hold(
    config.kept + config.late <= amount(config.fund) + config.claimed,
    'kept and late above what the fund has and had',
  );
  for (const { value: epoch } of allOf(state, 'epoch')) {
    hold(epoch.paid <= epoch.rewards, 'an epoch has paid more than it rewards');
    hold(epoch.rewards <= epoch.kept, 'an epoch rewards more than it kept');
  }

  const stakes = allOf(state, 'stake');
  const resources = allOf(state, 'resource');
  for (const { address, value: pool } of allOf(state, 'pool')) {
    hold(amount(pool.mediaVault) >= pool.reserveMedia, 'MEDIA vault below its reserve');
    hold(
      amount(pool.quoteVault) >= pool.reserveQuote + pool.toBurn,
      'quote vault below its reserve and what is to burn',
    );
    const minted = state.mints.get(pool.lpMint)?.supply ?? 0n;
    hold(minted === pool.lpSupply - LOCKED_LP, 'LP supply is not what was minted');
    hold(amount(pool.lpVault) >= pool.staked, 'LP vault below the stakes');
    const here = stakes
      .filter(({ value }) => value.pool === address)
      .map(({ value }) => value.lp + value.unbonding);
    hold(sum(here) === pool.staked, 'staked is not the sum of the stakes');
  }
  for (const { address, value: stake } of stakes) {
    const here = resources.filter(({ value }) => value.stake === address).map(({ value }) => value.lp);
    hold(sum(here) === stake.allocated, 'allocated is not the sum of the resources');
    hold(stake.allocated <= stake.lp, 'allocated above the stake');
  }
}

/** Nobody gains from k falling: reserves multiplied, for each pool, by LP supply squared as they were. */
export function productOf(pool: Draft<'pool'>): bigint {
  return pool.reserveMedia * pool.reserveQuote;
}
