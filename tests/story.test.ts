import { createHash } from 'node:crypto';
import { auditHour, auditReport, auditWeek, createHttpBlobs } from '@media-network/audit';
import type { AuditDeps } from '@media-network/audit';
import { EPOCH_STATUS, HOUR_STATUS, REPORT_STATUS } from '@media-network/chain/schema';
import type { Devnet } from '@media-network/devnet';
import { decodeHour } from '@media-network/protocol';
import { createViewer } from '@media-network/viewer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { manualNetwork, pastHour, pastWeek, probedBytes, toNextHour, urlAt } from './network.ts';

let devnet: Devnet;

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

beforeAll(async () => {
  devnet = await manualNetwork();
});

afterAll(() => devnet.close());

function auditDeps(): AuditDeps {
  return {
    client: devnet.client,
    sha256,
    blobs: createHttpBlobs({ fetch, sources: () => Promise.resolve(devnet.guards.map((guard) => guard.url)) }),
  };
}

test('from a byte served to a reward claimed, and a stranger who recomputes it', async () => {
  const { client } = devnet;
  const [edge, other] = devnet.edges;
  const [guard] = devnet.guards;
  if (edge === undefined || other === undefined || guard === undefined) throw new Error('no nodes');
  const hour = await toNextHour(devnet);

  const viewer = createViewer();
  const first = await viewer.get(urlAt(devnet, edge, '/pictures/coast.jpg'));
  expect(first.status).toBe(200);
  expect(first.header('cache-status')).toContain('fwd=miss');
  expect(first.sha256).toBe(devnet.origin?.files.get('/pictures/coast.jpg')?.sha256);
  await devnet.settle();
  const second = await viewer.get(urlAt(devnet, edge, '/pictures/coast.jpg'));
  expect(second.header('cache-status')).toContain('; hit');
  expect(second.header('age')).toBe('0');
  expect(devnet.origin?.requests.get('/pictures/coast.jpg')).toBe(1);

  const session = await viewer.openSession({
    guardUrl: guard.url,
    resource: devnet.resource,
    url: urlAt(devnet, edge, '/'),
    edge: edge.address,
  });
  const signed = await session.get('/download/50mb.bin');
  expect(signed.sha256).toBe(devnet.origin?.files.get('/download/50mb.bin')?.sha256);
  await session.settle();
  expect(session.signed).toBe(session.received);

  await pastHour(devnet, hour);
  const report = await client.report(edge.address, hour);
  expect(report?.status).toBe(REPORT_STATUS.confirmed);
  const counted = BigInt(viewer.totalBytes) + session.received + probedBytes(devnet, edge, hour);
  expect(report?.bytes).toBe(counted);

  const final = await client.hour(hour);
  expect(final?.status).toBe(HOUR_STATUS.final);
  const resource = await client.account('resource', devnet.resource);
  expect(resource?.lastHour).toBeGreaterThan(hour);
  expect(resource?.bytesTotal).toBeGreaterThanOrEqual(counted);

  const week = await pastWeek(devnet);
  const epoch = await client.epoch(week);
  expect(epoch?.status).toBe(EPOCH_STATUS.closed);
  expect(epoch?.rewards).toBeGreaterThan(0n);
  expect(epoch?.rewards).toBeLessThanOrEqual(epoch?.kept ?? 0n);

  await devnet.settle();
  const owners = await Promise.all(['edge-1', 'guard-1'].map(async (name) => (await devnet.wallets.ensure(name)).address));
  const config = await client.config();
  let paid = 0n;
  for (const owner of owners) {
    const claimed = (await client.claimed(owner))?.claimed ?? 0n;
    expect(claimed).toBeGreaterThan(0n);
    expect(await client.tokenBalance(owner, config.mediaMint)).toBe(claimed);
    paid += claimed;
  }
  expect(paid).toBeLessThanOrEqual(epoch?.rewards ?? 0n);

  const deps = auditDeps();
  for (const audit of [await auditReport(deps, edge.address, hour), await auditHour(deps, hour), await auditWeek(deps, week)]) {
    expect(audit.differences).toEqual([]);
    expect(audit.unknown).toEqual([]);
    expect(audit.agrees).toBe(true);
  }
});

test('an hour with traffic is recorded once, and none is skipped', async () => {
  const { client, treasury } = devnet;
  const [edge] = devnet.edges;
  if (edge === undefined) throw new Error('no edge');
  const hour = await toNextHour(devnet);
  await createViewer().get(urlAt(devnet, edge, '/'));
  await pastHour(devnet, hour);
  const before = await client.account('resource', devnet.resource);
  expect(before?.lastHour).toBeGreaterThan(hour);

  const root = Buffer.from((await client.hour(hour))?.root ?? []).toString('hex');
  const published = await fetch(`${devnet.guards[0]?.url}/v1/hours/${root}`);
  const decoded = decodeHour(new Uint8Array(await published.arrayBuffer()), sha256);
  const index = decoded?.resources.findIndex((each) => each.resource === devnet.resource) ?? -1;
  const leaf = decoded?.resources[index];
  const proof = decoded?.resourceProof(index);
  if (leaf === undefined || proof === undefined || before === null) throw new Error('no leaf');
  const record = async (previous: bigint): Promise<unknown> => {
    const slots = new Uint8Array(96);
    leaf.slots.forEach((bytes, i) => new DataView(slots.buffer).setBigUint64(i * 8, bytes, true));
    const instruction = await client.instructions.record({
      resource: devnet.resource,
      ring: before.ring,
      hour,
      previous,
      slots,
      billable: leaf.billable,
      tail: new Uint8Array(Buffer.concat(proof)),
    });
    return client.send([instruction], { payer: treasury });
  };
  await expect(record(leaf.previous)).rejects.toMatchObject({ code: 'chain/wrong-previous' });
  await expect(record(leaf.previous + 1n)).rejects.toMatchObject({ code: 'chain/wrong-proof' });
  const after = await client.account('resource', devnet.resource);
  expect(after?.bytesTotal).toBe(before.bytesTotal);
  expect(after?.due).toBe(before.due);
});
