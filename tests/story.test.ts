import { auditHour, auditReport, auditWeek } from '@media-network/audit';
import { EPOCH_STATUS, HOUR_STATUS, RESOURCE_STATUS, SAMPLE_RING } from '@media-network/chain/schema';
import { DOWNLOAD_BYTES } from '@media-network/devnet';
import type { Edge } from '@media-network/edge';
import {
  activeIn,
  decodeEntries,
  decodeHour,
  sumSlots,
  termsOf,
  toHex,
  weekOfHour,
} from '@media-network/protocol';
import { createViewer } from '@media-network/viewer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditDeps, bitFlipped } from './harness/audit.ts';
import { lyingClient, present, sha256, startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';

const DOWNLOAD = '/download/50mb.bin';

/** One story, told in order: each test goes on where the one before stopped. */
describe('from a byte served to a reward claimed', () => {
  let network: ManualNetwork;
  let first: Edge;
  let second: Edge;
  const viewer = createViewer();
  /** Status lines, headers and bodies that clients received, by edge. */
  const counted = new Map<Edge, bigint>();
  let signed = 0n;
  let hour = 0n;

  const count = (edge: Edge, bytes: number | bigint): void => {
    counted.set(edge, (counted.get(edge) ?? 0n) + BigInt(bytes));
  };

  beforeAll(async () => {
    // Without probes, so that what clients counted is all there is.
    network = await startNetwork({ guardFlags: () => ({ probe: false }) });
    [first, second] = [present(network.edges[0], 'edge 1'), present(network.edges[1], 'edge 2')];
    hour = await network.chainHour();
  });
  afterAll(() => network?.close());

  test('the origin is registered, its settings are secret, the guards have authorised it', async () => {
    const { client } = network;
    const resource = present(await client.account('resource', network.resource), 'resource');
    expect(resource.status).toBe(RESOURCE_STATUS.active);
    // What was authorised in an hour is active, and paid for, from the next one on.
    expect([activeIn(resource, hour - 1n), activeIn(resource, hour)]).toEqual([false, true]);
    expect(termsOf(resource, hour)).toMatchObject({ allowance: 10_000_000_000n });
    expect(resource.quotaKbps).toBeGreaterThan(0);
    const settings = present(await client.account('settings', resource.settings), 'settings');
    expect(Buffer.from(settings.tail).includes('127.0.0.1')).toBe(false);
    const set = present(await client.guardSet(0n), 'guard set');
    expect(set.count).toBe(3);
  });

  test('the first GET is a miss, the second a hit with Age and Cache-Status', async () => {
    const miss = await viewer.get(network.at(first, '/'));
    expect(miss.status).toBe(200);
    expect(miss.header('cache-status')).toMatch(/^medianet; fwd=/);
    expect(miss.header('age')).toBeUndefined();
    network.clock.advance(7_000);
    const hit = await viewer.get(network.at(first, '/'));
    expect(hit.header('cache-status')).toMatch(/^medianet; hit/);
    expect(Number(hit.header('age'))).toBeGreaterThanOrEqual(7);
    expect(hit.sha256).toBe(network.origin?.files.get('/')?.sha256);
    expect(network.origin?.requests.get('/')).toBe(1);
    const head = await viewer.get(network.at(first, '/'), { method: 'HEAD' });
    expect(head.bodyBytes).toBe(0);
    expect(head.header('content-length')).toBe(String(hit.bodyBytes));
    count(first, miss.totalBytes + hit.totalBytes + head.totalBytes);
  });

  test('50 MB arrive byte for byte, unsigned and in signed sessions, whole and in ranges', async () => {
    const file = present(network.origin?.files.get(DOWNLOAD), 'download');
    for (const edge of [first, second]) {
      const plain = await viewer.get(network.at(edge, DOWNLOAD));
      expect([plain.status, plain.bodyBytes, plain.sha256]).toEqual([200, DOWNLOAD_BYTES, file.sha256]);
      count(edge, plain.totalBytes);

      const part = await viewer.get(network.at(edge, DOWNLOAD), { range: [1_000_000, 1_999_999] });
      expect([part.status, part.bodyBytes]).toEqual([206, 1_000_000]);
      count(edge, part.totalBytes);

      const session = await viewer.openSession({
        tokens: network.tokens,
        resource: network.resource,
        url: network.at(edge, '/'),
        edge: edge.address,
      });
      const vouched = await session.get(DOWNLOAD);
      expect([vouched.status, vouched.sha256]).toEqual([200, file.sha256]);
      await session.settle();
      expect(session.received).toBe(BigInt(vouched.totalBytes));
      expect(session.signed).toBe(session.received);
      count(edge, session.received);
      signed += session.signed;
    }
    expect(await network.chainHour()).toBe(hour);
  });

  test('the reports say exactly what the clients counted, and what of it is vouched', async () => {
    await network.advancePast(hour);
    let vouched = 0n;
    for (const edge of [first, second]) {
      const report = present(await network.client.report(edge.address, hour), 'report');
      expect(report.bytes).toBe(counted.get(edge));
      const answer = await viewer.get(`${edge.controlUrl}/v1/entries/${toHex(report.root)}`, {
        keepBody: true,
      });
      const [entry] = present(decodeEntries(answer.body), 'entries');
      const { figures } = await auditReport(auditDeps(network.client), edge.address, hour);
      expect([figures.entries, figures.dropped]).toEqual([[entry], []]);
      vouched += figures.vouched;
    }
    expect(vouched).toBe(signed);
  });

  test('all guards have judged, and the hour is final and recorded: samples in the ring, fee due', async () => {
    const { client } = network;
    const account = present(await client.hour(hour), 'hour');
    expect(account.status).toBe(HOUR_STATUS.final);
    expect([account.reports, account.commits, account.reveals]).toEqual([2, 3, 3]);
    const guard = present(network.guards[0], 'guard 1');
    const answer = await viewer.get(`${guard.url}/v1/hours/${toHex(account.root)}`, { keepBody: true });
    const final = present(decodeHour(answer.body, sha256), 'hour');
    expect(toHex(final.root)).toBe(toHex(account.root));
    expect(final.right).toEqual([1, 2, 3]);
    const [leaf] = final.resources;
    const { slots, billable, disputed } = present(leaf, 'leaf');
    // Within the allowance everything is billed: what tokens vouch for and what nobody signed.
    expect([billable, disputed]).toEqual([account.reportedBytes, 0n]);
    expect(sumSlots(slots)).toBe(billable);

    const resource = present(await client.account('resource', network.resource), 'resource');
    expect(resource.lastHour).toBe(hour + 1n);
    expect(resource.bytesTotal).toBe(billable);
    const due = resource.weeks.reduce((sum, each) => sum + each.due, 0n);
    expect(due + resource.charged).toBe((billable * account.feePerGb + 999_999_999n) / 1_000_000_000n);
    const ring = present(await client.ring(resource.ring), 'ring');
    const expected = slots.map((bytes) =>
      Number((bytes * 8n) / (BigInt(network.periods.sampleSecs) * 1000n)),
    );
    const from = (Number(hour) * 12) % SAMPLE_RING;
    expect(Array.from(ring.tail.slice(from, from + 12))).toEqual(expected);
    expect(Math.max(...expected)).toBeGreaterThan(1000);
  });

  test('the fee is taken from the stake and unwrapped, the next set endorses the week, edges and guards are paid', async () => {
    const { client } = network;
    const week = weekOfHour(network.periods, hour);
    await network.advancePastWeek(week);
    const epoch = present(await client.epoch(week), 'epoch');
    expect(epoch.status).toBe(EPOCH_STATUS.endorsed);
    expect([epoch.decidedWeek, epoch.endorsedAt]).toEqual([week, week + 1n]);
    expect(epoch.fees).toBeGreaterThan(0n);
    expect(epoch.toBurn).toBeGreaterThan(0n);
    expect(epoch.rewards).toBeGreaterThan(0n);
    expect(epoch.rewards).toBeLessThanOrEqual(epoch.kept);
    // Whoever bills itself gets half of it back at most.
    expect(2n * epoch.kept).toBeLessThanOrEqual(epoch.fees);
    const resource = present(await client.account('resource', network.resource), 'resource');
    expect(resource.charged).toBeGreaterThanOrEqual(epoch.fees);
    expect(resource.debt).toBe(0n);

    const { mediaMint } = await client.config();
    let paid = 0n;
    for (const name of ['edge-1', 'edge-2', 'guard-1', 'guard-2', 'guard-3']) {
      const owner = (await network.wallets.ensure(name)).address;
      const claim = present(await client.claimed(owner), `claim of ${name}`);
      expect(claim.total).toBeGreaterThan(0n);
      expect(await client.tokenBalance(owner, mediaMint)).toBe(claim.total);
      paid += claim.total;
    }
    const idle = (await network.wallets.ensure('edge-3')).address;
    expect(await client.claimed(idle)).toBeNull();
    expect(paid).toBeLessThanOrEqual(epoch.rewards);
    expect(present(await client.epoch(week), 'epoch').paid).toBe(paid);
    const config = await client.config();
    expect(config.claimed).toBe(paid);
    expect(config.claimed).toBeLessThanOrEqual(config.allocated);
    expect(config.allocated).toBeLessThanOrEqual(config.kept);
  });

  test('a stranger recomputes report, hour and week from published evidence, and agrees', async () => {
    const deps = auditDeps(network.client);
    const week = weekOfHour(network.periods, hour);
    const audits = [
      await auditReport(deps, first.address, hour),
      await auditReport(deps, second.address, hour),
      await auditHour(deps, hour),
      await auditWeek(deps, week),
    ];
    for (const audit of audits) {
      expect(audit.differences).toEqual([]);
      expect(audit.unknown).toEqual([]);
      expect(audit.agrees).toBe(true);
    }
  });

  test('a forged blob is never believed: the audit finds nothing', async () => {
    const forged = auditDeps(network.client, bitFlipped);
    const week = weekOfHour(network.periods, hour);
    for (const audit of [
      await auditReport(forged, first.address, hour),
      await auditHour(forged, hour),
      await auditWeek(forged, week),
    ]) {
      expect(audit.unknown.length).toBeGreaterThan(0);
    }
    const report = await auditReport(forged, first.address, hour);
    expect(report.figures.entries).toEqual([]);
  });

  test('an altered figure on chain disagrees with the evidence', async () => {
    const { client } = network;
    const week = weekOfHour(network.periods, hour);
    const inflated = lyingClient(client, {
      async report(edge, of) {
        const found = await client.report(edge, of);
        return found === null ? null : { ...found, bytes: found.bytes + 1n };
      },
    });
    const report = await auditReport(auditDeps(inflated), first.address, hour);
    expect(report.agrees).toBe(false);

    const louder = lyingClient(client, {
      async ring(address) {
        const found = await client.ring(address);
        return found === null ? null : { ...found, tail: found.tail.map((kbps) => kbps + 1) };
      },
    });
    const hourAudit = await auditHour(auditDeps(louder), hour);
    expect(hourAudit.agrees).toBe(false);

    const richer = lyingClient(client, {
      async epoch(of) {
        const found = await client.epoch(of);
        return found === null ? null : { ...found, rewards: found.rewards + 1n };
      },
    });
    const weekAudit = await auditWeek(auditDeps(richer), week);
    expect(weekAudit.agrees).toBe(false);
  });
});
