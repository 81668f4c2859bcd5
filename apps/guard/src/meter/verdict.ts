import { VERDICT_REASON } from '@media-network/chain/schema';
import { checkReport, inflatedMeter } from '@media-network/protocol';
import type { ReportFacts } from '@media-network/protocol';
import type { EdgeHourProbes } from '../probe/probe-book.ts';

export type ReasonName = keyof typeof VERDICT_REASON;

export type Verdict =
  | { readonly kind: 'decided'; readonly reason: ReasonName; readonly words: string }
  /** Evidence is missing: to be looked for again, and `unavailable` once time runs out. */
  | { readonly kind: 'waiting'; readonly words: string };

/** So many different answers in an hour, and not one equal to the origin's, before an edge is blamed. */
const WRONG_BODIES_NEEDED = 2;

/** All checks on a report, in the order of docs/evidence.md, on evidence that was fetched before. */
export async function judgeReport(facts: ReportFacts, probes: EdgeHourProbes): Promise<Verdict> {
  const finding = await checkReport(facts);
  if (finding.kind === 'missing')
    return { kind: 'waiting', words: `nobody has the ${finding.what} of ${finding.root}` };
  if (finding.kind === 'rejected') return { kind: 'decided', reason: finding.reason, words: finding.words };
  const meter = inflatedMeter(probes.rounds);
  if (meter.kind === 'inflated') {
    const factor = Number(meter.factorPpm) / 1_000_000;
    return {
      kind: 'decided',
      reason: 'inflatedMeter',
      words: `in ${meter.quietRounds} quiet rounds the meter grew by ${factor.toFixed(3)} times what was delivered`,
    };
  }
  if (probes.wrongBodies.length >= WRONG_BODIES_NEEDED && probes.sameBodies === 0) {
    const targets = [...new Set(probes.wrongBodies.map((body) => body.target))].join(', ');
    return {
      kind: 'decided',
      reason: 'wrongBytes',
      words: `${probes.wrongBodies.length} answers differed from the origin's: ${targets}`,
    };
  }
  return { kind: 'decided', reason: 'confirmed', words: 'all checks passed' };
}

export function reasonNumber(reason: ReasonName): number {
  return VERDICT_REASON[reason];
}

/** Name of a reason as voted; reasons this guard does not know are shown by number. */
export function reasonName(reason: number): string {
  return Object.entries(VERDICT_REASON).find(([, value]) => value === reason)?.[0] ?? String(reason);
}
