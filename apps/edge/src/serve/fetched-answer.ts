import { headerValue, readVary } from '@media-network/http-cache';
import type { CacheStatusOutcome, Lead } from '@media-network/http-cache';
import { targetAsPut } from '@media-network/rules';
import { MediaError } from '@media-network/runtime';
import { isEventStream } from '../origin/event-stream.ts';
import type { OriginResponse } from '../origin/origin-response.ts';
import type { Answer } from './answer.ts';
import { arriving, held } from './arriving.ts';
import { isOfTheObject } from './ask-origin.ts';
import type { Fetched, OriginDeps, PassReason } from './ask-origin.ts';
import { counted, drain, readShort } from './origin-body.ts';
import { ttlSeconds } from './represent.ts';
import { cacheStatus, passedHeaders } from './response-head.ts';
import { fieldsAsPut, giveInterim, isPersonal } from './visit.ts';
import type { AdmittedVisit } from './visit.ts';

/** Errors that are longer are shared with nobody. */
const SHARED_ERROR_BYTES = 64 * 1024;

/** What many wait for and nobody keeps: an error of the origin, or a head. */
export interface SharedAnswer {
  readonly response: OriginResponse;
  readonly body: Buffer | undefined;
  /** What it is called where a stale answer stands in for it. */
  readonly error: MediaError;
}

/** Why a request went forward, and what is to be said about that. */
type Forward = Omit<Extract<CacheStatusOutcome, { kind: 'forward' }>, 'kind' | 'originStatus'>;

/** Answers with what the origin said to a question of the cache, and tells those who wait. */
export async function fetchedAnswer(
  visit: AdmittedVisit,
  fetched: Extract<Fetched, { kind: 'filling' | 'pass' }>,
  forward: 'miss' | 'stale',
  lead: Lead<SharedAnswer>,
  deps: OriginDeps,
): Promise<Answer> {
  const { response } = fetched;
  if (fetched.kind === 'pass') {
    const answer = await unkept(visit, response, fetched.reason, forward, lead, deps);
    return answer ?? passThrough(visit, { reason: forward, detail: fetched.reason }, deps);
  }
  const { fill } = fetched;
  lead.share(fill);
  const body = fill.follow();
  if (body === undefined)
    throw new MediaError({
      code: 'edge/internal',
      message: 'A fill that has just begun cannot be followed.',
      source: 'internal',
    });
  const status = cacheStatus(fill.meta.headers, {
    kind: 'forward',
    reason: forward,
    originStatus: response.status,
    stored: true,
    ttlSeconds: ttlSeconds(fill.meta, deps.clock.nowMs()),
  });
  const made = { phase: 'fetch', outcome: 'miss', cacheStatus: status } as const;
  const answer = await arriving(visit, fill, body, made, deps.clock);
  return answer ?? passThrough(visit, { reason: 'partial', detail: 'range' }, deps);
}

/**
 * What cannot be kept, for the one who asked and for those who wait. An error that is for everybody is
 * shared with them; otherwise they ask for themselves. Undefined: the origin must be asked again as the
 * viewer put it, because the cache asked for more than that.
 */
async function unkept(
  visit: AdmittedVisit,
  response: OriginResponse,
  reason: PassReason,
  forward: 'miss' | 'stale',
  lead: Lead<SharedAnswer>,
  deps: OriginDeps,
): Promise<Answer | undefined> {
  const { header } = visit.request;
  const vary = readVary(response.rawHeaders);
  const forAll = reason === 'no-freshness' || reason === 'status';
  if (response.status >= 500 && forAll && vary !== '*' && !isPersonal(visit)) {
    let read: Awaited<ReturnType<typeof readShort>>;
    try {
      read = await readShort(counted(response, deps), SHARED_ERROR_BYTES);
    } catch (error) {
      lead.failed(error);
      throw error;
    }
    const status = { reason: forward, detail: reason };
    if ('rest' in read) {
      lead.uncacheable(false);
      return passedAnswer(response, read.rest, 'pass', status);
    }
    lead.answered({ response, body: read.whole, error: originStatus(response.status) }, vary);
    return passedAnswer(response, read.whole, 'pass', status);
  }
  lead.uncacheable(isOfTheObject(response, reason));
  const asked = ['range', 'if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since'];
  if (response.status < 400 && asked.some((name) => header(name) !== undefined)) {
    await drain(response);
    return undefined;
  }
  return passed(response, { reason: forward, detail: reason }, deps);
}

/** Asks the origin for this viewer alone, as it put it, and keeps nothing. */
export async function passThrough(visit: AdmittedVisit, forward: Forward, deps: OriginDeps): Promise<Answer> {
  return passed(await askAsPut(visit, deps), forward, deps);
}

/** A request that the cache has no part in, streamed through. */
export async function askAsPut(
  visit: AdmittedVisit,
  deps: Pick<OriginDeps, 'origin'>,
  { signal }: { readonly signal: AbortSignal | undefined } = visit.request,
): Promise<OriginResponse> {
  const { request } = visit;
  // What changes something is asked for to the letter.
  const isSafe = request.method === 'GET' || request.method === 'HEAD';
  return deps.origin.fetch({
    settings: visit.settings,
    method: request.method,
    target: isSafe ? visit.asked.target : targetAsPut(visit.settings.rules, request.target),
    rawHeaders: isSafe ? visit.asked.rawHeaders : fieldsAsPut(visit),
    viewer: { scheme: request.scheme, host: request.host },
    ...(request.hasBody ? { body: request.body } : {}),
    ...(signal === undefined ? {} : { signal }),
    onInterim: (status, headers) => giveInterim(visit, status, headers),
  });
}

/** Answers with what the origin said, as it comes. */
export async function passed(
  response: OriginResponse,
  forward: Forward,
  deps: Pick<OriginDeps, 'tally' | 'clock'>,
): Promise<Answer> {
  if (response.framing !== 'none') {
    const answer = passedAnswer(response, counted(response, deps), 'pass', forward);
    // Its first event may be minutes away.
    if (isEventStream(headerValue(response.rawHeaders, 'content-type'))) return answer;
    return held(answer, deps.clock);
  }
  await drain(response);
  return passedAnswer(response, undefined, 'pass', forward);
}

/** Answers with what somebody else's request was answered with. */
export function sharedAnswer({ response, body }: SharedAnswer): Answer {
  return passedAnswer(response, body, 'collapsed', { reason: 'miss', collapsed: true });
}

function passedAnswer(
  response: OriginResponse,
  body: Answer['body'],
  outcome: Answer['outcome'],
  forward: Forward,
): Answer {
  // A 304 or an answer to HEAD may name a length that is not its own.
  const unsure = response.framing === 'none' && response.status === 304;
  return {
    phase: 'fetch',
    outcome,
    reason: undefined,
    status: response.status,
    statusText: response.statusText,
    headers: passedHeaders(response.rawHeaders),
    contentLength: unsure ? undefined : response.contentLength,
    body,
    cacheStatus: cacheStatus(response.rawHeaders, {
      kind: 'forward',
      originStatus: response.status,
      ...forward,
    }),
    object: undefined,
  };
}

/** An answer of the origin that counts as its failure, by name. */
export function originStatus(status: number): MediaError {
  return new MediaError({
    code: `origin-${status}`,
    message: `The origin answered with ${status}.`,
    source: 'origin',
  });
}
