import { setTimeout } from 'node:timers/promises';
import { auditMonth } from '@media-network/audit';
import type { Edge } from '@media-network/edge';
import {
  monthFinalFrom,
  monthOfSample,
  percentile95,
  quotaBytes,
  sampleAt,
  samplesInRing,
  samplesOfMonth,
  weekAt,
  weekEnd,
} from '@media-network/protocol';
import { createViewer } from '@media-network/viewer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SHORT_WEEK, lyingClient, present, startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';
import { publish } from './harness/publish.ts';

/** A month of two hours, of which one sample is ignored; hours are past their own set two hours after their verdicts. */
const PERIODS = { ...SHORT_WEEK, monthSlots: 24, finalHours: 2, lateHours: 3 };

const PICTURE = '/pictures/set.jpg';
/** Its head included. */
const PICTURE_BYTES = 200_000n;

/** What guards do by themselves with what traffic leaves on chain. */
describe('when traffic has passed', () => {
  let network: ManualNetwork;
  let month = 0n;
  const viewer = createViewer();

  beforeAll(async () => {
    network = await startNetwork({ periods: PERIODS, guardFlags: () => ({ probe: false }) });
    const edge = present(network.edges[0], 'edge 1');
    const hour = await network.chainHour();
    month = monthOfSample(network.periods, hour * 12n);
    // In two samples, so that the highest of them is ignored and the other is not.
    for (let slot = 0; slot < 2; slot += 1) {
      expect((await viewer.get(network.at(edge, '/download/50mb.bin'))).status).toBe(200);
      await network.advance(network.periods.sampleSecs);
    }
    expect(await network.chainHour()).toBe(hour);
    await network.advancePast(hour);
  });
  afterAll(() => network?.close());

  test('the month is finalised, with the percentile of its samples', async () => {
    const { client } = network;
    const before = present(await client.account('resource', network.resource), 'resource');
    expect(before.monthsClosed <= Number(month)).toBe(true);
    const sample = BigInt(network.periods.sampleSecs);
    await network.advanceTo(monthFinalFrom(network.periods, month) + 3n * sample);
    const resource = present(await client.account('resource', network.resource), 'resource');
    expect(resource.monthsClosed).toBe(Number(month) + 1);
    const result = present(
      resource.months.find((each) => each.month === Number(month) + 1),
      'month',
    );
    const ring = present(await client.ring(resource.ring), 'ring');
    const { samples, held } = samplesInRing(network.periods, ring, month);
    expect(held).toBe(true);
    expect(samples.filter((rate) => rate > 0).length).toBeGreaterThanOrEqual(2);
    expect([result.p95Kbps, resource.p95Kbps]).toEqual([percentile95(samples), percentile95(samples)]);
    expect(result.p95Kbps).toBeGreaterThan(0);
    expect(network.guards.reduce((sum, guard) => sum + guard.stats().months, 0)).toBe(1);
  });

  test('a stranger counts it again, and notices another ring', async () => {
    const { client } = network;
    const resource = present(await client.account('resource', network.resource), 'resource');
    const found = await auditMonth({ client }, resource.address);
    expect(found).toMatchObject({ agrees: true, differences: [], unknown: [] });
    const ring = present(await client.ring(resource.ring), 'ring');
    const emptied = lyingClient(client, {
      ring: async () => ({ ...ring, tail: new Uint32Array(ring.tail.length) }),
    });
    expect((await auditMonth({ client: emptied }, resource.address)).agrees).toBe(false);
  });

  test('the quote side of the fees is bought back and burned', async () => {
    const { client } = network;
    const read = async () => present((await client.pools())[0], 'pool');
    // Fees are taken when the week is over, if not before; then a guard buys, and the next round burns.
    const week = weekAt(network.periods, await client.chainTime());
    const end = weekEnd(network.periods, week) + BigInt(12 * network.periods.sampleSecs);
    while ((await read()).burned === 0n && (await client.chainTime()) < end)
      await network.advance(network.periods.sampleSecs);
    const { spent, burned, toBurn } = await read();
    expect(spent).toBeGreaterThan(0n);
    expect(toBurn).toBe(0n);
    const { mediaMint } = await client.config();
    const { value } = await client.rpc.getTokenSupply(mediaMint).send();
    expect(burned).toBeGreaterThan(0n);
    expect(BigInt(value.amount) + burned).toBe(10_000_000n * 10n ** 9n);
  });

  test('edges share a quota by demand, a burst uses up the month, and all together are then held to it', async () => {
    const { client, periods, guards, edges } = network;
    const site = await publish(network, present(network.origin, 'origin').url, { lpPart: 2_000_000n });
    const sampleSecs = BigInt(periods.sampleSecs);
    const account = async () => present(await client.account('resource', site.resource), 'resource');
    const { quotaKbps } = await account();
    const quota = quotaBytes(quotaKbps, periods.sampleSecs);
    // A picture is a two-hundredth of it: what is under way when a share ends.
    const get = async (edge: Edge) => {
      const response = await viewer.get(`http://${site.host}:${edge.port}${PICTURE}`);
      return { status: response.status, bytes: BigInt(response.totalBytes), response };
    };
    /** Viewers ask an edge until they have so many bytes of it, or are refused. */
    const watch = async (edge: Edge, upTo: bigint) => {
      let served = 0n;
      while (served < upTo) {
        const { status, bytes, response } = await get(edge);
        if (status === 200) served += bytes;
        else return { served, refused: response };
      }
      return { served, refused: undefined };
    };
    /** Viewers who come back when they are refused: an edge asks for more before its share ends, and guards may be slow. */
    const watchOn = async (edge: Edge, upTo: bigint) => {
      let served = 0n;
      for (let tries = 0; served < upTo && tries < 300; tries += 1) {
        const found = await watch(edge, upTo - served);
        served += found.served;
        if (found.refused !== undefined) await setTimeout(100);
      }
      return served;
    };
    /** In the middle of a sample edges tell guards what they serve, near its end they ask about the next. */
    const nextSample = async () => {
      for (const part of [5, 3, 2]) await network.advance((periods.sampleSecs * part) / 10);
    };
    // The first seconds of a month.
    const now = await client.chainTime();
    const next = monthOfSample(periods, sampleAt(periods, now)) + 1n;
    const { begin } = samplesOfMonth(periods, next);
    await network.advanceTo(periods.epochZero + begin * sampleSecs + sampleSecs / 10n);

    // A month of 24 samples may be above its quota in one.
    const wanted = [quota / 2n, quota / 4n, quota / 2n];
    const burst: bigint[] = [];
    for (const [i, edge] of edges.entries()) burst.push(await watchOn(edge, wanted[i] ?? 0n));
    expect(burst.reduce((sum, each) => sum + each, 0n)).toBeGreaterThan(quota);
    await nextSample();

    // From now on the quota holds: each edge to its share, by what it was asked for before.
    for (let sample = 0; sample < 2; sample += 1) {
      let sum = 0n;
      for (const edge of edges) {
        const { served: bytes, refused } = await watch(edge, quota);
        expect(refused?.status).toBe(503);
        expect(refused?.header('media-error')).toBe('edge/over-share');
        expect(Number(refused?.header('retry-after'))).toBeGreaterThan(0);
        expect(bytes).toBeGreaterThan(0n);
        sum += bytes;
      }
      expect(sum).toBeLessThanOrEqual(quota + BigInt(edges.length) * PICTURE_BYTES);
      expect(sum).toBeGreaterThan((quota * 8n) / 10n);
      await nextSample();
    }

    // What guards say of it is the same, and adds up.
    const sample = sampleAt(periods, await client.chainTime()) - 1n;
    const tables = await Promise.all(
      guards.map(async ({ url }) => {
        const answer = await fetch(`${url}/v1/shares?resource=${site.resource}&sample=${sample}`);
        return (await answer.json()) as { budget: string; burst: boolean; shares: { bytes: string }[] };
      }),
    );
    for (const table of tables) {
      expect(table).toMatchObject({ budget: String(quota), burst: false });
      expect(table.shares.reduce((sum, { bytes }) => sum + BigInt(bytes), 0n)).toBeLessThanOrEqual(quota);
    }
  });
});
