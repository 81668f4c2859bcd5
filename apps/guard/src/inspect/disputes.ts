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
 * and none of them is to blame. What no other edge was asked for goes the way of what others were.
 */
export function observationsOf(
  book: Looks,
  at: { readonly edge: string; readonly resource: string; readonly hour: bigint },
): readonly Observation[] {
  const ofResource = (edge: string): readonly Look[] =>
    book.of(edge, at.hour).looks.filter((look) => look.resource === at.resource);
  const own = ofResource(at.edge);
  if (!own.some(isWrong)) return own.map(observation);

  const byEdge = new Map(book.edgesOf(at.hour).map((edge) => [edge, ofResource(edge)]));
  const given = bodiesByTarget(byEdge);
  const wrong = own.filter(isWrong);
  const compared = wrong.filter(({ target }) => (given.get(target)?.size ?? 0) > 1);
  const common = compared.filter((look) => isCommon(given, look));
  const isOrigins =
    compared.length > 0 ? 2 * common.length > compared.length : areMostWrong([...byEdge.values()]);
  const excused = new Set(isOrigins ? wrong : common);
  // What others were asked for and gave otherwise is its own doing, whatever the rest is.
  for (const look of compared) if (!common.includes(look)) excused.delete(look);
  return own.filter((look) => !excused.has(look)).map(observation);
}

const isWrong = ({ finding }: Look): boolean => finding === 'wrong';

/** By target, then edge: the bodies that it gave. */
type Given = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

function bodiesByTarget(byEdge: ReadonlyMap<string, readonly Look[]>): Given {
  const given = new Map<string, Map<string, Set<string>>>();
  for (const [edge, looks] of byEdge) {
    for (const { target, bodyHash } of looks) {
      const edges = given.get(target) ?? new Map<string, Set<string>>();
      given.set(target, edges.set(edge, (edges.get(edge) ?? new Set()).add(bodyHash)));
    }
  }
  return given;
}

/** Whether most edges that were asked for its target gave its very bytes. */
function isCommon(given: Given, { target, bodyHash }: Look): boolean {
  const edges = [...(given.get(target)?.values() ?? [])];
  const alike = edges.filter((bodies) => bodies.has(bodyHash)).length;
  return alike >= 2 && 2 * alike > edges.length;
}

/** Whether most edges that were looked at, and more than one, gave more wrong answers than right ones. */
function areMostWrong(byEdge: readonly (readonly Look[])[]): boolean {
  const looked = byEdge.filter((looks) => looks.length > 0);
  const wrong = looked.filter((looks) => 2 * looks.filter(isWrong).length > looks.length).length;
  return wrong >= 2 && 2 * wrong > looked.length;
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
