import type { EntryMeta, StoredEntry } from '@media-network/http-cache';
import type { CodedCopies } from '../compress/coded-copies.ts';
import { isHeadOfSlices } from '../slices/slice-plan.ts';
import { slicedAnswer } from '../slices/sliced-answer.ts';
import type { SlicedDeps } from '../slices/sliced-answer.ts';
import { servedObject } from './account.ts';
import type { Answer } from './answer.ts';
import type { OriginDeps } from './ask-origin.ts';
import { passThrough } from './fetched-answer.ts';
import { represent } from './represent.ts';
import type { Representation } from './represent.ts';
import type { AdmittedVisit } from './visit.ts';

export type StoredDeps = OriginDeps & SlicedDeps & { readonly coded: CodedCopies };

/**
 * A stored entry as what a request may be answered from. `meta` may be newer than the entry's. `whole`: what it is a
 * coded copy of, which is what is on the list of what was served.
 */
function storedRepresentation(
  entry: StoredEntry,
  meta: EntryMeta,
  whole: StoredEntry,
  target: string,
): Representation {
  return {
    meta,
    length: entry.length,
    sha256: entry.sha256,
    object: servedObject(target, whole.sha256, whole.length),
    stored: true,
    body(span) {
      if (span === undefined) return entry.body ?? entry.read();
      return entry.body?.subarray(span.start, span.end) ?? entry.read(span);
    },
    unread: () => undefined,
  };
}

/** Answers from what is stored, whole or in slices. */
export async function fromStored(
  visit: AdmittedVisit,
  entry: StoredEntry,
  meta: EntryMeta,
  made: Pick<Answer, 'phase' | 'outcome' | 'reason' | 'cacheStatus'>,
  deps: StoredDeps,
): Promise<Answer> {
  if (isHeadOfSlices(entry)) {
    const sliced = await slicedAnswer(visit, entry, meta, made, deps);
    return sliced ?? passThrough(visit, { reason: 'partial', detail: 'slices' }, deps);
  }
  const { request, settings } = visit;
  const header = (name: string): string | undefined => request.header(name);
  // Another edge codes for its own viewers, and compares what it gets with the origin's.
  const copy =
    visit.forSibling === true
      ? undefined
      : await deps.coded.find(entry, meta, { rules: settings.rules, target: request.target, header });
  const representation =
    copy === undefined
      ? storedRepresentation(entry, meta, entry, request.target)
      : storedRepresentation(copy, copy.meta, entry, request.target);
  const answer = represent(request, representation, made, deps.clock.nowMs());
  if (answer === undefined) throw new Error('a stored entry has every part of itself');
  return answer;
}
