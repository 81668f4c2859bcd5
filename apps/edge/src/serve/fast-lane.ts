import { currentAgeSeconds, reuse } from '@media-network/http-cache';
import type { CacheStore, StoredEntry } from '@media-network/http-cache';
import { FastHit, createFastHit } from '@media-network/http-front';
import type { FastRequest } from '@media-network/http-front';
import type { Clock } from '@media-network/runtime';
import type { OriginSettings } from '../origin/origin-settings.ts';
import type { Tenant } from '../tenant/tenant-book.ts';
import type { Account } from './account.ts';
import { servedObject } from './account.ts';
import { quickRefusal } from './admit.ts';
import type { AdmitDeps } from './admit.ts';
import { forwardedLookup } from '../origin/origin-headers.ts';
import { identify } from './identify.ts';
import type { EntryKeys } from './entry-keys.ts';
import { leadsToOrigin } from './origin-links.ts';
import { cacheStatus, storedHeaders } from './response-head.ts';
import type { TenantBook } from '../tenant/tenant-book.ts';
import type { Tally } from './tally.ts';

export interface FastLaneDeps {
  readonly book: TenantBook;
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

/**
 * identify → admit → look up → hit, without waiting for anything: fresh, in RAM, no session. All else is
 * the slow lane's, which goes through the same phases with the same functions.
 */
export function createFastLane(deps: FastLaneDeps): (request: FastRequest) => FastHit<Account> | undefined {
  const { book, store, keys, clock, tally } = deps;
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

  /** Undefined where the answer depends on the viewer. */
  function prebuilt(
    entry: StoredEntry,
    body: Buffer,
    tenant: Tenant,
    settings: OriginSettings,
    target: string,
  ): FastHit<Account> | undefined {
    // Nobody else attaches anything to an entry of this store.
    if (entry.attachment instanceof FastHit) return entry.attachment;
    if (entry.attachment === BY_VIEWER) return undefined;
    const { meta } = entry;
    if (leadsToOrigin(meta.headers, settings)) {
      entry.attachment = BY_VIEWER;
      return undefined;
    }
    const hit = createFastHit<Account>({
      token: { tenant, session: undefined, object: servedObject(target, entry.sha256, entry.length) },
      status: meta.status,
      statusText: meta.statusText,
      headers: storedHeaders(meta, entry.sha256),
      body,
      varying: () => {
        const now = clock.nowMs();
        const ttlSeconds = Math.floor((meta.freshness.freshUntilMs - now) / 1000);
        return [
          'Age',
          String(currentAgeSeconds(meta.freshness, now)),
          'Cache-Status',
          cacheStatus(meta.headers, { kind: 'hit', ttlSeconds }),
          'Media-Request',
          deps.requestId(),
        ];
      },
    });
    entry.attachment = hit;
    return hit;
  }

  return (request) => {
    const found = identify(book, request.host);
    if (found.kind === 'refused') return undefined;
    const { tenant } = found;
    const { settings } = tenant;
    // New settings on chain: this viewer is served by the old ones while they are read.
    if (settings !== undefined && settings.version < tenant.view.settingsVersion)
      void deps.admit.settings.settingsOf(tenant);
    if (settings === undefined || request.header('media-token') !== undefined) return undefined;
    if (quickRefusal(tenant, deps.admit) !== undefined) return undefined;
    current = request;
    settingsNow = settings.plain;
    const key = keys.of(tenant.key, settings.version, request.scheme, request.target);
    const entry = store.peek(key, header);
    current = undefined;
    if (entry?.body === undefined || entry.meta.status === 204 || entry.meta.status === 304) return undefined;
    if (reuse(entry.meta.freshness, clock.nowMs()).kind !== 'fresh') return undefined;
    const hit = prebuilt(entry, entry.body, tenant, settings.plain, request.target);
    if (hit === undefined) return undefined;
    tally.fastHit();
    deps.onHit?.(request.host, request.target, entry.length);
    return hit;
  };
}
