import { invalidatedGroups, invalidatedTargets, invalidates } from '@media-network/http-cache';
import type { Lead } from '@media-network/http-cache';
import type { Answer } from './answer.ts';
import { arriving } from './arriving.ts';
import { askOrigin, questionOf } from './ask-origin.ts';
import type { Fetched, OriginDeps } from './ask-origin.ts';
import { askAsPut, fetchedAnswer, passThrough, passed } from './fetched-answer.ts';
import type { SharedFailure } from './fetched-answer.ts';
import { stale } from './hit.ts';
import type { Found } from './look-up.ts';
import { rewriteOriginLinks } from './origin-links.ts';
import { cacheStatus } from './response-head.ts';
import type { AdmittedVisit } from './visit.ts';

/** Asks the origin for what the cache has not, for this viewer and for those who wait. */
export async function fetch(
  visit: AdmittedVisit,
  key: string,
  lead: Lead<SharedFailure>,
  deps: OriginDeps,
): Promise<Answer> {
  let fetched: Fetched;
  try {
    fetched = await askOrigin(questionOf(visit, key, deps.maxObjectBytes), undefined, deps);
  } catch (error) {
    lead.failed(error);
    throw error;
  }
  if (fetched.kind !== 'filling' && fetched.kind !== 'pass')
    throw new Error(`${fetched.kind} is no answer to a question about nothing`);
  return fetchedAnswer(visit, fetched, 'miss', lead, deps);
}

/** Answers from somebody else's fetch. */
export async function follow(
  visit: AdmittedVisit,
  found: Extract<Found, { kind: 'arriving' }>,
  deps: OriginDeps,
): Promise<Answer> {
  const { fill, body, fallback } = found;
  const status = cacheStatus(fill.meta.headers, { kind: 'forward', reason: 'miss', collapsed: true });
  const made = { phase: 'fetch', outcome: 'collapsed', cacheStatus: status } as const;
  let answer: Answer | undefined;
  try {
    answer = await arriving(visit, fill, body, made, deps.clock);
  } catch (error) {
    if (fallback === undefined) throw error;
    return stale(visit, fallback, { error }, deps.clock.nowMs());
  }
  return answer ?? passThrough(visit, { reason: 'partial', detail: 'range' }, deps);
}

/** Other methods and requests with bodies go to the origin as they are; what they change is forgotten. */
export async function pass(visit: AdmittedVisit, deps: OriginDeps): Promise<Answer> {
  const { method } = visit.request;
  const response = await askAsPut(visit, deps);
  if (invalidates(method, response.status)) forget(visit, response.rawHeaders, deps);
  const reason = method === 'GET' || method === 'HEAD' ? 'request' : 'method';
  return passed(response, { reason, detail: 'unshared' }, deps);
}

/** RFC 9111 §4.4 and RFC 9875 §3, before the viewer hears that its change was made. */
function forget(visit: AdmittedVisit, responseHeaders: readonly string[], deps: OriginDeps): void {
  const { request, tenant, settingsVersion } = visit;
  const { keys, store } = deps;
  const leading = rewriteOriginLinks(responseHeaders, visit.settings, request);
  const targets = invalidatedTargets(request.host, request.target, leading);
  const groups = invalidatedGroups(responseHeaders);
  for (const scheme of ['http', 'https'] as const) {
    for (const target of targets) store.forget(keys.of(tenant.key, settingsVersion, scheme, target));
    const scope = keys.scope(tenant.key, settingsVersion, scheme);
    for (const group of groups) store.forgetGroup(scope, group);
  }
}
