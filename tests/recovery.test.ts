import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { auditHour, auditWeek } from '@media-network/audit';
import { EPOCH_STATUS, HOUR_STATUS } from '@media-network/chain/schema';
import { equalBytes, hourWindows, toHex } from '@media-network/protocol';
import { createViewer } from '@media-network/viewer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditDeps } from './harness/audit.ts';
import { endOf, present, startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';

const PICTURE = '/pictures/set.jpg';
/** Hour n of the story is the network's 3 + n, and a week has three. */
const h = (n: number): bigint => 3n + BigInt(n);
/** A busy machine takes minutes for what an idle one does in one. */
const BUSY_MS = 400_000;
const weekOf = (n: number): bigint => h(n) / 3n;

/**
 * Four guards, three of which decide. One is always away when it matters, so that the ones that lost something must
 * have it again: without them nothing would become final. Told in order.
 */
describe('a network that loses guards, disks and time', () => {
  let network: ManualNetwork;
  const viewer = createViewer();

  const stop = (index: number): Promise<void> => present(network.guards[index], `guard ${index + 1}`).close();
  const start = (index: number): Promise<unknown> => network.restartGuard(index);
  async function wipe(index: number): Promise<void> {
    await stop(index);
    await rm(join(network.dir, `guard-${index + 1}`), { recursive: true });
    await start(index);
  }

  /** Both edges serve something in the hour that is under way. */
  async function traffic(): Promise<void> {
    for (const edge of network.edges) expect((await viewer.get(network.at(edge, PICTURE))).status).toBe(200);
  }

  /** Until an hour is decided though a guard is away: reveals then take until their window ends. */
  const pastReveals = (hour: bigint): Promise<void> =>
    network.advanceTo(
      hourWindows(network.periods, hour).revealsUntil + BigInt(2 * network.periods.sampleSecs),
    );

  async function statusOf(hour: bigint): Promise<number | undefined> {
    return (await network.client.hour(hour))?.status;
  }

  /** Numbers of the guards whose votes made the hour final. */
  async function votersOf(hour: bigint): Promise<readonly number[]> {
    const account = present(await network.client.hour(hour), `hour ${hour}`);
    const votes = account.votes.slice(0, account.voteCount);
    return votes.filter((vote) => equalBytes(vote.root, account.root)).map((vote) => vote.no);
  }

  /** A jump of the clock in which nobody does anything: as if all had slept. */
  async function jumpTo(unixSecs: bigint): Promise<void> {
    const left = unixSecs - (await network.client.chainTime());
    present(network.localnet, 'embedded chain').advanceSeconds(Number(left));
    await network.settle();
  }

  beforeAll(async () => {
    network = await startNetwork({
      guards: 4,
      edges: 2,
      // A set freezes at `minGuards`: with the usual three the fourth might be outside the first week's.
      periods: { hoursPerWeek: 3, finalHours: 4, lateHours: 6, dustBytes: 16_384n, minGuards: 4 },
    });
    await jumpTo(endOf(network, h(0) - 1n));
    await traffic();
    await network.advancePast(h(0));
  }, BUSY_MS);
  afterAll(() => network?.close());

  test(
    'a guard that lost its disk judges and decides on, and has the evidence of before again',
    async () => {
      expect(await statusOf(h(0))).toBe(HOUR_STATUS.final);
      await stop(3);
      await wipe(0);
      await traffic();
      await network.advanceTo(endOf(network, h(1)));
      await traffic();
      await pastReveals(h(1));
      const wiped = present(network.guards[0], 'guard 1');
      expect(await statusOf(h(1))).toBe(HOUR_STATUS.final);
      expect(await votersOf(h(1))).toContain(wiped.no);
      const { root } = present(await network.client.hour(h(0)), 'hour');
      expect((await fetch(`${wiped.url}/v1/hours/${toHex(root)}`)).status).toBe(200);
    },
    BUSY_MS,
  );

  test(
    'one that was away for two hours takes part again, and the week is paid',
    async () => {
      const back = await network.restartGuard(3);
      await stop(1);
      await pastReveals(h(2));
      expect(await statusOf(h(2))).toBe(HOUR_STATUS.final);
      // Its reports are judged: an edge that is gone is paid as well.
      await present(network.edges[1], 'edge 2').close();
      await network.advance(4 * network.periods.sampleSecs);
      const epoch = present(await network.client.epoch(weekOf(0)), 'epoch');
      expect(epoch.status).toBe(EPOCH_STATUS.endorsed);
      expect(epoch.votes.slice(0, epoch.voteCount).map(({ no }) => no)).toContain(back.no);
      const audit = await auditWeek(auditDeps(network.client), weekOf(0));
      expect([audit.differences, audit.unknown, audit.figures.hours]).toEqual([[], [], 3]);
      for (const edge of network.edges) {
        const { owner } = present(
          await network.client.account('edge', present(edge, 'edge').address),
          'edge account',
        );
        expect(audit.figures.shares.get(owner)).toBeGreaterThan(0n);
      }
    },
    BUSY_MS,
  );

  test(
    'all guards away over a week: what they could not judge is decided late, all else goes on',
    async () => {
      await start(1);
      await network.restartEdge(1);
      await network.settle();
      expect(await network.chainHour()).toBe(h(4));
      await traffic();
      await network.advancePast(h(4));
      expect(await statusOf(h(4))).toBe(HOUR_STATUS.final);
      await traffic();
      for (const index of [0, 1, 2, 3]) await stop(index);
      // The edges report the hour; then nothing happens for a week.
      await network.advanceTo(endOf(network, h(5)) + BigInt(network.periods.sampleSecs));
      await jumpTo(endOf(network, h(8)));
      expect(await statusOf(h(5))).toBe(HOUR_STATUS.open);
      expect((await network.client.epoch(weekOf(3)))?.status).not.toBe(EPOCH_STATUS.endorsed);
      expect(await network.client.guardSet(weekOf(9))).toBeNull();

      for (const index of [0, 1, 2, 3]) await start(index);
      await network.settle();
      await traffic();
      await network.advancePast(h(9));
      expect(await statusOf(h(9))).toBe(HOUR_STATUS.final);
      expect(await statusOf(h(5))).toBe(HOUR_STATUS.open);
      // Its own set could not decide: the one of the day does, from the kept evidence. Nobody judged it, so vouched bytes
      // count only, and there were none.
      await network.advanceTo(
        hourWindows(network.periods, h(5)).finalUntil + BigInt(4 * network.periods.sampleSecs),
      );
      const late = present(await network.client.hour(h(5)), 'hour');
      expect([late.status, late.reports, late.reveals]).toEqual([HOUR_STATUS.final, 2, 0]);
      expect(late.voteWeek).toBeGreaterThan(weekOf(5));
      expect(present(await network.client.epoch(weekOf(3)), 'epoch').status).toBe(EPOCH_STATUS.endorsed);
      const audits = [
        await auditWeek(auditDeps(network.client), weekOf(3)),
        await auditHour(auditDeps(network.client), h(9)),
        await auditHour(auditDeps(network.client), h(5)),
      ];
      expect(audits.flatMap(({ differences, unknown }) => [...differences, ...unknown])).toEqual([]);
    },
    BUSY_MS,
  );

  test(
    'evidence that only one guard still has is enough to close the week',
    async () => {
      for (const index of [0, 1, 2]) await wipe(index);
      await network.settle();
      await network.advancePastWeek(weekOf(9));
      const epoch = present(await network.client.epoch(weekOf(9)), 'epoch');
      expect(epoch.status).toBe(EPOCH_STATUS.endorsed);
      await stop(3);
      const audit = await auditWeek(auditDeps(network.client), weekOf(9));
      expect([audit.differences, audit.unknown]).toEqual([[], []]);
      const config = await network.client.config();
      expect(config.claimed).toBeGreaterThan(0n);
      expect(config.claimed <= config.allocated && config.allocated <= config.kept).toBe(true);
    },
    BUSY_MS,
  );
});
