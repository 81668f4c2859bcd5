import type { Address } from '@solana/kit';
import { beforeAll, describe, expect, it } from 'vitest';

import { merkleTree } from '../src/model/merkle.ts';
import { addressOf } from '../src/program-world/world.ts';
import { MINTS, PROGRAMS } from '../src/programs.ts';
import { QUOTE_FREEZABLE, RESOURCE_STATUS, ROLE } from '../src/schema/index.ts';
import { TRACE_PARAMS } from './trace/begin.ts';
import { Bench, HOUR, MEDIA, NODE, SLOT, lpOf } from './trace/bench.ts';
import { allOf, checkInvariants } from './trace/invariants.ts';
import { packRecords, rangeProof } from './trace/records.ts';
import { hourLeafOf, planVerdict } from './trace/scene.ts';

/** Liquidity against three tokens at once: one that its issuer can freeze, as USDC is, wrapped SOL, and one more. */
const QUOTES = [addressOf('usdc'), MINTS.wrappedSol, addressOf('third')] as const;
const DEPOSIT = 10n ** 14n;
const [PUBLISHER, EDGE] = [2, 3];
/** In a token account: whether its tokens are frozen. */
const STATE_AT = 108;
const FROZEN = 2;

class Market extends Bench {
  override cast = {
    owners: [0, 1, 2, 3, 4].map((index) => addressOf(`owner ${index}`)),
    quotes: QUOTES,
    pools: [] as Address[],
    rings: new Map<never, never>(),
    verdicts: new Map<never, never>(),
    buffers: new Map<never, never>(),
    hourPlans: new Map<never, never>(),
    claimPlans: new Map<never, never>(),
    keys: new Map<never, never>(),
  };

  async begin(): Promise<void> {
    const { world } = this.twin;
    const { addresses } = world;
    for (const owner of this.cast.owners) world.fund(owner);
    for (const mint of QUOTES) this.twin.createMint(mint, mint === QUOTES[0]);
    const places = [...QUOTES, PROGRAMS.system].map((mint) => ({
      mint,
      flags: mint === QUOTES[0] ? QUOTE_FREEZABLE : 0,
      pad: 0,
    }));
    this.zero = world.now();
    const founder = this.owner(0);
    await this.must('genesis', { payer: founder, ...TRACE_PARAMS, quotes: places, tail: new Uint8Array(0) });
    const media = await addresses.mediaMint();
    const mine = await addresses.associatedToken(founder, media);
    const fifth = (this.twin.model.tokens.get(mine)?.amount ?? 0n) / 5n;
    for (const owner of this.cast.owners) {
      this.twin.createToken(await addresses.associatedToken(owner, media), media, owner, fifth);
      for (const mint of QUOTES)
        this.twin.createToken(await addresses.associatedToken(owner, mint), mint, owner, 10n ** 16n);
    }
    for (const quoteMint of QUOTES) {
      const pool = await addresses.pool(quoteMint);
      this.cast.pools.push(pool);
      await this.must('createPool', { payer: founder, quoteMint, media: DEPOSIT, quote: DEPOSIT });
      const lpMint = await addresses.lpMint(pool);
      for (const owner of this.cast.owners.slice(1)) {
        this.twin.createToken(await addresses.associatedToken(owner, lpMint), lpMint, owner, 0n);
        const most = { maxMedia: DEPOSIT, maxQuote: DEPOSIT, minLp: 1n };
        await this.must('addLiquidity', { owner, quoteMint, ...most });
      }
      // What gives a pool the depth for rights.
      await this.stake(4, ROLE.user, lpOf(2_000n * MEDIA), pool);
    }
  }
}

const market = new Market();
const resources: Address[] = [];
const resourceIn = (index: number) =>
  allOf(market.twin.model, 'resource').find(({ address }) => address === resources[index])!.value;
const poolAt = (index: number) =>
  allOf(market.twin.model, 'pool').find(({ address }) => address === market.cast.pools[index])!.value;
const refresh = (index: number): Promise<void> =>
  market.must('refreshQuota', { pool: market.cast.pools[index]!, resource: resources[index]! });
const swap = (quoteMint: Address, direction: 0 | 1, amountIn: bigint): Promise<void> =>
  market.must('swap', { owner: market.owner(1), quoteMint, direction, amountIn, minOut: 0n });

describe('three pools at once', () => {
  const guards: Awaited<ReturnType<Bench['guard']>>[] = [];

  beforeAll(async () => {
    await market.begin();
    for (const index of [0, 1]) guards.push(await market.guard(index, lpOf(60n * MEDIA)));
    for (const guard of guards) await market.must('joinGuardSet', { ...guard, week: 0n });
    for (const [index, pool] of market.cast.pools.entries()) {
      await market.stake(PUBLISHER, ROLE.publisher, lpOf(4_000n * MEDIA), pool);
      resources.push(await market.resource(PUBLISHER, BigInt(index + 1), lpOf(1_000n * MEDIA), pool));
    }
  });

  it('give quota to a resource in each', async () => {
    for (const guard of guards)
      for (const [index, resource] of resources.entries()) {
        const pool = market.cast.pools[index]!;
        const { operator, guard: account } = guard;
        await market.must('authorise', {
          operator,
          guard: account,
          pool,
          week: 0n,
          resource,
          settingsVersion: 1,
        });
      }
    for (const index of [0, 1, 2]) {
      expect(resourceIn(index).status).toBe(RESOURCE_STATUS.active);
      // A thousand MEDIA of worth, to the unit that roundings take.
      expect(Math.abs(resourceIn(index).quotaKbps - 1_000_000)).toBeLessThan(2);
    }
  });

  it.each([0, 1, 2])(
    'recharge a stake with the fees of swaps, and the quota with it (pool %i)',
    async (index) => {
      const quoteMint = QUOTES[index]!;
      const before = resourceIn(index);
      const lastHour = 30n * HOUR;
      for (let turn = 0; turn < 20; turn += 1) {
        const { reserveMedia, reserveQuote } = poolAt(index);
        await swap(quoteMint, 0, reserveMedia / 20n);
        const out = reserveQuote - poolAt(index).reserveQuote;
        await swap(quoteMint, 1, out);
      }
      expect(resourceIn(index).quotaKbps).toBe(before.quotaKbps);
      market.at(BigInt(index + 1) * lastHour);
      await refresh(index);
      const after = resourceIn(index);
      expect(after.lp).toBe(before.lp);
      // 40 swaps of a twentieth at 25 basis points, all of which is left as MEDIA: five thousandths of a pool's worth.
      expect(after.quotaKbps).toBeGreaterThan(before.quotaKbps * 1.004);
      expect(after.quotaKbps).toBeLessThan(before.quotaKbps * 1.006);
    },
  );

  it('pay for what was served from each, and buy back in each', async () => {
    // The clock of this hour goes on from where the swaps left it.
    const now = (market.twin.world.now() - market.zero) / HOUR;
    const week = (now + 1n) / BigInt(TRACE_PARAMS.hoursPerWeek);
    for (const guard of guards) await market.must('joinGuardSet', { ...guard, week });
    const edge = await market.edge(EDGE, lpOf(1_000n * MEDIA));
    const at = now + 1n;
    const end = (at + 1n) * HOUR;
    market.at(end);
    const report = { bytes: 100n, root: new Uint8Array(32).fill(1), entryCount: 1 };
    await market.must('submitReport', {
      ...edge,
      week: at / BigInt(TRACE_PARAMS.hoursPerWeek),
      hour: at,
      ...report,
    });
    market.at(end + SLOT * BigInt(TRACE_PARAMS.reportSlots));
    const basis = () => market.basis(at);
    for (const { operator, guard } of guards) {
      const { commitment } = planVerdict(at, guard);
      await market.must('commitVerdict', { operator, guard, week, hour: at, commitment, reports: 1 });
    }
    for (const { operator, guard } of guards) {
      const { payload, holding, prevRoot, salt } = planVerdict(at, guard);
      await market.must('writeVerdict', { operator, guard, hour: at, offset: 0, tail: payload });
      const reveal = { hour: at, length: payload.length, holding, prevRoot, salt };
      await market.must('revealVerdict', { operator, guard, ...reveal });
    }
    const numbers = resources.map((_, index) => [
      1n,
      ...Array<bigint>(11).fill(0n),
      BigInt(index + 1) * 400n * 10n ** 9n,
      0n,
    ]);
    const leaves = resources.map((resource, index) => hourLeafOf(resource, numbers[index]!));
    const { root } = merkleTree(leaves);
    for (const { operator, guard } of guards)
      await market.must('proposeHour', { operator, guard, week, hour: at, root, leaves: 3, ...basis() });
    for (const [index, resource] of resources.entries()) {
      const ring = resourceIn(index).ring;
      const tail = packRecords(numbers[index]!, rangeProof(leaves, index, 1));
      await market.must('record', { resources: [{ resource, ring }], hour: at, index, count: 1, tail });
    }
    for (const [index, resource] of resources.entries()) {
      const before = { resource: resourceIn(index), pool: poolAt(index) };
      const pool = market.cast.pools[index]!;
      const stake = before.resource.stake;
      await market.must('charge', { payer: market.owner(0), pool, stake, resource, week });
      const due = BigInt(index + 1) * 400n * TRACE_PARAMS.feePerGb;
      const after = resourceIn(index);
      expect(after.charged).toBe(due);
      expect(after.quotaKbps).toBeLessThan(before.resource.quotaKbps);
      expect(poolAt(index).toBurn).toBeGreaterThan(0n);
      // A charge changes no other pool.
      for (const other of [0, 1, 2]) if (other > index) expect(poolAt(other).toBurn).toBe(0n);
    }
    market.at(end + 50n * HOUR);
    for (const pool of market.cast.pools) {
      await market.must('buyback', { pool });
      await market.must('burnBought', { pool });
    }
    checkInvariants(market.twin.model);
    market.twin.compareAll();
  });

  it('take a freeze of one quote token for that token’s matter alone', async () => {
    const pool = market.cast.pools[0]!;
    await market.must('stake', { owner: market.owner(1), pool, role: ROLE.user, lp: 5n });
    await market.must('beginUnbond', { owner: market.owner(1), pool, role: ROLE.user, lp: 5n });
    const { world } = market.twin;
    const vault = world.account(poolAt(0).quoteVault)!;
    world.setAccount(poolAt(0).quoteVault, { ...vault, data: vault.data.with(STATE_AT, FROZEN) });
    const frozen = await world.instructions.swap({
      owner: market.owner(1),
      quoteMint: QUOTES[0],
      direction: 0,
      amountIn: MEDIA,
      minOut: 0n,
    });
    expect(world.run(frozen)).toMatchObject({ ok: false, custom: 17 });
    // Stakes, quotas and the other pools go on.
    await refresh(0);
    await swap(QUOTES[1], 0, MEDIA);
    await swap(QUOTES[2], 1, MEDIA);
    market.at(market.twin.world.now() - market.zero + BigInt(TRACE_PARAMS.unbondSecs));
    await market.must('withdraw', { owner: market.owner(1), pool, role: ROLE.user });
  });

  it('let a node come back with a stake in another when the one before answers for nothing any more', async () => {
    const [first, other] = [market.cast.pools[0]!, market.cast.pools[1]!];
    const owner = market.owner(EDGE);
    await market.stake(EDGE, ROLE.edge, lpOf(1_000n * MEDIA), other);
    await market.must('leaveEdge', { owner, edge: await market.twin.world.addresses.edge(owner) });
    const left = market.twin.world.now() - market.zero;
    const back = (pool: Address) =>
      market.run('registerEdge', { owner, pool, operator: owner, control: 'http://c', ...NODE });
    market.at(left + BigInt(TRACE_PARAMS.unbondSecs));
    expect(await back(other)).toBe('TooEarly');
    market.at(left + BigInt(TRACE_PARAMS.unbondSecs) + 1n);
    expect(await back(other)).toBe('ok');
    await market.must('leaveEdge', { owner, edge: await market.twin.world.addresses.edge(owner) });
    expect(await back(first)).toBe('TooEarly');
    expect(await back(other)).toBe('ok');
  });
});
