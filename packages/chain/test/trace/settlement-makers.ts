import { percentile95, samplesInRing } from '@media-network/protocol';

import { EPOCH_STATUS } from '../../src/schema/index.ts';
import { allOf } from './invariants.ts';
import { choice } from './scene.ts';
import type { Maker, Scene } from './scene.ts';

/** Charges, debts, epochs, claims, and their end. */
export function settlementMakers(scene: Scene): readonly Maker[] {
  const { pick, maybe, int, chance, state, cast, config, hourNow, weekOf, seated, claimPlan } = scene;
  return [
    [
      5,
      () => {
        const found = maybe(
          allOf(state, 'resource').filter(
            ({ value }) => value.weeks.some(({ due }) => due > 0n) || chance(0.05),
          ),
        );
        if (found === undefined) return undefined;
        const { pool, stake, weeks } = found.value;
        const due = maybe(weeks.filter((entry) => entry.due > 0n));
        const week = due === undefined ? weekOf(hourNow()) : due.week - 1n;
        return choice('charge', {
          payer: pick(cast.owners),
          pool,
          stake,
          resource: found.address,
          week: chance(0.97) ? week : week + 1n,
        });
      },
    ],
    [
      2,
      () => {
        const found = maybe(allOf(state, 'resource').filter(({ value }) => value.debt > 0n || chance(0.05)));
        if (found === undefined) return undefined;
        const { pool, stake } = found.value;
        return choice('payDebt', { pool, stake, resource: found.address });
      },
    ],
    [
      12,
      () => {
        const epoch = maybe(
          allOf(state, 'epoch').filter(({ value }) => value.status !== EPOCH_STATUS.endorsed || chance(0.05)),
        )?.value;
        if (epoch === undefined) return undefined;
        const current = weekOf(hourNow());
        const setWeek = chance(0.5) ? epoch.week : current;
        const guard = seated(setWeek);
        if (guard === undefined) return undefined;
        if (epoch.week >= current && chance(0.95)) return undefined;
        const plan = claimPlan(epoch.week, epoch.kept);
        const isOther = chance(0.03);
        return choice('proposeEpoch', {
          operator: guard.operator,
          guard: guard.guard,
          week: epoch.week,
          setWeek,
          root: isOther ? new Uint8Array(32).fill(5) : plan.root,
          rewards: plan.rewards,
          kept: chance(0.96) || epoch.kept === 0n ? epoch.kept : epoch.kept - 1n,
        });
      },
    ],
    [
      5,
      () => {
        const epoch = maybe(
          allOf(state, 'epoch').filter(({ value }) => value.status === EPOCH_STATUS.endorsed || chance(0.05)),
        )?.value;
        const entry = epoch === undefined ? undefined : maybe(cast.claimPlans.get(epoch.week)?.entries ?? []);
        if (epoch === undefined || entry === undefined) return undefined;
        return choice('claim', {
          payer: pick(cast.owners),
          owner: entry.owner,
          week: epoch.week,
          amount: chance(0.95) ? entry.amount : entry.amount + 1n,
          tail: entry.proof,
        });
      },
    ],
    [
      4,
      () => {
        const pool = maybe(allOf(state, 'pool').filter(({ value }) => value.toBurn > 0n || chance(0.05)));
        return pool === undefined ? undefined : choice('buyback', { pool: pool.address });
      },
    ],
    [
      1,
      () => {
        const pool = maybe(allOf(state, 'pool').filter(({ value }) => value.bought > 0n || chance(0.05)));
        return pool === undefined ? undefined : choice('burnBought', { pool: pool.address });
      },
    ],
    [
      3,
      () => {
        const ring = maybe(allOf(state, 'ring'));
        const found = allOf(state, 'resource').find(({ address }) => address === ring?.value.resource);
        if (ring === undefined || found === undefined) return undefined;
        const month = found.value.monthsClosed + (chance(0.5) ? 0 : int(4)) - (chance(0.97) ? 0 : 1);
        if (month < 0) return undefined;
        const { samples } = samplesInRing(config(), ring.value, BigInt(month));
        const p95Kbps = percentile95(samples);
        return choice('finaliseMonth', {
          resource: found.address,
          ring: ring.address,
          month,
          p95Kbps: chance(0.95) ? p95Kbps : int(2_000),
        });
      },
    ],
    [
      0.3,
      () => {
        const found = maybe(allOf(state, 'guardSet'));
        return found === undefined
          ? undefined
          : choice('closeSet', { payer: found.value.payer, week: found.value.week });
      },
    ],
    [
      0.5,
      () => {
        // One that has paid all it rewards, mostly: it closes as soon as its week does.
        const found = maybe(
          allOf(state, 'epoch').filter(
            ({ value }) =>
              (value.status === EPOCH_STATUS.endorsed && value.paid === value.rewards) || chance(0.2),
          ),
        );
        return found === undefined
          ? undefined
          : choice('closeEpoch', { payer: found.value.payer, week: found.value.week });
      },
    ],
  ];
}
