import { addressBytes } from './address.ts';
import { compareBytes } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { SLOTS, sumSlots } from './entry.ts';
import type { Entry } from './entry.ts';
import { buildHour } from './hour.ts';
import type { Hour } from './hour.ts';
import { mulDiv } from './integer.ts';

/** A confirmed report of an hour with its entries. */
export interface ConfirmedReport {
  readonly edge: string;
  readonly entries: readonly Entry[];
}

export interface HourFacts {
  readonly reports: readonly ConfirmedReport[];
  /** The publisher's bound on unattested bytes in force in that hour; `boundInForce`. */
  readonly boundOf: (resource: string) => bigint;
  /** Hour + 1 of the last final hour with this resource, 0 for none. */
  readonly previousOf: (resource: string) => bigint;
}

/** What one edge served of one resource, split by who signed for it. */
export interface EdgeBytes {
  readonly edge: string;
  readonly attested: bigint;
  readonly unattested: bigint;
}

/** Which bound holds in an hour (docs/chain.md, updateResource). A decoded resource account fits. */
export function boundInForce(
  resource: { readonly unattestedBound: bigint; readonly previousBound: bigint; readonly boundFrom: bigint },
  hour: bigint,
): bigint {
  return hour < resource.boundFrom ? resource.previousBound : resource.unattestedBound;
}

/** Lower median of unattested per attested byte, as a fraction. */
function lowerMedian(
  others: readonly EdgeBytes[],
): { readonly num: bigint; readonly den: bigint } | undefined {
  const sorted = others.toSorted((a, b) => {
    const difference = a.unattested * b.attested - b.unattested * a.attested;
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  });
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  return middle === undefined ? undefined : { num: middle.unattested, den: middle.attested };
}

/** What each edge is credited for one resource (docs/evidence.md, What is billed). Same order as given. */
export function creditResource(edges: readonly EdgeBytes[], bound: bigint): readonly bigint[] {
  const unattested = edges.reduce((sum, edge) => sum + edge.unattested, 0n);
  const ofBound = (bytes: bigint): bigint => (unattested <= bound ? bytes : mulDiv(bytes, bound, unattested));
  const witnesses = edges.filter((edge) => edge.attested > 0n);
  if (witnesses.length === 0) return edges.map((edge) => ofBound(edge.unattested));
  return edges.map((edge) => {
    const median = lowerMedian(witnesses.filter((other) => other !== edge));
    const allowed =
      median === undefined ? ofBound(edge.unattested) : mulDiv(edge.attested, median.num, median.den);
    return edge.attested + (edge.unattested < allowed ? edge.unattested : allowed);
  });
}

/** The hour that follows from its confirmed reports: leaves, root, blob. Order of reports and entries does not matter. */
export function creditHour(facts: HourFacts, sha256: Sha256): Hour {
  const byResource = new Map<string, { edges: EdgeBytes[]; slots: bigint[] }>();
  for (const { edge, entries } of facts.reports) {
    for (const entry of entries) {
      let sums = byResource.get(entry.resource);
      if (sums === undefined) {
        sums = { edges: [], slots: Array.from({ length: SLOTS }, () => 0n) };
        byResource.set(entry.resource, sums);
      }
      sums.edges.push({ edge, attested: entry.attested, unattested: sumSlots(entry.slots) - entry.attested });
      entry.slots.forEach((bytes, i) => {
        sums.slots[i] = (sums.slots[i] ?? 0n) + bytes;
      });
    }
  }
  const credits = new Map<string, bigint>();
  const resources = [...byResource].map(([resource, { edges, slots }]) => {
    const credited = creditResource(edges, facts.boundOf(resource));
    edges.forEach(({ edge }, i) => credits.set(edge, (credits.get(edge) ?? 0n) + (credited[i] ?? 0n)));
    const billable = credited.reduce((sum, bytes) => sum + bytes, 0n);
    return { resource, previous: facts.previousOf(resource), slots, billable };
  });
  const edges = [...credits]
    .filter(([, credited]) => credited > 0n)
    .map(([edge, credited]) => ({ edge, credited }));
  return buildHour(
    byAddress(resources, (leaf) => leaf.resource),
    byAddress(edges, (leaf) => leaf.edge),
    sha256,
  );
}

/** Sorted by the bytes of an address. */
function byAddress<T>(items: readonly T[], address: (item: T) => string): readonly T[] {
  return items
    .map((item) => ({ item, key: addressBytes(address(item)) }))
    .sort((a, b) => compareBytes(a.key, b.key))
    .map(({ item }) => item);
}
