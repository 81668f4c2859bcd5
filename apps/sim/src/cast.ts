import { PROGRAMS, RING_SIZE, documentedFounding, encodeAllocations } from '@media-network/chain';
import { addressOf } from '@media-network/chain/program-world';
import { PURPOSE, QUOTE_FREEZABLE, ROLE } from '@media-network/chain/schema';
import type { Address } from '@solana/kit';
import { createHash } from 'node:crypto';

import type { Chain, Wallet } from './chain/chain.ts';
import type { Call } from './chain/message.ts';
import { createMarket } from './market/pools.ts';
import type { Market, Pool } from './market/pools.ts';
import { MEDIA, POPULATION } from './params.ts';
import type { NetworkParams } from '@media-network/devnet/periods';
import { randomOf } from './random.ts';

export interface Node {
  readonly owner: Wallet;
  readonly account: Address;
  readonly stake: Address;
  readonly pool: Pool;
}

export interface Edge extends Node {
  /** Part of the viewers that it gets, out of 1. */
  readonly weight: number;
}

export interface Guard extends Node {
  readonly no: number;
}

/** How a site's viewers come. */
export interface Demand {
  readonly kind: string;
  readonly meanKbps: number;
  /** Part of the day's curve: 0 is flat, 1 goes down to nothing at night. */
  readonly swing: number;
  /** Hour of the day with most viewers, UTC. */
  readonly peakHour: number;
  /** Part of the bytes whose viewers carry the publisher's token. */
  readonly vouchedShare: number;
  /** Live events a week, and by how much they multiply. */
  readonly events: number;
  readonly eventFactor: number;
}

export interface Publisher extends Demand {
  readonly owner: Wallet;
  readonly pool: Pool;
  readonly stake: Address;
  readonly resource: Address;
  readonly ring: Address;
  /** Open bytes an hour that it pays for at most. */
  readonly allowance: bigint;
  readonly vouchKey: Uint8Array;
}

/** Somebody with liquidity in the first pool and nothing to serve. */
export interface Provider {
  readonly owner: Wallet;
  /** Part of the first pool, out of 1. */
  readonly share: number;
}

export interface Cast {
  readonly treasury: Wallet;
  readonly market: Market;
  readonly edges: readonly Edge[];
  readonly guards: readonly Guard[];
  readonly publishers: readonly Publisher[];
  readonly providers: readonly Provider[];
  /** Sells and buys by the price outside. */
  readonly arbitrageur: Wallet;
  /** Buys and sells for reasons of its own. */
  readonly trader: Wallet;
  /** Has LP and cash, and does nothing with them unless it attacks. */
  readonly mallory: Wallet;
  /** Have locked MEDIA to vote with since the founding. */
  readonly voters: readonly Wallet[];
  /** Wallets with LP of as much worth as an edge stakes, free unless they attack. */
  readonly idle: readonly Wallet[];
}

const KINDS: readonly Demand[] = [
  {
    kind: 'films',
    meanKbps: 1_800_000,
    swing: 0.8,
    peakHour: 20,
    vouchedShare: 0.9,
    events: 0,
    eventFactor: 1,
  },
  {
    kind: 'sport',
    meanKbps: 1_100_000,
    swing: 0.6,
    peakHour: 19,
    vouchedShare: 0.85,
    events: 3,
    eventFactor: 5,
  },
  { kind: 'news', meanKbps: 700_000, swing: 0.5, peakHour: 8, vouchedShare: 0.8, events: 1, eventFactor: 3 },
  {
    kind: 'downloads',
    meanKbps: 500_000,
    swing: 0.1,
    peakHour: 15,
    vouchedShare: 0.7,
    events: 0,
    eventFactor: 1,
  },
  { kind: 'shop', meanKbps: 250_000, swing: 0.7, peakHour: 13, vouchedShare: 0.6, events: 1, eventFactor: 2 },
  { kind: 'archive', meanKbps: 120_000, swing: 0.2, peakHour: 2, vouchedShare: 0, events: 0, eventFactor: 1 },
];
/** Parts of the first pool that its providers hold, so that the first one, two … hold 5, 20, 33 and 60 % of it. */
const PROVIDER_SHARES = [0.05, 0.15, 0.13, 0.27] as const;
/** Holders who vote: together somewhat more than a proposal needs. */
const VOTERS = 3;
const LOCKED_EACH = 400_000n * MEDIA;
const FIRST_POOL_MEDIA = 200_000n * MEDIA;
const SECOND_POOL_MEDIA = 60_000n * MEDIA;
/** What a MEDIA costs at the beginning, in dollars, and a SOL. */
export const START_PRICE = { media: 10, sol: 150 } as const;
/** An allowance is this many times the open bytes of a usual hour, as the commands propose. */
const ALLOWANCE_FACTOR = 2.6;
/** Worth of LP per kbit/s of mean traffic, in base units: a publisher's quota is above its usual peaks, and the stake pays for months. */
const QUOTA_ROOM = 2.4;

const NODE_TEXT = { region: new Uint8Array(8), endpoint: 'http://node.example:8080' } as const;

/** What an edge stakes. Open bytes earn 9 % a year of it at most, so nobody who has viewers stakes for more. */
const edgeWorth = (index: number): bigint => BigInt(150 + 50 * (index % 8)) * MEDIA;

/** Founds the network, and everybody in it. The clock stands while this happens. */
export function castNetwork(chain: Chain, params: NetworkParams, seed: number): Cast {
  const { vm, places } = chain;
  const treasury = chain.wallet('treasury');
  const listed = [
    { name: 'USDC', quoteMint: addressOf('sim usdc'), quoteUnit: 1_000_000n },
    { name: 'SOL', quoteMint: addressOf('sim sol'), quoteUnit: 1_000_000_000n },
  ] as const;
  const market = createMarket(chain, treasury, listed);
  const [first, second] = market.pools as [Pool, Pool];
  for (const { quoteMint } of listed) vm.createMint(quoteMint, quoteMint === first.quoteMint);

  const quotes = Array.from({ length: 4 }, (_, index) => ({
    mint: listed[index]?.quoteMint ?? PROGRAMS.system,
    flags: index === 0 ? QUOTE_FREEZABLE : 0,
    pad: 0,
  }));
  const treasuryMedia = places.associated(treasury.address, places.mediaMint);
  // The reserve that the documents give to nobody is free here: somebody has to have what the pools and the stakes are made of.
  const { allocations, ...schedule } = documentedFounding({
    sampleSecs: params.sampleSecs,
    config: places.config,
    ecosystem: addressOf('sim ecosystem'),
    technology: addressOf('sim technology'),
  });
  const locked = encodeAllocations(allocations.filter(({ purpose }) => purpose !== PURPOSE.reserve));
  const founding = { payer: treasury.address, treasury: treasuryMedia, ...params, ...schedule, quotes };
  chain.must(treasury, chain.call('genesis', founding, { tail: locked }));

  const quotePerMedia = (pool: Pool): bigint =>
    pool === first
      ? BigInt(START_PRICE.media) * pool.quoteUnit
      : (BigInt(START_PRICE.media) * pool.quoteUnit) / BigInt(START_PRICE.sol);
  const quoteFor = (pool: Pool, media: bigint): bigint => (media * quotePerMedia(pool)) / MEDIA;

  function openPool(pool: Pool, media: bigint): void {
    market.bringQuote(treasury, pool, quoteFor(pool, media));
    market.open(treasury, pool.quoteMint, media, quoteFor(pool, media));
  }
  const heldByProviders = PROVIDER_SHARES.reduce((sum, each) => sum + each, 0);
  openPool(first, (FIRST_POOL_MEDIA * BigInt(Math.round((1 - heldByProviders) * 100))) / 100n);
  openPool(second, SECOND_POOL_MEDIA);

  /** LP of a fair worth in MEDIA, out of MEDIA of the treasury and quote from outside. */
  function lpWorth(owner: Wallet, pool: Pool, worth: bigint): bigint {
    const media = worth / 2n;
    market.giveMedia(owner, media);
    market.bringQuote(
      owner,
      pool,
      (media * market.state(pool).reserveQuote) / market.state(pool).reserveMedia + 2n,
    );
    return market.deposit(owner, pool, media);
  }

  const providers = PROVIDER_SHARES.map((share, index): Provider => {
    const owner = chain.wallet(`provider-${index + 1}`);
    lpWorth(owner, first, (2n * FIRST_POOL_MEDIA * BigInt(Math.round(share * 100))) / 100n);
    return { owner, share };
  });

  const mallory = chain.wallet('mallory');
  market.giveMedia(mallory, FIRST_POOL_MEDIA);
  market.bringQuote(mallory, first, quoteFor(first, FIRST_POOL_MEDIA));
  const idle = Array.from({ length: POPULATION.edges }, (_, index) => {
    const owner = chain.wallet(`idle-${index + 1}`);
    lpWorth(owner, first, edgeWorth(index));
    return owner;
  });

  // Everybody stakes before anybody registers: a pool gives rights by what is staked in it.
  const placesOf = (name: string, role: number, pool: Pool, worth: bigint) => {
    const owner = chain.wallet(name);
    const lp = lpWorth(owner, pool, worth);
    market.stake(owner, pool, role, lp);
    return { owner, pool, lp, stake: places.stake(owner.address, pool.address, role) };
  };
  const poolAt = (index: number): Pool => (index % 4 === 3 ? second : first);
  const guardPlaces = Array.from({ length: POPULATION.guards }, (_, index) =>
    placesOf(`guard-${index + 1}`, ROLE.guard, poolAt(index), BigInt(1_500 + 250 * (index % 7)) * MEDIA),
  );
  const edgePlaces = Array.from({ length: POPULATION.edges }, (_, index) =>
    placesOf(`edge-${index + 1}`, ROLE.edge, poolAt(index), edgeWorth(index)),
  );
  const publisherPlaces = KINDS.map((kind, index) => {
    const worth = BigInt(Math.round(kind.meanKbps * QUOTA_ROOM)) * MEDIA;
    const pool = index === 2 || index === 4 ? second : first;
    return {
      kind,
      ...placesOf(`publisher-${kind.kind}`, ROLE.publisher, pool, worth / params.quotaKbpsPerMedia),
    };
  });

  // A part of the second pool is staked for nothing else than its depth: LP gives rights where enough is staked beside it.
  market.stake(treasury, second, ROLE.user, chain.tokens(market.lpOf(treasury, second)) / 4n);

  const guards = guardPlaces.map(({ owner, pool, stake }, index): Guard => {
    const sealKey = new Uint8Array(32).fill(index + 1);
    chain.must(
      owner,
      chain.call('registerGuard', {
        owner: owner.address,
        pool: pool.address,
        stake,
        operator: owner.address,
        sealKey,
        ...NODE_TEXT,
      }),
    );
    return { owner, pool, stake, account: places.guard(owner.address), no: index + 1 };
  });
  const weights = edgePlaces.map(
    (_, index) => (0.5 + randomOf(seed, 'weight', index).next()) / (1 + index) ** 0.4,
  );
  const whole = weights.reduce((sum, each) => sum + each, 0);
  const edges = edgePlaces.map(({ owner, pool, stake }, index): Edge => {
    const edge = registerEdge(chain, owner, pool, stake);
    return { ...edge, weight: (weights[index] ?? 0) / whole };
  });
  for (const { owner, pool, stake, account } of guards) {
    const seat = { operator: owner.address, pool: pool.address, stake, guard: account };
    chain.must(owner, chain.call('joinGuardSet', { ...seat, week: 0n }));
  }

  const publishers = publisherPlaces.map((place): Publisher => {
    const { owner, pool, lp, stake, kind } = place;
    const openPerHour = (kind.meanKbps * 1_000 * 3_600 * (1 - kind.vouchedShare)) / 8;
    const allowance = BigInt(Math.round(openPerHour * ALLOWANCE_FACTOR));
    const vouchKey = kind.vouchedShare === 0 ? new Uint8Array(32) : new Uint8Array(32).fill(7);
    const resource = places.resource(owner.address, 1n);
    const { address: ring, seed: ringSeed } = places.ring(owner.address, resource);
    const publisher: Publisher = { ...kind, owner, pool, stake, resource, ring, allowance, vouchKey };
    const by = { publisher: owner.address, resource };
    chain.must(
      owner,
      chain.call('registerResource', { ...by, pool: pool.address, stake, id: 1n, lp, allowance, vouchKey }),
    );
    vm.createBlank(ring, RING_SIZE);
    chain.must(
      owner,
      chain.call('attachRing', { ...by, ring }, { tail: new TextEncoder().encode(ringSeed) }),
    );
    const content = new Uint8Array(200).fill(9);
    const settings = places.settings(resource, 1);
    const to = { ...by, settings, settingsVersion: 1 };
    chain.must(owner, chain.call('openSettings', { ...to, capacity: content.length }));
    chain.must(owner, chain.call('writeSettings', { ...to, offset: 0 }, { tail: content }));
    const sha256 = new Uint8Array(createHash('sha256').update(content).digest());
    chain.must(
      owner,
      chain.call('sealSettings', { ...to, previous: PROGRAMS.system, length: content.length, sha256 }),
    );
    return publisher;
  });
  for (const { resource, pool } of publishers) {
    for (const guard of guards.slice(0, Math.floor((guards.length * 2) / 3) + 1)) {
      const vote = { operator: guard.owner.address, guard: guard.account, pool: pool.address, resource };
      chain.must(guard.owner, chain.call('authorise', { ...vote, week: 0n, settingsVersion: 1 }));
    }
  }
  const voters = Array.from({ length: VOTERS }, (_, index) => {
    const owner = chain.wallet(`voter-${index + 1}`);
    market.giveMedia(owner, LOCKED_EACH);
    const given = { owner: owner.address, ownerMedia: market.mediaOf(owner), amount: LOCKED_EACH };
    chain.must(owner, chain.call('lockMedia', given));
    return owner;
  });
  const arbitrageur = chain.wallet('arbitrageur');
  const trader = chain.wallet('trader');
  for (const each of [arbitrageur, trader]) {
    market.giveMedia(each, 100_000n * MEDIA);
    for (const pool of market.pools) market.bringQuote(each, pool, quoteFor(pool, 100_000n * MEDIA));
  }
  return {
    treasury,
    market,
    edges,
    guards,
    publishers,
    providers,
    arbitrageur,
    trader,
    mallory,
    voters,
    idle,
  };
}

/** Registers an edge whose stake is there. */
export function registerEdge(chain: Chain, owner: Wallet, pool: Pool, stake: Address): Node {
  const operator = owner.address;
  const given = {
    owner: owner.address,
    pool: pool.address,
    stake,
    operator,
    ...NODE_TEXT,
    control: NODE_TEXT.endpoint,
  };
  chain.must(owner, chain.call('registerEdge', given));
  return { owner, pool, stake, account: chain.places.edge(owner.address) };
}

/** Lets an edge's worth follow its stake. */
export function updateEdgeCall(chain: Chain, owner: Wallet, pool: Pool, stake: Address): Call {
  const given = { owner: owner.address, pool: pool.address, stake, operator: owner.address, ...NODE_TEXT };
  return chain.call('updateEdge', {
    ...given,
    control: NODE_TEXT.endpoint,
    edge: chain.places.edge(owner.address),
  });
}
