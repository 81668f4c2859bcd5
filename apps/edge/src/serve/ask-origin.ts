import {
  confirms,
  entryMeta,
  fillFrom,
  metaAfterNotModified,
  storability,
  validatorsFor,
} from '@media-network/http-cache';
import type {
  CacheStore,
  EntryMeta,
  Fill,
  FillFromResult,
  HeaderLookup,
  NoStoreReason,
  StoredEntry,
} from '@media-network/http-cache';
import type { ParsedRequest } from '@media-network/http-front';
import type { Clock } from '@media-network/runtime';
import type { OriginClient } from '../origin/origin-client.ts';
import { withoutConditions } from '../origin/origin-headers.ts';
import type { OriginResponse } from '../origin/origin-response.ts';
import type { OriginSettings } from '../origin/origin-settings.ts';
import { keyedBy } from './entry-keys.ts';
import type { EntryKeys, KeyedResource } from './entry-keys.ts';
import { counted, drain } from './origin-body.ts';
import type { RememberedKeys } from './remembered-keys.ts';
import type { Tally } from './tally.ts';
import { giveInterim } from './visit.ts';
import type { AdmittedVisit } from './visit.ts';

export interface OriginDeps {
  readonly origin: OriginClient;
  readonly store: CacheStore;
  readonly keys: EntryKeys;
  readonly clock: Clock;
  readonly tally: Tally;
  readonly maxObjectBytes: number;
  /** Fills under way, by key. */
  readonly fills: Map<string, Fill>;
  /** Objects that are too large to be fetched for a part of them: a publisher may replace one by a small one. */
  readonly large: RememberedKeys<true>;
}

/** Fills whose last byte has come: all that is left is to keep them. */
const received = new WeakSet<Fill>();

/** Whether a fill has its whole body and is about to be a stored entry. */
export function isReceived(fill: Fill): boolean {
  return received.has(fill);
}

async function* whole(fill: Fill, body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* body;
  received.add(fill);
}

/** What is needed to ask the origin, kept apart from the viewer who asked first: a fetch may outlive it. */
export interface OriginQuestion {
  readonly key: string;
  readonly by: KeyedResource;
  readonly target: string;
  readonly settings: OriginSettings;
  readonly viewer: { readonly scheme: 'http' | 'https'; readonly host: string };
  readonly rawHeaders: readonly string[];
  readonly forwarded: HeaderLookup;
  readonly viewers: HeaderLookup;
  /** What is longer is not worth fetching for a part of it. */
  readonly maxBytes: number;
  /** Interim answers go to who asked first. */
  readonly onInterim: ParsedRequest['interim'] | undefined;
}

/**
 * A range of an object that is not stored fetches the whole up to this size, which covers the segments of a
 * stream; of a larger one only the range is asked for, so that a byte never costs the origin a film.
 */
const RANGE_FILL_BYTES = 4 * 2 ** 20;

/** Whether a request is for a part. Players begin with all of it from 0 on, which is the whole. */
export function wantsPart(request: Pick<ParsedRequest, 'method' | 'header'>): boolean {
  const range = request.header('range');
  return request.method === 'GET' && range !== undefined && !/^bytes=[ \t]*0-[ \t]*$/i.test(range);
}

export function questionOf(visit: AdmittedVisit, key: string, maxObjectBytes: number): OriginQuestion {
  const { request } = visit;
  return {
    key,
    by: keyedBy(visit.tenant, visit.settingsVersion, request),
    target: request.target,
    settings: visit.settings,
    viewer: { scheme: request.scheme, host: request.host },
    rawHeaders: request.rawHeaders,
    forwarded: visit.forwarded,
    viewers: visit.viewers,
    maxBytes: wantsPart(request) ? Math.min(RANGE_FILL_BYTES, maxObjectBytes) : maxObjectBytes,
    onInterim: (status, headers) => giveInterim(visit, status, headers),
  };
}

export type PassReason = NoStoreReason | 'unverified' | 'too-large' | 'range' | 'cookie';

/**
 * `filling`: storable; the body is on its way into the cache, follow it. `confirmed`: the stored entry
 * holds. `withdrawn`: it still is what the origin has, but may not be shared any more. `failing`: an error
 * of the kind for which a stale answer may stand in. `pass`: not to be kept; the body is the caller's.
 */
export type Fetched =
  | {
      readonly kind: 'filling';
      readonly fill: Fill;
      readonly response: OriginResponse;
      readonly done: Promise<FillFromResult>;
    }
  | { readonly kind: 'confirmed'; readonly meta: EntryMeta }
  | { readonly kind: 'withdrawn'; readonly meta: EntryMeta; readonly reason: PassReason }
  | { readonly kind: 'failing'; readonly response: OriginResponse }
  | { readonly kind: 'pass'; readonly response: OriginResponse; readonly reason: PassReason };

/** RFC 5861 §4. */
const FAILURES = new Set([500, 502, 503, 504]);

/** Reasons that lie in who asked, and say nothing of the answers to others. */
const OF_THE_VIEWER: ReadonlySet<PassReason> = new Set<PassReason>(['authorization', 'cookie']);
/** A part was asked for, or a session began. */
const OF_ONE_REQUEST: ReadonlySet<PassReason> = new Set<PassReason>([
  ...OF_THE_VIEWER,
  'range',
  'set-cookie',
]);

/** Whether an answer that was passed says something of the answers to others, and not of one request or one error. */
export function isOfTheObject(response: Pick<OriginResponse, 'status'>, reason: PassReason): boolean {
  return response.status < 400 && !OF_ONE_REQUEST.has(reason);
}

/** A stored answer that is asked about, and whether it may stand in for an origin that fails. */
export interface Asked {
  readonly entry: StoredEntry;
  readonly mayStandIn: boolean;
}

/** Asks the origin for the whole object, or whether what is stored still holds. Rejects with an `edge/origin-*` error. */
export async function askOrigin(
  question: OriginQuestion,
  asked: Asked | undefined,
  deps: OriginDeps,
): Promise<Fetched> {
  const { store, clock } = deps;
  const stored = asked?.entry;
  const generation = store.generation;
  const requestedAtMs = clock.nowMs();
  const response = await deps.origin.fetch({
    settings: question.settings,
    method: 'GET',
    target: question.target,
    rawHeaders: [
      ...withoutConditions(question.rawHeaders),
      ...(stored === undefined ? [] : validatorsFor(stored.meta)),
    ],
    viewer: question.viewer,
    onInterim: question.onInterim,
  });
  const answer = {
    status: response.status,
    statusText: response.statusText,
    headers: response.rawHeaders,
    requestedAtMs,
    receivedAtMs: clock.nowMs(),
  };
  if (stored !== undefined && response.status === 304) {
    await drain(response);
    if (!confirms(stored.meta, response.rawHeaders)) {
      // The origin speaks of another response than ours: ask for the whole.
      store.remove(stored);
      return askOrigin(question, undefined, deps);
    }
    return judgeConfirmed(question, stored, answer, deps);
  }
  if (asked?.mayStandIn === true && FAILURES.has(response.status)) return { kind: 'failing', response };

  const reason = passReason(question, response, answer, deps);
  if (typeof reason === 'string') {
    // RFC 9111 §4.3.3: a full answer ends what it was asked about, unless it is for one viewer only.
    if (stored !== undefined && !OF_THE_VIEWER.has(reason) && !FAILURES.has(response.status))
      store.remove(stored);
    return { kind: 'pass', response, reason };
  }
  const meta = entryMeta(question.forwarded, answer, reason.freshness);
  const expected =
    response.framing === 'length' && response.contentLength !== undefined
      ? { expectedLength: response.contentLength }
      : {};
  const key = deps.keys.after(question.by, question.target, meta.headers);
  const fill = store.begin(key, meta, { generation, ...expected });
  deps.fills.set(key, fill);
  const done = fillFrom(fill, whole(fill, counted(response, deps)), expected).then((result) => {
    // Stored under other fields of Vary, it would leave the old one in its place.
    if (result.kind === 'stored' && stored !== undefined && stored.live) store.remove(stored);
    return result;
  });
  void done.finally(() => {
    if (deps.fills.get(key) === fill) deps.fills.delete(key);
  });
  return { kind: 'filling', fill, response, done };
}

type Answered = Parameters<typeof metaAfterNotModified>[2] & { readonly statusText: string };

/** After a 304: renewed, or no longer to be shared (RFC 9111 §3.2, §4.3.4). */
async function judgeConfirmed(
  question: OriginQuestion,
  stored: StoredEntry,
  answer: Answered,
  deps: OriginDeps,
): Promise<Fetched> {
  const meta = metaAfterNotModified(stored.meta, question.forwarded, answer);
  const judged = storability({ method: 'GET', header: question.viewers }, { ...answer, ...meta });
  if (judged.kind === 'pass' && OF_THE_VIEWER.has(judged.reason))
    // Said to one viewer: good for this answer, and no reason to renew or to drop what others get.
    return { kind: 'confirmed', meta };
  if (judged.kind === 'pass' && judged.reason !== 'no-freshness') {
    deps.store.remove(stored);
    return { kind: 'withdrawn', meta, reason: judged.reason };
  }
  await deps.store.update(stored, meta);
  return { kind: 'confirmed', meta };
}

/** Why a response is not kept; what is known of its freshness otherwise. */
function passReason(
  question: OriginQuestion,
  response: OriginResponse,
  answer: Answered,
  deps: OriginDeps,
): PassReason | Extract<ReturnType<typeof storability>, { kind: 'store' }> {
  const judged = storability({ method: 'GET', header: question.viewers }, answer);
  if (judged.kind === 'pass') return judged.reason;
  if (response.framing === 'close') return 'unverified';
  const length = response.contentLength ?? 0;
  if (length > deps.maxObjectBytes) return 'too-large';
  if (length > question.maxBytes) {
    deps.large.note(question.key, true);
    return 'range';
  }
  // Without a word of the origin on how long it holds, what was made for a cookie is taken for personal.
  if (question.viewers('cookie') !== undefined && !judged.freshness.explicit) return 'cookie';
  return judged;
}
