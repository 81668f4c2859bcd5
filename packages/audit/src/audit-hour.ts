import type { MediaClient } from '@media-network/chain';
import { HOUR_STATUS } from '@media-network/chain/schema';
import {
  boundInForce,
  creditHour,
  decodeHour,
  equalBytes,
  monthOfSample,
  sumSlots,
  toHex,
} from '@media-network/protocol';
import type { ConfirmedReport, Hour, ResourceHour } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import type { Address } from '@solana/kit';

import { findEntries } from './audit-report.ts';
import { readReport } from './report-record.ts';
import { createFindings } from './subject.ts';
import type { Audit, AuditDeps, Findings } from './subject.ts';

export interface HourFigures {
  readonly hour: bigint;
  readonly final: boolean;
  readonly reports: number;
  readonly confirmed: number;
  readonly bytes: bigint;
  readonly billable: bigint;
  readonly root: string;
  /** MEDIA base units due for the hour at the rate in force. */
  readonly fee: bigint;
  readonly resources: readonly ResourceHour[];
}

/** Hours looked back for a resource's previous hour; further back is left unknown. */
const MAX_HOURS_BACK = 400n;

type Config = Awaited<ReturnType<MediaClient['config']>>;

/** Recomputes an hour from its confirmed reports: leaves, root, samples (docs/evidence.md, What is billed). */
export async function auditHour(deps: AuditDeps, hour: bigint): Promise<Audit<HourFigures>> {
  const { client } = deps;
  const [account, config] = await Promise.all([client.hour(hour), client.config()]);
  if (account === null) {
    throw new MediaError({
      code: 'audit/no-hour',
      message: `Hour ${hour} has no reports on this chain: it is still running, had no traffic, or was closed.`,
      source: 'client',
      context: { hour },
    });
  }
  const findings = createFindings();
  const final = account.status === HOUR_STATUS.final;
  const published = final ? await findHour(deps, account.root) : undefined;
  if (final && published === undefined)
    findings.cannotTell(`nobody serves the hour's leaves (root ${toHex(account.root)})`);

  const reports = await confirmedReports(deps, hour, account.confirmed, findings);
  const recomputed = await recompute(deps, hour, reports, published);
  if (final && reports.length === account.confirmed) {
    findings.compare('root of the hour', toHex(account.root), toHex(recomputed.root));
    await checkPrevious(deps, hour, recomputed.resources, findings);
    await checkSamples(client, config, hour, recomputed.resources, findings);
  }
  const billable = recomputed.resources.reduce((sum, leaf) => sum + leaf.billable, 0n);
  return findings.result({
    hour,
    final,
    reports: account.reports,
    confirmed: account.confirmed,
    bytes: account.confirmedBytes,
    billable,
    root: toHex(recomputed.root),
    fee: recomputed.resources.reduce((sum, leaf) => sum + feeOf(leaf.billable, config.feePerGb), 0n),
    resources: recomputed.resources,
  });
}

/** ⌈billable · feePerGb / 10⁹⌉ (docs/chain.md, record). */
export function feeOf(billable: bigint, feePerGb: bigint): bigint {
  return (billable * feePerGb + 999_999_999n) / 1_000_000_000n;
}

/** The leaves behind an hour's root, from whoever has them. */
export async function findHour(deps: AuditDeps, root: Uint8Array): Promise<Hour | undefined> {
  return deps.blobs.find('hours', root, (blob) => {
    const decoded = decodeHour(blob, deps.sha256);
    return decoded !== undefined && equalBytes(decoded.root, root) ? decoded : undefined;
  });
}

async function confirmedReports(
  deps: AuditDeps,
  hour: bigint,
  expected: number,
  findings: Findings,
): Promise<ConfirmedReport[]> {
  const reports: ConfirmedReport[] = [];
  let confirmed = 0;
  for (const edge of await deps.client.edges()) {
    const record = await readReport(deps.client, edge.address, hour);
    if (record?.status !== 'confirmed') continue;
    confirmed += 1;
    const entries = await findEntries(deps.blobs, record, deps.sha256);
    if (entries === undefined)
      findings.cannotTell(`nobody serves the entries of ${edge.address} (root ${toHex(record.root)})`);
    else reports.push({ edge: edge.address, entries });
  }
  if (confirmed < expected)
    findings.cannotTell(`${expected - confirmed} confirmed reports were closed and have no history here`);
  if (confirmed > expected) findings.differ('confirmed reports', String(expected), String(confirmed));
  return reports;
}

async function recompute(
  deps: AuditDeps,
  hour: bigint,
  reports: readonly ConfirmedReport[],
  published: Hour | undefined,
): Promise<Hour> {
  const addresses = [...new Set(reports.flatMap((report) => report.entries.map((entry) => entry.resource)))];
  // Resource addresses in entries are base58 of 32 bytes, which is what an Address is.
  const accounts = await deps.client.accounts('resource', addresses as Address[]);
  const bounds = new Map(
    accounts.flatMap((each) => (each === null ? [] : [[String(each.address), boundInForce(each, hour)]])),
  );
  const previous = new Map(published?.resources.map((leaf) => [leaf.resource, leaf.previous]) ?? []);
  return creditHour(
    {
      reports,
      boundOf: (resource) => bounds.get(resource) ?? 0n,
      previousOf: (resource) => previous.get(resource) ?? 0n,
    },
    deps.sha256,
  );
}

/** `previous` of each leaf: that hour has the resource, and no final hour between has. */
async function checkPrevious(
  deps: AuditDeps,
  hour: bigint,
  leaves: readonly ResourceHour[],
  findings: Findings,
): Promise<void> {
  const seen = new Map<bigint, ReadonlySet<string> | undefined>();
  async function resourcesOf(index: bigint): Promise<ReadonlySet<string> | undefined> {
    if (seen.has(index)) return seen.get(index);
    const account = await deps.client.hour(index);
    const final = account !== null && account.status === HOUR_STATUS.final;
    const found = final ? await findHour(deps, account.root) : undefined;
    const resources =
      final && found === undefined ? undefined : new Set(found?.resources.map((leaf) => leaf.resource));
    seen.set(index, resources);
    return resources;
  }
  for (const leaf of leaves) {
    for (let index = hour - 1n; index >= 0n && index >= leaf.previous - 1n; index -= 1n) {
      if (hour - index > MAX_HOURS_BACK) {
        findings.cannotTell(`whether ${leaf.resource} had traffic more than ${MAX_HOURS_BACK} hours before`);
        break;
      }
      const resources = await resourcesOf(index);
      if (resources === undefined) {
        findings.cannotTell(`whether ${leaf.resource} had traffic in hour ${index}`);
        break;
      }
      if (resources.has(leaf.resource) !== (index === leaf.previous - 1n)) {
        findings.differ(
          `previous hour of ${leaf.resource}`,
          String(leaf.previous),
          `hour ${index} contradicts it`,
        );
        break;
      }
    }
  }
}

/** Samples of recorded hours, as far as the ring still holds them. */
async function checkSamples(
  client: MediaClient,
  config: Config,
  hour: bigint,
  leaves: readonly ResourceHour[],
  findings: Findings,
): Promise<void> {
  for (const leaf of leaves) {
    const [resource] = await client.accounts('resource', [leaf.resource as Address]);
    if (resource === null || resource === undefined || resource.lastHour <= hour) continue;
    const ring = await client.ring(resource.ring);
    if (ring === null) continue;
    for (const [i, bytes] of leaf.slots.entries()) {
      const sample = hour * BigInt(leaf.slots.length) + BigInt(i);
      if (monthOfSample(config, sample) !== ring.month) continue;
      const kbps = (bytes * 8n) / (BigInt(config.sampleSecs) * 1000n);
      const expected = kbps > 0xffff_ffffn ? 0xffff_ffffn : kbps;
      const slot = Number(sample % BigInt(config.monthSlots));
      findings.compare(`sample ${sample} of ${leaf.resource} in kbit/s`, ring.tail[slot] ?? 0, expected);
    }
  }
}

/** Bytes of an hour, summed over its resources. */
export function bytesOf(hour: Hour): bigint {
  return hour.resources.reduce((sum, leaf) => sum + sumSlots(leaf.slots), 0n);
}
