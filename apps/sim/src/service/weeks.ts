import { EPOCH_STATUS } from '@media-network/chain/schema';
import { concatBytes, hourSecs, isQuorum, shareWeek, weekAt } from '@media-network/protocol';
import type { Hour, Periods, WeekShares } from '@media-network/protocol';

import type { Acts } from '../attacks/attack.ts';
import type { Cast, Guard } from '../cast.ts';
import type { Chain, Fate, Sent, Wallet } from '../chain/chain.ts';
import { sha256 } from './evidence.ts';
import type { ResourceBook } from './resources.ts';

export interface WeeksDeps {
  readonly chain: Chain;
  readonly cast: Cast;
  readonly periods: Periods;
  readonly guardShareBps: number;
  readonly acts: Acts;
  readonly resources: ResourceBook;
  /** Whether hours of a week may still become final. */
  readonly isOpen: (week: bigint) => boolean;
  readonly onClaims: (week: bigint, shares: WeekShares) => void;
}

/** What guards and owners do once a week: seats, the week's root, claims. */
export interface Weeks {
  /** Final hours of weeks that are not paid yet. */
  note(hour: bigint, content: Hour): void;
  /** Seats of the next week, for all who have none; refused while a price is in motion. */
  join(now: bigint): void;
  /** Decides, endorses and pays what can be. */
  settle(now: bigint): void;
  /** Weeks that are paid. */
  readonly paid: readonly bigint[];
}

export function createWeeks(deps: WeeksDeps): Weeks {
  const { chain, cast, periods, acts, resources } = deps;
  const { places } = chain;
  const hours = new Map<bigint, Hour[]>();
  const seated = new Map<bigint, Set<number>>();
  const paid: bigint[] = [];
  const owners = new Map<string, Wallet>(
    [...cast.edges, ...cast.guards, ...(acts.moreEdges ?? [])].map(({ owner }) => [owner.address, owner]),
  );
  const edgeOwners = new Map<string, string>(
    [...cast.edges, ...(acts.moreEdges ?? [])].map(({ account, owner }) => [account, owner.address]),
  );
  const guardOwners = new Map<number, string>(cast.guards.map(({ no, owner }) => [no, owner.address]));

  function shares(week: bigint): WeekShares {
    const kept = new Map<string, bigint>();
    for (const { resource } of cast.publishers)
      kept.set(resource, resources.at(resource)?.weeks.find((each) => each.week === week + 1n)?.kept ?? 0n);
    return shareWeek(
      {
        hours: hours.get(week) ?? [],
        keptOf: (resource) => kept.get(resource) ?? 0n,
        guardShareBps: deps.guardShareBps,
        ownerOfEdge: (edge) => edgeOwners.get(edge),
        ownerOfGuard: (no) => guardOwners.get(no),
      },
      sha256,
    );
  }

  /** Guards vote for a week's root with the voice of a set; those with another root first. */
  function vote(week: bigint, setWeek: bigint, right: WeekShares, kept: bigint): void {
    const ballot = (guard: Guard, of: Pick<WeekShares, 'root' | 'rewards'>): Sent => {
      const at = { operator: guard.owner.address, guard: guard.account, guardSet: places.guardSet(setWeek) };
      const told = { week, setWeek, root: of.root, rewards: of.rewards, kept, epoch: places.epoch(week) };
      return { by: guard.owner, calls: [chain.call('proposeEpoch', { ...at, ...told })] };
    };
    const voters = cast.guards.map((guard, place) => ({ guard, policy: acts.guard?.(place) }));
    const liars = voters.filter(({ policy }) => policy?.week !== undefined);
    chain.all(liars.map(({ guard, policy }) => ballot(guard, policy?.week?.(right) ?? right)));
    const honest = voters.filter(({ policy }) => policy?.week === undefined && policy?.withholds !== true);
    const first = Number(week % BigInt(honest.length));
    const turns = [...honest.slice(first), ...honest.slice(0, first)];
    const needed = turns.findIndex((_, index) => isQuorum(index + 1, cast.guards.length)) + 1;
    chain.all(turns.slice(0, needed === 0 ? turns.length : needed).map(({ guard }) => ballot(guard, right)));
  }

  function pay(week: bigint, right: WeekShares): void {
    const sent = [...right.amounts].flatMap(([address]): Sent[] => {
      const [found, owner] = [right.claimProof(address), owners.get(address)];
      if (found === undefined || owner === undefined) return [];
      return [{ by: owner, calls: [claimCall(chain, cast, owner, week, found)] }];
    });
    chain.all(sent);
  }

  return {
    paid,
    note(hour, content) {
      const week = hour / BigInt(periods.hoursPerWeek);
      const list = hours.get(week) ?? [];
      list.push(content);
      hours.set(week, list);
    },
    join(now) {
      const next = weekAt(periods, now) + 1n;
      const there = seated.get(next) ?? new Set<number>();
      seated.set(next, there);
      const missing = cast.guards.filter(({ no }) => !there.has(no));
      const fates: readonly Fate[] = chain.all(
        missing.map(({ owner, account, stake, pool }): Sent => {
          const seat = { operator: owner.address, guard: account, stake, pool: pool.address };
          return {
            by: owner,
            calls: [chain.call('joinGuardSet', { ...seat, guardSet: places.guardSet(next), week: next })],
          };
        }),
        ['PriceMoved', 'PoolTooShallow', 'InsufficientStake'],
      );
      missing.forEach(({ no }, index) => {
        if (fates[index] === 'ok') there.add(no);
      });
    },
    settle(now) {
      const current = weekAt(periods, now);
      for (const week of hours.keys()) {
        if (week >= current || deps.isOpen(week)) continue;
        // The last reports of the week come within the hour after it.
        if (
          now <
          periods.epochZero +
            (week + 1n) * BigInt(periods.hoursPerWeek) * hourSecs(periods) +
            hourSecs(periods)
        )
          continue;
        if (
          cast.publishers.some((_, place) =>
            resources.of(place).weeks.some((each) => each.week === week + 1n && each.due > 0n),
          )
        )
          continue;
        const epoch = chain.read('epoch', places.epoch(week));
        if (epoch === undefined) {
          hours.delete(week);
          continue;
        }
        const right = shares(week);
        if (epoch.status === EPOCH_STATUS.open) vote(week, week, right, epoch.kept);
        const decided = chain.read('epoch', places.epoch(week));
        if (decided?.status === EPOCH_STATUS.decided && decided.decidedWeek < current)
          vote(week, current, right, decided.kept);
        if (chain.read('epoch', places.epoch(week))?.status !== EPOCH_STATUS.endorsed) continue;
        pay(week, right);
        hours.delete(week);
        paid.push(week);
        deps.onClaims(week, right);
        acts.afterClaims?.(week, right);
      }
    },
  };
}

/** What an owner sends for what it earned in a week. */
export function claimCall(
  chain: Chain,
  cast: Cast,
  owner: Wallet,
  week: bigint,
  { amount, proof }: { readonly amount: bigint; readonly proof: readonly Uint8Array[] },
): Sent['calls'][number] {
  const { places } = chain;
  const at = { payer: owner.address, owner: owner.address, ownerMedia: cast.market.mediaOf(owner) };
  const accounts = { epoch: places.epoch(week), claim: places.claim(owner.address) };
  return chain.call('claim', { ...at, ...accounts, week, amount }, { tail: concatBytes(proof) });
}
