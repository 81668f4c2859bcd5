import type { Answer as FrontAnswer, ParsedRequest } from '@media-network/http-front';
import { errorCode, errorMessage } from '@media-network/runtime';
import { codedAnswer } from '../compress/coded-answer.ts';
import type { CodedAnswerDeps } from '../compress/coded-answer.ts';
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
import { noteHints, sendHints } from './hints.ts';
import type { HintsDeps } from './hints.ts';
import type { Found, LookUpDeps } from './look-up.ts';
import { pageOfError } from './page-of-error.ts';
import { permit } from './permit.ts';
import type { PermitDeps } from './permit.ts';
import { OWN_PREFIX } from './own-answer.ts';
import { answerOwn } from './own-endpoints.ts';
import { asksForEvents } from '../origin/event-stream.ts';
import { challengeAnswer } from './challenge-answer.ts';
import { keyedBy } from './entry-keys.ts';
import type { Measures } from '../measure/measures.ts';
import type { Phase } from './phases.ts';
import { failureCode, refusedAnswer } from './refusal.ts';
import type { Refused } from './refusal.ts';
import type { PeerPoolDesk } from '../peerpool/peerpool-desk.ts';
import { navigatesToPage, soughtForTag, withTag } from '../peerpool/tagged-answer.ts';
import { refresh, revalidate } from './revalidate.ts';
import type { RefreshDeps } from './revalidate.ts';
import { tunnel } from './tunnel.ts';
import type { TunnelDeps } from './tunnel.ts';
import type { SharedProofs } from '../tls/sibling-proofs.ts';
import { admittedVisit } from './visit.ts';
import type { AdmittedVisit, Visit } from './visit.ts';

export interface ServeDeps extends DeliverDeps, RefreshDeps, LookUpDeps, CodedAnswerDeps, HintsDeps {
  readonly tunnels: TunnelDeps['tunnels'];
  readonly fills: RefreshDeps['fills'];
  readonly hosts: Hosts;
  /** What a CA looks for (docs/tls.md). */
  readonly proofs: Pick<SharedProofs, 'http'>;
  /** What is measured at whatever host, and for whom nobody pays. */
  readonly measures: Pick<Measures, 'answer'>;
  readonly admit: AdmitDeps;
  readonly peerpool: PeerPoolDesk;
  readonly permit: PermitDeps;
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
    const paged = await pageOfError(admitted.visit, answer, (other) => coded(other, deps));
    return deliver(visit, paged, admitted.visit, deps);
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
    const proof = await challengeAnswer(request, deps.proofs);
    if (proof !== undefined) return { kind: 'answered', answer: proof };
    const measured = deps.measures.answer(request);
    if (measured !== undefined) return { kind: 'answered', answer: await measured };
    const found = await identify(deps.hosts, request.host);
    if (found.kind === 'refused') return refused(found);
    const { tenant } = found;
    if (request.target.startsWith(OWN_PREFIX)) {
      const own = await answerOwn(visit, tenant, { ...deps.admit, peerpool: deps.peerpool }, deps.tally);
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

/** permit, before anything is sought. */
async function answerOf(visit: AdmittedVisit, deps: ServeDeps): Promise<Answer> {
  try {
    const permitted = permit(visit, deps.permit);
    if (permitted.kind === 'answered') return permitted.answer;
    if (permitted.kind === 'refused') return refusedAnswer(visit, permitted, 'refused', deps);
  } catch (error) {
    return failedAnswer(visit, error, 'permit', deps);
  }
  return coded(visit, deps);
}

/** What was sought, coded where it comes right now and is to be. */
async function coded(visit: AdmittedVisit, deps: ServeDeps): Promise<Answer> {
  // A page that the tag is added to is found as it is, and coded afterwards.
  const tags = navigatesToPage(visit);
  const answer = await sought(tags ? soughtForTag(visit) : visit, deps);
  noteHints(visit, answer, deps);
  return codedAnswer(visit, tags ? await withTag(answer) : answer, deps, tags);
}

/** What was found, where somebody is about to be asked. */
const ASKS: ReadonlySet<Found['kind']> = new Set<Found['kind']>(['fetch', 'revalidate', 'pass', 'arriving']);

/** look up → (hit | revalidate | fetch, collapsed), or tunnel. Never rejects. */
export async function sought(visit: AdmittedVisit, deps: ServeDeps): Promise<Answer> {
  const { request, tenant } = visit;
  let phase: Phase = request.upgrade === undefined ? 'fetch' : 'tunnel';
  try {
    if (request.upgrade !== undefined) return await tunnel(visit, deps);
    const forCache = (request.method === 'GET' || request.method === 'HEAD') && !request.hasBody;
    // Nobody waits for somebody else's stream of events, nor gets it.
    if (!forCache || asksForEvents(request.header('accept'))) return await pass(visit, deps);
    phase = 'look-up';
    const key = deps.keys.of(keyedBy(tenant, visit.settings, request), visit.asked.target);
    const found = await lookUp(visit, key, deps);
    phase = found.kind === 'revalidate' ? 'revalidate' : 'fetch';
    if (ASKS.has(found.kind)) sendHints(visit, deps);
    switch (found.kind) {
      case 'hit':
        return await hit(visit, found.entry, deps);
      case 'stale':
        if (found.refresh) void refresh(visit, key, found.entry, deps);
        return await stale(visit, found.entry, found.why, deps);
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
