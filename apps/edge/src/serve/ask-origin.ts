import {
  confirms,
  entryMeta,
  fillFrom,
  freshnessOf,
  headerValue,
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
  LifetimePolicy,
  NoStoreReason,
  StoredEntry,
} from '@media-network/http-cache';
import type { ParsedRequest } from '@media-network/http-front';
import { firstFor, keptFields, lifetimeOf } from '@media-network/rules';
import type { Clock } from '@media-network/runtime';
import { isEventStream } from '../origin/event-stream.ts';
import type { OriginClient } from '../origin/origin-client.ts';
import { withoutConditions } from '../origin/origin-headers.ts';
import type { OriginResponse } from '../origin/origin-response.ts';
import type { OriginSettings } from '../origin/origin-settings.ts';
import {
  canBeSliced,
  headKey,
  isHeadOfSlices,
  planOf,
  sliceBytesOf,
  sliceRuleOf,
} from '../slices/slice-plan.ts';
import type { Slices } from '../slices/slices.ts';
import { liveFreshness, livePolicy, readLive } from '../streams/live-answer.ts';
import { isPlaylist } from '../streams/playlist.ts';
import type { Prefetch } from '../streams/prefetch.ts';
import type { Tenant } from '../tenant/tenant-book.ts';
import { keyedBy } from './entry-keys.ts';
import type { EntryKeys, KeyedResource } from './entry-keys.ts';
import type { TierClient } from '../tier/tier-client.ts';
import { counted, drain } from './origin-body.ts';
import { receiving } from './received.ts';
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
  /** Objects whose origin does not answer ranges as it should. */
  readonly unsliced: RememberedKeys<true>;
  readonly slices: Pick<Slices, 'forget'>;
  readonly prefetch: Prefetch;
  readonly tier: TierClient;
}

/** What is needed to ask the origin, kept apart from the viewer who asked first: a fetch may outlive it. */
export interface OriginQuestion {
  readonly key: string;
  readonly tenant: Tenant;
  readonly by: KeyedResource;
  readonly address: string;
  readonly target: string;
  /** Of the target, as rules see it. */
  readonly path: string;
  readonly settings: OriginSettings;
  readonly viewer: { readonly scheme: 'http' | 'https'; readonly host: string };
  readonly rawHeaders: readonly string[];
  readonly forwarded: HeaderLookup;
  readonly viewers: HeaderLookup;
  /** What is longer is not worth fetching for a part of it. */
  readonly maxBytes: number;
  /** Whether another edge may be asked first. */
  readonly mayTier: boolean;
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

/** Whether a request is for several parts at once. */
export function wantsSeveral(request: Pick<ParsedRequest, 'method' | 'header'>): boolean {
  return wantsPart(request) && request.header('range')?.includes(',') === true;
}

export function questionOf(visit: AdmittedVisit, key: string, maxObjectBytes: number): OriginQuestion {
  const { request } = visit;
  return {
    key,
    tenant: visit.tenant,
    by: keyedBy(visit.tenant, visit.settings, request),
    address: visit.tenant.view.address,
    target: visit.asked.target,
    path: visit.path,
    settings: visit.settings,
    viewer: { scheme: request.scheme, host: request.host },
    rawHeaders: visit.asked.rawHeaders,
    forwarded: visit.forwarded,
    viewers: visit.viewers,
    maxBytes: wantsPart(request) ? Math.min(RANGE_FILL_BYTES, maxObjectBytes) : maxObjectBytes,
    mayTier: visit.forSibling !== true,
    onInterim: (status, headers) => giveInterim(visit, status, headers),
  };
}

export type PassReason = NoStoreReason | 'unverified' | 'too-large' | 'range' | 'cookie' | 'events';

/**
 * `filling`: storable; the body is on its way into the cache, follow it. `confirmed`: the stored entry
 * holds. `withdrawn`: it still is what the origin has, but may not be shared any more. `failing`: an error
 * of the kind for which a stale answer may stand in. `sliced`: too large to be fetched at once; its head is kept and
 * stands for slices, which are asked for as they are needed. `pass`: not to be kept; the body is the caller's.
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
  | { readonly kind: 'sliced'; readonly head: StoredEntry }
  | { readonly kind: 'pass'; readonly response: OriginResponse; readonly reason: PassReason };

/** Of a playlist that was purged softly: its own word is gone. */
const MIN_LIVE_MS = 250;

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
  const { rules } = question.settings;
  // What is stored is asked about where it came to be; another edge may be the first to be asked for anything else.
  const tiered = stored === undefined && question.mayTier ? await deps.tier.ask(question) : undefined;
  const checked = tiered !== undefined && deps.tier.isChecked(question) ? tiered : undefined;
  const said =
    checked === undefined && tiered !== undefined
      ? tiered.response
      : await deps.origin.fetch({
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
  const kept = { ...said, rawHeaders: keptFields(rules, question.path, said.rawHeaders) };
  const { response, liveMs } = await readLive(rules, question.path, kept);
  const policy = lifetimePolicy(question);
  const answer = {
    status: response.status,
    statusText: response.statusText,
    headers: response.rawHeaders,
    requestedAtMs,
    receivedAtMs: clock.nowMs(),
    policy: liveMs === undefined ? policy : livePolicy(liveMs, policy),
  };
  if (stored !== undefined && response.status === 304) {
    await drain(response);
    if (!confirms(stored.meta, response.rawHeaders)) {
      // The origin speaks of another response than ours: ask for the whole.
      remove(stored, question, deps);
      return askOrigin(question, undefined, deps);
    }
    return judgeConfirmed(question, { stored, generation }, answer, deps);
  }
  if (asked?.mayStandIn === true && FAILURES.has(response.status)) return { kind: 'failing', response };

  if (isForSlices(question, response, answer, stored, deps)) {
    const head = await keepHead(question, response, answer, generation, deps);
    if (head !== undefined) {
      if (stored !== undefined && (stored.live || isOtherVersion(stored, head, question)))
        remove(stored, question, deps);
      return { kind: 'sliced', head };
    }
  }
  const reason = passReason(question, response, answer, deps);
  if (typeof reason === 'string' && tiered !== undefined && response.sibling === true) {
    deps.tier.unusable(tiered);
    return askOrigin({ ...question, mayTier: false }, undefined, deps);
  }
  if (typeof reason === 'string') {
    // RFC 9111 §4.3.3: a full answer ends what it was asked about, unless it is for one viewer only.
    if (stored !== undefined && !OF_THE_VIEWER.has(reason) && !FAILURES.has(response.status))
      remove(stored, question, deps);
    return { kind: 'pass', response, reason };
  }
  const freshness =
    liveMs === undefined ? reason.freshness : liveFreshness(reason.freshness, liveMs, answer.receivedAtMs);
  const meta = entryMeta(question.forwarded, answer, freshness);
  const expected =
    response.framing === 'length' && response.contentLength !== undefined
      ? { expectedLength: response.contentLength }
      : {};
  const key = deps.keys.after(question.by, question.target, meta.headers);
  const fill = store.begin(key, meta, { generation, ...expected });
  deps.fills.set(key, fill);
  const done = fillFrom(fill, receiving(fill, counted(response, deps)), expected).then((result) => {
    // Stored under other fields of Vary, it would leave the old one in its place.
    if (result.kind === 'stored' && stored !== undefined && stored.live) remove(stored, question, deps);
    if (result.kind === 'stored') deps.prefetch.stored(question, result.entry);
    if (result.kind === 'stored' && checked !== undefined)
      deps.tier.judge(checked, { fields: response.rawHeaders, sha256: result.entry.sha256 });
    return result;
  });
  void done.finally(() => {
    if (deps.fills.get(key) === fill) deps.fills.delete(key);
  });
  return { kind: 'filling', fill, response, done };
}

/** Takes out what is not what the origin has, with the slices that a head stands for. */
function remove(stored: StoredEntry, { settings, path, forwarded }: OriginQuestion, deps: OriginDeps): void {
  if (!isHeadOfSlices(stored)) deps.store.remove(stored);
  else deps.slices.forget(stored, planOf(stored, sliceBytesOf(settings, path), forwarded));
}

/** Whether a head that was replaced stood for other slices than the new one. */
function isOtherVersion(
  stored: StoredEntry,
  head: StoredEntry,
  { settings, path, forwarded }: OriginQuestion,
): boolean {
  const prefixOf = (of: StoredEntry): string => planOf(of, sliceBytesOf(settings, path), forwarded).prefix;
  return isHeadOfSlices(stored) && prefixOf(stored) !== prefixOf(head);
}

/** Whether an answer is one to be kept in slices and not whole. */
function isForSlices(
  question: OriginQuestion,
  response: OriginResponse,
  answer: Answered,
  stored: StoredEntry | undefined,
  deps: OriginDeps,
): boolean {
  const wanted = sliceRuleOf(question.settings, question.path);
  if (wanted === undefined || wanted.sliceBytes > deps.maxObjectBytes) return false;
  if (!canBeSliced(response) || deps.unsliced.get(question.key) === true) return false;
  const ofHead = stored !== undefined && isHeadOfSlices(stored) ? RANGE_FILL_BYTES : Number.POSITIVE_INFINITY;
  const maxBytes = Math.min(wanted.aboveBytes, question.maxBytes, deps.maxObjectBytes, ofHead);
  if ((response.contentLength ?? 0) <= maxBytes) return false;
  const judged = storability({ method: 'GET', header: question.viewers }, answer);
  return judged.kind === 'store' && (judged.freshness.explicit || question.viewers('cookie') === undefined);
}

/** Keeps what a full answer said of the object, and leaves its body. Undefined where it is not kept. */
async function keepHead(
  question: OriginQuestion,
  response: OriginResponse,
  answer: Answered,
  generation: number,
  deps: OriginDeps,
): Promise<StoredEntry | undefined> {
  const meta = entryMeta(question.forwarded, answer, freshnessOf(answer));
  const key = deps.keys.after(question.by, question.target, meta.headers);
  const kept = await deps.store.begin(headKey(key), meta, { generation }).commit();
  if (kept.kind !== 'stored') return undefined;
  await drain(response);
  return kept.entry;
}

/** How long answers are kept, by the publisher's rules. */
function lifetimePolicy({ settings, path }: OriginQuestion): LifetimePolicy | undefined {
  const { cache } = settings.rules;
  if (cache.length === 0) return undefined;
  return (status, headers) =>
    lifetimeOf(cache, { path, status, contentType: headerValue(headers, 'content-type') });
}

type Answered = Parameters<typeof metaAfterNotModified>[2] & { readonly statusText: string };

/** After a 304: renewed, or no longer to be shared (RFC 9111 §3.2, §4.3.4). */
async function judgeConfirmed(
  question: OriginQuestion,
  { stored, generation }: { readonly stored: StoredEntry; readonly generation: number },
  answer: Answered,
  deps: OriginDeps,
): Promise<Fetched> {
  const liveMs = keptLiveMs(question, stored);
  const said =
    liveMs === undefined ? answer : { ...answer, policy: livePolicy(liveMs, lifetimePolicy(question)) };
  const renewed = metaAfterNotModified(stored.meta, question.forwarded, said);
  const meta =
    liveMs === undefined
      ? renewed
      : { ...renewed, freshness: liveFreshness(renewed.freshness, liveMs, answer.receivedAtMs) };
  const judged = storability({ method: 'GET', header: question.viewers }, { ...said, ...meta });
  if (judged.kind === 'pass' && OF_THE_VIEWER.has(judged.reason))
    // Said to one viewer: good for this answer, and no reason to renew or to drop what others get.
    return { kind: 'confirmed', meta };
  if (judged.kind === 'pass' && judged.reason !== 'no-freshness') {
    remove(stored, question, deps);
    return { kind: 'withdrawn', meta, reason: judged.reason };
  }
  await deps.store.update(stored, meta, { generation });
  return { kind: 'confirmed', meta };
}

/** How long a playlist of a stream that goes on was kept: a 304 does not say it again. */
function keptLiveMs({ settings, path }: OriginQuestion, { meta }: StoredEntry): number | undefined {
  const type = headerValue(meta.headers, 'content-type');
  if (firstFor(settings.rules.live, path) === undefined || !isPlaylist(path, type)) return undefined;
  const { source, freshUntilMs, ageBaseMs } = meta.freshness;
  return source === 'policy' ? Math.max(MIN_LIVE_MS, freshUntilMs - ageBaseMs) : undefined;
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
  if (isEventStream(headerValue(response.rawHeaders, 'content-type'))) return 'events';
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
