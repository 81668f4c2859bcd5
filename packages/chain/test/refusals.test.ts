import type { Address } from '@solana/kit';
import { beforeEach, describe, expect, it } from 'vitest';

import { ringSeed } from '../src/addresses.ts';
import { merkleTree } from '../src/model/merkle.ts';
import { ROLE } from '../src/schema/index.ts';
import { TRACE_PARAMS } from './trace/begin.ts';
import { Bench, HOUR, MEDIA, SLOT, lpOf } from './trace/bench.ts';
import { allOf } from './trace/invariants.ts';
import { packRecords, rangeProof } from './trace/records.ts';
import { hourLeafOf, planVerdict } from './trace/scene.ts';

/** What a random trace comes upon by luck, which another seed or another step may take away: here it is for sure. */
const WEEK = HOUR * BigInt(TRACE_PARAMS.hoursPerWeek);
const REPORTS = SLOT * BigInt(TRACE_PARAMS.reportSlots);
const REVEALS = SLOT * BigInt(TRACE_PARAMS.verdictSlots);
const REPORT = { bytes: 100n, root: new Uint8Array(32).fill(1), entryCount: 1 };

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.deep();
});

describe('a pool', () => {
  it('has its LP account looked at before whether it is there, or its quote listed', async () => {
    const bench = await Bench.open();
    const [here, , next, unlisted] = bench.cast.quotes;
    const { addresses } = bench.twin.world;
    const ownerLp = await addresses.associatedToken(bench.owner(1), await addresses.lpMint(bench.pool));
    const deposit = { payer: bench.owner(0), media: 10n ** 12n, quote: 10n ** 12n };
    expect(await bench.run('createPool', { ...deposit, quoteMint: here! })).toBe('AlreadyExists');
    expect(await bench.run('createPool', { ...deposit, quoteMint: unlisted! })).toBe('QuoteNotListed');
    for (const quoteMint of [here!, next!, unlisted!])
      expect(await bench.run('createPool', { ...deposit, quoteMint, ownerLp })).toBe('WrongAddress');
  });
});

describe('a report', () => {
  it('is worth what its edge registered with, though more is at stake now', async () => {
    const edge = await bench.edge(0, lpOf(100n * MEDIA));
    const registered = allOf(bench.twin.model, 'edge')[0]?.value.worth ?? 0n;
    await bench.stake(0, ROLE.edge, lpOf(100n * MEDIA));
    bench.at(HOUR);
    await bench.must('submitReport', { ...edge, week: 0n, hour: 0n, ...REPORT });
    expect(allOf(bench.twin.model, 'report')[0]?.value.worth).toBe(registered);
  });

  it('is worth what is left at stake at the average price, over the time of averages and no other', async () => {
    const edge = await bench.edge(0, lpOf(100n * MEDIA));
    const lp = lpOf(20n * MEDIA);
    await bench.must('beginUnbond', { owner: bench.owner(0), pool: bench.pool, role: ROLE.edge, lp });
    // A fifth off the price: the average still has two seconds from before.
    const swapped = 2n * HOUR - 42n;
    bench.at(swapped);
    await bench.must('swap', {
      owner: bench.owner(1),
      quoteMint: bench.cast.quotes[0]!,
      direction: 0,
      amountIn: 5n * 10n ** 13n,
      minOut: 0n,
    });
    expect(BigInt(TRACE_PARAMS.twapSecs)).toBeGreaterThan(BigInt(TRACE_PARAMS.timelockSecs) + 1n);
    bench.at(swapped + BigInt(TRACE_PARAMS.timelockSecs) + 1n);
    // Program and model agree to the unit, or this throws.
    await bench.must('submitReport', { ...edge, week: 0n, hour: 1n, ...REPORT });
    const worth = allOf(bench.twin.model, 'report')[0]?.value.worth ?? 0n;
    expect(worth).toBeGreaterThan(81n * MEDIA);
    expect(worth).toBeLessThan(100n * MEDIA - 10n);
  });

  it('is of the week of its hour, and of no other', async () => {
    const edge = await bench.edge(0, lpOf(100n * MEDIA));
    bench.at(WEEK + HOUR);
    const hour = BigInt(TRACE_PARAMS.hoursPerWeek);
    for (const week of [0n, 2n])
      expect(await bench.run('submitReport', { ...edge, week, hour, ...REPORT })).toBe('WrongWeek');
    expect(await bench.run('submitReport', { ...edge, week: 1n, hour, ...REPORT })).toBe('ok');
  });
});

describe('a ring', () => {
  it('is attached by the publisher whose address its own follows from', async () => {
    await bench.stake(2, ROLE.publisher, lpOf(4_000n * MEDIA));
    await bench.stake(3, ROLE.publisher, lpOf(4_000n * MEDIA));
    const { addresses } = bench.twin.world;
    const terms = { pool: bench.pool, id: 1n, lp: 10n, allowance: 5n, vouchKey: new Uint8Array(32).fill(9) };
    for (const index of [2, 3])
      await bench.must('registerResource', { publisher: bench.owner(index), ...terms });
    const [mine, his] = [
      await addresses.resource(bench.owner(2), 1n),
      await addresses.resource(bench.owner(3), 1n),
    ];
    const ring = await addresses.ring(bench.owner(3), his);
    bench.twin.createBlank(ring, 48 + 8_928 * 4);
    const tail = new TextEncoder().encode(await ringSeed(his));
    const attach = (publisher: Address, resource: Address): Promise<string> =>
      bench.run('attachRing', { publisher, resource, ring, tail });
    expect(await attach(bench.owner(2), mine)).toBe('WrongAddress');
    expect(await attach(bench.owner(3), his)).toBe('ok');
  });
});

describe('guards', () => {
  let guards: Awaited<ReturnType<Bench['guard']>>[];
  let edge: Awaited<ReturnType<Bench['edge']>>;
  const hour = 0n;
  const end = HOUR;

  beforeEach(async () => {
    guards = [];
    for (const index of [0, 1, 2]) guards.push(await bench.guard(index, lpOf(60n * MEDIA)));
    edge = await bench.edge(3, lpOf(1_000n * MEDIA));
    for (const guard of guards.slice(0, 2)) await bench.must('joinGuardSet', { ...guard, week: 0n });
  });

  const report = async (): Promise<void> => {
    bench.at(end);
    await bench.must('submitReport', { ...edge, week: 0n, hour, ...REPORT });
  };
  const commit = (index: number): Promise<string> => {
    const { operator, guard } = guards[index]!;
    const { commitment } = planVerdict(hour, guard);
    return bench.run('commitVerdict', { operator, guard, week: 0n, hour, commitment, reports: 1 });
  };
  const write = (index: number, offset: number, tail: Uint8Array): Promise<string> =>
    bench.run('writeVerdict', { ...guards[index]!, hour, offset, tail });

  it('reveal what they have committed to, and nothing else of it', async () => {
    await report();
    bench.at(end + REPORTS);
    for (const index of [0, 1]) expect(await commit(index)).toBe('ok');
    const { operator, guard } = guards[0]!;
    const { payload, holding, prevRoot, salt } = planVerdict(hour, guard);
    expect(await write(0, 0, payload)).toBe('ok');
    const right = { operator, guard, hour, length: payload.length, holding, prevRoot, salt };
    const other = new Uint8Array(32).fill(77);
    for (const wrong of [
      { holding: other },
      { prevRoot: other },
      { salt: other },
      { length: payload.length - 1 },
    ])
      expect(await bench.run('revealVerdict', { ...right, ...wrong })).toBe('CommitmentMismatch');
    expect(await bench.run('revealVerdict', right)).toBe('ok');
  });

  it('write no more than a verdict on all reports with all disputes takes, to the byte', async () => {
    await report();
    bench.at(end + REPORTS);
    for (const index of [0, 1]) expect(await commit(index)).toBe('ok');
    const most = 4 + 1 + 2 + 8 * 100;
    expect(await write(0, most - 4, new Uint8Array(5))).toBe('TooLarge');
    expect(await write(0, most - 4, new Uint8Array(4))).toBe('ok');
  });

  it('count votes of one set only: what the set of the hour wanted is not counted with the set of the day', async () => {
    await report();
    // Nobody has committed, so it is late; the set of the day is three guards.
    const late = end + REVEALS + BigInt(TRACE_PARAMS.finalHours) * HOUR;
    expect(late).toBeLessThan(WEEK);
    const propose = (index: number, week: bigint): Promise<string> =>
      bench.run('proposeHour', {
        ...guards[index]!,
        week,
        hour,
        root: new Uint8Array(32).fill(7),
        leaves: 1,
        reports: 1,
        reveals: 0,
      });
    const found = () => allOf(bench.twin.model, 'hour')[0]?.value;
    bench.at(late);
    expect(await propose(0, 0n)).toBe('ok');
    for (const guard of guards) await bench.must('joinGuardSet', { ...guard, week: 1n });
    bench.at(WEEK);
    for (const index of [1, 2]) expect(await propose(index, 1n)).toBe('ok');
    expect([found()?.status, found()?.voteCount]).toEqual([0, 2]);
    expect(await propose(0, 1n)).toBe('ok');
    expect(found()?.status).toBe(1);
  });

  it('that have left do not act in later weeks, and are told so before anything else', async () => {
    await report();
    for (const guard of guards.slice(1)) await bench.must('joinGuardSet', { ...guard, week: 1n });
    await bench.must('leaveGuard', { owner: bench.owner(0), week: 1n });
    bench.at(WEEK);
    const vote = { hour, root: new Uint8Array(32), leaves: 1, reports: 1, reveals: 0 };
    expect(await bench.run('proposeHour', { ...guards[0]!, ...vote, week: 1n })).toBe('NotActive');
    // Its seat in the week in which it left still counts.
    expect(await bench.run('proposeHour', { ...guards[0]!, ...vote, week: 0n })).not.toBe('NotActive');
  });

  it('keep what a resource owes from leaving, and a debt from being released', async () => {
    const [operator, publisher] = [guards[0]!, bench.owner(2)];
    const stake = await bench.stake(2, ROLE.publisher, lpOf(4_000n * MEDIA));
    const resource = await bench.resource(2, 1n, lpOf(40n * MEDIA));
    for (const guard of guards.slice(0, 2))
      await bench.must('authorise', { ...guard, week: 0n, resource, settingsVersion: 1 });
    await report();
    bench.at(end + REPORTS);
    for (const index of [0, 1]) expect(await commit(index)).toBe('ok');
    for (const index of [0, 1]) {
      const { operator: by, guard } = guards[index]!;
      const { payload, holding, prevRoot, salt } = planVerdict(hour, guard);
      expect(await write(index, 0, payload)).toBe('ok');
      const reveal = { operator: by, guard, hour, length: payload.length, holding, prevRoot, salt };
      await bench.must('revealVerdict', reveal);
    }
    // More than its stake covers.
    const numbers = [1n, ...Array.from({ length: 11 }, () => 3n), 4_000n * 10n ** 9n, 0n];
    const leaf = hourLeafOf(resource, numbers);
    const { root } = merkleTree([leaf]);
    for (const guard of guards.slice(0, 2))
      await bench.must('proposeHour', { ...guard, week: 0n, hour, root, leaves: 1, ...bench.basis(hour) });
    const ring = await bench.twin.world.addresses.ring(publisher, resource);
    const tail = packRecords(numbers, rangeProof([leaf], 0, 1));
    await bench.must('record', { resources: [{ resource, ring }], hour, index: 0, count: 1, tail });

    const found = () => allOf(bench.twin.model, 'resource')[0]?.value;
    const lower = (): Promise<string> =>
      bench.run('updateResource', {
        publisher,
        pool: bench.pool,
        resource,
        lp: 1n,
        allowance: 5n,
        vouchKey: new Uint8Array(32).fill(9),
      });
    expect(found()?.debt).toBe(0n);
    expect(await lower()).toBe('DebtOpen');
    await bench.must('removeResource', { publisher, resource });
    bench.at(5n * WEEK);
    const release = (): Promise<string> =>
      bench.run('releaseResource', { publisher, resource, pool: bench.pool, settingsVersion: 1 });
    expect(await release()).toBe('ChargeFirst');
    const { pool } = bench;
    await bench.must('charge', { payer: operator.operator, pool, stake, resource, week: 0n });
    expect(found()?.debt).toBeGreaterThan(0n);
    expect(await release()).toBe('DebtOpen');
  });
});
