import type { Found } from '@media-network/chain';
import { MediaError } from '@media-network/runtime';
import {
  burstBudget,
  ignoredSlots,
  monthFinalFrom,
  percentile95,
  samplesInRing,
} from '@media-network/protocol';
import type { Address } from '@solana/kit';
import { createFindings } from './subject.ts';
import type { Audit, AuditDeps } from './subject.ts';

export interface MonthFigures {
  readonly month: number;
  readonly slots: number;
  /** Slots with traffic. */
  readonly used: number | undefined;
  readonly p95Kbps: number;
  readonly quotaKbps: number;
  readonly aboveQuota: number | undefined;
  readonly burstSlots: number;
}

/**
 * Recomputes a month of a resource from its ring, with nothing but the chain: its 95th percentile, and whether the account says the
 * same. Without `month` it is the one finalised last.
 *
 * @throws `audit/no-month` where nothing was finalised, or not that month.
 */
export async function auditMonth(
  { client }: Pick<AuditDeps, 'client'>,
  address: Address,
  month?: number,
): Promise<Audit<MonthFigures>> {
  const resource = await client.account('resource', address);
  if (resource === null) throw noMonth(`There is no resource at ${address}.`);
  const config = await client.config();
  const which = month ?? newest(resource);
  const kept = resource.months[which % resource.months.length];
  if (which < 0 || kept?.month !== which + 1)
    throw noMonth(
      which < 0 || which >= resource.monthsClosed
        ? `Month ${Math.max(which, 0)} of the resource is not finalised yet: it can be ${fromWhen(config, which)}.`
        : `The resource no longer keeps what was finalised of month ${which}, or it passed without a sample.`,
    );
  const ring = await client.ring(resource.ring);
  const findings = createFindings();
  const held = ring === null ? undefined : samplesInRing(config, ring, BigInt(which));
  if (held?.held !== true)
    findings.cannotTell(
      ring === null
        ? 'the samples: the resource is released, and its ring closed'
        : `the samples of month ${which}: the ring has gone on, it holds ${ring.tail.length} of them`,
    );
  const samples = held?.held === true ? held.samples : undefined;
  const p95Kbps = samples === undefined ? kept.p95Kbps : percentile95(samples);
  findings.compare('95th percentile, kbit/s', kept.p95Kbps, p95Kbps);
  if (which === newest(resource)) findings.compare('95th percentile in force', resource.p95Kbps, p95Kbps);
  const budget = samples === undefined ? undefined : burstBudget(samples, kept.quotaKbps);
  return findings.result({
    month: which,
    slots: config.monthSlots,
    used: samples?.filter((rate) => rate > 0).length,
    p95Kbps,
    quotaKbps: kept.quotaKbps,
    aboveQuota: budget?.above,
    burstSlots: ignoredSlots(config.monthSlots),
  });
}

/** The month finalised last; −1 for none. */
function newest({ months }: Pick<Found<'resource'>, 'months'>): number {
  return Math.max(0, ...months.map((each) => each.month)) - 1;
}

function fromWhen(config: Found<'config'>, month: number): string {
  const atMs = Number(monthFinalFrom(config, BigInt(Math.max(month, 0)))) * 1_000;
  // A number that nobody lives to see is no date.
  return atMs <= 8.64e15 ? `from ${new Date(atMs).toISOString()} on` : 'long after everybody is gone';
}

function noMonth(message: string): MediaError {
  return new MediaError({ code: 'audit/no-month', message, source: 'client' });
}
