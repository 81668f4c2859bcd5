import { EPOCH_STATUS, HOUR_STATUS, REPORT_STATUS, VERDICT_REASON } from '@media-network/chain/schema';
import { doubledReport } from '@media-network/devnet';
import type { Edge } from '@media-network/edge';
import {
  concatBytes,
  decodeEpoch,
  decodeHour,
  encodeResourceHour,
  equalBytes,
  weekOfHour,
} from '@media-network/protocol';
import { createViewer } from '@media-network/viewer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditDeps } from './harness/audit.ts';
import {
  NO_ROOT,
  claimsSignatures,
  doublesReceipts,
  forgesRoot,
  startDoublingControl,
} from './harness/liars.ts';
import { endOf, present, startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';

const PICTURE = '/pictures/set.jpg';

/** Owners with a claim in the epoch of a week, from what guards publish. */
async function ownersPaid(network: ManualNetwork, week: bigint): Promise<readonly string[]> {
  const epoch = present(await network.client.epoch(week), 'epoch');
  expect(epoch.status).toBe(EPOCH_STATUS.closed);
  const deps = auditDeps(network.client);
  const table = await deps.blobs.find('epochs', epoch.root, (blob) => decodeEpoch(blob, deps.sha256));
  return present(table, 'table of claims').claims.map((claim) => claim.owner);
}

async function reasonsOf(network: ManualNetwork, edge: Edge, hour: bigint): Promise<readonly number[]> {
  const report = present(await network.client.report(edge.address, hour), 'report');
  return [...new Set(report.reasons.slice(0, report.voteCount))].filter((reason) => reason > 0);
}

async function statusOf(network: ManualNetwork, edge: Edge, hour: bigint): Promise<number> {
  return present(await network.client.report(edge.address, hour), 'report').status;
}

describe('edges that lie beside honest ones', () => {
  let network: ManualNetwork;
  let hour = 0n;
  const lies = { 2: doubledReport, 3: claimsSignatures, 4: doublesReceipts, 5: forgesRoot } as const;
  const edge = (index: number): Edge => present(network.edges[index], `edge ${index + 1}`);

  beforeAll(async () => {
    network = await startNetwork({
      edges: 6,
      edgeOverrides: (index) => {
        const buildReport = new Map(Object.entries(lies)).get(String(index));
        return buildReport === undefined ? {} : { buildReport };
      },
    });
    hour = await network.chainHour();
    const viewer = createViewer();
    const guard = present(network.guards[0], 'guard');
    for (const [index, each] of network.edges.entries()) {
      expect((await viewer.get(network.at(each, PICTURE))).status).toBe(200);
      // The edge that doubles its bytes has unsigned traffic only: nothing but its counters speaks against it.
      if (index === 2) continue;
      const session = await viewer.openSession({
        guardUrl: guard.url,
        resource: network.resource,
        url: network.at(each, '/'),
        edge: each.address,
      });
      expect((await session.get('/hls/360p/init.mp4')).status).toBe(200);
      await session.settle();
    }
    await network.advancePast(hour);
  });
  afterAll(() => network?.close());

  test('the honest are confirmed', async () => {
    for (const index of [0, 1]) {
      const status = await statusOf(network, edge(index), hour);
      expect({ index, status, reasons: await reasonsOf(network, edge(index), hour) }).toEqual({
        index,
        status: REPORT_STATUS.confirmed,
        reasons: [],
      });
    }
  });

  test.each([
    ['doubles unsigned bytes', 2, [VERDICT_REASON.counterMismatch]],
    ['claims signatures that nobody gave', 3, [VERDICT_REASON.attestedMismatch]],
    ['doubles its bytes and its receipts', 4, [VERDICT_REASON.badReceipt]],
  ])('one that %s is rejected', async (_, index, reasons) => {
    expect(await statusOf(network, edge(index), hour)).toBe(REPORT_STATUS.rejected);
    expect(await reasonsOf(network, edge(index), hour)).toEqual(reasons);
  });

  test('one whose entries are not under its root is not confirmed', async () => {
    await network.advanceTo(
      network.periods.epochZero + (hour + 2n) * BigInt(12 * network.periods.sampleSecs),
    );
    expect(await statusOf(network, edge(5), hour)).not.toBe(REPORT_STATUS.confirmed);
    for (const reason of await reasonsOf(network, edge(5), hour)) {
      expect([VERDICT_REASON.wrongRoot, VERDICT_REASON.unavailable]).toContain(reason);
    }
    expect(await reasonsOf(network, edge(5), hour)).not.toEqual([]);
  });

  test('what is final counts the honest only; the liars earn nothing', async () => {
    const account = present(await network.client.hour(hour), 'hour');
    expect([account.status, account.confirmed]).toEqual([HOUR_STATUS.final, 2]);
    const week = weekOfHour(network.periods, hour);
    await network.advancePastWeek(week);
    const paid = await ownersPaid(network, week);
    for (const index of [0, 1]) expect(paid).toContain(edge(index).owner);
    for (const index of [2, 3, 4, 5]) {
      // Guards probe every edge in later hours too: those reports are doubled as well, and nothing of them is paid.
      expect(paid).not.toContain(edge(index).owner);
      expect(await network.client.claimed(edge(index).owner)).toBeNull();
    }
  });

  test('a recorded hour cannot be recorded again, nor with other figures', async () => {
    const { client } = network;
    const before = present(await client.account('resource', network.resource), 'resource');
    expect(before.lastHour).toBeGreaterThan(hour);
    const record = await recordOf(network, hour);
    await expect(record({})).rejects.toMatchObject({ code: 'chain/wrong-previous' });
    await expect(record({ previous: before.lastHour })).rejects.toMatchObject({ code: 'chain/wrong-proof' });
    await expect(record({ addBillable: 1n })).rejects.toMatchObject({ code: 'chain/wrong-proof' });
    await expect(record({ proof: [] })).rejects.toMatchObject({ code: 'chain/wrong-proof' });
    const after = present(await client.account('resource', network.resource), 'resource');
    expect([after.lastHour, after.bytesTotal, after.due]).toEqual([
      before.lastHour,
      before.bytesTotal,
      before.due,
    ]);
  });
});

interface Forgery {
  readonly previous?: bigint;
  readonly addBillable?: bigint;
  readonly proof?: readonly Uint8Array[];
}

/** Sends the resource's leaf of a final hour straight to the program, as any stranger may. */
async function recordOf(network: ManualNetwork, hour: bigint): Promise<(forgery: Forgery) => Promise<void>> {
  const { client } = network;
  const account = present(await client.hour(hour), `hour ${hour}`);
  expect(account.status).toBe(HOUR_STATUS.final);
  const deps = auditDeps(client);
  const final = present(
    await deps.blobs.find('hours', account.root, (blob) => {
      const decoded = decodeHour(blob, deps.sha256);
      return decoded !== undefined && equalBytes(decoded.root, account.root) ? decoded : undefined;
    }),
    'leaves of the hour',
  );
  const index = final.resources.findIndex((leaf) => leaf.resource === network.resource);
  const leaf = present(final.resources[index], 'leaf of the resource');
  const resource = present(await client.account('resource', network.resource), 'resource');
  return async ({ previous, addBillable, proof }) => {
    const instruction = await client.instructions.record({
      resource: resource.address,
      ring: resource.ring,
      hour,
      previous: previous ?? leaf.previous,
      slots: encodeResourceHour(leaf).slice(40, 136),
      billable: leaf.billable + (addBillable ?? 0n),
      tail: concatBytes(proof ?? final.resourceProof(index)),
    });
    await client.send([instruction], { payer: network.treasury });
  };
}

const recordsNothing = (): Promise<never> => Promise.reject(new Error('this guard records nothing'));

describe('an hour with traffic', () => {
  test('cannot be skipped: the chain of hours is recorded link by link', async () => {
    const network = await startNetwork({ edges: 1 });
    try {
      const { client } = network;
      // Guards that do everything but record, so that a stranger finds two final hours unrecorded.
      const idle = { ...client, instructions: { ...client.instructions, record: recordsNothing } };
      for (const index of network.guards.keys()) await network.restartGuard(index, { client: idle });
      const first = await network.chainHour();
      const viewer = createViewer();
      const edge = present(network.edges[0], 'edge');
      await viewer.get(network.at(edge, PICTURE));
      await network.advanceTo(endOf(network, first) + 1n);
      await viewer.get(network.at(edge, PICTURE));
      await network.advancePast(first + 1n);
      const [one, two] = [await recordOf(network, first), await recordOf(network, first + 1n)];
      const lastHour = async (): Promise<bigint> =>
        present(await client.account('resource', network.resource), 'resource').lastHour;

      expect(await lastHour()).toBe(0n);
      await expect(two({})).rejects.toMatchObject({ code: 'chain/wrong-previous' });
      await expect(two({ previous: 0n })).rejects.toMatchObject({ code: 'chain/wrong-proof' });
      expect(await lastHour()).toBe(0n);
      await one({});
      await expect(one({})).rejects.toMatchObject({ code: 'chain/wrong-previous' });
      await two({});
      await expect(two({})).rejects.toMatchObject({ code: 'chain/wrong-previous' });
      await expect(one({})).rejects.toMatchObject({ code: 'chain/wrong-previous' });
      expect(await lastHour()).toBe(first + 2n);
    } finally {
      await network.close();
    }
  });
});

describe('an edge whose meter itself is inflated', () => {
  test('is caught by a guard that counts its own bytes, with unsigned traffic only', async () => {
    // One guard is the whole set here: when the clock is turned all guards would probe in the same instant,
    // and probes that meet each other prove nothing.
    const network = await startNetwork({
      guards: 1,
      edges: 2,
      edgeOverrides: (index) => (index === 1 ? { buildReport: doubledReport } : {}),
    });
    const operator = await network.wallets.ensure('edge-2');
    const liar = present(network.edges[1], 'edge 2');
    const control = await startDoublingControl(liar.controlUrl, operator);
    try {
      const { client } = network;
      const account = present(await client.edge(operator.address), 'edge account');
      const { endpoint, region } = account;
      const update = await client.instructions.updateEdge({
        owner: operator,
        operator: operator.address,
        endpoint,
        region,
        control: control.url,
      });
      await client.send([update], { payer: operator });
      await network.settle();
      await createViewer().get(network.at(liar, PICTURE));
      const hour = (await network.chainHour()) + 1n;
      await network.advancePast(hour);
      expect(await statusOf(network, liar, hour)).toBe(REPORT_STATUS.rejected);
      expect(await reasonsOf(network, liar, hour)).toEqual([VERDICT_REASON.inflatedMeter]);
      expect(await statusOf(network, present(network.edges[0], 'edge 1'), hour)).toBe(
        REPORT_STATUS.confirmed,
      );
    } finally {
      await control.close();
      await network.close();
    }
  });
});

describe('guards that lie', () => {
  test('one that confirms alone, and one that posts another root, change nothing', async () => {
    // Of four guards three are more than two thirds. A set is frozen when it has the least number, so that is four.
    const network = await startNetwork({
      periods: { hoursPerWeek: 3, finalHours: 4, minGuards: 4 },
      guards: 4,
      edges: 2,
      edgeOverrides: (index) => (index === 1 ? { buildReport: doubledReport } : {}),
      guardOverrides: (index) => (index === 3 ? { verdict: () => 0, hourRoot: () => NO_ROOT } : {}),
    });
    try {
      const { client } = network;
      const [honest, liar] = [present(network.edges[0], 'edge 1'), present(network.edges[1], 'edge 2')];
      const hour = await network.chainHour();
      const viewer = createViewer();
      for (const edge of network.edges) await viewer.get(network.at(edge, PICTURE));
      await network.advancePast(hour);
      const report = present(await client.report(liar.address, hour), 'report');
      expect(report.status).toBe(REPORT_STATUS.rejected);
      const liarNo = present(network.guards[3], 'guard 4').no;
      const vote = report.votes.slice(0, report.voteCount).indexOf(liarNo);
      // It did vote for the lie, unless the others had decided before.
      if (vote >= 0) expect(report.reasons[vote]).toBe(VERDICT_REASON.confirmed);
      expect(await statusOf(network, honest, hour)).toBe(REPORT_STATUS.confirmed);
      const account = present(await client.hour(hour), 'hour');
      expect([account.status, account.confirmed]).toEqual([HOUR_STATUS.final, 1]);
      expect(equalBytes(account.root, NO_ROOT)).toBe(false);
      const resource = present(await client.account('resource', network.resource), 'resource');
      expect(resource.lastHour).toBe(hour + 1n);
      const week = weekOfHour(network.periods, hour);
      await network.advancePastWeek(week);
      expect(await ownersPaid(network, week)).not.toContain(liar.owner);
    } finally {
      await network.close();
    }
  });
});
