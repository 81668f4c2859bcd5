import type { Address } from '@solana/kit';
import { beforeEach, describe, expect, it } from 'vitest';

import { merkleTree } from '../src/model/merkle.ts';
import { sha256 } from '../src/model/sha256.ts';
import { PROGRAMS } from '../src/programs.ts';
import { ROLE } from '../src/schema/index.ts';
import { TRACE_PARAMS } from './trace/begin.ts';
import { Bench, HOUR, MEDIA, SLOT, lpOf } from './trace/bench.ts';
import { allOf } from './trace/invariants.ts';
import { packRecords, rangeProof } from './trace/records.ts';
import { hourLeafOf, planVerdict } from './trace/scene.ts';

/** Votes say what they were computed on (docs/chain.md, What votes are computed on). */
describe('votes on what changes', () => {
  const PER_WEEK = BigInt(TRACE_PARAMS.hoursPerWeek);
  let bench: Bench;
  let guards: Awaited<ReturnType<Bench['guard']>>[];
  let edge: Awaited<ReturnType<Bench['edge']>>;
  let resource: Address;

  /** Two guards, so that one vote decides nothing. */
  beforeEach(async () => {
    bench = await Bench.deep();
    guards = [await bench.guard(0, lpOf(60n * MEDIA)), await bench.guard(1, lpOf(60n * MEDIA))];
    edge = await bench.edge(3, lpOf(1_000n * MEDIA));
    await bench.stake(2, ROLE.publisher, lpOf(4_000n * MEDIA));
    resource = await bench.resource(2, 1n, lpOf(40n * MEDIA));
    for (const guard of guards) await bench.must('joinGuardSet', { ...guard, week: 0n });
  });

  const authorise = (index: number, settingsVersion: number): Promise<string> =>
    bench.run('authorise', { ...guards[index]!, week: 0n, resource, settingsVersion });
  const found = () => allOf(bench.twin.model, 'resource')[0]?.value;

  it('a resource is let in with the settings that were looked at, by all', async () => {
    expect(await authorise(0, 0)).toBe('BasisChanged');
    expect(await authorise(0, 2)).toBe('BasisChanged');
    expect(await authorise(0, 1)).toBe('ok');
    expect(await authorise(0, 1)).toBe('AlreadyVoted');
    const to = { publisher: bench.owner(2), resource, settingsVersion: 2 };
    await bench.must('openSettings', { ...to, capacity: 8 });
    await bench.must('sealSettings', {
      ...to,
      previous: found()?.settings ?? PROGRAMS.system,
      length: 8,
      sha256: sha256(new Uint8Array(8)),
    });
    expect(found()?.authCount).toBe(0);
    expect(await authorise(1, 1)).toBe('BasisChanged');
    expect(await authorise(1, 2)).toBe('ok');
    // One vote of two for these: the other was for those before.
    expect(found()?.status).toBe(1);
    expect(await authorise(0, 2)).toBe('ok');
    expect(found()?.status).toBe(2);
  });

  /** Makes an hour final, records it and charges for it. */
  async function serve(hour: bigint): Promise<void> {
    bench.at((hour + 1n) * HOUR);
    const report = { week: 0n, hour, bytes: 1n, root: new Uint8Array(32), entryCount: 1 };
    await bench.must('submitReport', { ...edge, ...report });
    bench.at((hour + 1n) * HOUR + SLOT * BigInt(TRACE_PARAMS.reportSlots));
    for (const { operator, guard } of guards) {
      const { commitment } = planVerdict(hour, guard);
      await bench.must('commitVerdict', { operator, guard, week: 0n, hour, commitment, reports: 1 });
    }
    for (const { operator, guard } of guards) {
      const { payload, holding, prevRoot, salt } = planVerdict(hour, guard);
      const who = { operator, guard, hour };
      await bench.must('writeVerdict', { ...who, offset: 0, tail: payload });
      await bench.must('revealVerdict', { ...who, length: payload.length, holding, prevRoot, salt });
    }
    const numbers = [10n ** 10n, ...Array.from({ length: 11 }, () => 3n), 10n ** 10n, 0n];
    const hash = hourLeafOf(resource, numbers);
    const { root } = merkleTree([hash]);
    for (const guard of guards)
      await bench.must('proposeHour', {
        ...guard,
        week: 0n,
        hour,
        root,
        leaves: 1,
        ...bench.basis(hour),
      });
    const ring = await bench.twin.world.addresses.ring(bench.owner(2), resource);
    const tail = packRecords(numbers, rangeProof([hash], 0, 1));
    await bench.must('record', { resources: [{ resource, ring }], hour, index: 0, count: 1, tail });
  }
  const charge = async (): Promise<void> =>
    bench.must('charge', {
      payer: bench.owner(4),
      pool: bench.pool,
      stake: await bench.twin.world.addresses.stake(bench.owner(2), bench.pool, ROLE.publisher),
      resource,
      week: 0n,
    });
  const epoch = () => allOf(bench.twin.model, 'epoch')[0]?.value;

  it('terms change without what is set aside: a charge that comes before takes what it takes', async () => {
    for (const index of [0, 1]) expect(await authorise(index, 1)).toBe('ok');
    await serve(0n);
    const before = found()?.lp ?? 0n;
    await charge();
    const left = found()?.lp ?? 0n;
    expect(left).toBeLessThan(before);
    const publisher = bench.owner(2);
    const terms = { allowance: 6n, vouchKey: new Uint8Array(32).fill(9) };
    const update = (lp: bigint): Promise<string> =>
      bench.run('updateResource', { publisher, pool: bench.pool, resource, lp, ...terms });
    expect(await update(0n)).toBe('ok');
    expect([found()?.lp, found()?.termsCount]).toEqual([left, 2]);
    const stake = allOf(bench.twin.model, 'stake').find(({ address }) => address === found()?.stake);
    expect(stake?.value.allocated).toBe(left);
    // A number is what shall be there afterwards.
    expect(await update(before)).toBe('ok');
    expect(found()?.lp).toBe(before);
  });

  it.each([
    ['its own set', 0n],
    ['a later one', 1n],
  ] as const)(
    'a charge drops the votes of %s: nobody else adds one to what was worked out before it',
    async (_whose, setWeek) => {
      for (const index of [0, 1]) expect(await authorise(index, 1)).toBe('ok');
      await serve(PER_WEEK - 2n);
      await charge();
      const seen = epoch()?.kept ?? 0n;
      // The last hour of the week is recorded when the next has begun, and charged still later.
      bench.at(PER_WEEK * HOUR - 1n);
      for (const guard of guards) await bench.must('joinGuardSet', { ...guard, week: 1n });
      await serve(PER_WEEK - 1n);
      const propose = (index: number, basis: bigint, fill: number): Promise<string> => {
        const root = new Uint8Array(32).fill(fill);
        const vote = { week: 0n, setWeek, root, rewards: seen, kept: basis };
        return bench.run('proposeEpoch', { ...guards[index]!, ...vote });
      };
      expect(await propose(0, seen, 1)).toBe('ok');
      await charge();
      const kept = epoch()?.kept ?? 0n;
      expect(kept).toBeGreaterThan(seen);
      expect([epoch()?.voteCount, epoch()?.laterCount]).toEqual([0, 0]);
      // It says that it has seen the charge, and wants what was right before: alone it decides nothing.
      expect(await propose(1, kept, 1)).toBe('ok');
      expect(epoch()?.status).toBe(0);
      expect(await propose(0, kept, 2)).toBe('ok');
      expect(await propose(1, kept, 2)).toBe('ok');
      expect([epoch()?.status, epoch()?.root[0]]).toEqual([1, 2]);
    },
  );
});
