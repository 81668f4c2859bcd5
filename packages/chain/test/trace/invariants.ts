import type { Address } from '@solana/kit';

import type { Draft, ModelState } from '../../src/model/state.ts';
import { earnedOf } from '../../src/model/governance-rules.ts';
import { ELECTION_STATUS, LOCKED_LP, MEDIA_SUPPLY } from '../../src/schema/index.ts';
import type { AccountName } from '../../src/schema/index.ts';

export function allOf<K extends AccountName>(
  state: ModelState,
  kind: K,
): { address: Address; value: Draft<K> }[] {
  // The kinds are equal, which the compiler cannot carry over to K.
  return state.accounts
    .ofKind(kind)
    .map(([address, { value }]) => ({ address, value: value as unknown as Draft<K> }));
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
  const burned = sum(allOf(state, 'pool').map(({ value }) => value.burned));
  hold(supply + burned === MEDIA_SUPPLY, 'MEDIA supply and what was burned are not what was minted');
  const held = sum(
    [...state.tokens.values()].filter(({ mint }) => mint === config.mediaMint).map((each) => each.amount),
  );
  hold(held === supply, 'MEDIA held is not the supply');
  hold(config.claimed <= config.allocated, 'claimed above allocated');
  hold(config.allocated <= config.kept, 'allocated above kept');
  for (const { value: founding } of allOf(state, 'founding')) {
    const entries = founding.allocations.slice(0, founding.count);
    for (const { amount: whole, released } of entries)
      hold(released <= whole, 'more is released than was locked');
    const locked = sum(entries.map(({ amount: whole, released }) => whole - released));
    hold(
      amount(founding.vault) >= locked,
      'the vault of founding allocations holds less than what is locked',
    );
    const all = sum(entries.map(({ amount: whole }) => whole)) + founding.toFund + founding.toTreasury;
    hold(all === MEDIA_SUPPLY, 'genesis shared out another sum than the supply');
  }
  checkGovernance(state, config);
  for (const { value: epoch } of allOf(state, 'epoch')) {
    hold(epoch.paid <= epoch.rewards, 'an epoch has paid more than it rewards');
    hold(epoch.rewards <= epoch.kept, 'an epoch rewards more than it kept');
  }

  const stakes = allOf(state, 'stake');
  const resources = allOf(state, 'resource');
  const domains = allOf(state, 'domain');
  for (const { address, value: pool } of allOf(state, 'pool')) {
    hold(
      amount(pool.mediaVault) >= pool.reserveMedia + pool.bought,
      'MEDIA vault below its reserve and what is to be burned',
    );
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
  const elections = allOf(state, 'election').filter(({ value }) => value.status === ELECTION_STATUS.open);
  for (const { address, value } of [...allOf(state, 'edge'), ...allOf(state, 'guard')])
    hold(
      elections.filter((each) => each.value.accused === address).length === value.elections,
      'a node does not count the elections of it',
    );
  for (const { address, value: stake } of stakes) {
    const here = [...resources, ...domains]
      .filter(({ value }) => value.stake === address)
      .map(({ value }) => value.lp);
    hold(sum(here) === stake.allocated, 'allocated is not the sum of the resources and domains');
    hold(stake.allocated <= stake.lp, 'allocated above the stake');
    const bonds = [
      ...allOf(state, 'evidence').filter(({ value }) => value.stake === address),
      ...elections.filter(({ value }) => value.electorStake === address),
    ];
    hold(sum(bonds.map(({ value }) => value.bond)) === stake.bonded, 'bonded is not the sum of the bonds');
    const accused = elections.filter(({ value }) => value.accusedStake === address);
    hold(accused.length === stake.elections, 'a stake does not answer for the elections of it');
  }
}

/** docs/governance.md, Invariants. */
function checkGovernance(state: ModelState, config: Draft<'config'>): void {
  const amount = (address: Address): bigint => state.tokens.get(address)?.amount ?? 0n;
  const grants = allOf(state, 'grant').map(({ value }) => value);
  const promised = sum(
    grants.map((grant) => (grant.stoppedAt > 0n ? earnedOf(grant, grant.stoppedAt) : grant.amount)),
  );
  const paid = sum(grants.map((grant) => grant.paid));
  hold(config.grantsOwed === promised - paid, 'grants owed are not what grants promise and have not paid');
  hold(
    config.kept + config.grantsOwed <= amount(config.fund) + config.claimed,
    'kept and owed to grants above what the fund has and had',
  );
  for (const grant of grants) hold(grant.paid <= grant.amount, 'a grant has paid more than it is');
  const votes = allOf(state, 'vote').map(({ value }) => value);
  const weights = new Map<Address, bigint>();
  const open = new Map<Address, number>();
  const sources = new Map<Address, { readonly openVotes: number; readonly amount?: bigint }>();
  for (const { proposal, source, weight } of votes) {
    weights.set(proposal, (weights.get(proposal) ?? 0n) + weight);
    open.set(source, (open.get(source) ?? 0) + 1);
  }
  const proposals = allOf(state, 'proposal');
  for (const { address, value } of proposals) {
    const counted = value.votesFor + value.votesAgainst;
    hold((weights.get(address) ?? 0n) <= counted, 'votes weigh more than is counted');
  }
  const locks = allOf(state, 'lock');
  for (const { address, value } of [...locks, ...allOf(state, 'stake')]) {
    sources.set(address, value);
    hold((open.get(address) ?? 0) === value.openVotes, 'open votes are not those that are there');
  }
  for (const { source, weight } of votes)
    hold(weight <= (sources.get(source)?.amount ?? weight), 'what has voted has left');
  const held = sum(locks.map(({ value }) => value.amount)) + sum(proposals.map(({ value }) => value.deposit));
  const authority = allOf(state, 'config')[0]?.address;
  const others = [
    config.fund,
    ...allOf(state, 'pool').map(({ value }) => value.mediaVault),
    ...allOf(state, 'founding').map(({ value }) => value.vault),
  ];
  const vaults = [...state.tokens].filter(
    ([address, { owner, mint }]) =>
      owner === authority && mint === config.mediaMint && !others.includes(address),
  );
  hold(
    sum(vaults.map(([, token]) => token.amount)) === held,
    'the vault holds other than locks and deposits',
  );
}

/** Nobody gains from k falling: reserves multiplied, for each pool, by LP supply squared as they were. */
export function productOf(pool: Draft<'pool'>): bigint {
  return pool.reserveMedia * pool.reserveQuote;
}
