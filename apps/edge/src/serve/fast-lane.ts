import { currentAgeSeconds, evaluateConditions, evaluateRange, reuse } from '@media-network/http-cache';
import type { CacheStore, StoredEntry } from '@media-network/http-cache';
import { createFastHit } from '@media-network/http-front';
import type { FastHit, FastRequest } from '@media-network/http-front';
import type { Clock } from '@media-network/runtime';
import type { OriginSettings } from '../origin/origin-settings.ts';
import type { Tenant } from '../tenant/tenant-book.ts';
import type { Account } from './account.ts';
import { servedObject } from './account.ts';
import { quickRefusal } from './admit.ts';
import type { AdmitDeps } from './admit.ts';
import { forwardedLookup } from '../origin/origin-headers.ts';
import { keyedBy } from './entry-keys.ts';
import type { EntryKeys } from './entry-keys.ts';
import { knownTenant } from './identify.ts';
import type { Hosts } from './identify.ts';
import { leadsToOrigin } from './origin-links.ts';
import { notModifiedHeaders, ttlSeconds } from './represent.ts';
import { cacheStatus, storedHeaders } from './response-head.ts';
import type { Tally } from './tally.ts';

export interface FastLaneDeps {
  readonly hosts: Hosts;
  readonly store: CacheStore;
  readonly keys: EntryKeys;
  readonly clock: Clock;
  readonly admit: Pick<AdmitDeps, 'journal' | 'nowMs' | 'hour' | 'credit' | 'settings'>;
  readonly tally: Tally;
  readonly requestId: () => string;
  readonly onHit?: (host: string, target: string, bytes: number) => void;
}

/** Attached to entries whose answers name the host and port that a viewer came by. */
const BY_VIEWER = Symbol('by viewer');
const NO_BODY = Buffer.alloc(0);

/** What is kept of an entry's answers, as long as the entry is what it is. */
class Prebuilt {
  readonly whole: FastHit<Account>;
  notModified: FastHit<Account> | undefined;

  constructor(whole: FastHit<Account>) {
    this.whole = whole;
  }
}

interface Found {
  readonly tenant: Tenant;
  readonly entry: StoredEntry;
  readonly body: Buffer;
  readonly prebuilt: Prebuilt;
}

export interface FastLane {
  /** Plain requests. */
  fast(request: FastRequest): FastHit<Account> | undefined;
  /** Those with Range or conditions: a 304 or a part of what would be answered whole. */
  selective(request: FastRequest): FastHit<Account> | undefined;
}

/**
 * identify → admit → look up → hit, without waiting for anything: fresh, in RAM, no session. All else goes
 * the longer way, through the same phases with the same functions.
 */
export function createFastLane(deps: FastLaneDeps): FastLane {
  const { hosts, store, keys, clock, tally } = deps;
  // One closure for all requests: a request is looked at by nobody else while the lane runs.
  let current: FastRequest | undefined;
  let settingsNow: OriginSettings | undefined;
  // What variants are told apart by is what the origin would see.
  const header = (lowerName: string): string | undefined =>
    current === undefined || settingsNow === undefined
      ? undefined
      : forwardedLookup((name) => current?.header(name), {
          settings: settingsNow,
          viewer: current,
          method: 'GET',
        })(lowerName);

  /** What every answer from an entry says anew. */
  function varying({ meta }: StoredEntry): readonly string[] {
    const now = clock.nowMs();
    return [
      'Age',
      String(currentAgeSeconds(meta.freshness, now)),
      'Cache-Status',
      cacheStatus(meta.headers, { kind: 'hit', ttlSeconds: ttlSeconds(meta, now) }),
      'Media-Request',
      deps.requestId(),
    ];
  }

  /** Undefined where the answer depends on the viewer. */
  function prebuiltOf(
    entry: StoredEntry,
    body: Buffer,
    tenant: Tenant,
    settings: OriginSettings,
    target: string,
  ): Prebuilt | undefined {
    // Nobody else attaches anything to an entry of this store.
    if (entry.attachment instanceof Prebuilt) return entry.attachment;
    if (entry.attachment === BY_VIEWER) return undefined;
    const { meta } = entry;
    if (leadsToOrigin(meta.headers, settings)) {
      entry.attachment = BY_VIEWER;
      return undefined;
    }
    const whole = createFastHit<Account>({
      token: { tenant, session: undefined, object: servedObject(target, entry.sha256, entry.length) },
      status: meta.status,
      statusText: meta.statusText,
      headers: storedHeaders(meta, entry.sha256),
      body,
      varying: () => varying(entry),
    });
    const prebuilt = new Prebuilt(whole);
    entry.attachment = prebuilt;
    return prebuilt;
  }

  function find(request: FastRequest): Found | undefined {
    const tenant = knownTenant(hosts, request.host);
    if (tenant === undefined) return undefined;
    const { settings } = tenant;
    // New settings on chain: this viewer is served by the old ones while they are read.
    if (settings !== undefined && settings.version < tenant.view.settingsVersion)
      void deps.admit.settings.settingsOf(tenant);
    if (settings === undefined || request.header('media-token') !== undefined) return undefined;
    if (quickRefusal(tenant, deps.admit) !== undefined) return undefined;
    current = request;
    settingsNow = settings.plain;
    const key = keys.of(keyedBy(tenant, settings.version, request), request.target);
    const entry = store.peek(key, header);
    current = undefined;
    if (entry?.body === undefined || entry.meta.status === 204 || entry.meta.status === 304) return undefined;
    if (reuse(entry.meta.freshness, clock.nowMs()).kind !== 'fresh') return undefined;
    const prebuilt = prebuiltOf(entry, entry.body, tenant, settings.plain, request.target);
    return prebuilt === undefined ? undefined : { tenant, entry, body: entry.body, prebuilt };
  }

  function answered(request: FastRequest, hit: FastHit<Account>): FastHit<Account> {
    tally.fastHit();
    deps.onHit?.(request.host, request.target, hit.body.length);
    return hit;
  }

  function notModified({ tenant, entry, prebuilt }: Found): FastHit<Account> {
    prebuilt.notModified ??= createFastHit<Account>({
      token: { tenant, session: undefined, object: undefined },
      status: 304,
      statusText: 'Not Modified',
      headers: notModifiedHeaders(storedHeaders(entry.meta, entry.sha256)),
      body: NO_BODY,
      saysLength: false,
      varying: () => varying(entry),
    });
    return prebuilt.notModified;
  }

  return {
    fast(request) {
      const found = find(request);
      return found === undefined ? undefined : answered(request, found.prebuilt.whole);
    },
    selective(request) {
      const found = find(request);
      if (found === undefined) return undefined;
      const { entry, body, prebuilt } = found;
      const lookUp = (name: string): string | undefined => request.header(name);
      const condition = evaluateConditions(lookUp, entry.meta, clock.nowMs());
      if (condition === 'precondition-failed') return undefined;
      if (condition === 'not-modified') return answered(request, notModified(found));
      const part = evaluateRange(request.method, lookUp, entry.meta, entry.length);
      if (part.kind === 'unsatisfiable') return undefined;
      if (part.kind === 'whole') return answered(request, prebuilt.whole);
      const hit = createFastHit<Account>({
        token: prebuilt.whole.token,
        status: 206,
        statusText: 'Partial Content',
        headers: [...prebuilt.whole.headers, 'Content-Range', part.contentRange],
        body: body.subarray(part.start, part.end),
        varying: () => varying(entry),
      });
      return answered(request, hit);
    },
  };
}
