import { reuse } from '@media-network/http-cache';
import type { CacheStore, Collapser, Fill, Lead, StoredEntry } from '@media-network/http-cache';
import type { Clock } from '@media-network/runtime';
import { headKey, isHeadOfSlices, sliceRuleOf } from '../slices/slice-plan.ts';
import { wantsPart, wantsSeveral } from './ask-origin.ts';
import type { SharedAnswer } from './fetched-answer.ts';
import { isReceived } from './received.ts';
import type { RememberedKeys } from './remembered-keys.ts';
import { isPersonal } from './visit.ts';
import type { AdmittedVisit } from './visit.ts';

export type Found =
  | { readonly kind: 'hit'; readonly entry: StoredEntry }
  /** Serve it now, because it may be served meanwhile (RFC 5861 §3) or in place of an error (§4). */
  | {
      readonly kind: 'stale';
      readonly entry: StoredEntry;
      readonly why: 'refresh' | { readonly error: unknown };
      /** Ask the origin beside it. */
      readonly refresh: boolean;
    }
  /** Ask whether it still holds. */
  | {
      readonly kind: 'revalidate';
      readonly entry: StoredEntry;
      readonly staleIfError: boolean;
      readonly lead: Lead<SharedAnswer>;
    }
  /** Ask for it, for all who wait. */
  | { readonly kind: 'fetch'; readonly lead: Lead<SharedAnswer> }
  /** Ask for the head of it, for all who wait for that. */
  | { readonly kind: 'head'; readonly lead: Lead<SharedAnswer> }
  /** Somebody else asked, and it is on its way. `fallback` stands in if it fails. */
  | {
      readonly kind: 'arriving';
      readonly fill: Fill;
      readonly body: AsyncIterable<Buffer>;
      readonly fallback: StoredEntry | undefined;
    }
  /** Somebody else asked and was answered with what is for all, though it is not kept: an error, or a head. */
  | { readonly kind: 'shared'; readonly answer: SharedAnswer }
  /** Ask for this viewer alone. */
  | { readonly kind: 'pass'; readonly forward: 'miss' | 'stale'; readonly why: string }
  /** Somebody else asked in vain. */
  | { readonly kind: 'failed'; readonly error: unknown };

export interface LookUpDeps {
  readonly store: CacheStore;
  readonly collapser: Collapser<SharedAnswer>;
  readonly clock: Clock;
  readonly fills: ReadonlyMap<string, Fill>;
  readonly large: RememberedKeys<true>;
  /** Keys whose origin failed where a stale answer could stand in, and how. */
  readonly failing: RememberedKeys<unknown>;
}

const CONDITIONS = ['if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since'];

/** Times a request may look again after somebody else's fetch; then it asks for itself. */
const MAX_TURNS = 4;

/** What the cache has for a GET or HEAD without a body, and who is to ask the origin if it has nothing. */
export async function lookUp(visit: AdmittedVisit, key: string, deps: LookUpDeps): Promise<Found> {
  const { store, collapser, clock } = deps;
  const { request, forwarded } = visit;
  const { signal } = request;
  const ranged = wantsPart(request);
  const stored = async (): Promise<StoredEntry | undefined> => {
    const whole = await store.lookup(key, forwarded);
    if (whole !== undefined || store.variants(headKey(key)).length === 0) return whole;
    // The publisher wants none any more.
    if (sliceRuleOf(visit.settings, visit.path) === undefined) return undefined;
    return store.lookup(headKey(key), forwarded);
  };
  for (let turns = 0; turns < MAX_TURNS; turns += 1) {
    // A moment from being stored: then it is a hit like any other.
    const arrived = deps.fills.get(key);
    if (arrived !== undefined && isReceived(arrived)) await arrived.ended;
    const { generation } = store;
    const entry = await stored();
    const use = entry === undefined ? undefined : reuse(entry.meta.freshness, clock.nowMs());
    // Slices are put together in one row; several ranges at once are the origin's to answer, as ever.
    if (entry !== undefined && isHeadOfSlices(entry) && wantsSeveral(request))
      return { kind: 'pass', forward: 'miss', why: 'range' };
    if (entry !== undefined && use?.kind === 'fresh') return { kind: 'hit', entry };
    if (entry !== undefined && use?.kind === 'stale-while-revalidate')
      return { kind: 'stale', entry, why: 'refresh', refresh: true };
    // HEAD is answered from what is stored; on a miss it is not worth the whole body.
    const head = entry === undefined && request.method === 'HEAD';
    if (head && CONDITIONS.some((name) => request.header(name) !== undefined))
      return { kind: 'pass', forward: 'miss', why: 'head' };
    // Unless somebody is fetching the whole, only the range is asked for.
    if (entry === undefined && arrived === undefined && ranged && deps.large.get(key) === true)
      return { kind: 'pass', forward: 'miss', why: 'range' };
    const fallback = use?.kind === 'revalidate' && use.staleIfError ? entry : undefined;
    const failing = fallback === undefined ? undefined : deps.failing.get(key);
    // Nobody is made to wait for an origin that is known to fail.
    if (fallback !== undefined && failing !== undefined)
      return { kind: 'stale', entry: fallback, why: { error: failing }, refresh: true };
    // No key holds a line break: heads are asked for apart.
    const flight = head ? `${key}\nHEAD` : key;
    const turn = await collapser.enter(flight, forwarded, generation, {
      signal,
      personal: isPersonal(visit),
    });
    if (signal.aborted) {
      if (turn.kind === 'lead') turn.lead.done();
      if (turn.kind === 'follow') await turn.body[Symbol.asyncIterator]().return?.();
      return { kind: 'failed', error: signal.reason };
    }
    switch (turn.kind) {
      case 'again':
        continue;
      case 'alone':
        return { kind: 'pass', forward: entry === undefined ? 'miss' : 'stale', why: turn.reason };
      case 'failed':
        if (fallback?.live !== true) return { kind: 'failed', error: turn.error };
        return { kind: 'stale', entry: fallback, why: { error: turn.error }, refresh: false };
      case 'answered':
        if (fallback?.live !== true) return { kind: 'shared', answer: turn.value };
        return { kind: 'stale', entry: fallback, why: { error: turn.value.error }, refresh: false };
      case 'follow':
        if (isReceived(turn.fill)) {
          await turn.fill.ended;
          await turn.body[Symbol.asyncIterator]().return?.();
          continue;
        }
        return { kind: 'arriving', fill: turn.fill, body: turn.body, fallback };
      case 'lead': {
        if (head) return { kind: 'head', lead: turn.lead };
        // Somebody's fetch may have ended between our look and our turn.
        const now = await stored();
        if (now !== undefined && reuse(now.meta.freshness, clock.nowMs()).kind === 'fresh') {
          turn.lead.done();
          continue;
        }
        if (entry === undefined || !entry.live) return { kind: 'fetch', lead: turn.lead };
        return { kind: 'revalidate', entry, staleIfError: fallback !== undefined, lead: turn.lead };
      }
      default:
        turn satisfies never;
    }
  }
  return { kind: 'pass', forward: 'miss', why: 'contended' };
}
