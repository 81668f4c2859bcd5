import { reuse } from '@media-network/http-cache';
import type { CacheStore, StoredEntry } from '@media-network/http-cache';
import { NO_RULES, askedTarget, isPicked, isPlainPath, rulePath } from '@media-network/rules';
import type { FastRequest, RequestReading } from '@media-network/http-front';
import type { Clock } from '@media-network/runtime';
import { forwardedLookup } from '../origin/origin-headers.ts';
import type { OriginSettings } from '../origin/origin-settings.ts';
import type { Tenant } from '../tenant/tenant-book.ts';
import type { CodedCopies } from '../compress/coded-copies.ts';
import type { Account } from './account.ts';
import { servedObject } from './account.ts';
import { quickRefusal } from './admit.ts';
import type { AdmitDeps } from './admit.ts';
import { keyedBy } from './entry-keys.ts';
import type { EntryKeys } from './entry-keys.ts';
import { fieldsForAll } from './dress.ts';
import { createHitLane } from './hit-lane.ts';
import type { HitLane, HotEntry } from './hit-lane.ts';
import { knownTenant } from './identify.ts';
import type { Hosts } from './identify.ts';
import type { Tally } from './tally.ts';

export interface HotLookUpDeps {
  readonly hosts: Hosts;
  readonly store: CacheStore;
  readonly keys: EntryKeys;
  readonly clock: Clock;
  readonly coded: CodedCopies;
  readonly admit: Pick<
    AdmitDeps,
    'journal' | 'moments' | 'credit' | 'settings' | 'self' | 'caps' | 'denials'
  >;
}

export interface FastLaneDeps extends HotLookUpDeps {
  readonly tally: Tally;
  readonly requestId: () => string;
  /** `site` is the one host of whatever names it. */
  readonly onHit?: (site: string, request: FastRequest, bytes: number) => void;
}

export interface HotFound extends HotEntry {
  /** What the entry is a coded copy of; the entry itself, where it is none. */
  readonly whole: StoredEntry;
  /** Whether others get other copies, by Accept-Encoding. */
  readonly varies: boolean;
  readonly tenant: Tenant;
  readonly settings: OriginSettings;
}

/** identify → admit → look-up, without waiting for anything: fresh, in RAM, no session. `nowMs` is our clock's, where it was just read. */
export function createHotLookUp(
  deps: HotLookUpDeps,
): (request: RequestReading, nowMs?: number) => HotFound | undefined {
  const { hosts, store, keys, coded } = deps;
  // One closure for all requests: a request is looked at by nobody else while the lane runs.
  let current: RequestReading | undefined;
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

  return (request, nowMs) => {
    const tenant = knownTenant(hosts, request.host);
    if (tenant === undefined) return undefined;
    const { settings } = tenant;
    // New settings on chain: this viewer is served by the old ones while they are read.
    if (settings !== undefined && settings.version < tenant.view.settingsVersion)
      void deps.admit.settings.settingsOf(tenant);
    if (settings === undefined || request.header('media-token') !== undefined) return undefined;
    const { rules } = settings.plain;
    if (rules !== NO_RULES && !isPlainPath(rules, rulePath(request.target), request.scheme)) return undefined;
    if (rules !== NO_RULES && !isPicked(rules, deps.admit.self())) return undefined;
    const now = deps.admit.moments(nowMs);
    if (quickRefusal(tenant, deps.admit, now) !== undefined) return undefined;
    if (deps.admit.caps.mustWait(now.nowMs)) return undefined;
    current = request;
    settingsNow = settings.plain;
    const key = keys.of(keyedBy(tenant, settings.plain, request), askedTarget(rules, request.target));
    const entry = store.peek(key, header);
    current = undefined;
    if (entry?.body === undefined || entry.meta.status === 204 || entry.meta.status === 304) return undefined;
    // A page of the publisher's own stands in for it.
    if (rules.error.some((rule) => rule.has(entry.meta.status))) return undefined;
    if (reuse(entry.meta.freshness, now.nowMs).kind !== 'fresh') return undefined;
    const ask = { rules, target: request.target, header: (name: string) => request.header(name) };
    const copy = coded.peek(entry, ask);
    if (copy?.body === undefined) return undefined;
    const varies = coded.varies(entry, ask);
    return { tenant, entry: copy, whole: entry, varies, body: copy.body, settings: settings.plain };
  };
}

/**
 * identify → admit → look up → hit, without waiting for anything: fresh, in RAM, no session. All else goes
 * the longer way, through the same phases with the same functions.
 */
export function createFastLane(deps: FastLaneDeps): HitLane<Account> {
  const { tally } = deps;
  const lookUp = createHotLookUp(deps);
  return createHitLane<HotFound, Account>({
    find: (request) => lookUp(request, request.nowMs),
    basisOf: ({ settings }) => settings,
    fieldsOf: ({ entry, settings }, target) => fieldsForAll(settings, target, entry.meta, entry.length),
    tokenOf: ({ tenant, whole }, target) => ({
      tenant,
      session: undefined,
      object: servedObject(target, whole.sha256, whole.length),
    }),
    clock: deps.clock,
    requestId: deps.requestId,
    onHit({ tenant }, request, bytes) {
      tally.fastHit();
      deps.onHit?.(tenant.host, request, bytes);
    },
  });
}
