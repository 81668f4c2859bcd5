import type { Found, MediaClient } from '@media-network/chain';
import { HOUR_STATUS, SAMPLE_RING } from '@media-network/chain/schema';
import { mulDivUp, toHex, weekOfHour } from '@media-network/protocol';
import type { Decision, Hour, ResourceHour } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import type { Address } from '@solana/kit';
import { findHour } from './published.ts';
import { recomputeHour } from './recompute-hour.ts';
import { createFindings } from './subject.ts';
import type { Audit, AuditDeps, Findings } from './subject.ts';

export interface HourFigures {
  readonly hour: bigint;
  readonly final: boolean;
  /** Decided by the set of a later week. */
  readonly late: boolean;
  /** The hour it builds on. */
  readonly base: bigint | undefined;
  readonly reports: readonly {
    readonly edge: Address;
    readonly bytes: bigint;
    readonly decision: Decision;
  }[];
  readonly bytes: bigint;
  readonly billable: bigint;
  readonly disputed: bigint;
  readonly disputes: readonly { readonly edge: string; readonly resource: string }[];
  readonly root: string;
  /** MEDIA base units due for the hour, at its own terms. */
  readonly fee: bigint;
  readonly resources: readonly ResourceHour[];
  /** Numbers of the guards that are paid for it. */
  readonly right: readonly number[];
}

/** Recomputes an hour from its reports and reveals: leaves, root, samples (docs/evidence.md, The hour). */
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
  await checkTerms(client, weekOfHour(config, hour), account, findings);
  const { computed, complete, reports } = await recomputeHour(deps, account, findings);
  const final = account.status === HOUR_STATUS.final;
  if (final && complete) {
    findings.compare('leaves of the hour', account.leaves, computed.leaves);
    if (toHex(account.root) !== toHex(computed.root)) {
      findings.differ('root of the hour', toHex(account.root), toHex(computed.root));
      const published = await findHour(deps, account.root);
      if (published === undefined)
        findings.cannotTell(`nobody serves the hour's leaves (root ${toHex(account.root)})`);
      else compareHours(published, computed, findings);
    }
    await checkSamples(client, config, hour, computed.resources, findings);
  }
  return findings.result({
    hour,
    final,
    late: final && account.voteWeek > weekOfHour(config, hour),
    base: computed.base,
    reports: reports.map((report) => ({
      edge: report.edge,
      bytes: report.bytes,
      decision: computed.decisions[report.index] ?? 'rejected',
    })),
    bytes: account.reportedBytes,
    billable: sum(computed.resources.map((leaf) => leaf.billable)),
    disputed: sum(computed.resources.map((leaf) => leaf.disputed)),
    disputes: computed.disputes,
    root: toHex(computed.root),
    fee: sum(computed.resources.map((leaf) => feeOf(leaf, account.feePerGb))),
    resources: computed.resources,
    right: computed.right,
  });
}

const sum = (numbers: readonly bigint[]): bigint => numbers.reduce((total, each) => total + each, 0n);

/** ⌈(billable + disputed) · feePerGb / 10⁹⌉ (docs/chain.md, record). */
export function feeOf(leaf: Pick<ResourceHour, 'billable' | 'disputed'>, feePerGb: bigint): bigint {
  return mulDivUp(leaf.billable + leaf.disputed, feePerGb, 1_000_000_000n);
}

/** An hour has the terms of its week's set, which holds them from before the week began. */
async function checkTerms(
  client: MediaClient,
  week: bigint,
  account: Found<'hour'>,
  findings: Findings,
): Promise<void> {
  const set = await client.guardSet(week);
  if (set === null) return;
  for (const name of ['feePerGb', 'dustBytes', 'guardShareBps', 'openYieldBps'] as const)
    findings.compare(`${name} of the hour`, account[name], set[name]);
}

/** An hour's figures in words, by what they are of. */
const figuresOf = (hour: Hour): ReadonlyMap<string, string> =>
  new Map([
    ...hour.resources.map(
      (leaf) =>
        [`resource ${leaf.resource}`, `${leaf.billable} billable, ${leaf.disputed} disputed`] as const,
    ),
    ...hour.edges.flatMap(({ edge, rows }) =>
      rows.map((row) => [`credit of ${edge} for ${row.resource}`, `${row.credited}`] as const),
    ),
    ['right guards', hour.right.join(', ')],
    ['hour it builds on', String(hour.base ?? 'none')],
  ]);

/** Says where two hours part, leaf by leaf. */
function compareHours(published: Hour, computed: Hour, findings: Findings): void {
  const [theirs, ours] = [figuresOf(published), figuresOf(computed)];
  for (const what of new Set([...theirs.keys(), ...ours.keys()]))
    findings.compare(what, theirs.get(what) ?? 'nothing', ours.get(what) ?? 'nothing');
}

/** Samples of recorded hours, as far as the ring still holds them. */
async function checkSamples(
  client: MediaClient,
  config: Awaited<ReturnType<MediaClient['config']>>,
  hour: bigint,
  leaves: readonly ResourceHour[],
  findings: Findings,
): Promise<void> {
  const accounts = await client.accounts(
    'resource',
    // Resource addresses in leaves are base58 of 32 bytes, which is what an Address is.
    leaves.map((leaf) => leaf.resource as Address),
  );
  for (const [i, leaf] of leaves.entries()) {
    const resource = accounts[i];
    if (resource === null || resource === undefined || !isRecorded(resource, hour)) continue;
    const ring = await client.ring(resource.ring);
    if (ring === null) continue;
    for (const [slot, bytes] of leaf.slots.entries()) {
      const sample = hour * BigInt(leaf.slots.length) + BigInt(slot);
      if (sample >= ring.head || sample + BigInt(SAMPLE_RING) < ring.head) continue;
      const kbps = (bytes * 8n) / (BigInt(config.sampleSecs) * 1_000n);
      const expected = kbps > 0xffff_ffffn ? 0xffff_ffffn : kbps;
      const place = Number(sample % BigInt(SAMPLE_RING));
      findings.compare(`sample ${sample} of ${leaf.resource} in kbit/s`, ring.tail[place] ?? 0, expected);
    }
  }
}

/** Whether an hour of a resource is recorded, as far back as its window tells. */
export function isRecorded(
  resource: { readonly lastHour: bigint; readonly recorded: Uint8Array },
  hour: bigint,
): boolean {
  const window = BigInt(resource.recorded.length * 8);
  if (hour >= resource.lastHour || hour + window < resource.lastHour) return false;
  const bit = Number(hour % window);
  return ((resource.recorded[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
}
