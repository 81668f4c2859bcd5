import { PROGRAMS } from '@media-network/chain';
import { showEvidence } from '@media-network/chain/program-world';
import { ELECTION_VOTE, ROLE } from '@media-network/chain/schema';
import { weekAt } from '@media-network/protocol';
import type { Periods } from '@media-network/protocol';
import type { Address } from '@solana/kit';

import type { Cast, Edge, Guard } from '../cast.ts';
import type { Chain, Sent } from '../chain/chain.ts';

/** What an edge is accused of. */
export interface Accusation {
  readonly elector: Guard;
  readonly accused: Edge;
  /** EVIDENCE_KIND. */
  readonly kind: number;
  readonly number: bigint;
  readonly nonce: bigint;
  /** What the accused has signed; none where nothing is. */
  readonly signed: readonly Uint8Array[];
}

interface Running {
  readonly accusation: Accusation;
  readonly week: bigint;
  readonly election: Address;
}

/** Elections of edges: from the commitment to evidence to the end, as guards carry them out. */
export interface Elections {
  /** Both have to be taken, whatever comes of the vote: an attack that the program refuses shows nothing. */
  commit(accusation: Accusation): void;
  /** Shows what was committed to at least a sample before, and has everybody vote: guards in `lying` the other way round. */
  elect(accusation: Accusation, isTrue: boolean, lying: ReadonlySet<number>): void;
  /** Ends those that can be. */
  finalise(): void;
}

const shown = ({ elector, accused, signed }: Accusation): ReturnType<typeof showEvidence> =>
  showEvidence(elector.account, signed, signed.length === 0 ? undefined : accused.owner.key);

export function createElections(chain: Chain, cast: Cast, periods: Periods): Elections {
  const { places, vm } = chain;
  const running = new Set<Running>();

  const evidenceAt = ({ elector, nonce }: Accusation): Address =>
    places.of('commitEvidence', 'evidence', { guard: elector.account, nonce });

  return {
    commit(accusation) {
      const { elector, nonce } = accusation;
      const by = { operator: elector.owner.address, guard: elector.account, stake: elector.stake };
      const given = { ...by, pool: elector.pool.address, evidence: evidenceAt(accusation), nonce };
      const { commitment } = shown(accusation);
      chain.must(elector.owner, chain.call('commitEvidence', { ...given, commitment }));
    },
    elect(accusation, isTrue, lying) {
      const { elector, accused, kind, number } = accusation;
      const week = weekAt(periods, vm.now());
      const { salt, file, before } = shown(accusation);
      const election = places.of('elect', 'election', { accused: accused.account, kind, number });
      const guardSet = places.guardSet(week);
      const by = { operator: elector.owner.address, guard: elector.account, guardSet };
      const against = { accused: accused.account, accusedStake: accused.stake, election };
      const evidence = { evidence: evidenceAt(accusation), payer: elector.owner.address };
      // By its number, which for evidence that is signed is the hour.
      const reported = places.report(accused.account, number);
      const rest = { reported, displaced: PROGRAMS.system };
      const call = chain.call('elect', {
        ...by,
        ...against,
        ...evidence,
        ...rest,
        week,
        kind,
        number,
        salt,
        file,
      });
      const signatures =
        before === undefined
          ? []
          : [{ programAddress: before.programAddress, accounts: [], data: before.data }];
      chain.must(elector.owner, ...signatures, call);
      chain.all(
        cast.guards.map((guard): Sent => {
          const upholds = isTrue !== lying.has(guard.no);
          const vote = upholds ? ELECTION_VOTE.uphold : ELECTION_VOTE.reject;
          const at = { operator: guard.owner.address, guard: guard.account, guardSet, election };
          return { by: guard.owner, calls: [chain.call('voteElection', { ...at, week, vote })] };
        }),
      );
      running.add({ accusation, week, election });
    },
    finalise() {
      for (const each of running) {
        const { accusation, election } = each;
        const state = chain.read('election', election);
        if (state === undefined || vm.now() < state.endsAt) continue;
        const { elector, accused } = accusation;
        const upheld = state.votes.filter(({ vote }) => vote === ELECTION_VOTE.uphold).length;
        // The stake that falls is in the pool that is given: the elector's where the election is rejected.
        const pool = 2 * upheld < state.voteCount ? elector.pool : accused.pool;
        const reward = places.stake(elector.owner.address, accused.pool.address, ROLE.guard);
        const by = cast.guards.at(-1)?.owner ?? cast.treasury;
        const given = { payer: by.address, election, accused: accused.account, accusedStake: accused.stake };
        const stakes = { electorStake: elector.stake, reward, pool: pool.address };
        const vaults = { lpMint: pool.lpMint, lpVault: pool.lpVault, mediaVault: pool.mediaVault };
        chain.must(by, chain.call('finaliseElection', { ...given, ...stakes, ...vaults }));
        running.delete(each);
      }
    },
  };
}
