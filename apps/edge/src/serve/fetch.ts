import {
  invalidatedGroups,
  invalidatedTargets,
  invalidates,
  readVary,
  storability,
} from '@media-network/http-cache';
import type { Lead } from '@media-network/http-cache';
import { askedTarget } from '@media-network/rules';
import type { OriginResponse } from '../origin/origin-response.ts';
import type { Answer } from './answer.ts';
import { arriving } from './arriving.ts';
import { askOrigin, isOfTheObject, questionOf } from './ask-origin.ts';
import type { Fetched, OriginDeps } from './ask-origin.ts';
import { keyedBy, waysOf } from './entry-keys.ts';
import { askAsPut, fetchedAnswer, originStatus, passThrough, passed } from './fetched-answer.ts';
import type { SharedAnswer } from './fetched-answer.ts';
import { fromStored } from './from-stored.ts';
import type { StoredDeps } from './from-stored.ts';
import { stale } from './hit.ts';
import type { Found } from './look-up.ts';
import { rewriteOriginLinks } from './origin-links.ts';
import { ttlSeconds } from './represent.ts';
import { cacheStatus } from './response-head.ts';
import { isPersonal } from './visit.ts';
import type { AdmittedVisit } from './visit.ts';

/** Asks the origin for what the cache has not, for this viewer and for those who wait. */
export async function fetch(
  visit: AdmittedVisit,
  key: string,
  lead: Lead<SharedAnswer>,
  deps: StoredDeps,
): Promise<Answer> {
  let fetched: Fetched;
  try {
    fetched = await askOrigin(questionOf(visit, key, deps.maxObjectBytes), undefined, deps);
  } catch (error) {
    lead.failed(error);
    throw error;
  }
  if (fetched.kind === 'sliced') {
    lead.done();
    const { meta } = fetched.head;
    const status = cacheStatus(meta.headers, {
      kind: 'forward',
      reason: 'miss',
      originStatus: 200,
      stored: true,
      ttlSeconds: ttlSeconds(meta, deps.clock.nowMs()),
      detail: 'slices',
    });
    const made = { phase: 'fetch', outcome: 'miss', reason: undefined, cacheStatus: status } as const;
    return fromStored(visit, fetched.head, meta, made, deps);
  }
  if (fetched.kind !== 'filling' && fetched.kind !== 'pass')
    throw new Error(`${fetched.kind} is no answer to a question about nothing`);
  return fetchedAnswer(visit, fetched, 'miss', lead, deps);
}

/** Asks the origin for a head, for this viewer and for those who wait for the same. */
export async function head(
  visit: AdmittedVisit,
  lead: Lead<SharedAnswer>,
  deps: OriginDeps,
): Promise<Answer> {
  const { clock } = deps;
  const requestedAtMs = clock.nowMs();
  let response: OriginResponse;
  try {
    // Others wait for it, too: it goes on when this viewer leaves.
    response = await askAsPut(visit, deps, { signal: undefined });
  } catch (error) {
    lead.failed(error);
    throw error;
  }
  const { status, rawHeaders: headers } = response;
  const judged = storability(
    { method: 'GET', header: visit.viewers },
    { status, headers, requestedAtMs, receivedAtMs: clock.nowMs() },
  );
  const forAll = judged.kind === 'store' || judged.reason === 'no-freshness' || judged.reason === 'status';
  const vary = readVary(headers);
  if (!forAll || vary === '*' || isPersonal(visit))
    lead.uncacheable(judged.kind === 'pass' && isOfTheObject(response, judged.reason));
  // Those who come later get it only if it is of some use to them.
  else
    lead.answered(
      { response, body: undefined, error: originStatus(status) },
      vary,
      judged.kind === 'store' || status >= 500 ? undefined : 0,
    );
  return passed(response, { reason: 'miss', detail: 'head' }, deps);
}

/** Answers from somebody else's fetch. */
export async function follow(
  visit: AdmittedVisit,
  found: Extract<Found, { kind: 'arriving' }>,
  deps: StoredDeps,
): Promise<Answer> {
  const { fill, body, fallback } = found;
  const status = cacheStatus(fill.meta.headers, { kind: 'forward', reason: 'miss', collapsed: true });
  const made = { phase: 'fetch', outcome: 'collapsed', cacheStatus: status } as const;
  let answer: Answer | undefined;
  try {
    answer = await arriving(visit, fill, body, made, deps.clock);
  } catch (error) {
    if (fallback?.live !== true) throw error;
    return stale(visit, fallback, { error }, deps);
  }
  return answer ?? passThrough(visit, { reason: 'partial', detail: 'range' }, deps);
}

/** Other methods and requests with bodies go to the origin as they are; what they change is forgotten. */
export async function pass(visit: AdmittedVisit, deps: OriginDeps): Promise<Answer> {
  const { method } = visit.request;
  const response = await askAsPut(visit, deps);
  if (invalidates(method, response.status)) {
    forget(visit, response.rawHeaders, deps);
    await deps.store.gone();
  }
  const reason = method === 'GET' || method === 'HEAD' ? 'request' : 'method';
  return passed(response, { reason, detail: 'unshared' }, deps);
}

/** RFC 9111 §4.4 and RFC 9875 §3, before the viewer hears that its change was made. */
function forget(visit: AdmittedVisit, responseHeaders: readonly string[], deps: OriginDeps): void {
  const { request, tenant, settings } = visit;
  const { keys, store } = deps;
  const leading = rewriteOriginLinks(responseHeaders, visit.settings, request);
  const targets = invalidatedTargets(request.host, request.target, leading);
  const groups = invalidatedGroups(responseHeaders);
  // The origin is one behind all its hosts: what changed there changed under each of them.
  const { name } = keyedBy(tenant, settings, request);
  const names = name === '' ? settings.domains : [...new Set([name, ...settings.domains])];
  for (const way of waysOf(tenant.key, settings, names)) {
    for (const target of targets) {
      const key = keys.of(way, askedTarget(settings.rules, target));
      store.forget(key);
      deps.tier.changed(key);
    }
    if (groups.length > 0) deps.tier.purged(tenant.key);
    for (const group of groups) store.forgetGroup(keys.scope(way), group);
  }
}
