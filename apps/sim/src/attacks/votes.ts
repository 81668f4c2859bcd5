import { encodeAction } from '@media-network/chain';
import { ACTIONS, PROPOSAL_STATUS } from '@media-network/chain/schema';
import type { Address } from '@solana/kit';

import { transfer } from '../chain/chain.ts';
import type { Sent, Wallet } from '../chain/chain.ts';
import type { Attack, Stage } from './attack.ts';

const MEDIA = 1_000_000_000n;
/** MEDIA is lent for 10 % a year: what locked stake could have earned. */
const LOAN_BPS_A_YEAR = 1_000n;
const YEAR_HOURS = 8_760n;
/** More than a deposit ever is. */
const MOST_DEPOSIT = 20_000n * MEDIA;
/** A grant may be a hundredth of what is free in the fund: at first of 300,000 MEDIA, and each promises away a part. */
const GRANT = 2_800n * MEDIA;
/** Grants in a quarter are a twentieth together. */
const GRANTS = 5;

/** Votes that are borrowed, proposals made with them, and the others' votes against those. */
function campaign(stage: Stage, seasoned: boolean) {
  const { chain, cast, params, share } = stage;
  const { places } = chain;
  const { mallory, market, treasury, voters } = cast;
  const lockOf = (owner: Wallet): Address => places.of('lockMedia', 'lock', { owner: owner.address });
  const held = voters.reduce((sum, owner) => sum + (chain.number('lock', 'amount', lockOf(owner)) ?? 0n), 0n);
  const loan = (held * BigInt(Math.round(share * 1_000))) / BigInt(Math.round((1 - share) * 1_000));
  // As short as a grant may be.
  const secs = 4 * (params.votingSecs + params.timelockSecs);
  const season = Math.ceil(params.seasoningSecs / 3_600) + 2;
  const [voting, timelock] = [params.votingSecs, params.timelockSecs].map(
    (secs) => Math.ceil(secs / 3_600) + 1,
  ) as [number, number];
  const proposeAt = (seasoned ? 0 : 24) + season;
  const lockAt = seasoned ? 0 : proposeAt;
  let proposals: readonly { readonly number: bigint; readonly address: Address }[] = [];

  function lock(): void {
    chain.must(treasury, transfer(treasury, market.mediaOf(treasury), market.mediaOf(mallory), loan));
    const given = { owner: mallory.address, ownerMedia: market.mediaOf(mallory), amount: loan };
    chain.must(mallory, chain.call('lockMedia', given));
  }

  function propose(): void {
    const [pool] = market.pools;
    const made = chain.read('config', places.config)?.proposals ?? 0n;
    const numbers = Array.from({ length: seasoned ? GRANTS : 1 }, (_, index) => made + 1n + BigInt(index));
    proposals = numbers.map((number) => ({ number, address: places.of('propose', 'proposal', { number }) }));
    const action = encodeAction('grant', { recipient: mallory.address, amount: GRANT, secs });
    for (const { number, address } of proposals) {
      const by = { proposer: mallory.address, proposerMedia: market.mediaOf(mallory), pool: pool?.address };
      const said = { kind: ACTIONS.grant.kind, action, textHash: new Uint8Array(32), link: '' };
      chain.must(
        mallory,
        chain.call('propose', { ...by, ...said, proposal: address, number, maxDeposit: MOST_DEPOSIT }),
      );
      const ballot = (owner: Wallet, side: number): Sent => {
        const vote = places.of('castVote', 'vote', { proposal: address, lock: lockOf(owner) });
        const given = { owner: owner.address, lock: lockOf(owner), proposal: address, vote, side };
        return { by: owner, calls: [chain.call('castVote', given)] };
      };
      // What has not been there for long enough has no weight.
      chain.all([ballot(mallory, 1)], ['NoWeight']);
      chain.all(voters.map((owner) => ballot(owner, 0)));
    }
  }

  function closeVotes(address: Address): void {
    for (const owner of [mallory, ...voters]) {
      const source = lockOf(owner);
      const vote = places.of('castVote', 'vote', { proposal: address, lock: source });
      if (chain.read('vote', vote) === undefined) continue;
      chain.must(mallory, chain.call('closeVote', { proposal: address, source, vote, owner: owner.address }));
    }
  }

  function count(): void {
    for (const { address } of proposals) {
      chain.must(mallory, chain.call('finaliseProposal', { proposal: address }));
      if (chain.read('proposal', address)?.status === PROPOSAL_STATUS.rejected) closeVotes(address);
    }
  }

  function execute(): void {
    for (const { number, address } of proposals) {
      if (chain.read('proposal', address)?.status !== PROPOSAL_STATUS.passed) continue;
      const grant = places.of('executeGrant', 'grant', { number });
      chain.attempt(
        mallory,
        chain.call('executeGrant', { payer: mallory.address, proposal: address, grant, number }),
      );
      const refund = { proposal: address, proposerMedia: market.mediaOf(mallory) };
      chain.attempt(mallory, chain.call('refundDeposit', refund));
      if (chain.read('proposal', address)?.status === PROPOSAL_STATUS.executed) closeVotes(address);
    }
  }

  function cashIn(hour: number): void {
    for (const { number } of proposals) {
      const grant = places.of('executeGrant', 'grant', { number });
      if (chain.read('grant', grant) === undefined) continue;
      chain.attempt(
        mallory,
        chain.call('payGrant', { grant, recipientMedia: market.mediaOf(mallory), number }),
      );
    }
    const amount = chain.number('lock', 'amount', lockOf(mallory)) ?? 0n;
    const given = {
      owner: mallory.address,
      lock: lockOf(mallory),
      ownerMedia: market.mediaOf(mallory),
      amount,
    };
    chain.must(mallory, chain.call('unlockMedia', given));
    const interest = (loan * LOAN_BPS_A_YEAR * BigInt(hour - lockAt)) / (10_000n * YEAR_HOURS);
    chain.must(
      mallory,
      transfer(mallory, market.mediaOf(mallory), market.mediaOf(treasury), loan + interest),
    );
  }

  return (hour: number): void => {
    if (hour === lockAt) lock();
    if (hour === proposeAt) propose();
    if (hour === proposeAt + voting) count();
    if (hour === proposeAt + voting + timelock) execute();
    if (hour === proposeAt + voting + timelock + 1) cashIn(hour);
  };
}

export const VOTE_ATTACKS: readonly Attack[] = [
  {
    name: 'borrowed-votes',
    doc: 'Borrows that part of all votes, locks it, proposes a grant to itself and votes for it at once.',
    of: 'votes',
    begin: (stage) => ({ actors: [stage.cast.mallory], hourly: campaign(stage, false) }),
  },
  {
    name: 'grants-to-oneself',
    doc: 'Borrows that part of all votes until they count, and proposes five grants to itself; the other voters are against.',
    of: 'votes',
    begin: (stage) => ({ actors: [stage.cast.mallory], hourly: campaign(stage, true) }),
  },
];
