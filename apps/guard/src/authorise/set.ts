import type { Found, MediaClient, Signer } from '@media-network/chain';
import { NODE_STATUS } from '@media-network/chain/schema';
import { weekAt } from '@media-network/protocol';
import type { RoundResult } from '@media-network/runtime';
import type { ActionRunner } from '../actions.ts';
import type { Counts } from '../counts.ts';
import type { GuardSetFacts, Network } from '../network.ts';
import { worthAt } from './authorise.ts';

export interface SetFacts {
  readonly guard: string;
  readonly week: bigint;
  /** This week's set and the next one's. */
  readonly sets: readonly GuardSetFacts[];
  readonly maxGuards: number;
  /** Whether the guard has not left. */
  readonly active: boolean;
  /** Worth of the own stake; and what a guard needs. */
  readonly worth: bigint;
  readonly minGuardStake: bigint;
  /** Week before which a vote keeps the guard out of sets. */
  readonly barredUntil: bigint;
}

/** Weeks whose set this guard should enter now (docs/chain.md, Quorum). */
export function planSets(facts: SetFacts): readonly bigint[] {
  if (!facts.active || facts.worth < facts.minGuardStake) return [];
  return facts.sets.flatMap((set) => {
    if (set.week < facts.barredUntil || set.usable) return [];
    if (set.entries.some(({ guard }) => guard === facts.guard)) return [];
    const lowest = set.entries.reduce(
      (least: bigint | undefined, { worth }) => (least === undefined || worth < least ? worth : least),
      undefined,
    );
    const full = set.entries.length >= facts.maxGuards;
    return full && lowest !== undefined && facts.worth <= lowest ? [] : [set.week];
  });
}

export interface SetDeps {
  readonly client: MediaClient;
  readonly network: Network;
  readonly runner: ActionRunner;
  readonly operator: Signer;
  readonly guard: Found<'guard'>;
  readonly counts: Counts;
}

/** The duty to be in each week's set. */
export function createSetDuty(deps: SetDeps): { round(): Promise<RoundResult> } {
  const { client, network, operator, guard } = deps;
  return {
    async round() {
      const snapshot = await network.refresh();
      const { config, now } = snapshot;
      const week = weekAt(config, now);
      const stake = await client.account('stake', guard.stake);
      const pool = snapshot.pools.find(({ address }) => address === stake?.pool);
      if (stake === null || pool === undefined) return 'idle';
      const sets = [await network.guardSet(week, snapshot), await network.guardSet(week + 1n, snapshot)];
      const worth = worthAt(pool, config, now, stake.lp);
      const { maxGuards, minGuardStake } = config;
      let result: RoundResult = 'idle';
      const own = snapshot.guards.find(({ address }) => address === guard.address);
      const active = own?.status === NODE_STATUS.active;
      const barredUntil = own?.barredUntil ?? 0n;
      const facts = {
        guard: guard.address,
        week,
        sets,
        maxGuards,
        active,
        worth,
        minGuardStake,
        barredUntil,
      };
      for (const wanted of planSets(facts)) {
        const outcome = await deps.runner.run(`join ${wanted}`, async () => {
          const join = await client.instructions.joinGuardSet({
            operator,
            guard: guard.address,
            stake: stake.address,
            pool: pool.address,
            week: wanted,
          });
          await client.send([join], { payer: operator });
          network.invalidate();
          deps.counts.add('joined');
          return true;
        });
        if (outcome === 'done') result = 'busy';
      }
      return result;
    },
  };
}
