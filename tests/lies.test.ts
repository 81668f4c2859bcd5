import { HOUR_STATUS, LEVEL } from '@media-network/chain/schema';
import { doubledReport } from '@media-network/devnet';
import type { Edge } from '@media-network/edge';
import {
  decodeClaims,
  decodeHour,
  decodeVerdict,
  recordTail,
  toHex,
  weekOfHour,
} from '@media-network/protocol';
import type { Hour } from '@media-network/protocol';
import { createViewer } from '@media-network/viewer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asksForAll, doublesReceipts, forgesRoot } from './harness/liars.ts';
import { present, sha256, startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';

const PICTURE = '/pictures/set.jpg';
const viewer = createViewer();

/** The final hour as guards publish it. */
async function hourOf(network: ManualNetwork, hour: bigint): Promise<Hour> {
  const account = present(await network.client.hour(hour), `hour ${hour}`);
  expect(account.status).toBe(HOUR_STATUS.final);
  const guard = present(network.guards[0], 'guard 1');
  const answer = await viewer.get(`${guard.url}/v1/hours/${toHex(account.root)}`, { keepBody: true });
  return present(decodeHour(answer.body, sha256), 'hour');
}

/** One hour told from its reports to its claims; the publisher pays for vouched bytes only. */
describe('edges that lie in their reports beside honest ones', () => {
  let network: ManualNetwork;
  let hour = 0n;
  const lies = { 2: doubledReport, 3: asksForAll, 4: doublesReceipts, 5: forgesRoot } as const;
  /** Bytes that clients signed for, by index of the edge. */
  const signed: bigint[] = [];
  const edge = (index: number): Edge => present(network.edges[index], `edge ${index + 1}`);

  beforeAll(async () => {
    network = await startNetwork({
      edges: 6,
      allowance: 0n,
      edgeOverrides: (index) => {
        const buildReport = new Map(Object.entries(lies)).get(String(index));
        return buildReport === undefined ? {} : { buildReport };
      },
    });
    hour = await network.chainHour();
    for (const each of network.edges) {
      expect((await viewer.get(network.at(each, PICTURE))).status).toBe(200);
      const session = await viewer.openSession({
        tokens: network.tokens,
        resource: network.resource,
        url: network.at(each, '/'),
        edge: each.address,
      });
      expect((await session.get('/hls/360p/000.m4s')).status).toBe(200);
      await session.settle();
      signed.push(session.signed);
    }
    await network.advancePast(hour);
  });
  afterAll(() => network?.close());

  async function levelsOf(index: number): Promise<readonly number[]> {
    const report = present(await network.client.report(edge(index).address, hour), 'report');
    return (await network.client.verdicts(hour)).map(
      ({ tail, length }) => decodeVerdict(tail.subarray(0, length))?.levels[report.index] ?? LEVEL.none,
    );
  }

  test('the honest are judged in full, who forges a root is rejected', async () => {
    for (const index of [0, 1]) expect(await levelsOf(index)).toEqual([1, 1, 1]);
    expect(await levelsOf(5)).toEqual([3, 3, 3]);
  });

  test.each([
    ['is honest', 0, 1n],
    ['doubles its bytes', 2, 1n],
    ['asks for every byte as an open one', 3, 1n],
    ['doubles the receipts of its clients', 4, 0n],
    ['forges the root of its entries', 5, 0n],
  ])('one that %s is credited what its clients signed for, and not a byte more', async (_, index, part) => {
    const final = await hourOf(network, hour);
    const row = final.edges.find((each) => each.edge === edge(index).address);
    const credited = row?.rows.reduce((sum, each) => sum + each.credited, 0n) ?? 0n;
    expect(credited).toBe(part * present(signed[index], 'signed'));
  });

  test('the publisher pays for what was signed, and only those who earned it are paid', async () => {
    const final = await hourOf(network, hour);
    const total = [0, 1, 2, 3].reduce((sum, index) => sum + present(signed[index], 'signed'), 0n);
    expect(final.resources.map(({ billable, disputed }) => [billable, disputed])).toEqual([[total, 0n]]);
    const week = weekOfHour(network.periods, hour);
    await network.advancePastWeek(week);
    const epoch = present(await network.client.epoch(week), 'epoch');
    const guard = present(network.guards[0], 'guard 1');
    const answer = await viewer.get(`${guard.url}/v1/weeks/${toHex(epoch.root)}`, { keepBody: true });
    const table = present(decodeClaims(answer.body, sha256), 'claims');
    expect(toHex(table.root)).toBe(toHex(epoch.root));
    const owners = table.claims.map(({ owner }) => owner);
    for (const index of [0, 1, 2, 3]) expect(owners).toContain(edge(index).owner);
    for (const index of [4, 5]) {
      expect(owners).not.toContain(edge(index).owner);
      expect(await network.client.claimed(edge(index).owner)).toBeNull();
    }
  });

  test('a recorded hour cannot be recorded again, nor with other figures', async () => {
    const { client } = network;
    const before = present(await client.account('resource', network.resource), 'resource');
    expect(before.lastHour).toBeGreaterThan(hour);
    const final = await hourOf(network, hour);
    const record = await recorder(network);
    await expect(record(hour, recordTail(final, 0, 1))).rejects.toMatchObject({
      code: 'chain/already-exists',
    });
    const [leaf] = final.resources;
    const forged = { ...final, resources: [{ ...present(leaf, 'leaf'), billable: 2n ** 40n }] };
    await expect(record(hour, recordTail(forged, 0, 1))).rejects.toMatchObject({ code: 'chain/wrong-proof' });
    const cut = recordTail(final, 0, 1).slice(0, -32);
    await expect(record(hour, cut)).rejects.toMatchObject({ code: 'chain/wrong-proof' });
    const after = present(await client.account('resource', network.resource), 'resource');
    expect([after.lastHour, after.bytesTotal, after.weeks]).toEqual([
      before.lastHour,
      before.bytesTotal,
      before.weeks,
    ]);
  });
});

/** Sends the first leaf of a final hour straight to the program, as any stranger may. */
async function recorder(
  network: ManualNetwork,
): Promise<(hour: bigint, tail: Uint8Array) => Promise<unknown>> {
  const { client } = network;
  const { address, ring } = present(await client.account('resource', network.resource), 'resource');
  return async (hour, tail) => {
    const instruction = await client.instructions.record({
      hour,
      index: 0,
      count: 1,
      resources: [{ resource: address, ring }],
      tail,
    });
    return client.send([instruction], { payer: network.treasury });
  };
}

const recordsNothing = (): Promise<never> => Promise.reject(new Error('this guard records nothing'));

describe('final hours that nobody has recorded', () => {
  test('can be recorded by a stranger, each once and in any order', async () => {
    const network = await startNetwork({ edges: 1 });
    try {
      const { client } = network;
      // Guards that do everything but record.
      const idle = { ...client, instructions: { ...client.instructions, record: recordsNothing } };
      for (const index of network.guards.keys()) await network.restartGuard(index, { client: idle });
      const first = await network.chainHour();
      const edge = present(network.edges[0], 'edge');
      await viewer.get(network.at(edge, PICTURE));
      await network.advanceTo(
        network.periods.epochZero + (first + 1n) * 12n * BigInt(network.periods.sampleSecs) + 1n,
      );
      await viewer.get(network.at(edge, PICTURE));
      await network.advancePast(first + 1n);
      const record = await recorder(network);
      const tails = new Map<bigint, Uint8Array>();
      for (const hour of [first, first + 1n]) tails.set(hour, recordTail(await hourOf(network, hour), 0, 1));
      const total = async (): Promise<readonly bigint[]> => {
        const found = present(await client.account('resource', network.resource), 'resource');
        return [found.lastHour, found.bytesTotal];
      };
      expect(await total()).toEqual([0n, 0n]);
      // One hour's leaf is no other's.
      await expect(record(first, present(tails.get(first + 1n), 'tail'))).rejects.toMatchObject({
        code: 'chain/wrong-proof',
      });
      await record(first + 1n, present(tails.get(first + 1n), 'tail'));
      const [newest, later = 0n] = await total();
      expect(newest).toBe(first + 2n);
      await record(first, present(tails.get(first), 'tail'));
      const [still, both = 0n] = await total();
      expect(still).toBe(first + 2n);
      expect(both).toBeGreaterThan(later);
      for (const hour of [first, first + 1n])
        await expect(record(hour, present(tails.get(hour), 'tail'))).rejects.toMatchObject({
          code: 'chain/already-exists',
        });
      expect(await total()).toEqual([still, both]);
    } finally {
      await network.close();
    }
  });
});
