import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { auditHour, auditWeek } from '@media-network/audit';
import { EPOCH_STATUS, HOUR_STATUS, REPORT_STATUS } from '@media-network/chain/schema';
import { equalBytes, toHex } from '@media-network/protocol';
import { createViewer } from '@media-network/viewer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditDeps } from './harness/audit.ts';
import { endOf, present, startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';

const PICTURE = '/pictures/set.jpg';

/**
 * Four guards, three of which decide. One is always away when it matters, so that the ones that lost something must
 * have it again: without them nothing would become final. A week has three hours. Told in order.
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

  /** Every edge that runs serves something in the hour that begins now or is under way. */
  async function traffic(edges: readonly number[] = [0, 1]): Promise<void> {
    for (const index of edges) {
      const edge = present(network.edges[index], `edge ${index + 1}`);
      expect((await viewer.get(network.at(edge, PICTURE))).status).toBe(200);
    }
  }

  async function statusOf(hour: bigint): Promise<number | undefined> {
    return (await network.client.hour(hour))?.status;
  }

  /** Numbers of the guards whose votes made the hour final. */
  async function votersOf(hour: bigint): Promise<readonly number[]> {
    const account = present(await network.client.hour(hour), `hour ${hour}`);
    const votes = account.votes.slice(0, account.voteCount);
    return votes.filter((vote) => equalBytes(vote.root, account.root)).map((vote) => vote.no);
  }

  beforeAll(async () => {
    network = await startNetwork({
      guards: 4,
      edges: 2,
      // A set freezes at `minGuards`: with the usual three the fourth might be outside the first week's.
      periods: { hoursPerWeek: 3, finalHours: 4, minGuards: 4 },
    });
    expect(await network.chainHour()).toBe(0n);
    await traffic();
    await network.advancePast(0n);
  });
  afterAll(() => network?.close());

  test('a guard that lost its disk judges and decides on, and has the evidence of before again', async () => {
    expect(await statusOf(0n)).toBe(HOUR_STATUS.final);
    await stop(3);
    await wipe(0);
    await traffic();
    await network.advancePast(1n);
    const wiped = present(network.guards[0], 'guard 1');
    expect(await statusOf(1n)).toBe(HOUR_STATUS.final);
    expect(await votersOf(1n)).toContain(wiped.no);
    const { root } = present(await network.client.hour(0n), 'hour 0');
    expect((await fetch(`${wiped.url}/v1/hours/${toHex(root)}`)).status).toBe(200);
  });

  test('one that was away for two hours takes part again, and the week is paid', async () => {
    await traffic();
    await network.advanceTo(endOf(network, 2n));
    const back = await network.restartGuard(3);
    await stop(1);
    await network.advancePast(2n);
    expect(await statusOf(2n)).toBe(HOUR_STATUS.final);
    // Its reports are confirmed: an edge that is gone is paid as well.
    await present(network.edges[1], 'edge 2').close();
    await network.advancePastWeek(0n);
    const epoch = present(await network.client.epoch(0n), 'epoch 0');
    expect(epoch.status).toBe(EPOCH_STATUS.closed);
    expect(epoch.votes.slice(0, epoch.voteCount).map(({ no }) => no)).toContain(back.no);
    const audit = await auditWeek(auditDeps(network.client), 0n);
    expect([audit.differences, audit.unknown, audit.figures.hours]).toEqual([[], [], 3]);
    for (const edge of network.edges) {
      const { owner } = present(
        await network.client.account('edge', present(edge, 'edge').address),
        'edge account',
      );
      expect(audit.figures.shares.get(owner)).toBeGreaterThan(0n);
    }
  });

  test('all guards away over a week: what they could not judge is unpaid, all else goes on', async () => {
    await start(1);
    await network.restartEdge(1);
    await network.settle();
    await network.advanceTo(endOf(network, 3n));
    expect(await network.chainHour()).toBe(4n);
    await traffic();
    await network.advancePast(4n);
    expect(await statusOf(4n)).toBe(HOUR_STATUS.final);
    await traffic();
    for (const index of [0, 1, 2, 3]) await stop(index);
    await network.advanceTo(endOf(network, 8n));
    const edge = present(network.edges[0], 'edge 1');
    const judged = present(await network.client.report(edge.address, 5n), 'report');
    expect(judged.status).toBe(REPORT_STATUS.pending);
    expect((await network.client.epoch(1n))?.status).not.toBe(EPOCH_STATUS.closed);
    expect(await network.client.guardSet(3n)).toBeNull();

    for (const index of [0, 1, 2, 3]) await start(index);
    await network.settle();
    await traffic();
    await network.advancePast(9n);
    expect(await statusOf(5n)).toBe(HOUR_STATUS.final);
    expect(present(await network.client.hour(5n), 'hour 5').confirmed).toBe(0);
    expect(await statusOf(9n)).toBe(HOUR_STATUS.final);
    expect(present(await network.client.epoch(1n), 'epoch 1').status).toBe(EPOCH_STATUS.closed);
    const audits = [
      await auditWeek(auditDeps(network.client), 1n),
      await auditHour(auditDeps(network.client), 9n),
    ];
    expect(audits.flatMap(({ differences, unknown }) => [...differences, ...unknown])).toEqual([]);
  });

  test('evidence that only one guard still has is enough to close the week', async () => {
    for (const index of [0, 1, 2]) await wipe(index);
    await network.settle();
    await network.advancePastWeek(3n);
    const epoch = present(await network.client.epoch(3n), 'epoch 3');
    expect(epoch.status).toBe(EPOCH_STATUS.closed);
    await stop(3);
    const audit = await auditWeek(auditDeps(network.client), 3n);
    expect([audit.differences, audit.unknown]).toEqual([[], []]);
    const config = await network.client.config();
    expect(config.claimed).toBeGreaterThan(0n);
    expect(config.claimed <= config.allocated && config.allocated <= config.kept).toBe(true);
  });
});
