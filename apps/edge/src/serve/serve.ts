import type { Answer as FrontAnswer, ParsedRequest } from '@media-network/http-front';
import { errorCode, errorMessage } from '@media-network/runtime';
import type { Account } from './account.ts';
import { admit } from './admit.ts';
import type { AdmitDeps } from './admit.ts';
import type { Answer } from './answer.ts';
import { deliver } from './deliver.ts';
import type { DeliverDeps } from './deliver.ts';
import { fetch, follow, head, pass } from './fetch.ts';
import { passThrough, sharedAnswer } from './fetched-answer.ts';
import { hit, stale } from './hit.ts';
import { identify } from './identify.ts';
import type { Hosts } from './identify.ts';
import { lookUp } from './look-up.ts';
import type { LookUpDeps } from './look-up.ts';
import { OWN_PREFIX, answerOwn } from './own-endpoints.ts';
import { keyedBy } from './entry-keys.ts';
import type { Phase } from './phases.ts';
import { failureCode, refusedAnswer } from './refusal.ts';
import type { Refused } from './refusal.ts';
import { refresh, revalidate } from './revalidate.ts';
import type { RefreshDeps } from './revalidate.ts';
import { admittedVisit } from './visit.ts';
import type { AdmittedVisit, Visit } from './visit.ts';

export interface ServeDeps extends DeliverDeps, RefreshDeps, LookUpDeps {
  readonly fills: RefreshDeps['fills'];
  readonly hosts: Hosts;
  readonly admit: AdmitDeps;
  readonly requestId: () => string;
}

/**
 * All phases, for every request that the fast lane leaves: each returns a value, and what comes out at the
 * end is delivered in one place. Never rejects.
 */
export function createServe(deps: ServeDeps): (request: ParsedRequest) => Promise<FrontAnswer<Account>> {
  return async (request) => {
    const visit: Visit = { id: deps.requestId(), request, startedAtMs: deps.clock.nowMs() };
    const admitted = await enter(visit, deps);
    if (admitted.kind !== 'admitted') return deliver(visit, admitted.answer, undefined, deps);
    const answer = await answerOf(admitted.visit, deps);
    return deliver(visit, answer, admitted.visit, deps);
  };
}

type Entered =
  | { readonly kind: 'admitted'; readonly visit: AdmittedVisit }
  /** Answered by the edge itself, for which nobody pays. */
  | { readonly kind: 'answered'; readonly answer: Answer };

/** identify → admit */
async function enter(visit: Visit, deps: ServeDeps): Promise<Entered> {
  const { request } = visit;
  const refused = (why: Refused): Entered => ({
    kind: 'answered',
    answer: refusedAnswer(visit, why, 'refused', deps),
  });
  let phase: Phase = 'identify';
  try {
    const found = await identify(deps.hosts, request.host);
    if (found.kind === 'refused') return refused(found);
    const { tenant } = found;
    if (request.target.startsWith(OWN_PREFIX)) {
      const own = await answerOwn(visit, tenant, deps.admit, deps.tally);
      return own.kind === 'refused' ? refused(own) : { kind: 'answered', answer: own.answer };
    }
    phase = 'admit';
    const admitted = await admit(tenant, request, deps.admit);
    if (admitted.kind === 'refused') return refused(admitted);
    return { kind: 'admitted', visit: admittedVisit(visit, { tenant, ...admitted }) };
  } catch (error) {
    return { kind: 'answered', answer: failedAnswer(visit, error, phase, deps) };
  }
}

/** look up → (hit | revalidate | fetch, collapsed) */
async function answerOf(visit: AdmittedVisit, deps: ServeDeps): Promise<Answer> {
  const { request, tenant, settingsVersion } = visit;
  let phase: Phase = 'fetch';
  try {
    if ((request.method !== 'GET' && request.method !== 'HEAD') || request.hasBody)
      return await pass(visit, deps);
    phase = 'look-up';
    const key = deps.keys.of(keyedBy(tenant, settingsVersion, request), request.target);
    const found = await lookUp(visit, key, deps);
    phase = found.kind === 'revalidate' ? 'revalidate' : 'fetch';
    switch (found.kind) {
      case 'hit':
        return hit(visit, found.entry, deps.clock.nowMs());
      case 'stale':
        if (found.refresh) void refresh(visit, key, found.entry, deps);
        return stale(visit, found.entry, found.why, deps.clock.nowMs());
      case 'revalidate':
        return await revalidate(visit, key, found, deps);
      case 'fetch':
        return await fetch(visit, key, found.lead, deps);
      case 'arriving':
        return await follow(visit, found, deps);
      case 'head':
        return await head(visit, found.lead, deps);
      case 'shared':
        return sharedAnswer(found.answer);
      case 'pass':
        return await passThrough(visit, { reason: found.forward, detail: found.why }, deps);
      case 'failed':
        throw found.error;
      default:
        return found satisfies never;
    }
  } catch (error) {
    return failedAnswer(visit, error, phase, deps);
  }
}

/** 502, 504 or 500 in place of what could not be had. */
function failedAnswer(visit: Visit, error: unknown, phase: Phase, deps: ServeDeps): Answer {
  const code = failureCode(error);
  if (visit.request.signal.aborted || errorCode(error) === 'edge/aborted')
    return refusedAnswer(visit, { kind: 'refused', phase, code: 'edge/aborted' }, 'cut', deps);
  if (code === 'edge/internal')
    deps.log.error(
      { request: visit.id, phase, code: errorCode(error), err: errorMessage(error) },
      'a request failed',
    );
  return refusedAnswer(visit, { kind: 'refused', phase, code }, 'origin-failed', deps);
}
