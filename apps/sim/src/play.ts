import { setImmediate } from 'node:timers/promises';

import { MEDIA_SUPPLY } from '@media-network/chain/schema';
import { hourEnd, hourSecs } from '@media-network/protocol';
import type { Periods } from '@media-network/protocol';

import type { Acts, Attack } from './attacks/attack.ts';
import { castNetwork } from './cast.ts';
import type { Node } from './cast.ts';
import { createChain } from './chain/chain.ts';
import { mintSupply } from './chain/vm.ts';
import { createTraders } from './market/traders.ts';
import { holdingsOf, poolEnds } from './money.ts';
import type { Holdings, PoolEnd } from './money.ts';
import { MEDIA, paramsFor, servedHours } from './params.ts';
import { createDuties } from './service/duties.ts';
import { createEdgeBook } from './service/evidence.ts';
import type { EdgeHour, Evidence } from './service/evidence.ts';
import { createHours } from './service/hours.ts';
import { openTermsOf } from './service/open-terms.ts';
import { createResourceBook } from './service/resources.ts';
import { createTraffic } from './service/traffic.ts';
import { createWeeks } from './service/weeks.ts';

/** Figures of a day's end, amounts in base units. */
export interface DayRow {
  readonly day: number;
  readonly supply: bigint;
  readonly burned: bigint;
  /** Dollars for a MEDIA outside, and quote for a MEDIA in each pool. */
  readonly price: number;
  readonly poolPrices: readonly number[];
  /** MEDIA that fees have covered so far. */
  readonly charged: bigint;
  readonly kept: bigint;
  readonly late: bigint;
  readonly rewards: bigint;
  readonly claimed: bigint;
  readonly edgeRewards: bigint;
  readonly guardRewards: bigint;
  readonly fund: bigint;
  /** Bytes that were billed that day. */
  readonly billed: bigint;
  /** By publisher. */
  readonly quotas: readonly number[];
  readonly p95: readonly number[];
  /** MEDIA in each pool. */
  readonly depths: readonly bigint[];
}

export interface PlayOptions {
  readonly seed: number;
  readonly days: number;
  readonly attack?: { readonly attack: Attack; readonly share: number };
  /** Called when an hour is over. */
  readonly onHour?: (hour: number, hours: number) => void;
}

/** What a play came to. */
export interface Played {
  readonly days: number;
  readonly publishers: readonly string[];
  /** First moment at which supply and what was burned were not what was minted; undefined for none. */
  readonly brokeAt: bigint | undefined;
  readonly rows: readonly DayRow[];
  /** By wallet. */
  readonly holdings: Readonly<Record<string, Holdings>>;
  readonly pools: readonly PoolEnd[];
  readonly actors: readonly string[];
  readonly burned: bigint;
  readonly kept: bigint;
  readonly rewards: bigint;
  readonly paidWeeks: number;
  /** Hours that no set decided in time, or has not yet. */
  readonly undecided: number;
  readonly transactions: number;
  readonly instructions: number;
}

const HONEST: Acts = { actors: [] };

/** Plays a network from its founding on: the honest one, or with an attack. */
export async function play(options: PlayOptions): Promise<Played> {
  const { seed, days } = options;
  const params = paramsFor(days);
  const chain = createChain();
  const cast = castNetwork(chain, params, seed);
  const { vm, places } = chain;
  const setTime = (seconds: bigint): void => {
    if (seconds > vm.now()) vm.setTime(seconds);
  };
  const config = (): NonNullable<ReturnType<typeof readConfig>> => {
    const found = readConfig();
    if (found === undefined) throw new Error('no config');
    return found;
  };
  const readConfig = () => chain.read('config', places.config);
  const periods: Periods & { readonly poolFeeBps: number } = config();
  const acts =
    options.attack?.attack.begin({
      chain,
      cast,
      params,
      periods,
      seed,
      share: options.attack.share,
      setTime,
    }) ?? HONEST;

  const resources = createResourceBook(chain, cast, params);
  const traders = createTraders(chain, cast, seed);
  const duties = createDuties({
    chain,
    cast,
    periods,
    acts,
    resources,
    minGuardStake: params.minGuardStake,
    setTime,
  });
  const [sums, today] = [{ edges: 0n, guards: 0n }, { billed: 0n }];
  const weeks = createWeeks({
    chain,
    cast,
    periods,
    guardShareBps: params.guardShareBps,
    acts,
    resources,
    isOpen: (week) => [...hours.open.keys()].some((hour) => hour / BigInt(params.hoursPerWeek) === week),
    onClaims(_week, shares) {
      sums.guards += shares.guardsPot;
      sums.edges += shares.rewards - shares.guardsPot;
      for (const { owner, pool } of [...cast.edges, ...cast.guards])
        traders.sell(owner, pool, ((shares.amounts.get(owner.address) ?? 0n) * 7n) / 10n);
    },
  });
  const hours = createHours({
    chain,
    cast,
    periods,
    seed,
    acts,
    resources,
    onFinal(hour, content) {
      weeks.note(hour, content);
      for (const leaf of content.resources) {
        resources.note(leaf.resource, hour, leaf.slots);
        today.billed += leaf.billable + leaf.disputed;
      }
    },
  });
  const traffic = createTraffic({
    seed,
    edges: cast.edges,
    publishers: cast.publishers,
    sampleSecs: params.sampleSecs,
    quotaOf: (of) => ({ quotaKbps: resources.of(of).quotaKbps, samples: resources.samples(of) }),
  });
  const nodes: readonly Node[] = [...cast.edges, ...(acts.moreEdges ?? [])];
  const books = nodes.map(({ account }) =>
    createEdgeBook(
      seed,
      account,
      cast.publishers.map(({ resource }) => resource),
    ),
  );

  let brokeAt: bigint | undefined;
  const burnedNow = (): bigint =>
    cast.market.pools.reduce((sum, pool) => sum + (chain.number('pool', 'burned', pool.address) ?? 0n), 0n);
  function checkSupply(): void {
    if (brokeAt === undefined && mintSupply(vm.data(places.mediaMint)) + burnedNow() !== MEDIA_SUPPLY)
      brokeAt = vm.now();
  }
  function at(seconds: bigint): void {
    checkSupply();
    setTime(seconds);
  }

  function evidenceOf(hour: number): { readonly node: Node; readonly evidence: Evidence }[] {
    const served = traffic.serve(hour);
    const terms = openTermsOf({
      chain,
      market: cast.market,
      nodes,
      publishers: cast.publishers,
      terms: config(),
      hourSecs: hourSecs(periods),
      twapSecs: BigInt(params.twapSecs),
      table: hours.tableBefore(BigInt(hour)),
    });
    return nodes.flatMap((node, place) => {
      const mine = served[place] ?? [];
      const honest: EdgeHour = { reported: mine, counted: mine, answers: true };
      const story = acts.edge?.(place, honest, BigInt(hour)) ?? honest;
      const evidence = books[place]?.hour(BigInt(hour), story, terms(node));
      return evidence === undefined ? [] : [{ node, evidence }];
    });
  }

  function dayRow(day: number): DayRow {
    const now = config();
    const states = cast.market.pools.map((pool) => ({ pool, state: cast.market.state(pool) }));
    const billed = today.billed;
    today.billed = 0n;
    const all = cast.publishers.map((_, of) => resources.of(of));
    return {
      day,
      supply: mintSupply(vm.data(places.mediaMint)),
      burned: burnedNow(),
      price: traders.price,
      poolPrices: states.map(
        ({ pool, state }) => (Number(state.priceQ32) / 2 ** 32) * (Number(MEDIA) / Number(pool.quoteUnit)),
      ),
      charged: all.reduce((sum, { charged }) => sum + charged, 0n),
      kept: now.kept,
      late: now.late,
      rewards: now.allocated,
      claimed: now.claimed,
      edgeRewards: sums.edges,
      guardRewards: sums.guards,
      fund: chain.tokens(places.fund),
      billed,
      quotas: all.map(({ quotaKbps }) => quotaKbps),
      p95: all.map(({ p95Kbps }) => p95Kbps),
      depths: states.map(({ state }) => state.reserveMedia),
    };
  }

  const rows: DayRow[] = [];
  const last = days * 24;
  const served = servedHours(days);
  const week = params.hoursPerWeek;
  for (let hour = 0; hour < last; hour += 1) {
    const end = hourEnd(periods, BigInt(hour));
    at(end + 30n);
    // Before the hours that would be written over its first samples.
    duties.finaliseMonths();
    hours.decide(vm.now());
    resources.refresh();
    resources.turn(BigInt(hour));
    if (duties.charge(hour)) resources.refresh();
    weeks.settle(vm.now());
    // A resource is active from the hour after the one in which it was authorised.
    if (hour > 0 && hour < served) hours.report(BigInt(hour), evidenceOf(hour));
    at(end + 600n);
    traders.hourly(hour);
    acts.hourly?.(hour);
    duties.buyBack();
    if (hour % 24 === 5) duties.refreshQuotas(hour);
    if (hour % week === 1) {
      duties.burn();
      duties.topUpGuards();
    }
    cast.publishers.forEach((_, of) => {
      if (hour % week === (of * 3 + 7) % week && hour < served) duties.topUp(of);
    });
    at(end + 1_830n);
    hours.commit(BigInt(hour));
    if (hour % week >= week / 2) weeks.join(vm.now());
    at(end + 2_730n);
    hours.reveal(BigInt(hour));
    at(end + 3_000n);
    traders.evenOut();
    checkSupply();
    if (hour % 24 === 23) rows.push(dayRow((hour + 1) / 24));
    options.onHour?.(hour + 1, last);
    // What the VM gave out is freed when the event loop turns: a year in one go would keep all of it.
    if (hour % 12 === 0) await setImmediate();
  }
  const { kept, allocated } = config();
  const wallets = new Map(
    [
      ...nodes.map(({ owner }) => owner),
      ...cast.guards.map(({ owner }) => owner),
      ...cast.publishers.map(({ owner }) => owner),
      ...cast.providers.map(({ owner }) => owner),
      ...cast.idle,
      cast.mallory,
    ].map((wallet) => [wallet.name, wallet]),
  );
  return {
    days,
    publishers: cast.publishers.map(({ kind }) => kind),
    brokeAt,
    rows,
    holdings: Object.fromEntries(
      [...wallets].map(([name, wallet]) => [name, holdingsOf(chain, cast, wallet)]),
    ),
    pools: poolEnds(chain, cast, params.twapSecs),
    actors: acts.actors.map(({ name }) => name),
    burned: burnedNow(),
    kept,
    rewards: allocated,
    paidWeeks: weeks.paid.length,
    undecided: hours.voided + hours.open.size,
    transactions: chain.count.transactions,
    instructions: chain.count.instructions,
  };
}
