import { HOUR_STATUS, RESOURCE_STATUS, VERDICT_STATUS } from '../../src/schema/index.ts';
import { allOf } from './invariants.ts';
import { packRecords, rangeProof } from './records.ts';
import { CONTENT, choice } from './scene.ts';
import type { Maker, Scene } from './scene.ts';

/** Reports, verdicts, hours, records, and their end. */
export function evidenceMakers(scene: Scene): readonly Maker[] {
  const { maybe, int, chance, amount, state, hourNow, weekOf, recentHour, actor, poolOf } = scene;
  const { hourPlan, verdictPlan, seated, windowOf } = scene;
  const hourIn = (...windows: readonly string[]) =>
    maybe(
      allOf(state, 'hour').filter(
        ({ value }) =>
          (value.status === HOUR_STATUS.open && windows.includes(windowOf(value.hour))) || chance(0.02),
      ),
    )?.value.hour;
  /** What a vote for the hour is computed from. */
  const basisOf = (hour: bigint): { readonly reports: number; readonly reveals: number } =>
    allOf(state, 'hour').find(({ value }) => value.hour === hour)?.value ?? { reports: 1, reveals: 0 };
  const own = (status: number) => {
    const found = maybe(
      allOf(state, 'verdict').filter(({ value }) => {
        const { hour } = value;
        const all = allOf(state, 'hour').find((each) => each.value.hour === hour)?.value;
        const isOpen = windowOf(hour) === 'reveals' || all?.commits === all?.setCount;
        return (value.status === status && isOpen && windowOf(hour) !== 'over') || chance(0.02);
      }),
    );
    const guard = allOf(state, 'guard').find(({ address }) => address === found?.value.guard);
    return found === undefined || guard === undefined ? undefined : { verdict: found.value, guard };
  };
  return [
    [
      8,
      () => {
        const found = actor('edge');
        if (found === undefined) return undefined;
        const hour = chance(0.95) ? hourNow() - 1n : recentHour(4);
        if (hour < 0n) return undefined;
        return choice('submitReport', {
          operator: found.value.operator,
          edge: found.address,
          stake: found.value.stake,
          pool: poolOf(found.value.stake),
          week: weekOf(hour),
          hour,
          bytes: amount(10n ** 9n),
          root: CONTENT.slice(0, 32),
          entryCount: chance(0.97) ? 1 + int(9) : 0,
        });
      },
    ],
    [
      18,
      () => {
        const hour = hourIn('commits') ?? (chance(0.02) ? recentHour(3) : undefined);
        const guard = hour === undefined ? undefined : seated(weekOf(hour));
        if (hour === undefined || guard === undefined) return undefined;
        return choice('commitVerdict', {
          operator: guard.operator,
          guard: guard.guard,
          week: weekOf(hour),
          hour,
          commitment: verdictPlan(hour, guard.guard).commitment,
          reports: basisOf(hour).reports - (chance(0.97) ? 0 : 1),
        });
      },
    ],
    [
      16,
      () => {
        const found = own(VERDICT_STATUS.committed);
        if (found === undefined) return undefined;
        const { hour, guard } = found.verdict;
        const { payload } = verdictPlan(hour, guard);
        const offset = chance(0.9) ? 0 : int(payload.length);
        return choice('writeVerdict', {
          operator: found.guard.value.operator,
          guard,
          hour,
          offset: chance(0.98) ? offset : 900,
          tail: chance(0.95) ? payload.subarray(offset) : CONTENT.subarray(0, int(64)),
        });
      },
    ],
    [
      16,
      () => {
        const found = own(VERDICT_STATUS.committed);
        if (found === undefined) return undefined;
        const { hour, guard } = found.verdict;
        const { payload, holding, prevRoot, salt } = verdictPlan(hour, guard);
        return choice('revealVerdict', {
          operator: found.guard.value.operator,
          guard,
          hour,
          length: chance(0.97) ? payload.length : int(20),
          holding,
          prevRoot,
          salt: chance(0.97) ? salt : holding,
        });
      },
    ],
    [
      16,
      () => {
        const hour = hourIn('reveals', 'own', 'late');
        if (hour === undefined) return undefined;
        const week = windowOf(hour) === 'late' ? weekOf(hourNow()) : weekOf(hour);
        const guard = seated(week);
        if (guard === undefined) return undefined;
        const plan = hourPlan(hour);
        return choice('proposeHour', {
          operator: guard.operator,
          guard: guard.guard,
          week: chance(0.97) ? week : week + 1n,
          hour,
          root: chance(0.95) ? plan.root : CONTENT.slice(0, 32),
          leaves: chance(0.95) ? plan.hashes.length : int(5),
          reports: basisOf(hour).reports - (chance(0.97) ? 0 : 1),
          reveals: chance(0.97) ? basisOf(hour).reveals : int(4),
        });
      },
    ],
    [
      10,
      () => {
        const hour = maybe(
          allOf(state, 'hour').filter(({ value }) => value.status === HOUR_STATUS.final || chance(0.02)),
        )?.value.hour;
        if (hour === undefined) return undefined;
        const plan = hourPlan(hour);
        const index = int(plan.entries.length);
        const count = Math.min(1 + int(4), plan.entries.length - index);
        if (count < 1) return undefined;
        const entries = plan.entries.slice(index, index + count);
        const resources = entries.map(({ resource }) => {
          const found = allOf(state, 'resource').find(({ address }) => address === resource);
          const released = found?.value.status === RESOURCE_STATUS.released;
          return { resource, ring: released || found === undefined ? null : found.value.ring };
        });
        const proof = rangeProof(plan.hashes, index, count);
        const numbers = entries.flatMap((entry) => entry.numbers);
        return choice('record', {
          resources,
          hour,
          index: chance(0.98) ? index : index + 1,
          count: chance(0.99) ? count : int(20),
          tail: packRecords(numbers, chance(0.98) ? proof : CONTENT.subarray(0, 32 + int(4))),
        });
      },
    ],
    [
      3,
      () => {
        const found = maybe(allOf(state, 'report'));
        return found === undefined
          ? undefined
          : choice('closeReport', {
              report: found.address,
              payer: found.value.payer,
              hour: found.value.hour,
            });
      },
    ],
    [
      3,
      () => {
        const found = maybe(allOf(state, 'verdict'));
        return found === undefined
          ? undefined
          : choice('closeVerdict', {
              verdict: found.address,
              payer: found.value.payer,
              hour: found.value.hour,
            });
      },
    ],
    [
      0.5,
      () => {
        const found = maybe(allOf(state, 'hour'));
        return found === undefined
          ? undefined
          : choice('closeHour', { payer: found.value.payer, hour: found.value.hour });
      },
    ],
  ];
}
