import { MAX_DISPUTES, guilt } from '@media-network/protocol';
import type { Dispute, Observation } from '@media-network/protocol';
import { OWN_LOOK } from '../state/hour-book.ts';
import type { HourBook, Look } from '../state/hour-book.ts';

/** A report as far as disputes need it. */
export interface DisputableReport {
  readonly index: number;
  readonly edge: string;
  /** Resources in the order of its entries. */
  readonly resources: readonly string[];
}

type Looks = Pick<HourBook, 'of' | 'edgesOf'>;

/**
 * What guards and witnesses saw of an edge and resource in an hour, without what may be the origin's doing: where most
 * edges that were looked at give the same other bytes for a target, the origin shows them another face than guards,
 * and none of them is to blame.
 */
export function observationsOf(
  book: Looks,
  at: { readonly edge: string; readonly resource: string; readonly hour: bigint },
): readonly Observation[] {
  const ofResource = (edge: string): readonly Look[] =>
    book.of(edge, at.hour).looks.filter((look) => look.resource === at.resource);
  const own = ofResource(at.edge);
  if (!own.some((look) => look.finding === 'wrong')) return own.map(observation);

  /** By target: the bodies that each edge gave. */
  const given = new Map<string, Map<string, Set<string>>>();
  for (const edge of book.edgesOf(at.hour)) {
    for (const { target, bodyHash } of ofResource(edge)) {
      const edges = given.get(target) ?? new Map<string, Set<string>>();
      given.set(target, edges.set(edge, (edges.get(edge) ?? new Set()).add(bodyHash)));
    }
  }
  const isCommon = ({ target, bodyHash }: Look): boolean => {
    const edges = [...(given.get(target)?.values() ?? [])];
    const alike = edges.filter((bodies) => bodies.has(bodyHash)).length;
    return alike >= 2 && 2 * alike > edges.length;
  };
  return own.filter((look) => look.finding === 'right' || !isCommon(look)).map(observation);
}

function observation(look: Look): Observation {
  return { by: look.by, target: look.target, wrong: look.finding === 'wrong' };
}

/** Entries that this guard disputes, those with most wrong answers first where there are too many. */
export function disputesOf(
  book: Looks,
  hour: bigint,
  reports: readonly DisputableReport[],
): readonly Dispute[] {
  const found: { readonly dispute: Dispute; readonly wrong: number }[] = [];
  for (const { index, edge, resources } of reports) {
    const looked = new Set(
      book.of(edge, hour).looks.flatMap((look) => (look.finding === 'wrong' ? [look.resource] : [])),
    );
    for (const [entry, resource] of resources.entries()) {
      if (!looked.has(resource)) continue;
      const finding = guilt(observationsOf(book, { edge, resource, hour }), OWN_LOOK);
      if (finding.guilty) found.push({ dispute: { report: index, entry }, wrong: finding.wrong });
    }
  }
  return found
    .sort((a, b) => b.wrong - a.wrong)
    .slice(0, MAX_DISPUTES)
    .map(({ dispute }) => dispute);
}
