import { getTransferInstruction } from '@solana-program/token';
import type { Address } from '@solana/kit';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';

import type { InstructionArgs } from '../src/codec/values.ts';
import { documentedFounding, encodeAllocations } from '../src/founding.ts';
import type { Allocation } from '../src/founding.ts';
import { vestedAt } from '../src/model/founding-rules.ts';
import { addressOf, createProgramWorld, signerOf } from '../src/program-world/world.ts';
import { PROGRAMS } from '../src/programs.ts';
import { LEAST_LOCK_SAMPLES, MAX_ALLOCATIONS, MEDIA_SUPPLY, PURPOSE } from '../src/schema/index.ts';
import { TRACE_PARAMS } from './trace/begin.ts';
import { Bench, MEDIA } from './trace/bench.ts';
import { allOf, checkInvariants } from './trace/invariants.ts';
import { createTwin } from './trace/twin.ts';

/** What genesis locks, and how it comes free. Each step runs in the program and in the model, or throws. */
const LOCK = LEAST_LOCK_SAMPLES * TRACE_PARAMS.sampleSecs;
const founder = addressOf('founder');
const quotes = [addressOf('quote'), PROGRAMS.system, PROGRAMS.system, PROGRAMS.system].map((mint) => ({
  mint,
  flags: 0,
  pad: 0,
}));

type Changed = Partial<InstructionArgs<'genesis'>>;

async function found(allocations: readonly Allocation[] | Uint8Array, changed: Changed = {}) {
  const twin = createTwin(createProgramWorld());
  twin.world.fund(founder);
  const tail = allocations instanceof Uint8Array ? allocations : encodeAllocations(allocations);
  const params = { ...TRACE_PARAMS, quotes, toFund: 0n, ...changed };
  const result = twin.step(await twin.world.instructions.genesis({ payer: founder, ...params, tail }));
  return { twin, result };
}

const one: Allocation = { purpose: PURPOSE.ecosystem, beneficiary: addressOf('someone'), amount: 5n };

describe('genesis', () => {
  it('shares the whole supply out, whatever is locked', async () => {
    const allocation = fc.record({
      purpose: fc.constantFrom(...Object.values(PURPOSE)),
      beneficiary: fc.integer({ min: 0, max: 5 }).map((each) => addressOf(`beneficiary ${each}`)),
      amount: fc.bigInt({ min: 1n, max: MEDIA_SUPPLY / 10n }),
    });
    const inputs = fc.record({
      allocations: fc.array(allocation, { maxLength: MAX_ALLOCATIONS }),
      toFund: fc.bigInt({ min: 0n, max: MEDIA_SUPPLY / 10n }),
    });
    await fc.assert(
      fc.asyncProperty(inputs, async ({ allocations, toFund }) => {
        const { twin, result } = await found(allocations, { toFund });
        expect(result.ok).toBe(true);
        const { addresses } = twin.world;
        const mint = await addresses.mediaMint();
        const [vault, fund, treasury] = [
          await addresses.foundingVault(),
          await addresses.fund(),
          await addresses.associatedToken(founder, mint),
        ].map((each) => twin.world.tokens(each)) as [bigint, bigint, bigint];
        expect(vault).toBe(allocations.reduce((sum, { amount }) => sum + amount, 0n));
        expect([fund, vault + fund + treasury]).toEqual([toFund, MEDIA_SUPPLY]);
        checkInvariants(twin.model);
        twin.compareAll();
      }),
      { numRuns: 40 },
    );
  });

  it('is what the documents say, to the MEDIA', async () => {
    const world = createProgramWorld();
    const [ecosystem, technology] = [addressOf('ecosystem'), addressOf('technology')];
    const { allocations, ...schedule } = documentedFounding({
      sampleSecs: TRACE_PARAMS.sampleSecs,
      config: await world.addresses.config(),
      ecosystem,
      technology,
    });
    const { twin, result } = await found(allocations, schedule);
    expect(result.ok).toBe(true);
    const [record] = allOf(twin.model, 'founding');
    expect(record?.value).toMatchObject({ toFund: 300_000n * MEDIA, toTreasury: 100_000n * MEDIA, count: 4 });
    const amounts = record?.value.allocations.slice(0, 4).map(({ amount }) => amount / MEDIA);
    expect(amounts).toEqual([1_700_000n, 2_250_000n, 1_500_000n, 4_150_000n]);
    // Seven years of the network's days, which have 288 samples.
    expect(schedule.lockSecs).toBe(2_557 * 288 * TRACE_PARAMS.sampleSecs);
  });

  it.each<readonly [string, readonly Allocation[] | Uint8Array, Changed]>([
    ['a second less than seven years', [one], { lockSecs: LOCK - 1 }],
    ['no lock at all', [one], { lockSecs: 0 }],
    ['an allocation of nothing', [{ ...one, amount: 0n }], {}],
    ['one for nobody', [{ ...one, beneficiary: PROGRAMS.system }], {}],
    ['one without a purpose', [{ ...one, purpose: 0 }], {}],
    ['one with a purpose that there is not', [{ ...one, purpose: 5 }], {}],
    ['nine allocations', Array.from({ length: 9 }, () => one), {}],
    ['a part of one', encodeAllocations([one]).subarray(1), {}],
    ['more than there is', [one, { ...one, amount: MEDIA_SUPPLY - 4n }], {}],
    ['more than there is with the fund', [one], { toFund: MEDIA_SUPPLY - 4n }],
    ['sums that do not fit', [one, { ...one, amount: 2n ** 64n - 1n }], {}],
    [
      'a lock that does not fit',
      [one],
      { sampleSecs: 86_400, hoursPerWeek: 10, unbondSecs: 2 ** 32 - 1, lockSecs: 2 ** 32 - 1 },
    ],
  ])('refuses %s', async (_what, allocations, changed) => {
    const { result } = await found(allocations, changed);
    expect(result).toEqual({ ok: false, custom: 6011, error: expect.any(String) });
  });

  it.each<readonly [string, readonly Allocation[], Changed]>([
    ['seven years to the second', [one], { lockSecs: LOCK }],
    ['all there is', [one, { ...one, amount: MEDIA_SUPPLY - 5n }], {}],
    ['nothing, with any lock', [], { lockSecs: 0 }],
    ['eight allocations', Array.from({ length: 8 }, () => one), {}],
  ])('takes %s', async (_what, allocations, changed) => {
    expect((await found(allocations, changed)).result.ok).toBe(true);
  });
});

describe('what has vested', () => {
  it('only grows with time, and is never more than the amount', () => {
    const moment = fc.bigInt({ min: 0n, max: 2n ** 40n });
    const secs = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        secs,
        secs,
        moment,
        moment,
        (amount, lockSecs, vestSecs, a, b) => {
          const schedule = { foundedAt: 1_700_000_000n, lockSecs, vestSecs };
          const [early, late] = a < b ? [a, b] : [b, a];
          const [first, second] = [early, late].map((at) => vestedAt(schedule, amount, at)) as [
            bigint,
            bigint,
          ];
          return first >= 0n && first <= second && second <= amount;
        },
      ),
    );
  });
});

describe('an allocation', () => {
  let bench: Bench;
  let mine: Address;
  const index = 1;
  const amount = (): bigint => allOf(bench.twin.model, 'founding')[0]?.value.allocations[index]?.amount ?? 0n;
  const held = (): bigint => bench.twin.world.tokens(mine);
  const release = (beneficiaryMedia = mine, of = index): Promise<string> =>
    bench.run('release', { index: of, beneficiaryMedia });

  beforeEach(async () => {
    bench = await Bench.open();
    const { addresses } = bench.twin.world;
    mine = await addresses.associatedToken(bench.owner(1), await addresses.mediaMint());
  });

  it('is paid as it vests, all of it in the end, and not a second before', async () => {
    const before = held();
    const { vestSecs } = TRACE_PARAMS;
    for (const at of [0, LOCK - 1, LOCK]) {
      bench.at(BigInt(at));
      expect(await release()).toBe('NothingVested');
    }
    let paid = 0n;
    for (const passed of [1, 2, 7_000, 7_000, vestSecs - 1, vestSecs, 2 * vestSecs]) {
      bench.at(BigInt(LOCK + passed));
      const due = vestedAt({ foundedAt: 0n, lockSecs: LOCK, vestSecs }, amount(), BigInt(LOCK + passed));
      expect(await release()).toBe(due > paid ? 'ok' : 'NothingVested');
      expect(held() - before).toBe(due);
      expect(due).toBeLessThanOrEqual(amount());
      paid = due;
      checkInvariants(bench.twin.model);
    }
    expect(paid).toBe(amount());
  });

  it('is paid to its beneficiary and nowhere else', async () => {
    bench.at(BigInt(LOCK + 100));
    const { addresses } = bench.twin.world;
    const [media, quote] = [await addresses.mediaMint(), bench.cast.quotes[0]!];
    expect(await release(await addresses.associatedToken(bench.owner(0), media))).toBe('WrongOwner');
    expect(await release(await addresses.associatedToken(bench.owner(1), quote))).toBe('WrongMint');
    expect(await release(await addresses.fund())).toBe('WrongOwner');
    // The config owns the vaults too: what is for the fund goes to the fund.
    for (const vault of [await addresses.mediaVault(bench.pool), await addresses.foundingVault(), mine])
      expect(await release(vault, 0)).toBe('WrongAddress');
    expect(await release(await addresses.fund(), 0)).toBe('ok');
    expect(await release(mine, 3)).toBe('InvalidParameter');
  });

  it('goes on to whom its beneficiary names, and to nobody whom another names', async () => {
    bench.at(BigInt(LOCK + 100));
    const change = (by: number, successor: Address, of = index): Promise<string> =>
      bench.run('changeBeneficiary', { beneficiary: bench.owner(by), index: of, successor });
    expect(await change(0, bench.owner(0))).toBe('WrongAddress');
    expect(await change(1, PROGRAMS.system)).toBe('InvalidParameter');
    expect(await change(1, bench.owner(3), 3)).toBe('InvalidParameter');
    // Nobody signs for the config: the fund's allocation stays the fund's.
    for (const each of [0, 1, 2]) expect(await change(each, bench.owner(each), 0)).toBe('WrongAddress');
    expect(await release()).toBe('ok');
    expect(await change(1, bench.owner(3))).toBe('ok');
    expect(await change(1, bench.owner(1))).toBe('WrongAddress');
    bench.at(BigInt(LOCK + 200));
    expect(await release()).toBe('WrongOwner');
    const { addresses } = bench.twin.world;
    expect(await release(await addresses.associatedToken(bench.owner(3), await addresses.mediaMint()))).toBe(
      'ok',
    );
  });

  it('lies in a vault that nobody can spend of, stake or vote with', async () => {
    bench.at(BigInt(LOCK + 100));
    const { world } = bench.twin;
    const vault = await world.addresses.foundingVault();
    const before = world.tokens(vault);
    for (const owner of bench.cast.owners) {
      const move = getTransferInstruction({
        source: vault,
        destination: mine,
        authority: signerOf(owner),
        amount: 1n,
      });
      expect(world.run(move)).toMatchObject({ ok: false, custom: 4 });
      const deposit = {
        owner,
        quoteMint: bench.cast.quotes[0]!,
        maxMedia: MEDIA,
        maxQuote: MEDIA,
        minLp: 0n,
      };
      expect(await bench.run('addLiquidity', { ...deposit, ownerMedia: vault })).toBe('4');
    }
    expect(world.tokens(vault)).toBe(before);
  });
});

describe('what is locked', () => {
  it('has no vote: nobody locks it for one', async () => {
    const bench = await Bench.open();
    const vault = await bench.twin.world.addresses.foundingVault();
    for (const owner of bench.cast.owners)
      expect(await bench.run('lockMedia', { owner, amount: MEDIA, ownerMedia: vault })).toBe('4');
    expect(allOf(bench.twin.model, 'lock')).toEqual([]);
  });
});
