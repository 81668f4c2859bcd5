import {
  deltaSeconds,
  parseCacheControl,
  parseSurrogateControl,
  parseTargetedCacheControl,
} from './cache-control.ts';
import type { Directives } from './cache-control.ts';
import { headerLines, headerValue } from './headers.ts';
import type { RawHeaders } from './headers.ts';
import { parseHttpDate } from './http-date.ts';

/** A response as it came from the origin. Times in milliseconds since the epoch, by our clock. */
export interface OriginResponse {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly requestedAtMs: number;
  readonly receivedAtMs: number;
  /** What the owner of the resource says of it, above what it says of itself. */
  readonly policy?: LifetimePolicy | undefined;
}

/** How long a response is kept, in seconds, by the word of whoever owns the resource; judged by its fields as they are at the time. */
export type LifetimePolicy = (status: number, headers: RawHeaders) => PolicyLifetime | undefined;

export interface PolicyLifetime {
  readonly never?: true;
  /** Whatever the response says. */
  readonly ttl?: number;
  /** Where it says nothing. */
  readonly fallback?: number;
  readonly staleWhileRevalidate?: number;
  readonly staleIfError?: number;
}

/** `policy`: whatever the response says; `policy-default`: it says nothing, and the owner's policy does. */
export type LifetimeSource =
  | 'policy'
  | 'policy-default'
  | 'cdn-cache-control'
  | 's-maxage'
  | 'max-age'
  | 'expires'
  | 'heuristic'
  | 'none';

/** Lifetimes of responses that say nothing of it: what may have been made for one viewer. */
const UNSAID: ReadonlySet<LifetimeSource> = new Set<LifetimeSource>(['heuristic', 'none', 'policy-default']);

/** When a response is fresh, and how long past that it may still be of use. Computed once, at storing. */
export interface Freshness {
  readonly source: LifetimeSource;
  readonly lifetimeSeconds: number;
  /** `Age` at time t is floor((t - ageBaseMs) / 1000), never below 0. */
  readonly ageBaseMs: number;
  readonly freshUntilMs: number;
  /** RFC 5861; equal to `freshUntilMs` where it is not allowed. */
  readonly staleWhileRevalidateUntilMs: number;
  readonly staleIfErrorUntilMs: number;
  /** `no-cache`: stored, but asked about before every use. */
  readonly alwaysRevalidate: boolean;
  /** Once stale, not to be used without asking (RFC 9111 §5.2.2.2, §5.2.2.8, §5.2.2.10). Absent on what older versions wrote. */
  readonly mustRevalidate?: boolean;
  /** Whether the response itself said how long, or its owner whatever it says: not the heuristic, nor a default. */
  readonly explicit: boolean;
}

/** A tenth of the time since the last change, at most a day (RFC 9111 §4.2.2). */
const HEURISTIC_FRACTION = 0.1;
const HEURISTIC_MAX_SECONDS = 86_400;
const HEURISTIC_STATUSES = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);
const MAX_SECONDS = 2_147_483_648;

/** Directives by which a response says itself whether and how long it may be kept. */
const OF_KEEPING = ['max-age', 's-maxage', 'no-store', 'no-cache', 'private'];

/**
 * The directives that hold for us: what the owner's policy makes of them; of the response itself the targeted field
 * alone when there is a valid one (RFC 9213 §2.2), else Surrogate-Control, which said the same before there was a
 * standard for it.
 */
export function effectiveDirectives(response: Pick<OriginResponse, 'status' | 'headers' | 'policy'>): {
  readonly directives: Directives;
  readonly targeted: boolean;
  /** Whose lifetime it is, where it is the policy's. */
  readonly ruled: 'policy' | 'policy-default' | undefined;
} {
  const own = ownDirectives(response.headers);
  const policy = response.policy?.(response.status, response.headers);
  if (policy === undefined) return { ...own, ruled: undefined };
  if (policy.never === true)
    return { directives: new Map([['no-store', true]]), targeted: true, ruled: 'policy' };
  const says =
    OF_KEEPING.some((name) => own.directives.has(name)) ||
    (!own.targeted && headerLines(response.headers, 'expires').length > 0);
  const seconds = policy.ttl ?? (says ? undefined : policy.fallback);
  const directives = new Map(own.directives);
  // In place of all that forbids or shortens; how long a stale one may stand in stays as it is said.
  if (seconds !== undefined) {
    for (const name of [...OF_KEEPING, 'must-revalidate', 'proxy-revalidate']) directives.delete(name);
    directives.set('max-age', String(seconds));
  }
  if (policy.staleWhileRevalidate !== undefined)
    directives.set('stale-while-revalidate', String(policy.staleWhileRevalidate));
  if (policy.staleIfError !== undefined) directives.set('stale-if-error', String(policy.staleIfError));
  return { directives, targeted: own.targeted || seconds !== undefined, ruled: ruledBy(policy, seconds) };
}

function ruledBy(
  { ttl }: PolicyLifetime,
  seconds: number | undefined,
): 'policy' | 'policy-default' | undefined {
  if (seconds === undefined) return undefined;
  return ttl === undefined ? 'policy-default' : 'policy';
}

function ownDirectives(headers: RawHeaders): { readonly directives: Directives; readonly targeted: boolean } {
  const targeted = parseTargetedCacheControl(headers) ?? parseSurrogateControl(headers);
  if (targeted !== undefined) return { directives: targeted, targeted: true };
  return { directives: parseCacheControl(headers), targeted: false };
}

/**
 * The Age field in seconds (RFC 9111 §5.1): of several values the first; 0 where there is none or it is no
 * number.
 */
export function ageValueSeconds(headers: RawHeaders): number {
  const first = headerLines(headers, 'age')[0]?.split(',', 1)[0]?.trim() ?? '';
  return /^\d+$/.test(first) ? Math.min(Number(first), MAX_SECONDS) : 0;
}

/** The Date field, or when we received the response if it has none that is valid (RFC 9110 §6.6.1). */
export function dateValueMs(response: OriginResponse): number {
  const first = headerLines(response.headers, 'date')[0];
  return (
    (first === undefined ? undefined : parseHttpDate(first.trim(), response.receivedAtMs)) ??
    response.receivedAtMs
  );
}

/** RFC 9111 §4.2.3, in milliseconds; whole seconds only in what is sent. */
export function correctedInitialAgeMs(response: OriginResponse): number {
  const apparentAge = Math.max(0, response.receivedAtMs - dateValueMs(response));
  const responseDelay = Math.max(0, response.receivedAtMs - response.requestedAtMs);
  return Math.max(apparentAge, ageValueSeconds(response.headers) * 1000 + responseDelay);
}

/**
 * Errors that lie in the target and therefore in the key. The others often lie in one request (a field that
 * is too long, a forbidden referrer) or in a bad moment, and the key knows nothing of either: they are not
 * kept longer than `ERROR_MAX_SECONDS`, whatever lifetime they carry, so that one viewer can take a page
 * from the others for that long at most.
 */
const ERRORS_OF_THE_TARGET = new Set([404, 405, 410, 414, 451, 501]);
const ERROR_MAX_SECONDS = 10;

/** How long a response is fresh, and by whose word. */
export function freshnessLifetime(response: OriginResponse): {
  readonly seconds: number;
  readonly source: LifetimeSource;
} {
  const lifetime = statedLifetime(response);
  const brief = response.status >= 400 && !ERRORS_OF_THE_TARGET.has(response.status);
  return brief ? { ...lifetime, seconds: Math.min(lifetime.seconds, ERROR_MAX_SECONDS) } : lifetime;
}

function statedLifetime(response: OriginResponse): {
  readonly seconds: number;
  readonly source: LifetimeSource;
} {
  const { directives, targeted, ruled } = effectiveDirectives(response);
  const shared = deltaSeconds(directives, 's-maxage');
  if (shared !== undefined && !targeted)
    return { seconds: shared === 'invalid' ? 0 : shared, source: 's-maxage' };
  const maxAge = targeted && typeof shared === 'number' ? shared : deltaSeconds(directives, 'max-age');
  if (maxAge !== undefined && !(targeted && maxAge === 'invalid')) {
    return {
      seconds: maxAge === 'invalid' ? 0 : maxAge,
      source: ruled ?? (targeted ? 'cdn-cache-control' : 'max-age'),
    };
  }
  // With a targeted field that names no lifetime, Cache-Control and Expires stay ignored (RFC 9213 §2.1).
  const expires = targeted ? undefined : headerLines(response.headers, 'expires')[0];
  if (expires !== undefined) {
    const at = parseHttpDate(expires.trim(), response.receivedAtMs);
    const seconds = at === undefined ? 0 : Math.max(0, Math.floor((at - dateValueMs(response)) / 1000));
    return { seconds: Math.min(seconds, MAX_SECONDS), source: 'expires' };
  }
  const heuristic = heuristicSeconds(response, directives);
  return heuristic === 0 ? { seconds: 0, source: 'none' } : { seconds: heuristic, source: 'heuristic' };
}

function heuristicSeconds(response: OriginResponse, directives: Directives): number {
  if (!HEURISTIC_STATUSES.has(response.status) && !directives.has('public')) return 0;
  // Negative answers only by explicit freshness: a guess must not keep a repaired page away.
  if (response.status >= 400) return 0;
  const changed = headerValue(response.headers, 'last-modified');
  const changedMs = changed === undefined ? undefined : parseHttpDate(changed.trim(), response.receivedAtMs);
  if (changedMs === undefined) return 0;
  const seconds = Math.floor(((dateValueMs(response) - changedMs) / 1000) * HEURISTIC_FRACTION);
  return Math.max(0, Math.min(seconds, HEURISTIC_MAX_SECONDS));
}

/** All of freshness, as instants, so that a hit costs a comparison. */
export function freshnessOf(response: OriginResponse): Freshness {
  const { directives } = effectiveDirectives(response);
  const lifetime = freshnessLifetime(response);
  const ageBaseMs = response.receivedAtMs - correctedInitialAgeMs(response);
  const alwaysRevalidate = directives.has('no-cache');
  const freshUntilMs = ageBaseMs + lifetime.seconds * 1000;
  // s-maxage implies proxy-revalidate (RFC 9111 §5.2.2.10), but a response that names RFC 5861
  // directives beside it asks for them by name: only the explicit prohibitions forbid them.
  const forbidsStale =
    alwaysRevalidate || directives.has('must-revalidate') || directives.has('proxy-revalidate');
  const window = (name: string): number => {
    const seconds = forbidsStale ? undefined : deltaSeconds(directives, name);
    return freshUntilMs + (typeof seconds === 'number' ? seconds * 1000 : 0);
  };
  return {
    source: lifetime.source,
    lifetimeSeconds: lifetime.seconds,
    ageBaseMs,
    freshUntilMs,
    staleWhileRevalidateUntilMs: window('stale-while-revalidate'),
    staleIfErrorUntilMs: window('stale-if-error'),
    alwaysRevalidate,
    mustRevalidate: forbidsStale || directives.has('s-maxage'),
    explicit: !UNSAID.has(lifetime.source),
  };
}

/** What `Age` says at `nowMs` (RFC 9111 §5.1). */
export function currentAgeSeconds(freshness: Pick<Freshness, 'ageBaseMs'>, nowMs: number): number {
  return Math.min(MAX_SECONDS, Math.max(0, Math.floor((nowMs - freshness.ageBaseMs) / 1000)));
}

export type Reuse =
  | { readonly kind: 'fresh' }
  /** Serve it now and ask the origin meanwhile. */
  | { readonly kind: 'stale-while-revalidate' }
  /** Ask the origin first; on an error of its, the stored one may be served if `staleIfError`. */
  | { readonly kind: 'revalidate'; readonly reason: 'stale' | 'no-cache'; readonly staleIfError: boolean };

/** Said of every hit, and therefore made once. */
const FRESH: Reuse = { kind: 'fresh' };

/**
 * Whether a stored response may be reused now. Request directives (`Cache-Control`, `Pragma`) are
 * ignored, as RFC 9111 §5.2.1 leaves to the cache: otherwise any viewer could make the edge hammer the
 * publisher's origin.
 */
export function reuse(freshness: Freshness, nowMs: number): Reuse {
  if (freshness.alwaysRevalidate) return { kind: 'revalidate', reason: 'no-cache', staleIfError: false };
  if (nowMs < freshness.freshUntilMs) return FRESH;
  if (nowMs < freshness.staleWhileRevalidateUntilMs) return { kind: 'stale-while-revalidate' };
  return { kind: 'revalidate', reason: 'stale', staleIfError: nowMs < freshness.staleIfErrorUntilMs };
}
