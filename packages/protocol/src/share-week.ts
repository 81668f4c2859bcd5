import type { Sha256 } from './bytes.ts';
import { buildClaims } from './claims.ts';
import type { Claims } from './claims.ts';
import type { EdgeCredits, ResourceHour } from './hour.ts';
import { mulDiv } from './integer.ts';

/** What a final hour of the week says; a decoded hour is one. */
export interface FinalHour {
  readonly resources: readonly Pick<ResourceHour, 'resource' | 'billable' | 'disputed'>[];
  readonly edges: readonly EdgeCredits[];
  readonly right: readonly number[];
}

export interface WeekFacts {
  readonly hours: readonly FinalHour[];
  /** MEDIA kept from a resource's payment for the week (`resource.weeks`). */
  readonly keptOf: (resource: string) => bigint;
  /** Of the week's terms. */
  readonly guardShareBps: number;
  /** Undefined for an account that is gone: its part stays in the fund. */
  readonly ownerOfEdge: (edge: string) => string | undefined;
  readonly ownerOfGuard: (no: number) => string | undefined;
}

/** What the owners earned in the week (docs/evidence.md, The week). */
export interface WeekShares extends Claims {
  /** Σ amounts. */
  readonly rewards: bigint;
  readonly amounts: ReadonlyMap<string, bigint>;
  /** What the guards together earned before it was split among them. */
  readonly guardsPot: bigint;
}

const BPS = 10_000n;

/**
 * What a resource paid goes to those who served it, in proportion to what they are credited of it; nobody else's
 * payment is shared out for it. Disputed parts and remainders stay in the fund.
 */
export function shareWeek(facts: WeekFacts, sha256: Sha256): WeekShares {
  const charged = sumBy(
    facts.hours.flatMap((hour) =>
      hour.resources.map((leaf) => [leaf.resource, leaf.billable + leaf.disputed] as const),
    ),
  );
  const rows = facts.hours.flatMap((hour) =>
    hour.edges.flatMap(({ edge, rows: list }) => list.map((row) => ({ edge, ...row }))),
  );
  const credited = sumBy(rows.map((row) => [row.resource, row.credited] as const));
  /** What the resource's payment is divided by. A leaf's billable stops at 2⁶⁴ − 1 where the credits behind it do not. */
  const wholeOf = (resource: string): bigint => {
    const [all, earned] = [charged.get(resource) ?? 0n, credited.get(resource) ?? 0n];
    return all > earned ? all : earned;
  };
  const guardBps = BigInt(facts.guardShareBps);

  const amounts = new Map<string, bigint>();
  const earn = (owner: string | undefined, amount: bigint): void => {
    if (owner !== undefined) amounts.set(owner, (amounts.get(owner) ?? 0n) + amount);
  };
  let guardsPot = 0n;
  for (const [resource, bytes] of credited) {
    if (bytes === 0n) continue;
    guardsPot += mulDiv(mulDiv(facts.keptOf(resource), guardBps, BPS), bytes, wholeOf(resource));
  }
  // Summed over the week first, so that an edge loses one remainder a resource, not one an hour.
  for (const [key, bytes] of sumBy(
    rows.map((row) => [`${row.edge} ${row.resource}`, row.credited] as const),
  )) {
    if (bytes === 0n) continue;
    const [edge = '', resource = ''] = key.split(' ');
    const pot = mulDiv(facts.keptOf(resource), BPS - guardBps, BPS);
    earn(facts.ownerOfEdge(edge), mulDiv(pot, bytes, wholeOf(resource)));
  }
  const right = sumBy(facts.hours.flatMap((hour) => hour.right.map((no) => [String(no), 1n] as const)));
  const reveals = [...right.values()].reduce((sum, count) => sum + count, 0n);
  for (const [no, count] of right) earn(facts.ownerOfGuard(Number(no)), mulDiv(guardsPot, count, reveals));

  const rewards = [...amounts.values()].reduce((sum, amount) => sum + amount, 0n);
  return { ...buildClaims(amounts, sha256), amounts, rewards, guardsPot };
}

function sumBy(pairs: Iterable<readonly [string, bigint]>): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const [key, value] of pairs) sums.set(key, (sums.get(key) ?? 0n) + value);
  return sums;
}
