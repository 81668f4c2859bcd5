import type { Found } from '@media-network/chain';
import { SIGHT_HOURS, hourAt } from '@media-network/protocol';
import type { Periods, Sight } from '@media-network/protocol';
import { observationsOf } from '../inspect/disputes.ts';
import { OWN_LOOK } from '../state/hour-book.ts';
import type { HourBook, Look } from '../state/hour-book.ts';

/** What this guard's own probes saw of an edge's bytes in some hours, of all its resources together. */
export interface OwnSight extends Sight {
  readonly from: bigint;
  readonly until: bigint;
  /** The same by resource. */
  readonly byResource: ReadonlyMap<string, Sight>;
  /** The newest wrong answer. */
  readonly last: { readonly resource: string; readonly target: string; readonly hour: bigint } | undefined;
}

/** Hours of which an edge answers now: a day, and none up to that in which it was removed. */
export function sightHours(
  periods: Periods,
  edge: Pick<Found<'edge'>, 'removedAt'>,
  hour: bigint,
): { readonly from: bigint; readonly until: bigint } {
  const first = hour >= SIGHT_HOURS ? hour - SIGHT_HOURS + 1n : 0n;
  const after = edge.removedAt > 0n ? hourAt(periods, edge.removedAt) + 1n : 0n;
  return { from: after > first ? after : first, until: hour };
}

/** Witnesses are left out: they speak to this guard alone. So is what may be the origin's doing (`observationsOf`). */
export function sightOf(
  book: Pick<HourBook, 'of' | 'edgesOf'>,
  edge: string,
  { from, until }: { readonly from: bigint; readonly until: bigint },
): OwnSight {
  const byResource = new Map<string, { looks: number; wrong: number }>();
  const tallyOf = (resource: string): { looks: number; wrong: number } => {
    const found = byResource.get(resource) ?? { looks: 0, wrong: 0 };
    byResource.set(resource, found);
    return found;
  };
  let last: OwnSight['last'];
  for (let hour = until; hour >= from && hour >= 0n; hour -= 1n) {
    const seen = book.of(edge, hour).looks;
    const suspect = new Set<string>();
    for (const { by, finding, resource } of seen)
      if (by === OWN_LOOK && finding === 'wrong') suspect.add(resource);
    for (const { by, resource } of seen)
      if (by === OWN_LOOK && !suspect.has(resource)) tallyOf(resource).looks += 1;
    for (const resource of suspect) {
      const own = observationsOf(book, { edge, resource, hour }).filter(({ by }) => by === OWN_LOOK);
      const bad = own.filter((each) => each.wrong);
      const tally = tallyOf(resource);
      tally.looks += own.length;
      tally.wrong += bad.length;
      const newest = bad.at(-1);
      if (newest !== undefined) last ??= { resource, target: newest.target, hour };
    }
  }
  let [looks, wrong] = [0, 0];
  for (const each of byResource.values()) {
    looks += each.looks;
    wrong += each.wrong;
  }
  return { from, until, looks, wrong, byResource, last };
}

/** Wrong answers of an edge's resource in an hour, with hashes of what was got. */
export function wrongBodies(
  book: Pick<HourBook, 'of'>,
  at: { readonly edge: string; readonly resource: string; readonly hour: bigint },
): readonly (Pick<Look, 'target'> & NonNullable<Look['hashes']>)[] {
  return book
    .of(at.edge, at.hour)
    .looks.flatMap(({ resource, by, target, hashes }) =>
      resource === at.resource && by === OWN_LOOK && hashes !== undefined ? [{ target, ...hashes }] : [],
    );
}
