import type { Address } from '@solana/kit';
import { beforeEach, describe, expect, it } from 'vitest';

import { ROLE } from '../src/schema/index.ts';
import { addressOf, createProgramWorld } from '../src/program-world/world.ts';
import { PROGRAMS } from '../src/programs.ts';
import { Assembly, setting } from './governance-bench.ts';
import { TRACE_PARAMS, addTokens } from './trace/begin.ts';
import { Bench, HOUR, MEDIA, NODE, SLOT, lpOf } from './trace/bench.ts';
import { packRecords, rangeProof } from './trace/records.ts';
import { merkleTree } from '../src/model/merkle.ts';
import { allOf } from './trace/invariants.ts';
import { createRandom } from './trace/random.ts';
import { claimLeaf, hourLeafOf, planVerdict } from './trace/scene.ts';
import { createTwin } from './trace/twin.ts';

/**
 * Random traces seldom stand on a boundary. These do: each step runs in the program and in the model, and both must
 * agree, in the error or in every byte of every account. What is expected here in words is what must not change.
 */

/** Hours of which something is kept (docs/chain.md, Resources). */
const keepHours = (verdictSlots: number): bigint =>
  BigInt(Math.ceil(verdictSlots / 12) + TRACE_PARAMS.finalHours + TRACE_PARAMS.lateHours + 1);

const NOTHING_LOCKED = { tail: new Uint8Array(0) };

describe('genesis', () => {
  const ranges: Readonly<Record<string, readonly number[]>> = {
    sampleSecs: [0, 1, 86_400, 86_401],
    reportSlots: [0, 1, 8, 9],
    commitSlots: [5, 6, 12, 13],
    verdictSlots: [9, 10, 36, 37],
    finalHours: [0, 1, 2, 18, 19],
    lateHours: [0, 1, 24, 25],
    hoursPerWeek: [0, 2, 3, 7, 10_000, 10_001],
    // The most is what leaves 49 slots to decide a month's last hour before its first is written over.
    monthSlots: [11, 12, 8_896, 8_897, 8_928, 8_929],
    unbondSecs: [1_929, 1_930, 1_931],
    twapSecs: [0, 1, 20, 21],
    spotSecs: [0, 1, 70, 71],
    spotBps: [0, 1, 10_000, 10_001],
    votingSecs: [0, 1],
    timelockSecs: [0, 1],
    seasoningSecs: [0, 1],
    quorumVotes: [0, 1, 5e15, 5e15 + 1],
    depositQuote: [0, 1],
    depositFloor: [0, 1, 4e10, 4e10 + 1],
    depositCeiling: [2e9 - 1, 2e9, 1e16, 1e16 + 2],
    maxGuards: [1, 2, 21, 22],
    minGuards: [0, 1, 4, 5],
    poolFeeBps: [0, 1_000, 1_001, 10_000],
    guardShareBps: [0, 9_999, 10_000, 10_001],
    openYieldBps: [0, 10_000, 10_001],
    quotaKbpsPerMedia: [0, 1],
    feePerGb: [0],
    minPoolMedia: [0],
    dustBytes: [0],
  };
  const large = new Set([
    'quorumVotes',
    'depositQuote',
    'depositFloor',
    'depositCeiling',
    'quotaKbpsPerMedia',
    'feePerGb',
    'minPoolMedia',
    'dustBytes',
  ]);

  it.each(Object.entries(ranges))('%s', async (name, values) => {
    for (const value of values) {
      const twin = createTwin(createProgramWorld());
      const payer = addressOf('owner 0');
      twin.world.fund(payer);
      const quotes = [addressOf('quote'), ...Array.from({ length: 3 }, () => PROGRAMS.system)].map(
        (mint) => ({
          mint,
          flags: 0,
          pad: 0,
        }),
      );
      const params = {
        ...TRACE_PARAMS,
        ...NOTHING_LOCKED,
        quotes,
        [name]: large.has(name) ? BigInt(value) : value,
      };
      // Throws where the two disagree.
      twin.step(await twin.world.instructions.genesis({ payer, ...params }));
    }
  });

  it('knows one flag of a quote, and needs a first quote', async () => {
    for (const [first, flags, ok] of [
      [addressOf('quote'), 1, true],
      [addressOf('quote'), 2, false],
      [PROGRAMS.system, 0, false],
    ] as const) {
      const twin = createTwin(createProgramWorld());
      const payer = addressOf('owner 0');
      twin.world.fund(payer);
      const quotes = [first, PROGRAMS.system, PROGRAMS.system, PROGRAMS.system].map((mint, i) => ({
        mint,
        flags: i === 0 ? flags : 0,
        pad: 0,
      }));
      const made = twin.step(
        await twin.world.instructions.genesis({ payer, ...TRACE_PARAMS, ...NOTHING_LOCKED, quotes }),
      );
      expect(made.ok).toBe(ok);
    }
  });
});

describe('a quote with a freeze authority', () => {
  it.each([
    [0, false, 'ok'],
    [0, true, 'QuoteNotListed'],
    [1, true, 'ok'],
    [1, false, 'ok'],
  ] as const)('listed with flags %i, freezable %s: %s', async (flags, freezable, expected) => {
    const bench = new Bench();
    const { twin } = bench;
    const payer = addressOf('owner 0');
    twin.world.fund(payer);
    const quote = addressOf('quote');
    twin.createMint(quote, freezable);
    const quotes = [quote, PROGRAMS.system, PROGRAMS.system, PROGRAMS.system].map((mint) => ({
      mint,
      flags: mint === quote ? flags : 0,
      pad: 0,
    }));
    await bench.must('genesis', { payer, ...TRACE_PARAMS, ...NOTHING_LOCKED, quotes });
    const media = await twin.world.addresses.mediaMint();
    twin.createToken(await twin.world.addresses.associatedToken(payer, quote), quote, payer, 10n ** 15n);
    expect(await twin.world.addresses.associatedToken(payer, media)).toBeDefined();
    expect(
      await bench.run('createPool', { payer, quoteMint: quote, media: 10n ** 12n, quote: 10n ** 12n }),
    ).toBe(expected);
  });

  it('a first deposit of 100 locked LP and nothing more is none', async () => {
    const bench = await Bench.open();
    const quoteMint = bench.cast.quotes[2] ?? PROGRAMS.system;
    const payer = bench.owner(0);
    expect(await bench.run('createPool', { payer, quoteMint, media: 100n, quote: 100n })).toBe('ZeroAmount');
    expect(await bench.run('createPool', { payer, quoteMint, media: 0n, quote: 100n })).toBe('ZeroAmount');
    expect(await bench.run('createPool', { payer, quoteMint, media: 101n, quote: 101n })).toBe('ok');
    await addTokens(bench.twin, bench.cast, quoteMint);
  });
});

describe('seats', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.deep();
  });

  it("a guard needs the guard's minimum, to the unit, and not the edge's", async () => {
    const enough = lpOf(TRACE_PARAMS.minGuardStake);
    for (let lp = enough - 3n; lp <= enough + 3n; lp += 1n) {
      const one = await Bench.deep();
      const owner = one.owner(0);
      await one.must('stake', { owner, pool: one.pool, role: ROLE.guard, lp });
      await one.run('registerGuard', {
        owner,
        pool: one.pool,
        operator: owner,
        sealKey: new Uint8Array(32),
        ...NODE,
      });
    }
    const owner = bench.owner(0);
    const lp = lpOf(TRACE_PARAMS.minEdgeStake) + 10n;
    await bench.must('stake', { owner, pool: bench.pool, role: ROLE.guard, lp });
    const asked = { owner, pool: bench.pool, operator: owner, sealKey: new Uint8Array(32), ...NODE };
    expect(await bench.run('registerGuard', asked)).toBe('InsufficientStake');
  });

  it("a guard whose stake has come to be worth less than the guard's minimum does not join, though an edge's is less", async () => {
    // The price rises by four percent, so what was worth 26 MEDIA and a little is worth some 25.5.
    const guard = await bench.guard(0, lpOf(TRACE_PARAMS.minGuardStake) + 10n);
    expect(await bench.run('joinGuardSet', { ...guard, week: 1n })).toBe('ok');
    bench.at(100n);
    await bench.must('swap', {
      owner: bench.owner(1),
      quoteMint: bench.cast.quotes[0] ?? PROGRAMS.system,
      direction: 1,
      amountIn: (2n * 5n * 10n ** 14n) / 100n,
      minOut: 0n,
    });
    bench.at(1_100n);
    expect(await bench.run('joinGuardSet', { ...guard, week: 2n })).toBe('InsufficientStake');
    const edge = await bench.edge(2, lpOf(TRACE_PARAMS.minEdgeStake) + lpOf(MEDIA));
    expect(edge.operator).toBe(bench.owner(2));
  });

  it('joining counts what is at stake now, not what was there when the guard registered', async () => {
    const guard = await bench.guard(0, lpOf(100n * MEDIA));
    await bench.must('leaveGuard', { owner: bench.owner(0), week: 1n });
    await bench.must('beginUnbond', {
      owner: bench.owner(0),
      pool: bench.pool,
      role: ROLE.guard,
      lp: lpOf(90n * MEDIA),
    });
    expect(await bench.run('joinGuardSet', { ...guard, week: 0n })).toBe('NotActive');
  });

  it('among equals the one that came later leaves a full set, and an equal does not enter', async () => {
    // Four seats; the set of the next week, so that it does not freeze.
    const lps = [50n, 40n, 40n, 60n, 40n].map((media) => lpOf(media * MEDIA));
    const guards: Awaited<ReturnType<Bench['guard']>>[] = [];
    for (const [index, lp] of lps.entries()) guards.push(await bench.guard(index, lp));
    const join = (index: number): Promise<string> => {
      const guard = guards[index];
      if (guard === undefined) throw new Error('no guard');
      return bench.run('joinGuardSet', { ...guard, week: 1n });
    };
    for (const index of [0, 1, 2, 3]) expect(await join(index)).toBe('ok');
    expect(await join(4)).toBe('WorthTooLow');
    await bench.stake(4, ROLE.guard, lpOf(10n * MEDIA));
    expect(await join(4)).toBe('ok');
    const set = allOf(bench.twin.model, 'guardSet')[0]?.value;
    const numbers = set?.entries.slice(0, set.count).map(({ guard }) => guard);
    expect(numbers).toContain(guards[1]?.guard);
    expect(numbers).not.toContain(guards[2]?.guard);
  });

  it('a set of the next week stays open, and freezes when its week has begun and it has enough', async () => {
    const guards: Awaited<ReturnType<Bench['guard']>>[] = [];
    for (const index of [0, 1, 2, 3]) guards.push(await bench.guard(index, lpOf(50n * MEDIA)));
    const week = BigInt(TRACE_PARAMS.hoursPerWeek) * HOUR;
    const join = (index: number): Promise<string> =>
      bench.run('joinGuardSet', { ...guards[index]!, week: 1n });
    bench.at(week - 1n);
    expect(await join(0)).toBe('ok');
    expect(await join(1)).toBe('ok');
    expect(await join(2)).toBe('ok');
    bench.at(week);
    expect(await join(3)).toBe('SetFrozen');
    // The one of week 2 can be entered from week 1 on, and not before.
    expect(await bench.run('joinGuardSet', { ...guards[0]!, week: 2n })).toBe('ok');
    expect(await bench.run('joinGuardSet', { ...guards[0]!, week: 3n })).toBe('WrongWeek');
  });

  it('a guard that leaves gives up its next seat, and finishes this week', async () => {
    const guards: Awaited<ReturnType<Bench['guard']>>[] = [];
    for (const index of [0, 1, 2]) guards.push(await bench.guard(index, lpOf(50n * MEDIA)));
    for (const guard of guards) await bench.must('joinGuardSet', { ...guard, week: 1n });
    expect(await bench.run('leaveGuard', { owner: bench.owner(1), week: 2n })).toBe('WrongWeek');
    expect(await bench.run('leaveGuard', { owner: bench.owner(1), week: 1n })).toBe('ok');
    const set = allOf(bench.twin.model, 'guardSet').find(({ value }) => value.week === 1n)?.value;
    expect(set?.entries.slice(0, set.count).map(({ guard }) => guard)).toEqual([
      guards[0]?.guard,
      guards[2]?.guard,
    ]);
  });

  it('an operator that changes twice in an hour is preceded by the one before both', async () => {
    await bench.guard(0, lpOf(50n * MEDIA));
    const change = (operator: Address): Promise<string> =>
      bench.run('updateGuard', { owner: bench.owner(0), operator, sealKey: new Uint8Array(32), ...NODE });
    bench.at(5n * HOUR - 1n);
    expect(await change(bench.owner(1))).toBe('ok');
    expect(await change(bench.owner(2))).toBe('ok');
    const guard = () => allOf(bench.twin.model, 'guard')[0]?.value;
    expect([guard()?.previousOperator, guard()?.operator, guard()?.operatorFrom]).toEqual([
      bench.owner(0),
      bench.owner(2),
      5n,
    ]);
    bench.at(5n * HOUR);
    expect(await change(bench.owner(3))).toBe('ok');
    expect([guard()?.previousOperator, guard()?.operatorFrom]).toEqual([bench.owner(2), 6n]);
  });
});

describe('prices', () => {
  it('gives no rights in a pool with less MEDIA behind staked LP than asked, to the unit', async () => {
    const bench = await Bench.open();
    const owner = bench.owner(0);
    const depth = lpOf(TRACE_PARAMS.minPoolMedia) * 2n;
    await bench.must('stake', { owner, pool: bench.pool, role: ROLE.edge, lp: depth - 1n });
    const asked = { owner, pool: bench.pool, operator: owner, control: 'http://c', ...NODE };
    expect(await bench.run('registerEdge', asked)).toBe('PoolTooShallow');
    await bench.must('stake', { owner, pool: bench.pool, role: ROLE.edge, lp: 1n });
    expect(await bench.run('registerEdge', asked)).toBe('ok');
  });

  it.each([0, 1] as const)('refuses rights while the price has moved, direction %i', async (direction) => {
    const bench = await Bench.deep();
    await bench.stake(0, ROLE.edge, lpOf(100n * MEDIA));
    bench.at(100n);
    const quoteMint = bench.cast.quotes[0] ?? PROGRAMS.system;
    const reserves = 5n * 10n ** 14n;
    const seen = new Set<string>();
    // A price moves by twice what the reserves do: 15 % is reached at some 7.2 % of a side.
    for (let step = 0n; step < 12n; step += 1n) {
      await bench.must('swap', {
        owner: bench.owner(1),
        quoteMint,
        direction,
        amountIn: reserves / 100n,
        minOut: 0n,
      });
      const owner = bench.owner(0);
      const asked = { owner, pool: bench.pool, operator: owner, control: 'http://c', ...NODE };
      seen.add(await bench.run('registerEdge', asked));
    }
    expect(seen).toEqual(new Set(['ok', 'AlreadyActive', 'PriceMoved']));
    // Once it has stood for the short average it is the price, long before it has for the long one.
    const owner = bench.owner(0);
    const asked = { owner, pool: bench.pool, operator: owner, control: 'http://c', ...NODE };
    bench.at(100n + BigInt(TRACE_PARAMS.spotSecs) - 1n);
    expect(await bench.run('updateEdge', asked)).toBe('PriceMoved');
    bench.at(100n + BigInt(TRACE_PARAMS.spotSecs));
    expect(await bench.run('updateEdge', asked)).toBe('ok');
  });

  it('gives no less LP for a deposit than asked, to the unit', async () => {
    const bench = await Bench.open();
    const quoteMint = bench.cast.quotes[0] ?? PROGRAMS.system;
    // Both sides of the pool and its LP are as many.
    const deposit = { owner: bench.owner(1), quoteMint, maxMedia: MEDIA, maxQuote: MEDIA };
    expect(await bench.run('addLiquidity', { ...deposit, minLp: MEDIA + 1n })).toBe('Slippage');
    expect(await bench.run('addLiquidity', { ...deposit, minLp: MEDIA })).toBe('ok');
  });

  it('counts no more than twice the MEDIA side, whatever the price says', async () => {
    const bench = await Bench.open();
    const quoteMint = bench.cast.quotes[2] ?? PROGRAMS.system;
    // A dust pool that lies: a MEDIA for a million of the quote.
    const payer = bench.owner(0);
    await bench.must('createPool', { payer, quoteMint, media: 10n ** 12n, quote: 10n ** 15n });
    await addTokens(bench.twin, bench.cast, quoteMint);
    const pool = bench.cast.pools[2] ?? PROGRAMS.system;
    const lpMint = await bench.twin.world.addresses.lpMint(pool);
    const all = bench.twin.world.tokens(await bench.twin.world.addresses.associatedToken(payer, lpMint));
    await bench.must('stake', { owner: payer, pool, role: ROLE.edge, lp: all });
    await bench.must('registerEdge', { owner: payer, pool, operator: payer, control: 'http://c', ...NODE });
    const edge = allOf(bench.twin.model, 'edge')[0]?.value;
    expect(edge?.worth).toBeLessThanOrEqual(2n * 10n ** 12n);
  });
});

const unbond = (bench: Bench, role: number, lp: bigint): Promise<string> =>
  bench.run('beginUnbond', { owner: bench.owner(0), pool: bench.pool, role, lp });

describe('unbonding', () => {
  it('ends to the second', async () => {
    const bench = await Bench.open();
    await bench.stake(0, ROLE.user, 10n);
    const withdraw = (): Promise<string> =>
      bench.run('withdraw', { owner: bench.owner(0), pool: bench.pool, role: ROLE.user });
    expect(await withdraw()).toBe('NothingUnbonding');
    bench.at(50n);
    expect(await unbond(bench, ROLE.user, 11n)).toBe('InsufficientStake');
    expect(await unbond(bench, ROLE.user, 10n)).toBe('ok');
    bench.at(50n + BigInt(TRACE_PARAMS.unbondSecs) - 1n);
    expect(await withdraw()).toBe('StillUnbonding');
    bench.at(50n + BigInt(TRACE_PARAMS.unbondSecs));
    expect(await withdraw()).toBe('ok');
  });

  it.each([
    ['an edge', ROLE.edge, TRACE_PARAMS.minEdgeStake],
    ['a guard', ROLE.guard, TRACE_PARAMS.minGuardStake],
  ] as const)('leaves %s that works its minimum, to the unit', async (_who, role, minimum) => {
    const bench = await Bench.deep();
    if (role === ROLE.edge) await bench.edge(0, lpOf(2n * minimum));
    else await bench.guard(0, lpOf(2n * minimum));
    // LP may be worth a unit less than it was bought for.
    let left = 0;
    for (; (await unbond(bench, role, 1n)) === 'ok'; left += 1) {
      const [stake] = allOf(bench.twin.model, 'stake').filter(
        ({ value }) => value.owner === bench.owner(0) && value.flags === role,
      );
      const rest = stake?.value.lp ?? 0n;
      if (rest > lpOf(minimum) + 3n)
        await bench.must('beginUnbond', {
          owner: bench.owner(0),
          pool: bench.pool,
          role,
          lp: rest - lpOf(minimum) - 3n,
        });
    }
    expect(left).toBeLessThan(9);
    expect(await unbond(bench, role, 1n)).toBe('StakeInUse');
  });

  it('leaves what is set aside for resources, to the unit', async () => {
    const bench = await Bench.open();
    await bench.stake(0, ROLE.publisher, 100n);
    await bench.resource(0, 1n, 40n);
    expect(await unbond(bench, ROLE.publisher, 61n)).toBe('StakeInUse');
    expect(await unbond(bench, ROLE.publisher, 60n)).toBe('ok');
    expect(await unbond(bench, ROLE.publisher, 1n)).toBe('StakeInUse');
  });
});

const ROOT = new Uint8Array(32).fill(7);

describe('an hour', () => {
  let bench: Bench;
  let guards: { operator: Address; guard: Address; stake: Address; pool: Address }[];
  let edges: { operator: Address; edge: Address; stake: Address; pool: Address }[];
  const end = 2n * HOUR;
  const hour = 1n;
  const report = { week: 0n, hour, bytes: 100n, root: new Uint8Array(32).fill(1), entryCount: 1 };
  const reportsEnd = end + SLOT * BigInt(TRACE_PARAMS.reportSlots);
  const commitsEnd = end + SLOT * BigInt(TRACE_PARAMS.commitSlots);
  const revealsEnd = end + SLOT * BigInt(TRACE_PARAMS.verdictSlots);
  const ownEnd = revealsEnd + HOUR * BigInt(TRACE_PARAMS.finalHours);
  const lateEnd = ownEnd + HOUR * BigInt(TRACE_PARAMS.lateHours);
  const closable = lateEnd + 4n * BigInt(TRACE_PARAMS.hoursPerWeek) * HOUR;

  beforeEach(async () => {
    bench = await Bench.deep();
    guards = [];
    edges = [];
    for (const index of [0, 1, 2]) guards.push(await bench.guard(index, lpOf(60n * MEDIA)));
    for (const index of [0, 1, 2, 3]) edges.push(await bench.edge(index, lpOf(1_000n * MEDIA)));
    for (const guard of guards) await bench.must('joinGuardSet', { ...guard, week: 1n });
    // Week 0 is two guards, the first to come; its set is frozen from then on.
    for (const guard of guards.slice(0, 2)) await bench.must('joinGuardSet', { ...guard, week: 0n });
  });

  const commit = (index: number, week = 0n, of = hour, reports = bench.basis(of).reports): Promise<string> =>
    bench.run('commitVerdict', {
      ...guards[index]!,
      week,
      hour: of,
      commitment: planVerdict(of, guards[index]!.guard).commitment,
      reports,
    });
  const reveal = async (index: number, of = hour): Promise<string> => {
    const { payload, holding, prevRoot, salt } = planVerdict(of, guards[index]!.guard);
    const who = { operator: guards[index]!.operator, guard: guards[index]!.guard, hour: of };
    const written = await bench.run('writeVerdict', { ...who, offset: 0, tail: payload });
    if (written !== 'ok') return written;
    return bench.run('revealVerdict', { ...who, length: payload.length, holding, prevRoot, salt });
  };
  const propose = (
    index: number,
    week: bigint,
    root = ROOT,
    leaves = 3,
    basis = bench.basis(hour),
  ): Promise<string> => bench.run('proposeHour', { ...guards[index]!, week, hour, root, leaves, ...basis });

  it('takes reports from its end to the end of their window', async () => {
    bench.at(end - 1n);
    expect(await bench.run('submitReport', { ...edges[0]!, ...report })).toBe('TooEarly');
    bench.at(end);
    expect(await bench.run('submitReport', { ...edges[0]!, ...report, week: 1n })).toBe('WrongWeek');
    expect(await bench.run('submitReport', { ...edges[0]!, ...report })).toBe('ok');
    bench.at(reportsEnd - 1n);
    expect(await bench.run('submitReport', { ...edges[1]!, ...report })).toBe('ok');
    bench.at(reportsEnd);
    expect(await bench.run('submitReport', { ...edges[2]!, ...report })).toBe('TooLate');
    expect(
      allOf(bench.twin.model, 'report')
        .map(({ value }) => value.index)
        .sort((a, b) => a - b),
    ).toEqual([0, 1]);
  });

  it('an absurd report saturates a sum and stops nobody', async () => {
    bench.at(end);
    for (const [index, bytes] of [2n ** 64n - 1n, 2n ** 64n - 1n, 1n].entries())
      await bench.must('submitReport', { ...edges[index]!, ...report, bytes });
    expect(allOf(bench.twin.model, 'hour')[0]?.value.reportedBytes).toBe(2n ** 64n - 1n);
  });

  it('takes commitments, then reveals, then proposals, each in its time', async () => {
    bench.at(end);
    await bench.must('submitReport', { ...edges[0]!, ...report });
    bench.at(reportsEnd - 1n);
    expect(await commit(0)).toBe('TooEarly');
    bench.at(reportsEnd);
    expect(await commit(2)).toBe('NotInSet');
    expect(await commit(0, 1n)).toBe('WrongWeek');
    expect(await commit(0)).toBe('ok');
    expect(await commit(0)).toBe('AlreadyExists');
    expect(await reveal(0)).toBe('TooEarly');
    bench.at(commitsEnd - 1n);
    expect(await reveal(0)).toBe('TooEarly');
    bench.at(commitsEnd);
    expect(await commit(1)).toBe('TooLate');
    expect(await reveal(0)).toBe('ok');
    expect(await reveal(0)).toBe('WrongStatus');
    expect(await propose(0, 0n)).toBe('TooEarly');
    bench.at(revealsEnd - 1n);
    expect(await propose(0, 0n)).toBe('TooEarly');
    bench.at(revealsEnd);
    // One of two is no quorum.
    expect(await propose(0, 0n)).toBe('NotRevealed');
    bench.at(ownEnd - 1n);
    expect(await propose(0, 0n)).toBe('NotRevealed');
    expect(await propose(0, 1n)).toBe('WrongWeek');
    bench.at(ownEnd);
    const late = ownEnd / (BigInt(TRACE_PARAMS.hoursPerWeek) * HOUR);
    expect(await propose(0, 0n)).toBe(late === 0n ? 'ok' : 'WrongWeek');
  });

  it('takes commitments of the set of its own week, and of no earlier one', async () => {
    const next = BigInt(TRACE_PARAMS.hoursPerWeek);
    bench.at((next + 1n) * HOUR);
    await bench.must('submitReport', { ...edges[0]!, ...report, week: 1n, hour: next });
    bench.at((next + 1n) * HOUR + SLOT * BigInt(TRACE_PARAMS.reportSlots));
    expect(await commit(0, 0n, next)).toBe('WrongWeek');
    expect(await commit(0, 2n, next)).not.toBe('ok');
    expect(await commit(0, 1n, next)).toBe('ok');
  });

  it('lets all reveal at once when all have committed, and propose when all have revealed', async () => {
    bench.at(end);
    await bench.must('submitReport', { ...edges[0]!, ...report });
    bench.at(reportsEnd);
    expect(await commit(0)).toBe('ok');
    expect(await reveal(0)).toBe('TooEarly');
    expect(await commit(1)).toBe('ok');
    expect(await reveal(0)).toBe('ok');
    expect(await propose(0, 0n)).toBe('TooEarly');
    expect(await reveal(1)).toBe('ok');
    expect(await propose(0, 0n)).toBe('ok');
    // Another number of leaves under the same root is another vote.
    expect(await propose(1, 0n, new Uint8Array(32).fill(7), 4)).toBe('ok');
    expect(allOf(bench.twin.model, 'hour')[0]?.value.status).toBe(0);
    expect(await propose(1, 0n)).toBe('ok');
    expect(allOf(bench.twin.model, 'hour')[0]?.value.status).toBe(1);
    expect(await propose(1, 0n)).toBe('AlreadyDecided');
  });

  it('is decided late by the set of the day, whose votes replace those of the one before', async () => {
    bench.at(end);
    await bench.must('submitReport', { ...edges[0]!, ...report });
    const week = BigInt(TRACE_PARAMS.hoursPerWeek) * HOUR;
    bench.at(week);
    const due = ownEnd > week ? ownEnd : week;
    bench.at(due);
    expect(await propose(0, 1n)).toBe('ok');
    expect(await propose(1, 1n)).toBe('ok');
    // Two of three are not more than two thirds.
    expect(allOf(bench.twin.model, 'hour')[0]?.value.status).toBe(0);
    expect(await propose(2, 1n)).toBe('ok');
    expect(allOf(bench.twin.model, 'hour')[0]?.value.status).toBe(1);
  });

  it('is void for good when late is over', async () => {
    bench.at(end);
    await bench.must('submitReport', { ...edges[0]!, ...report });
    const parts = {
      report: await bench.twin.world.addresses.report(edges[0]!.edge, hour),
      payer: edges[0]!.operator,
    };
    bench.at(lateEnd);
    expect(await propose(0, 1n)).not.toBe('ok');
    bench.at(closable);
    expect(await bench.run('closeReport', { ...parts, hour })).toBe('TooEarly');
    expect(await bench.run('closeHour', { payer: edges[0]!.operator, hour })).toBe('TooEarly');
    bench.at(closable + 1n);
    expect(await bench.run('closeHour', { payer: edges[0]!.operator, hour })).toBe('ok');
    expect(await bench.run('closeReport', { ...parts, hour })).toBe('ok');
  });

  it('keeps what it was decided from for as long as itself, so that whoever doubts it can look', async () => {
    bench.at(end);
    await bench.must('submitReport', { ...edges[0]!, ...report });
    const { addresses } = bench.twin.world;
    const parts = {
      closeReport: { report: await addresses.report(edges[0]!.edge, hour), payer: edges[0]!.operator },
      closeVerdict: { verdict: await addresses.verdict(hour, guards[0]!.guard), payer: guards[0]!.operator },
    };
    bench.at(reportsEnd);
    for (const index of [0, 1]) expect(await commit(index)).toBe('ok');
    for (const index of [0, 1]) expect(await reveal(index)).toBe('ok');
    for (const index of [0, 1]) expect(await propose(index, 0n)).toBe('ok');
    expect(allOf(bench.twin.model, 'hour')[0]?.value.status).toBe(1);
    for (const at of [reportsEnd, revealsEnd, lateEnd, closable]) {
      bench.at(at);
      expect(await bench.run('closeReport', { ...parts.closeReport, hour })).toBe('TooEarly');
      expect(await bench.run('closeVerdict', { ...parts.closeVerdict, hour })).toBe('TooEarly');
    }
    bench.at(closable + 1n);
    expect(await bench.run('closeVerdict', { ...parts.closeVerdict, hour })).toBe('ok');
    expect(await bench.run('closeReport', { ...parts.closeReport, hour })).toBe('ok');
  });

  it('takes no commitment once it is final, though the time for commitments is not over', async () => {
    bench.at(end);
    await bench.must('submitReport', { ...edges[0]!, ...report });
    bench.at(reportsEnd);
    for (const index of [0, 1]) expect(await commit(index)).toBe('ok');
    for (const index of [0, 1]) expect(await reveal(index)).toBe('ok');
    expect(await commit(0)).toBe('AlreadyExists');
    for (const index of [0, 1]) expect(await propose(index, 0n)).toBe('ok');
    expect(await commit(0)).toBe('AlreadyDecided');
    bench.at(commitsEnd - 1n);
    expect(await commit(1)).toBe('AlreadyDecided');
    bench.at(commitsEnd);
    expect(await commit(1)).toBe('TooLate');
  });

  it('is judged and decided on all its reports and reveals: who has not seen one is refused', async () => {
    bench.at(end);
    for (const edge of edges.slice(0, 2)) await bench.must('submitReport', { ...edge, ...report });
    bench.at(reportsEnd);
    expect(await commit(0, 0n, hour, 1)).toBe('BasisChanged');
    expect(await commit(0, 0n, hour, 3)).toBe('BasisChanged');
    expect(bench.basis(hour)).toEqual({ reports: 2, reveals: 0 });
    expect(await commit(0, 0n, hour, 2)).toBe('ok');
    expect(await commit(0, 0n, hour, 2)).toBe('AlreadyExists');
    expect(await commit(1, 0n, hour, 2)).toBe('ok');
    for (const index of [0, 1]) expect(await reveal(index)).toBe('ok');
    expect(await propose(0, 0n, ROOT, 3, { reports: 1, reveals: 2 })).toBe('BasisChanged');
    expect(await propose(0, 0n, ROOT, 3, { reports: 3, reveals: 2 })).toBe('BasisChanged');
    expect(await propose(0, 0n, ROOT, 3, { reports: 2, reveals: 1 })).toBe('BasisChanged');
    expect(await propose(0, 0n, ROOT, 3, { reports: 2, reveals: 3 })).toBe('BasisChanged');
    expect(await propose(0, 0n, ROOT, 3, { reports: 2, reveals: 2 })).toBe('ok');
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'is the same to program and model in whatever order it goes, seed %i',
    async (seed) => {
      const random = createRandom(seed);
      bench.at(end);
      await bench.must('submitReport', { ...edges[0]!, ...report });
      const { addresses } = bench.twin.world;
      const seen = new Set<string>();
      const steps: readonly ((index: number) => Promise<string>)[] = [
        commit,
        reveal,
        (index) => propose(index, 0n),
        async (index) =>
          bench.run('closeVerdict', {
            verdict: await addresses.verdict(hour, guards[index]!.guard),
            payer: guards[index]!.operator,
            hour,
          }),
        async (index) =>
          bench.run('writeVerdict', {
            operator: guards[index]!.operator,
            guard: guards[index]!.guard,
            hour,
            offset: random.int(40),
            tail: new Uint8Array(random.int(40)),
          }),
      ];
      let at = reportsEnd - SLOT;
      for (let step = 0; step < 120; step += 1) {
        at += BigInt(random.int(2));
        bench.at(at);
        seen.add(await random.pick(steps)(random.int(2)));
      }
      // `run` has thrown where the two differ.
      expect([...seen]).toEqual(expect.arrayContaining(['ok', 'TooEarly', 'AlreadyDecided']));
    },
  );
});

describe('what is kept of an hour', () => {
  it.each([13, 24, 25, 36])(
    'outlasts the time in which it can be recorded, with %i slots of verdicts',
    async (verdictSlots) => {
      const bench = await Bench.deep({ minGuards: 1, verdictSlots, unbondSecs: 10_000 });
      const guard = await bench.guard(0, lpOf(60n * MEDIA));
      await bench.stake(2, ROLE.publisher, lpOf(4_000n * MEDIA));
      const resource = await bench.resource(2, 1n, lpOf(40n * MEDIA));
      await bench.must('joinGuardSet', { ...guard, week: 0n });
      await bench.must('authorise', { ...guard, week: 0n, resource, settingsVersion: 1 });
      const publisher = bench.owner(2);
      bench.at(3n * HOUR - 1n);
      await bench.must('pauseResource', { publisher, resource, paused: 1 });
      await bench.must('removeResource', { publisher, resource });
      // Its last hour is hour 2.
      const { finalHours, lateHours } = TRACE_PARAMS;
      const voidFrom = 3n * HOUR + BigInt(verdictSlots) * SLOT + BigInt(finalHours + lateHours) * HOUR;
      const freed = (3n + keepHours(verdictSlots) + 1n) * HOUR;
      expect(freed - voidFrom).toBeGreaterThanOrEqual(2n * HOUR);
      const release = (): Promise<string> =>
        bench.run('releaseResource', { publisher, resource, pool: bench.pool, settingsVersion: 1 });
      for (const at of [voidFrom - 1n, voidFrom + HOUR, freed - 1n]) {
        bench.at(at);
        expect(await release()).toBe('TooEarly');
      }
      bench.at(freed);
      expect(await release()).toBe('ok');
    },
  );
});

describe('the money of a week', () => {
  let bench: Bench;
  let guard: { operator: Address; guard: Address; stake: Address; pool: Address };
  let edge: { operator: Address; edge: Address; stake: Address; pool: Address };
  let resource: Address;
  const PER_WEEK = BigInt(TRACE_PARAMS.hoursPerWeek);

  beforeEach(async () => {
    bench = await Bench.deep({ minGuards: 1 });
    guard = await bench.guard(0, lpOf(60n * MEDIA));
    edge = await bench.edge(1, lpOf(1_000n * MEDIA));
    await bench.stake(2, ROLE.publisher, lpOf(4_000n * MEDIA));
    resource = await bench.resource(2, 1n, lpOf(40n * MEDIA));
    await bench.must('joinGuardSet', { ...guard, week: 0n });
    await bench.must('authorise', { ...guard, week: 0n, resource, settingsVersion: 1 });
  });

  /** Makes an hour final with this resource in it, at a moment of the deciding window. */
  async function decide(hour: bigint, billable: bigint, disputed = 0n): Promise<readonly bigint[]> {
    const week = hour / PER_WEEK;
    bench.at((hour + 1n) * HOUR);
    await bench.must('submitReport', {
      ...edge,
      week,
      hour,
      bytes: 1n,
      root: new Uint8Array(32),
      entryCount: 1,
    });
    bench.at((hour + 1n) * HOUR + SLOT * BigInt(TRACE_PARAMS.reportSlots));
    const plan = planVerdict(hour, guard.guard);
    const who = { operator: guard.operator, guard: guard.guard, hour };
    await bench.must('commitVerdict', { ...who, week, commitment: plan.commitment, reports: 1 });
    await bench.must('writeVerdict', { ...who, offset: 0, tail: plan.payload });
    const { holding, prevRoot, salt } = plan;
    await bench.must('revealVerdict', { ...who, length: plan.payload.length, holding, prevRoot, salt });
    const numbers = [billable, ...Array.from({ length: 11 }, () => 3n), billable, disputed];
    const { root } = merkleTree([hourLeafOf(resource, numbers)]);
    await bench.must('proposeHour', { ...who, week, root, leaves: 1, reports: 1, reveals: 1 });
    return numbers;
  }

  const record = async (hour: bigint, numbers: readonly bigint[]): Promise<string> => {
    const { addresses } = bench.twin.world;
    const ring = await addresses.ring(bench.owner(2), resource);
    const tail = packRecords(numbers, rangeProof([hourLeafOf(resource, numbers)], 0, 1));
    return bench.run('record', { resources: [{ resource, ring }], hour, index: 0, count: 1, tail });
  };
  const charge = async (week: bigint): Promise<string> =>
    bench.run('charge', {
      payer: bench.owner(3),
      pool: bench.pool,
      stake: await bench.twin.world.addresses.stake(bench.owner(2), bench.pool, ROLE.publisher),
      resource,
      week,
    });
  const epoch = (week: bigint) =>
    allOf(bench.twin.model, 'epoch').find(({ value }) => value.week === week)?.value;

  it('has added to it what a vote gives, from the next week on, while budget and fund last', async () => {
    const hall = new Assembly(bench);
    await hall.seasoned(4);
    const budget = 1_000_000n;
    const action = setting('fund', { rewardBoostBps: 3_900, rewardBudget: budget });
    const number = await hall.passed('fund', action, 4);
    expect(await hall.executeParameters(number)).toBe('ok');
    await bench.must('joinGuardSet', { ...guard, week: 1n });
    const before = await decide(2n, 10n ** 9n);
    expect(await record(2n, before)).toBe('ok');
    expect(await charge(0n)).toBe('ok');
    const first = epoch(0n);
    // The week had begun when the vote was carried out.
    expect(first?.kept).toBe((first?.fees ?? 0n) / 2n);
    const after = await decide(PER_WEEK, 10_000n);
    expect(await record(PER_WEEK, after)).toBe('ok');
    expect(await charge(1n)).toBe('ok');
    const second = epoch(1n);
    const fees = second?.fees ?? 0n;
    const added = (second?.kept ?? 0n) - fees / 2n;
    expect(added).toBe((fees * 3_900n) / 10_000n);
    expect(hall.config.rewardBudget).toBe(budget - added);
    expect(10n * (second?.kept ?? 0n)).toBeLessThan(9n * fees);
    // Then more than what is left of the budget.
    const last = await decide(PER_WEEK + 1n, 10n ** 9n);
    expect(await record(PER_WEEK + 1n, last)).toBe('ok');
    expect(await charge(1n)).toBe('ok');
    expect(hall.config.rewardBudget).toBe(0n);
    const third = epoch(1n);
    expect(third?.kept).toBe(fees / 2n + added + ((third?.fees ?? 0n) - fees) / 2n + budget - added);
  });

  it('counts an hour once, in any order, and rounds its fee against the publisher', async () => {
    const three = await decide(3n, 1n);
    expect(await record(3n, three)).toBe('ok');
    expect(await record(3n, three)).toBe('AlreadyExists');
    const four = await decide(4n, 10n ** 9n, 5n);
    expect(await record(4n, four)).toBe('ok');
    const weeks = allOf(bench.twin.model, 'resource')[0]?.value.weeks;
    // ⌈1 · fee / 10⁹⌉ and ⌈(10⁹ + 5) · fee / 10⁹⌉.
    expect(weeks?.[0]?.due).toBe(1n + TRACE_PARAMS.feePerGb + 1n);
  });

  it('charges once, keeps at most half, and late money rewards nobody', async () => {
    expect(await record(0n, await decide(0n, 10n ** 10n))).toBe('ok');
    expect(await charge(1n)).toBe('NothingDue');
    expect(await charge(0n)).toBe('ok');
    expect(await charge(0n)).toBe('NothingDue');
    const fee = 10n * TRACE_PARAMS.feePerGb;
    expect(epoch(0n)?.fees).toBe(fee);
    expect(epoch(0n)?.kept).toBeLessThanOrEqual(fee / 2n);
    expect(epoch(0n)?.kept).toBeGreaterThan(fee / 2n - fee / 50n);
    // The week is decided; what comes now goes to the fund.
    const late = await decide(1n, 10n ** 10n);
    await bench.must('joinGuardSet', { ...guard, week: 1n });
    bench.at(PER_WEEK * HOUR);
    const kept = epoch(0n)?.kept ?? 0n;
    const root = merkleTree([claimLeaf(bench.owner(1), kept)]).root;
    const propose = (setWeek: bigint, rewards = kept): Promise<string> =>
      bench.run('proposeEpoch', { ...guard, week: 0n, setWeek, root, rewards, kept });
    expect(await propose(0n, kept + 1n)).toBe('RewardsAboveKept');
    expect(await propose(0n)).toBe('ok');
    expect(epoch(0n)?.status).toBe(1);
    expect(await record(1n, late)).toBe('ok');
    expect(await charge(0n)).toBe('ok');
    expect(epoch(0n)?.kept).toBe(kept);
    expect(await propose(0n)).toBe('AlreadyDecided');
    const claim = { payer: bench.owner(3), owner: bench.owner(1), week: 0n, amount: kept };
    expect(await bench.run('claim', { ...claim, tail: new Uint8Array(0) })).toBe('NotEndorsed');
    expect(await propose(1n)).toBe('ok');
    expect(epoch(0n)?.status).toBe(2);
    expect(await bench.run('claim', { ...claim, amount: kept - 1n, tail: new Uint8Array(0) })).toBe(
      'WrongProof',
    );
    expect(await bench.run('claim', { ...claim, tail: new Uint8Array(0) })).toBe('ok');
    expect(await bench.run('claim', { ...claim, tail: new Uint8Array(0) })).toBe('NothingToClaim');
  });

  it('is decided on what the chain holds: who has not seen the last charge is refused', async () => {
    expect(await record(0n, await decide(0n, 10n ** 10n))).toBe('ok');
    expect(await charge(0n)).toBe('ok');
    const seen = epoch(0n)?.kept ?? 0n;
    expect(await record(1n, await decide(1n, 10n ** 9n))).toBe('ok');
    expect(await charge(0n)).toBe('ok');
    const kept = epoch(0n)?.kept ?? 0n;
    expect(kept).toBeGreaterThan(seen);
    bench.at(PER_WEEK * HOUR - 1n);
    await bench.must('joinGuardSet', { ...guard, week: 1n });
    bench.at(PER_WEEK * HOUR);
    const propose = (setWeek: bigint, basis: bigint): Promise<string> => {
      const root = new Uint8Array(32).fill(Number(basis % 200n));
      return bench.run('proposeEpoch', { ...guard, week: 0n, setWeek, root, rewards: basis, kept: basis });
    };
    expect(await propose(0n, seen)).toBe('BasisChanged');
    // Said before what follows from it.
    expect(await propose(0n, kept + 1n)).toBe('BasisChanged');
    expect(epoch(0n)?.status).toBe(0);
    expect(await propose(0n, kept)).toBe('ok');
    expect([epoch(0n)?.status, epoch(0n)?.rewards]).toEqual([1, kept]);
    // The set that endorses works the same out of the same.
    expect(await propose(1n, seen)).toBe('BasisChanged');
    expect(await propose(1n, kept)).toBe('ok');
    expect([epoch(0n)?.status, epoch(0n)?.rewards]).toEqual([2, kept]);
  });

  it('is not decided before it is over, to the second', async () => {
    expect(await record(0n, await decide(0n, 10n ** 10n))).toBe('ok');
    expect(await charge(0n)).toBe('ok');
    const kept = epoch(0n)?.kept ?? 0n;
    const vote = { ...guard, week: 0n, setWeek: 0n, root: new Uint8Array(32), rewards: 0n, kept };
    bench.at(PER_WEEK * HOUR - 1n);
    expect(await bench.run('proposeEpoch', vote)).toBe('TooEarly');
    expect(epoch(0n)?.voteCount).toBe(0);
    bench.at(PER_WEEK * HOUR);
    expect(await bench.run('proposeEpoch', vote)).toBe('ok');
  });

  it('a root of a set that lies is not paid until a later one wants the same', async () => {
    expect(await record(0n, await decide(0n, 10n ** 10n))).toBe('ok');
    expect(await charge(0n)).toBe('ok');
    const [lie, truth] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const propose = (setWeek: bigint, root: Uint8Array): Promise<string> =>
      bench.run('proposeEpoch', {
        ...guard,
        week: 0n,
        setWeek,
        root,
        rewards: 1n,
        kept: epoch(0n)?.kept ?? 0n,
      });
    for (const week of [1n, 2n]) {
      bench.at((week * PER_WEEK - 1n) * HOUR);
      await bench.must('joinGuardSet', { ...guard, week });
    }
    bench.at(PER_WEEK * HOUR);
    expect(await propose(0n, lie)).toBe('ok');
    expect(await propose(1n, truth)).toBe('ok');
    expect([epoch(0n)?.status, epoch(0n)?.decidedWeek]).toEqual([1, 1n]);
    expect(await propose(1n, truth)).toBe('AlreadyDecided');
    bench.at(2n * PER_WEEK * HOUR);
    expect(await propose(1n, truth)).toBe('WrongWeek');
    expect(await propose(2n, truth)).toBe('ok');
    expect(epoch(0n)?.status).toBe(2);
  });

  it('pays out at most half of what stood behind the set, and as much again each week', async () => {
    // 60 MEDIA behind the only seat: 30 a week. 4,000 GB at 0.05 MEDIA are 200, of which 100 are kept at most.
    await bench.run('updateResource', {
      publisher: bench.owner(2),
      pool: bench.pool,
      resource,
      lp: lpOf(400n * MEDIA),
      allowance: 5n,
      vouchKey: new Uint8Array(32).fill(9),
    });
    expect(await record(0n, await decide(0n, 4_000n * 10n ** 9n))).toBe('ok');
    expect(await charge(0n)).toBe('ok');
    const slashable = 60n * MEDIA;
    const kept = epoch(0n)?.kept ?? 0n;
    expect(kept).toBeGreaterThan(slashable);
    const half = (allOf(bench.twin.model, 'guardSet')[0]?.value.entries[0]?.worth ?? 0n) / 2n;
    const shares = [half, 1n, half, 1n];
    const owners = [1, 2, 3, 4].map((index) => bench.owner(index));
    const leaves = owners.map((owner, i) => claimLeaf(owner, shares[i] ?? 0n));
    const tree = merkleTree(leaves);
    const rewards = shares.reduce((sum, each) => sum + each, 0n);
    for (const week of [1n, 2n]) {
      bench.at((week * PER_WEEK - 1n) * HOUR);
      await bench.must('joinGuardSet', { ...guard, week });
    }
    bench.at(PER_WEEK * HOUR);
    for (const setWeek of [0n, 1n])
      await bench.must('proposeEpoch', { ...guard, week: 0n, setWeek, root: tree.root, rewards, kept });
    const claim = (index: number): Promise<string> =>
      bench.run('claim', {
        payer: bench.owner(0),
        owner: owners[index]!,
        week: 0n,
        amount: shares[index]!,
        tail: tree.proofs[index]!,
      });
    expect(await claim(0)).toBe('ok');
    expect(await claim(1)).toBe('PayoutCapped');
    bench.at(2n * PER_WEEK * HOUR - 1n);
    expect(await claim(1)).toBe('PayoutCapped');
    bench.at(2n * PER_WEEK * HOUR);
    expect(await claim(1)).toBe('ok');
    expect(await claim(2)).toBe('PayoutCapped');
    bench.at(3n * PER_WEEK * HOUR);
    expect(await claim(2)).toBe('ok');
    expect(await claim(3)).toBe('ok');
  });

  it('what a stake cannot pay is debt, and debt paid later is nobody’s reward', async () => {
    expect(await record(0n, await decide(0n, 4_000n * 10n ** 9n))).toBe('ok');
    expect(await charge(0n)).toBe('ok');
    const found = () => allOf(bench.twin.model, 'resource')[0]?.value;
    expect([found()?.lp, found()?.status]).toEqual([0n, 4]);
    expect(found()?.debt).toBeGreaterThan(0n);
    const pay = async (): Promise<string> =>
      bench.run('payDebt', {
        pool: bench.pool,
        stake: await bench.twin.world.addresses.stake(bench.owner(2), bench.pool, ROLE.publisher),
        resource,
      });
    expect(await pay()).toBe('InsufficientStake');
    const kept = epoch(0n)?.kept;
    const update = (lp: bigint): Promise<string> =>
      bench.run('updateResource', {
        publisher: bench.owner(2),
        pool: bench.pool,
        resource,
        lp,
        allowance: 5n,
        vouchKey: new Uint8Array(32).fill(9),
      });
    expect(await update(lpOf(1_000n * MEDIA))).toBe('ok');
    expect(await update(1n)).toBe('DebtOpen');
    expect(await bench.run('refreshQuota', { pool: bench.pool, resource })).toBe('ok');
    expect(found()?.status).toBe(4);
    expect(await pay()).toBe('ok');
    expect([found()?.debt, epoch(0n)?.kept]).toEqual([0n, kept]);
    expect(await pay()).toBe('NothingDue');
    expect(await bench.run('refreshQuota', { pool: bench.pool, resource })).toBe('ok');
    expect(found()?.status).toBe(2);
  });

  it('terms and status hold from the next hour on', async () => {
    const publisher = bench.owner(2);
    const found = () => allOf(bench.twin.model, 'resource')[0]?.value;
    const update = (allowance: bigint): Promise<string> =>
      bench.run('updateResource', {
        publisher,
        pool: bench.pool,
        resource,
        lp: found()?.lp ?? 0n,
        allowance,
        vouchKey: new Uint8Array(32).fill(9),
      });
    const keep = keepHours(TRACE_PARAMS.verdictSlots);
    bench.at(10n * HOUR - 1n);
    expect(await update(6n)).toBe('ok');
    expect(await update(7n)).toBe('ok');
    expect(
      found()
        ?.terms.slice(0, found()?.termsCount)
        .map(({ from, allowance }) => [from, allowance]),
    ).toEqual([
      [0n, 5n],
      [10n, 7n],
    ]);
    for (let i = 0n; i < 6n; i += 1n) {
      bench.at((11n + i) * HOUR);
      expect(await update(100n + i)).toBe('ok');
    }
    // Eight are in use; the ninth waits until no hour before the second can be decided.
    bench.at((10n + keep) * HOUR);
    expect(await update(200n)).toBe('TooEarly');
    bench.at((11n + keep) * HOUR);
    expect(await update(200n)).toBe('ok');
    const pause = (paused: number): Promise<string> =>
      bench.run('pauseResource', { publisher, resource, paused });
    bench.at(100n * HOUR + 3n);
    expect(await pause(1)).toBe('ok');
    expect(found()?.spans[0]).toEqual({ from: 1n, until: 101n });
    expect(await pause(1)).toBe('WrongStatus');
    // Its LP is its publisher's again when no hour of it can come any more.
    bench.at((101n + keep) * HOUR);
    const lower = (): Promise<string> =>
      bench.run('updateResource', {
        publisher,
        pool: bench.pool,
        resource,
        lp: 1n,
        allowance: 200n,
        vouchKey: new Uint8Array(32).fill(9),
      });
    expect(await lower()).toBe('StakeInUse');
    bench.at((102n + keep) * HOUR);
    expect(await lower()).toBe('ok');
  });
});
