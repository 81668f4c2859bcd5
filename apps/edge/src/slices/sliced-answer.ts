import type { ByteSpan, EntryMeta, StoredEntry } from '@media-network/http-cache';
import type { Clock } from '@media-network/runtime';
import type { Answer } from '../serve/answer.ts';
import { represent } from '../serve/represent.ts';
import { cacheStatus } from '../serve/response-head.ts';
import type { AdmittedVisit } from '../serve/visit.ts';
import { planOf, sliceBytesOf } from './slice-plan.ts';
import type { Slices } from './slices.ts';

export interface SlicedDeps {
  readonly slices: Slices;
  readonly clock: Clock;
}

type Made = Pick<Answer, 'phase' | 'outcome' | 'reason' | 'cacheStatus'>;

const NO_BODY = Buffer.alloc(0);

/**
 * Answers from an object in slices: all that a head can say by itself, or bytes of slices. Undefined: this origin
 * does not give them; it must be asked as the viewer put it. `meta` may be newer than the head's.
 */
export async function slicedAnswer(
  visit: AdmittedVisit,
  head: StoredEntry,
  meta: EntryMeta,
  made: Made,
  { slices, clock }: SlicedDeps,
): Promise<Answer | undefined> {
  const sliceBytes = sliceBytesOf(visit.settings, visit.path);
  const plan = planOf({ key: head.key, meta }, sliceBytes, visit.forwarded);
  let wanted: ByteSpan | undefined;
  const answer = represent(
    visit.request,
    {
      meta,
      length: plan.length,
      // Nobody has seen the whole of it at once.
      sha256: undefined,
      object: undefined,
      stored: true,
      body(span) {
        wanted = span ?? { start: 0, end: plan.length };
        return NO_BODY;
      },
      unread: () => undefined,
    },
    made,
    clock.nowMs(),
  );
  if (answer === undefined || wanted === undefined) return answer;
  const isHere = slices.has(plan, wanted);
  const opened = await slices.open({ visit, head, plan }, wanted);
  if (opened.kind !== 'open') return undefined;
  const { body } = opened;
  if (isHere || made.outcome !== 'hit') return { ...answer, body };
  return {
    ...answer,
    body,
    outcome: 'miss',
    cacheStatus: cacheStatus(meta.headers, {
      kind: 'forward',
      reason: 'partial',
      stored: true,
      detail: 'slices',
    }),
  };
}
