import { MAX_EVIDENCE_BODIES, guilt } from '@media-network/protocol';
import type { EvidenceFile } from '@media-network/protocol';
import { wrongBodies } from '../findings/sight-of.ts';
import type { OwnSight } from '../findings/sight-of.ts';
import { observationsOf } from '../inspect/disputes.ts';
import { OWN_LOOK } from '../state/hour-book.ts';
import type { HourBook } from '../state/hour-book.ts';

type WrongBytes = Extract<EvidenceFile, { readonly kind: 'wrong-bytes' }>;

/** Edges found guilty of wrong bytes in an hour, one file an edge and resource, with the hashes of what this guard got itself. */
export function findWrongBytes(book: Pick<HourBook, 'of' | 'edgesOf'>, hour: bigint): readonly WrongBytes[] {
  return book.edgesOf(hour).flatMap((edge) => {
    const wrong = book.of(edge, hour).looks.filter(({ finding }) => finding === 'wrong');
    return [...new Set(wrong.map(({ resource }) => resource))].flatMap((resource) => {
      const bodies = wrongBodies(book, { edge, resource, hour });
      const isGuilty = guilt(observationsOf(book, { edge, resource, hour }), OWN_LOOK).guilty;
      return !isGuilty || bodies.length === 0
        ? []
        : [
            {
              kind: 'wrong-bytes' as const,
              edge,
              hour: String(hour),
              resource,
              bodies: bodies.slice(0, MAX_EVIDENCE_BODIES),
            },
          ];
    });
  });
}

/** The file of an edge that is guilty by what was seen of it in a day: the newest wrong answers, of one resource and hour. */
export function wrongBytesOf(
  book: Pick<HourBook, 'of'>,
  edge: string,
  { last }: Pick<OwnSight, 'last'>,
): WrongBytes | undefined {
  if (last === undefined) return undefined;
  const bodies = wrongBodies(book, { edge, resource: last.resource, hour: last.hour });
  return bodies.length === 0
    ? undefined
    : {
        kind: 'wrong-bytes',
        edge,
        hour: String(last.hour),
        resource: last.resource,
        bodies: bodies.slice(-MAX_EVIDENCE_BODIES),
      };
}
