import { headerValue } from '@media-network/http-cache';
import { leave } from '@media-network/http-front';
import { askedTarget, changed } from '@media-network/rules';
import { withoutConditions } from '../origin/origin-headers.ts';
import type { Answer } from './answer.ts';
import { madeRequest } from './made-request.ts';
import { admittedVisit } from './visit.ts';
import type { AdmittedVisit } from './visit.ts';

/** Of the page's own fields what says nothing of the error: how long it may be kept, and what it is compared by. */
const OF_THE_PAGE_ALONE = [
  'accept-ranges',
  'age',
  'cache-control',
  'date',
  'etag',
  'expires',
  'last-modified',
  'repr-digest',
];
/** Fields of the error that hold whatever page it has. */
const OF_THE_ERROR = [
  'age',
  'allow',
  'cache-control',
  'date',
  'expires',
  'media-error',
  'retry-after',
  'www-authenticate',
];

/**
 * An error with the page that the publisher has for it: its status, how long it may be kept and what it says to
 * machines stay. The same answer where there is no rule for it, or no such page.
 */
export async function pageOfError(
  visit: AdmittedVisit,
  answer: Answer,
  answerOf: (visit: AdmittedVisit) => Promise<Answer>,
): Promise<Answer> {
  const { request } = visit;
  const rule = visit.settings.rules.error.find((each) => each.has(answer.status));
  if (rule === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return answer;
  const page = await answerOf(visitOf(visit, rule.page));
  if (page.status !== 200) {
    await leave(page.body);
    return answer;
  }
  await leave(answer.body);
  const kept = OF_THE_ERROR.flatMap((name) => {
    const value = headerValue(answer.headers, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...page,
    phase: answer.phase,
    // A refusal costs its publisher nothing, but a page of its own does.
    outcome: answer.outcome === 'refused' ? 'ruled' : answer.outcome,
    reason: answer.reason,
    status: answer.status,
    statusText: answer.statusText,
    headers: changed(page.headers, { set: kept, add: [], remove: OF_THE_PAGE_ALONE }),
    cacheStatus: answer.cacheStatus,
    object: undefined,
  };
}

/** The same viewer as one who asks for a page of this resource: all of it, whatever was asked for before. */
function visitOf(visit: AdmittedVisit, page: string): AdmittedVisit {
  const { request, tenant, settings, session } = visit;
  const rawHeaders = withoutConditions(request.rawHeaders);
  const left = new Set(rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase()));
  const { scheme, host, port, method, httpVersion, remoteAddress, remotePort, serverName, signal } = request;
  return admittedVisit(
    {
      id: visit.id,
      startedAtMs: visit.startedAtMs,
      request: madeRequest({
        scheme,
        host,
        port,
        method,
        httpVersion,
        remoteAddress,
        remotePort,
        serverName,
        signal,
        target: askedTarget(settings.rules, page),
        header: (name) => (left.has(name) ? request.header(name) : undefined),
        rawHeaders,
      }),
    },
    { tenant, settings, session },
  );
}
