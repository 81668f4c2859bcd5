import { HOUR_STATUS, REPORT_STATUS, VERDICT_REASON } from '@media-network/chain/schema';
import { doubledReport } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { buildHonestReport } from '@media-network/edge';
import type { BuildReport } from '@media-network/edge';
import { buildReport, decodeEntries, decodeEpoch } from '@media-network/protocol';
import { createViewer } from '@media-network/viewer';
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { manualNetwork, pastHour, pastWeek, probedBytes, toNextHour, urlAt } from './network.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

let devnet: Devnet | undefined;

afterEach(async () => {
  await devnet?.close();
  devnet = undefined;
});

/** Traffic in a fresh hour at every edge, so that a lie stands beside honest reports of the same hour. */
async function hourWithTraffic(network: Devnet): Promise<bigint> {
  const hour = await toNextHour(network);
  const viewer = createViewer();
  for (const edge of network.edges) {
    const response = await viewer.get(urlAt(network, edge, '/pictures/set.jpg'));
    expect(response.status).toBe(200);
  }
  await pastHour(network, hour);
  return hour;
}

async function ownersPaid(network: Devnet, week: bigint): Promise<string[]> {
  const epoch = await network.client.epoch(week);
  const root = Buffer.from(epoch?.root ?? []).toString('hex');
  const response = await fetch(`${network.guards[0]?.url}/v1/epochs/${root}`);
  const table = decodeEpoch(new Uint8Array(await response.arrayBuffer()), sha256);
  return (table?.claims ?? []).map((claim) => claim.owner);
}

/** Entries that say one thing under a root that says another. */
const forgedRoot: BuildReport = (book) => {
  const honest = buildHonestReport(book);
  return { ...honest, report: { ...honest.report, root: sha256(honest.report.root) } };
};

/** More attested bytes than anybody signed for. */
const forgedAttested: BuildReport = (book) => {
  const honest = buildHonestReport(book);
  const entries = (decodeEntries(honest.entries) ?? []).map((entry) => ({
    ...entry,
    attested: entry.slots.reduce((sum, bytes) => sum + bytes, 0n),
  }));
  const { report, blob } = buildReport(honest.report.hour, entries, sha256);
  return { ...honest, report, entries: blob };
};

describe('an edge that lies', () => {
  test.each([
    ['doubles its bytes', doubledReport, [VERDICT_REASON.counterMismatch]],
    ['posts a root that is not of its entries', forgedRoot, [VERDICT_REASON.wrongRoot, VERDICT_REASON.unavailable]],
    ['claims signatures that nobody gave', forgedAttested, [VERDICT_REASON.attestedMismatch, VERDICT_REASON.badReceipt]],
  ])('%s is refused and earns nothing, while the honest are paid', async (_name, lie, reasons) => {
    devnet = await manualNetwork({ edgeOverrides: (index) => (index === 2 ? { buildReport: lie } : {}) });
    const [honest, , liar] = devnet.edges;
    if (honest === undefined || liar === undefined) throw new Error('no edges');
    const hour = await hourWithTraffic(devnet);

    const report = await devnet.client.report(liar.address, hour);
    expect(report?.status).not.toBe(REPORT_STATUS.confirmed);
    const given = report?.reasons.slice(0, report.voteCount).filter((reason) => reason > 0) ?? [];
    expect(given.length).toBeGreaterThan(0);
    for (const reason of given) expect(reasons).toContain(reason);
    expect((await devnet.client.report(honest.address, hour))?.status).toBe(REPORT_STATUS.confirmed);

    const week = await pastWeek(devnet);
    await devnet.settle();
    const paid = await ownersPaid(devnet, week);
    expect(paid).toContain(honest.owner);
    expect(paid).not.toContain(liar.owner);
    expect(await devnet.client.claimed(liar.owner)).toBeNull();
  });
});

describe('a guard that lies', () => {
  test('cannot confirm a report alone', async () => {
    devnet = await manualNetwork({
      edgeOverrides: (index) => (index === 2 ? { buildReport: doubledReport } : {}),
      guardOverrides: (index) => (index === 0 ? { verdict: () => 0 } : {}),
    });
    const [honest, , liar] = devnet.edges;
    if (honest === undefined || liar === undefined) throw new Error('no edges');
    const hour = await hourWithTraffic(devnet);
    expect((await devnet.client.report(liar.address, hour))?.status).toBe(REPORT_STATUS.pending);
    const final = await devnet.client.hour(hour);
    expect(final?.status).toBe(HOUR_STATUS.final);
    expect(final?.confirmed).toBe(2);
    const week = await pastWeek(devnet);
    await devnet.settle();
    expect(await ownersPaid(devnet, week)).not.toContain(liar.owner);
  });

  test('cannot change an hour by another root', async () => {
    const wrong = new Uint8Array(32).fill(7);
    // Of four guards three are more than two thirds; of three none may be missing.
    devnet = await manualNetwork({ guards: 4, guardOverrides: (index) => (index === 3 ? { hourRoot: () => wrong } : {}) });
    const [edge] = devnet.edges;
    if (edge === undefined) throw new Error('no edge');
    const hour = await hourWithTraffic(devnet);
    const final = await devnet.client.hour(hour);
    expect(final?.status).toBe(HOUR_STATUS.final);
    expect(Buffer.from(final?.root ?? []).equals(wrong)).toBe(false);
    const resource = await devnet.client.account('resource', devnet.resource);
    expect(resource?.lastHour).toBeGreaterThan(hour);
    const report = await devnet.client.report(edge.address, hour);
    expect(report?.bytes).toBeGreaterThan(probedBytes(devnet, edge, hour));
  });
});
