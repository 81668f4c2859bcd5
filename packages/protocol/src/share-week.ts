import type { Sha256 } from './bytes.ts';
import { buildEpoch } from './epoch.ts';
import type { Epoch } from './epoch.ts';
import type { EdgeHour } from './hour.ts';
import { mulDiv } from './integer.ts';

/** A final hour of the week. */
export interface FinalHour {
  readonly edges: readonly EdgeHour[];
  /** Numbers of the guards whose vote is the final root. */
  readonly guards: readonly number[];
}

export interface WeekFacts {
  /** MEDIA kept from the week's fees. */
  readonly kept: bigint;
  readonly guardShareBps: number;
  readonly hours: readonly FinalHour[];
  readonly ownerOfEdge: (edge: string) => string;
  readonly ownerOfGuard: (no: number) => string;
  /** Cumulative amounts of the closed epoch before, by owner. */
  readonly before: ReadonlyMap<string, bigint>;
}

/** What the owners earned in the week, and the cumulative table that follows (docs/evidence.md, What is paid). */
export interface WeekShares extends Epoch {
  readonly rewards: bigint;
  readonly shares: ReadonlyMap<string, bigint>;
}

function sumBy<K>(pairs: Iterable<readonly [K, bigint]>): Map<K, bigint> {
  const sums = new Map<K, bigint>();
  for (const [key, value] of pairs) sums.set(key, (sums.get(key) ?? 0n) + value);
  return sums;
}

const total = (sums: ReadonlyMap<unknown, bigint>): bigint =>
  [...sums.values()].reduce((sum, value) => sum + value, 0n);

export function shareWeek(facts: WeekFacts, sha256: Sha256): WeekShares {
  const credited = sumBy(
    facts.hours.flatMap((hour) => hour.edges.map((leaf) => [leaf.edge, leaf.credited] as const)),
  );
  const voted = sumBy(facts.hours.flatMap((hour) => hour.guards.map((no) => [no, 1n] as const)));
  const [creditedTotal, votedTotal] = [total(credited), total(voted)];

  const guardsPart = mulDiv(facts.kept, BigInt(facts.guardShareBps), 10_000n);
  const edgesPart = facts.kept - guardsPart;
  const earned: (readonly [string, bigint])[] = [];
  if (creditedTotal > 0n) {
    for (const [edge, bytes] of credited)
      earned.push([facts.ownerOfEdge(edge), mulDiv(edgesPart, bytes, creditedTotal)]);
    for (const [no, hours] of voted)
      earned.push([facts.ownerOfGuard(no), mulDiv(guardsPart, hours, votedTotal)]);
  }
  const shares = sumBy(earned);
  const cumulative = sumBy([...facts.before, ...shares]);
  return { ...buildEpoch(cumulative, sha256), shares, rewards: total(shares) };
}
