import type { StoredEntry } from '@media-network/http-cache';
import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { isHeadOfSlices } from '../slices/slice-plan.ts';
import type { Answer } from './answer.ts';
import { askOrigin, questionOf } from './ask-origin.ts';
import type { Fetched } from './ask-origin.ts';
import { fetchedAnswer, originStatus, passThrough, passed } from './fetched-answer.ts';
import { fromStored } from './from-stored.ts';
import type { StoredDeps } from './from-stored.ts';
import { stale } from './hit.ts';
import type { Found, LookUpDeps } from './look-up.ts';
import { drain, readOut } from './origin-body.ts';
import { cacheStatus } from './response-head.ts';
import { isPersonal } from './visit.ts';
import type { AdmittedVisit } from './visit.ts';

/** How long an origin that failed is left alone where a stale answer may stand in for it. */
const PROBE_EVERY_MS = 5_000;

export interface RevalidateDeps extends StoredDeps, Pick<LookUpDeps, 'failing'> {}

/** Asks the origin whether a stored answer still holds, and answers with it, or with what came instead. */
export async function revalidate(
  visit: AdmittedVisit,
  key: string,
  found: Extract<Found, { kind: 'revalidate' }>,
  deps: RevalidateDeps,
): Promise<Answer> {
  const { entry, staleIfError, lead } = found;
  const keepMs = staleIfError ? PROBE_EVERY_MS : undefined;
  const standIn = (error: unknown): Promise<Answer> => {
    // Purged while the origin was asked.
    if (!entry.live) throw error;
    deps.failing.note(key, error);
    return stale(visit, entry, { error }, deps);
  };
  let fetched: Fetched;
  try {
    fetched = await askOrigin(
      questionOf(visit, key, deps.maxObjectBytes),
      { entry, mayStandIn: staleIfError },
      deps,
    );
  } catch (error) {
    const failure = staleIfError || !entry.meta.freshness.mustRevalidate ? error : mustRevalidate(error);
    lead.failed(failure, keepMs);
    if (staleIfError) return standIn(failure);
    throw failure;
  }
  switch (fetched.kind) {
    case 'confirmed':
      lead.done();
      return confirmed(visit, entry, fetched.meta, 'revalidated', { stored: true }, deps);
    case 'withdrawn':
      lead.uncacheable();
      // What lay on disk only is gone with its entry.
      if (entry.body === undefined || isHeadOfSlices(entry))
        return passThrough(visit, { reason: 'stale', detail: fetched.reason }, deps);
      return confirmed(visit, entry, fetched.meta, 'pass', { detail: fetched.reason }, deps);
    case 'sliced':
      lead.done();
      return confirmed(
        visit,
        fetched.head,
        fetched.head.meta,
        'miss',
        { stored: true, originStatus: 200 },
        deps,
      );
    case 'failing': {
      if (!entry.live) {
        // Nothing can stand in for what the origin says any more.
        lead.done();
        return passed(fetched.response, { reason: 'stale', detail: 'purged' }, deps);
      }
      const error = originStatus(fetched.response.status);
      lead.failed(error, keepMs);
      await drain(fetched.response);
      return standIn(error);
    }
    case 'pass':
      return fetchedAnswer(visit, fetched, 'stale', lead, deps);
    case 'filling':
      try {
        return await fetchedAnswer(visit, fetched, 'stale', lead, deps);
      } catch (error) {
        // RFC 5861 §4: a body that is cut short is an error like any other.
        if (!staleIfError) throw error;
        return standIn(error);
      }
    default:
      return fetched satisfies never;
  }
}

function confirmed(
  visit: AdmittedVisit,
  entry: StoredEntry,
  meta: StoredEntry['meta'],
  outcome: Answer['outcome'],
  said: { readonly stored?: boolean; readonly detail?: string; readonly originStatus?: number },
  deps: StoredDeps,
): Promise<Answer> {
  const made = {
    phase: 'revalidate',
    outcome,
    reason: undefined,
    cacheStatus: cacheStatus(meta.headers, {
      kind: 'forward',
      reason: 'stale',
      originStatus: 304,
      ...said,
    }),
  } as const;
  return fromStored(visit, entry, meta, made, deps);
}

/** RFC 9111 §5.2.2.2: what must be asked about and cannot is a gateway's timeout, whatever went wrong. */
function mustRevalidate(cause: unknown): MediaError {
  return new MediaError({
    code: 'edge/must-revalidate',
    message: 'The stored answer may not be used without asking its origin, and the origin cannot be asked.',
    source: 'origin',
    retry: true,
    cause,
  });
}

export interface RefreshDeps extends RevalidateDeps, Pick<LookUpDeps, 'collapser'> {
  readonly log: Log;
  /** Keys that are refreshed in the background. */
  readonly refreshing: Set<string>;
}

/** Asks the origin beside a stale answer: one question at a time, whoever began it. Never rejects. */
export async function refresh(
  visit: AdmittedVisit,
  key: string,
  entry: StoredEntry,
  deps: RefreshDeps,
): Promise<void> {
  if (deps.refreshing.has(key)) return;
  deps.refreshing.add(key);
  try {
    const turn = await deps.collapser.enter(key, visit.forwarded, deps.store.generation, {
      personal: isPersonal(visit),
    });
    if (turn.kind === 'follow') await readOut(turn.body);
    if (turn.kind !== 'lead') return;
    const { lead } = turn;
    try {
      // Whatever part this viewer wants, the whole is to be fresh.
      const question = {
        ...questionOf(visit, key, deps.maxObjectBytes),
        ...(isHeadOfSlices(entry) ? {} : { maxBytes: deps.maxObjectBytes }),
        onInterim: undefined,
      };
      const fetched = await askOrigin(question, { entry, mayStandIn: true }, deps);
      if (fetched.kind !== 'failing') deps.failing.forget(key);
      switch (fetched.kind) {
        case 'filling':
          lead.share(fetched.fill);
          await fetched.done;
          return;
        case 'confirmed':
        case 'sliced':
          lead.done();
          return;
        case 'withdrawn':
          lead.uncacheable();
          return;
        case 'failing':
          lead.failed(originStatus(fetched.response.status), PROBE_EVERY_MS);
          await drain(fetched.response);
          return;
        case 'pass':
          lead.done();
          await drain(fetched.response);
          return;
        default:
          fetched satisfies never;
      }
    } catch (error) {
      lead.failed(error, PROBE_EVERY_MS);
      throw error;
    }
  } catch (error) {
    deps.log.debug({ code: errorCode(error), err: errorMessage(error) }, 'background revalidation failed');
  } finally {
    deps.refreshing.delete(key);
  }
}
