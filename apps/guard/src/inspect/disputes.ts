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
 * What this guard and witnesses saw of an edge and resource in an hour, without what may be the origin's doing: where most
 * edges that were asked for a target, two at least, gave wrong bytes, the origin shows them another face than guards, and
 * none of them is to blame. What no other edge was asked for goes the way of what others were. What the guard saw itself is
 * excused by what it saw itself alone: whoever has a token can say of honest edges that they were wrong as well.
 */
export function observationsOf(
  book: Looks,
  at: { readonly edge: string; readonly resource: string; readonly hour: bigint },
): readonly Observation[] {
  const ofResource = (edge: string): readonly Look[] =>
    book.of(edge, at.hour).looks.filter((look) => look.resource === at.resource);
  const all = ofResource(at.edge);
  if (!all.some(isWrong)) return all.map(observation);

  const byEdge = book.edgesOf(at.hour).map(ofResource);
  const bySelf = excused(
    all.filter(isOwn),
    all,
    byEdge.map((looks) => looks.filter(isOwn)),
  );
  const byAll = excused(all, all, byEdge);
  return all.filter((look) => !bySelf.has(look) && (isOwn(look) || !byAll.has(look))).map(observation);
}

const isWrong = ({ finding }: Look): boolean => finding === 'wrong';
const isOwn = ({ by }: Look): boolean => by === OWN_LOOK;
const areMost = (part: number, of: number): boolean => part >= 2 && 2 * part > of;

/** Of `looks` at an edge what is the origin's doing, by what `own` of them and those at all edges came to. */
function excused(
  own: readonly Look[],
  looks: readonly Look[],
  byEdge: readonly (readonly Look[])[],
): ReadonlySet<Look> {
  const compared = comparisons(byEdge, new Set(looks.filter(isWrong).map(({ target }) => target)));
  const wrong = own.filter((look) => isWrong(look) && compared.has(look.target));
  const isCommon = ({ target }: Look): boolean => compared.get(target) === true;
  const isOrigins =
    wrong.length > 0 ? 2 * wrong.filter(isCommon).length > wrong.length : areMostWrong(byEdge);
  // What others were asked for and had right is its own doing, whatever the rest is.
  return new Set(looks.filter((look) => isWrong(look) && (compared.get(look.target) ?? isOrigins)));
}

/** By target, of these, that two edges at least were asked for: whether most of them gave wrong bytes. */
function comparisons(
  byEdge: readonly (readonly Look[])[],
  targets: ReadonlySet<string>,
): ReadonlyMap<string, boolean> {
  const given = new Map<string, { readonly asked: Set<number>; readonly wrong: Set<number> }>();
  for (const [edge, looks] of byEdge.entries())
    for (const look of looks) {
      if (!targets.has(look.target)) continue;
      const cell = given.get(look.target) ?? { asked: new Set(), wrong: new Set() };
      given.set(look.target, cell);
      cell.asked.add(edge);
      if (isWrong(look)) cell.wrong.add(edge);
    }
  return new Map(
    [...given].flatMap(([target, { asked, wrong }]) =>
      asked.size > 1 ? [[target, areMost(wrong.size, asked.size)] as const] : [],
    ),
  );
}

/** Whether most edges that were looked at gave more wrong answers than right ones. */
function areMostWrong(byEdge: readonly (readonly Look[])[]): boolean {
  const looked = byEdge.filter((looks) => looks.length > 0);
  const wrong = looked.filter((looks) => 2 * looks.filter(isWrong).length > looks.length);
  return areMost(wrong.length, looked.length);
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
