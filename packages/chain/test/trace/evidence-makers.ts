import { EPOCH_STATUS, HOUR_STATUS, REPORT_STATUS, RESOURCE_STATUS } from '../../src/schema/index.ts';
import { allOf } from './invariants.ts';
import { CONTENT, choice } from './scene.ts';
import type { Maker, Scene } from './scene.ts';

export function evidenceMakers(scene: Scene): readonly Maker[] {
  const {
    pick,
    maybe,
    int,
    chance,
    amount,
    state,
    cast,
    config,
    hourNow,
    weekOf,
    recentHour,
    ownGuard,
    actor,
    poolOf,
    hourPlan,
    claimPlan,
  } = scene;
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
          hour,
          bytes: amount(10n ** 9n),
          root: CONTENT.slice(0, 32),
          entryCount: chance(0.97) ? 1 + int(9) : 0,
        });
      },
    ],
    [
      22,
      () => {
        const guard = ownGuard();
        const hour = recentHour(3);
        if (guard === undefined || !allOf(state, 'hour').some(({ value }) => value.hour === hour))
          return undefined;
        const open = allOf(state, 'report').filter(
          ({ value }) => value.hour === hour && (value.status === REPORT_STATUS.pending || chance(0.03)),
        );
        const reports = open
          .filter(
            ({ value }) =>
              chance(0.03) ||
              !value.votes.slice(0, value.voteCount).some((vote) => vote % 0x8000_0000 === guard.value.no),
          )
          .map(({ address }) => address);
        if (reports.length === 0) return undefined;
        const tail = Uint8Array.from(reports, () =>
          chance(0.85) ? 0 : chance(0.97) ? 1 + int(10) : 128 + int(100),
        );
        return choice('vote', {
          operator: guard.operator,
          guard: guard.guard,
          week: weekOf(hour),
          hour,
          reports,
          tail: chance(0.98) ? tail : tail.subarray(1),
        });
      },
    ],
    [
      14,
      () => {
        const guard = ownGuard();
        const hour = maybe(
          allOf(state, 'hour').filter(
            ({ value }) => (value.status === HOUR_STATUS.open && value.hour + 6n > hourNow()) || chance(0.01),
          ),
        )?.value.hour;
        if (guard === undefined || hour === undefined) return undefined;
        return choice('proposeHour', {
          operator: guard.operator,
          guard: guard.guard,
          week: weekOf(hour),
          hour,
          root: chance(0.95) ? hourPlan(hour).root : CONTENT.slice(0, 32),
        });
      },
    ],
    [
      8,
      () => {
        const hour = maybe(
          allOf(state, 'hour').filter(({ value }) => value.status === HOUR_STATUS.final || chance(0.02)),
        )?.value.hour;
        if (hour === undefined) return undefined;
        const due = hourPlan(hour).entries.filter(({ resource, previous }) => {
          const there = allOf(state, 'resource').find(({ address }) => address === resource);
          return there?.value.lastHour === previous || chance(0.05);
        });
        const entry = maybe(due);
        const found = allOf(state, 'resource').find(({ address }) => address === entry?.resource);
        if (entry === undefined || found === undefined) return undefined;
        const hasRing =
          state.accounts.has(found.value.ring) || found.value.status === RESOURCE_STATUS.released;
        if (!hasRing) return undefined;
        return choice('record', {
          resource: entry.resource,
          ring: found.value.ring,
          hour,
          previous: entry.previous,
          slots: entry.slots,
          billable: entry.billable,
          tail: entry.proof,
        });
      },
    ],
    [
      5,
      () => {
        const found = maybe(allOf(state, 'resource').filter(({ value }) => value.due > 0n || chance(0.05)));
        if (found === undefined) return undefined;
        const { pool, stake, dueWeek } = found.value;
        const past = dueWeek < config().lastEpoch;
        return choice('charge', {
          payer: pick(cast.owners),
          pool,
          stake,
          resource: found.address,
          week: chance(0.97) ? dueWeek : dueWeek + 1n,
          ...(past !== chance(0.05) ? { epochWeek: weekOf(hourNow()) } : {}),
        });
      },
    ],
    [
      2,
      () => {
        const found = maybe(allOf(state, 'pool').filter(({ value }) => value.feeLp > 0n || chance(0.1)));
        return found === undefined
          ? undefined
          : choice('unwrap', {
              pool: found.address,
              week: chance(0.95) ? found.value.feeWeek : found.value.feeWeek + 1n,
            });
      },
    ],
    [
      6,
      () => {
        const guard = ownGuard();
        const epoch = maybe(
          allOf(state, 'epoch').filter(({ value }) => value.status === EPOCH_STATUS.open || chance(0.05)),
        )?.value;
        if (guard === undefined || epoch === undefined) return undefined;
        if (epoch.week >= weekOf(hourNow()) && chance(0.95)) return undefined;
        const plan = claimPlan(epoch.week, epoch.kept);
        return choice('proposeEpoch', {
          operator: guard.operator,
          guard: guard.guard,
          week: epoch.week,
          root: plan.root,
          rewards: plan.rewards,
        });
      },
    ],
    [
      2,
      () => {
        const week = chance(0.97) ? config().lastEpoch - 1n : recentHour(9);
        const entry = week < 0n ? undefined : maybe(cast.claimPlans.get(week)?.entries ?? []);
        if (entry === undefined) return undefined;
        return choice('claim', {
          payer: pick(cast.owners),
          owner: entry.owner,
          week,
          cumulative: chance(0.95) ? entry.cumulative : entry.cumulative + 1n,
          tail: entry.proof,
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
