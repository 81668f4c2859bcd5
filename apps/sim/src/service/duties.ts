import { buybackBounds, mostOfBuyback } from '@media-network/chain/model';
import { RESOURCE_STATUS, ROLE } from '@media-network/chain/schema';
import { nextMonth, newestDueMonth, weekAt } from '@media-network/protocol';
import type { Periods } from '@media-network/protocol';

import type { Acts } from '../attacks/attack.ts';
import type { Cast } from '../cast.ts';
import type { Chain, Wallet } from '../chain/chain.ts';
import { fairValue } from '../market/pools.ts';
import type { Pool } from '../market/pools.ts';
import type { ResourceBook } from './resources.ts';

export interface DutiesDeps {
  readonly chain: Chain;
  readonly cast: Cast;
  readonly periods: Periods & { readonly poolFeeBps: number };
  readonly acts: Acts;
  readonly resources: ResourceBook;
  readonly minGuardStake: bigint;
  readonly setTime: (seconds: bigint) => void;
}

/** What guards do for everybody: charges, quotas, months, buyback and burn; and publishers for themselves: topping up. */
export interface Duties {
  /** Whether anything was taken. */
  charge(hour: number): boolean;
  refreshQuotas(hour: number): void;
  finaliseMonths(): void;
  buyBack(): void;
  burn(): void;
  topUp(of: number): void;
  /** Guards keep more staked than they need for a seat, whatever the price does. */
  topUpGuards(): void;
}

/** What a moving price or a shallow pool refuses is tried again. */
const REFUSED_FOR_NOW = [
  'PriceMoved',
  'PoolTooShallow',
  'DebtOpen',
  'ChargeFirst',
  'InsufficientStake',
] as const;
/** A guard whose stake is worth less than this part of what it needs fills it up. */
const GUARD_ROOM_BPS = 12_500n;
/** Most slices of a buyback in an hour. */
const SLICES = 12;
/** A stake below this part of what it was at first is filled up again. */
const TOP_UP_BELOW = 0.9;

export function createDuties(deps: DutiesDeps): Duties {
  const { chain, cast, periods, acts, resources } = deps;
  const { places, vm } = chain;
  const { market } = cast;
  const first = cast.publishers.map((_, place) => resources.of(place).lp);

  const onDuty = (turn: number): Wallet => cast.guards[turn % cast.guards.length]?.owner ?? cast.treasury;

  function charge(hour: number): boolean {
    let taken = false;
    const current = weekAt(periods, vm.now());
    cast.publishers.forEach(({ resource, pool, stake }, of) => {
      const due = resources.of(of).weeks.filter((each) => each.due > 0n);
      for (const { week } of due) {
        // Once a day, and what a week leaves as soon as it is over.
        if (week - 1n === current && hour % 24 !== (4 * of) % 24) continue;
        acts.beforeCharge?.(of);
        const by = onDuty(hour + of);
        const given = {
          payer: by.address,
          pool: pool.address,
          stake,
          resource,
          epoch: places.epoch(week - 1n),
          week: week - 1n,
        };
        const vaults = { lpMint: pool.lpMint, lpVault: pool.lpVault, mediaVault: pool.mediaVault };
        chain.all([{ by, calls: [chain.call('charge', { ...given, ...vaults })] }], ['PriceMoved']);
        acts.afterCharge?.(of);
        taken = true;
      }
    });
    return taken;
  }

  /** LP of a worth in MEDIA, out of quote tokens from outside; 0 where the market refuses. */
  function buyLp(owner: Wallet, pool: Pool, worth: bigint): bigint {
    const state = market.state(pool);
    const half = worth / 2n;
    // Half of what comes from outside buys the MEDIA of the deposit; the pool's fee and its slope take a little more.
    const quote = (half * state.reserveQuote) / state.reserveMedia;
    const spent = (quote * 1_010n) / 1_000n + (quote * quote) / state.reserveQuote;
    market.bringQuote(owner, pool, spent + (quote * 1_020n) / 1_000n);
    return market.swap(owner, pool, 'quote', spent) === 'ok' ? market.deposit(owner, pool, half) : 0n;
  }

  function buyBackFrom(pool: Pool, turn: number): void {
    const config = { buybackBps: 0, buybackSecs: 0, buybackSpotBps: 0 };
    const { bps, secs } = buybackBounds(config);
    for (let slice = 0; slice < SLICES; slice += 1) {
      const state = market.state(pool);
      const most = mostOfBuyback(state.reserveQuote, bps, periods.poolFeeBps);
      // A whole slice as soon as it may be, what is less once a day.
      if (state.toBurn === 0n || (state.toBurn < most && vm.now() < state.boughtAt + 86_400n)) return;
      if (vm.now() < state.boughtAt + BigInt(secs)) deps.setTime(state.boughtAt + BigInt(secs));
      acts.beforeBuyback?.(pool);
      const by = onDuty(turn + slice);
      const [fate] = chain.all(
        [{ by, calls: [chain.call('buyback', { pool: pool.address })] }],
        ['PriceMoved', 'ZeroAmount'],
      );
      acts.afterBuyback?.(pool);
      if (fate !== 'ok') return;
    }
  }

  return {
    charge,
    refreshQuotas(hour) {
      cast.publishers.forEach(({ resource, pool }, of) => {
        const { status } = resources.of(of);
        if (status !== RESOURCE_STATUS.active && status !== RESOURCE_STATUS.exhausted) return;
        const by = onDuty(hour + of);
        const call = chain.call('refreshQuota', { pool: pool.address, resource });
        chain.all([{ by, calls: [call] }], REFUSED_FOR_NOW);
      });
    },
    finaliseMonths() {
      cast.publishers.forEach(({ resource, ring: place }, of) => {
        if (newestDueMonth(periods, resources.of(of), vm.now()) === undefined) return;
        const ring = chain.read('ring', place);
        const due = ring === undefined ? undefined : nextMonth(periods, resources.of(of), ring, vm.now());
        if (due === undefined) return;
        const by = onDuty(of);
        const given = { resource, ring: place, month: Number(due.month), p95Kbps: due.p95Kbps };
        chain.must(by, chain.call('finaliseMonth', given));
      });
    },
    buyBack() {
      market.pools.forEach((pool, turn) => buyBackFrom(pool, turn));
    },
    burn() {
      const week = weekAt(periods, vm.now());
      for (const pool of market.pools) {
        const { bought, burnedWeek } = market.state(pool);
        if (bought === 0n || burnedWeek > week) continue;
        const by = onDuty(Number(week));
        chain.must(by, chain.call('burnBought', { pool: pool.address, mediaVault: pool.mediaVault }));
      }
    },
    topUpGuards() {
      const wanted = (deps.minGuardStake * GUARD_ROOM_BPS) / 10_000n;
      for (const { owner, pool, stake } of cast.guards) {
        const state = market.state(pool);
        const worth = fairValue(state, chain.number('stake', 'lp', stake) ?? 0n, state.priceQ32);
        if (worth >= wanted) continue;
        const lp = buyLp(owner, pool, wanted - worth);
        if (lp > 0n) market.stake(owner, pool, ROLE.guard, lp);
      }
    },
    topUp(of) {
      const publisher = cast.publishers[of];
      const account = resources.of(of);
      const wanted = first[of] ?? 0n;
      if (publisher === undefined || account.lp * 100n >= wanted * BigInt(TOP_UP_BELOW * 100)) return;
      const { owner, pool, stake, resource, allowance, vouchKey } = publisher;
      const state = market.state(pool);
      const lp = buyLp(owner, pool, fairValue(state, wanted - account.lp, state.priceQ32));
      if (lp === 0n) return;
      market.stake(owner, pool, ROLE.publisher, lp);
      const given = {
        publisher: owner.address,
        pool: pool.address,
        stake,
        resource,
        lp: account.lp + lp,
        allowance,
        vouchKey,
      };
      chain.all([{ by: owner, calls: [chain.call('updateResource', given)] }], REFUSED_FOR_NOW);
    },
  };
}
