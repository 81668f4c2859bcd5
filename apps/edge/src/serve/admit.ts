import { namesWebSocket } from '@media-network/http-front';
import type { ParsedRequest } from '@media-network/http-front';
import { activeIn } from '@media-network/protocol';
import { isPicked } from '@media-network/rules';
import type { EdgeFacts } from '@media-network/rules';
import type { Clock } from '@media-network/runtime';
import type { Caps } from '../caps/caps.ts';
import type { Moment, Moments } from '../chain/moments.ts';
import type { Journal } from '../journal/journal.ts';
import { VIA } from '../origin/origin-headers.ts';
import type { OriginSettings } from '../origin/origin-settings.ts';
import type { Session, PhasesDesk } from '../session/session-desk.ts';
import type { Denials } from '../tenant/denials.ts';
import type { OpenCredit } from '../tenant/open-credit.ts';
import type { SettingsKeys } from '../tenant/settings-keys.ts';
import { isRemoved, isServed } from '../tenant/tenant-book.ts';
import type { Tenant } from '../tenant/tenant-book.ts';
import type { Refused } from './refusal.ts';
import { isKey } from './websocket-frames.ts';

export interface AdmitDeps {
  readonly settings: SettingsKeys;
  readonly desk: PhasesDesk;
  readonly journal: Pick<Journal, 'unacknowledgedBytes' | 'state'>;
  readonly clock: Clock;
  readonly moments: Moments;
  readonly credit: Pick<OpenCredit, 'waitSeconds'>;
  /** What the operator gives at most. */
  readonly caps: Pick<Caps, 'refusal' | 'mustWait'>;
  /** What the operator does not serve. */
  readonly denials: Denials;
  /** This edge, as publishers pick it. */
  readonly self: () => EdgeFacts;
}

export interface Admitted {
  readonly kind: 'admitted';
  readonly settings: OriginSettings;
  readonly session: Session | undefined;
}

/** Bytes that may be served while none can be acknowledged. */
export const MAX_UNACKNOWLEDGED: number = 256 * 2 ** 20;
const RETRY_SECONDS = 5;
const DENIED: Refused = { kind: 'refused', phase: 'admit', code: 'edge/denied' };

/**
 * Why a tunnel that was admitted may not go on: what a request would be refused for now. A response that was admitted is
 * never cut for it, as it ends; a tunnel may not.
 */
export function tunnelRefusal(
  { tenant, session }: { readonly tenant: Tenant; readonly session: Session | undefined },
  deps: Pick<AdmitDeps, 'journal' | 'credit' | 'moments' | 'caps' | 'denials'> & {
    readonly desk: Pick<PhasesDesk, 'vouches'>;
  },
): string | undefined {
  const now = deps.moments();
  const vouched = session !== undefined && deps.desk.vouches(session);
  return (vouched ? standing(tenant, deps, now) : quickRefusal(tenant, deps, now))?.code;
}

/** What can be said at once of a request without a token: all that the fast lane needs. */
export function quickRefusal(
  tenant: Tenant,
  deps: Pick<AdmitDeps, 'journal' | 'credit' | 'caps' | 'denials'>,
  now: Moment,
): Refused | undefined {
  return standing(tenant, deps, now) ?? noCredit(tenant, deps);
}

/** Nobody vouches for it, and what the publisher pays of such traffic is used up. */
function noCredit(tenant: Tenant, deps: Pick<AdmitDeps, 'credit'>): Refused | undefined {
  const wait = deps.credit.waitSeconds(tenant);
  return wait === 0
    ? undefined
    : { kind: 'refused', phase: 'admit', code: 'edge/no-credit', retryAfterSeconds: wait };
}

/** Status, quota, journal: what holds for every request of the resource. */
function standing(
  tenant: Tenant,
  deps: Pick<AdmitDeps, 'journal' | 'caps' | 'denials'>,
  now: Moment,
): Refused | undefined {
  if (deps.denials.denies(tenant)) return DENIED;
  // Whoever took it off the network, publisher or vote: it is not served to the end of its hour.
  if (isRemoved(tenant.view)) return { kind: 'refused', phase: 'admit', code: 'edge/removed' };
  if (!isServed(tenant.view, now.hour)) {
    const { status } = tenant.view;
    const code =
      status === 'paused' ? 'edge/paused' : status === 'exhausted' ? 'edge/exhausted' : 'edge/not-authorised';
    return { kind: 'refused', phase: 'admit', code, retryAfterSeconds: 30 };
  }
  const capped = deps.caps.refusal(now.nowMs);
  if (capped !== undefined) return { kind: 'refused', phase: 'admit', ...capped };
  const wait = tenant.quota.waitSeconds(now.chainMs);
  if (wait > 0) return { kind: 'refused', phase: 'admit', code: 'edge/over-quota', retryAfterSeconds: wait };
  const over = tenant.share.waitSeconds(now.chainMs);
  if (over > 0) return { kind: 'refused', phase: 'admit', code: 'edge/over-share', retryAfterSeconds: over };
  // A healthy journal may be behind by more than this for a moment: a fast line writes as much between two flushes.
  if (deps.journal.state === 'full' && deps.journal.unacknowledgedBytes > MAX_UNACKNOWLEDGED) {
    return { kind: 'refused', phase: 'admit', code: 'edge/journal-full', retryAfterSeconds: RETRY_SECONDS };
  }
  return undefined;
}

/** Times a request may have passed edges of the network, by its Via: one resource may have another as its origin. */
const MAX_HOPS = 3;

/** RFC 9110 §7.6.3: an origin that leads back to us would multiply every request without end. */
export function isLoop(via: string | undefined): boolean {
  return via !== undefined && via.split(VIA).length - 1 > MAX_HOPS;
}

/**
 * Whether a request asks for a WebSocket in a way that nobody could answer: it is refused in so many words, because no
 * answer of HTTP/1.1 would do in its place. Any other protocol is an offer that a server is free to ignore (RFC 9110
 * §7.8): clients send `h2c` or `TLS/1.2` by the way and are content with HTTP/1.1; in HTTP/1.0 all are ignored.
 */
function isBadHandshake({ upgrade, httpVersion, header }: AdmitRequest): boolean {
  if (httpVersion !== '1.1') return false;
  return upgrade === undefined ? namesWebSocket(header('upgrade')) : !isKey(header('sec-websocket-key'));
}

type AdmitRequest = Pick<ParsedRequest, 'header' | 'upgrade' | 'httpVersion'>;

/** Whether this request may be served: status, quota, settings, and the session's token or open credit. */
export async function admit(
  tenant: Tenant,
  request: AdmitRequest,
  deps: AdmitDeps,
): Promise<Admitted | Refused> {
  if (isBadHandshake(request)) return { kind: 'refused', phase: 'admit', code: 'edge/upgrade-refused' };
  if (isLoop(request.header('via'))) return { kind: 'refused', phase: 'admit', code: 'edge/loop' };
  const token = request.header('media-token');
  // A token vouches for bytes that the publisher pays for, and it pays for none of an hour that is not billed.
  const now = deps.moments();
  const vouched = token !== undefined && activeIn(tenant.view, BigInt(now.hour));
  const refused = vouched ? standing(tenant, deps, now) : quickRefusal(tenant, deps, now);
  if (refused !== undefined) return refused;
  const found = await deps.settings.settingsOf(tenant);
  if (found.kind === 'missing') {
    return { kind: 'refused', phase: 'admit', code: found.code, retryAfterSeconds: RETRY_SECONDS };
  }
  // Its own names are known only now.
  if (deps.denials.denies(tenant)) return DENIED;
  if (!isPicked(found.settings.rules, deps.self()))
    return { kind: 'refused', phase: 'admit', code: 'edge/not-picked' };
  const admitted = { kind: 'admitted', settings: found.settings } as const;
  if (token === undefined) return { ...admitted, session: undefined };
  const opened = await deps.desk.open(token, tenant);
  if (opened.kind === 'refused')
    return { kind: 'refused', phase: 'admit', code: opened.code, hour: deps.moments().hour };
  if (opened.kind === 'ok') return { ...admitted, session: opened.session };
  // Beyond its ceiling a session is open traffic. Where that has no credit, a new token helps.
  return noCredit(tenant, deps) === undefined
    ? { ...admitted, session: undefined }
    : { kind: 'refused', phase: 'admit', code: 'token/used-up', hour: deps.moments().hour };
}
