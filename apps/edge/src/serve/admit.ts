import type { ParsedRequest } from '@media-network/http-front';
import { activeIn } from '@media-network/protocol';
import type { Clock } from '@media-network/runtime';
import type { Moment, Moments } from '../chain/moments.ts';
import type { Journal } from '../journal/journal.ts';
import { VIA } from '../origin/origin-headers.ts';
import type { OriginSettings } from '../origin/origin-settings.ts';
import type { Session, PhasesDesk } from '../session/session-desk.ts';
import type { OpenCredit } from '../tenant/open-credit.ts';
import type { SettingsKeys } from '../tenant/settings-keys.ts';
import { isServed } from '../tenant/tenant-book.ts';
import type { Tenant } from '../tenant/tenant-book.ts';
import type { Refused } from './refusal.ts';

export interface AdmitDeps {
  readonly settings: SettingsKeys;
  readonly desk: PhasesDesk;
  readonly journal: Pick<Journal, 'unacknowledgedBytes' | 'state'>;
  readonly clock: Clock;
  readonly moments: Moments;
  readonly credit: Pick<OpenCredit, 'waitSeconds'>;
}

export interface Admitted {
  readonly kind: 'admitted';
  readonly settings: OriginSettings;
  readonly settingsVersion: number;
  readonly session: Session | undefined;
}

/** Bytes that may be served while none can be acknowledged. */
export const MAX_UNACKNOWLEDGED: number = 256 * 2 ** 20;
const RETRY_SECONDS = 5;

/** What can be said at once of a request without a token: all that the fast lane needs. */
export function quickRefusal(
  tenant: Tenant,
  deps: Pick<AdmitDeps, 'journal' | 'credit'>,
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
function standing(tenant: Tenant, deps: Pick<AdmitDeps, 'journal'>, now: Moment): Refused | undefined {
  if (!isServed(tenant.view, now.hour)) {
    const { status } = tenant.view;
    const code =
      status === 'paused' ? 'edge/paused' : status === 'exhausted' ? 'edge/exhausted' : 'edge/not-authorised';
    return { kind: 'refused', phase: 'admit', code, retryAfterSeconds: 30 };
  }
  const wait = tenant.quota.waitSeconds(now.chainMs);
  if (wait > 0) return { kind: 'refused', phase: 'admit', code: 'edge/over-quota', retryAfterSeconds: wait };
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
 * A WebSocket is refused in so many words, because no answer of HTTP/1.1 would do in its place. Any other
 * protocol is an offer that a server is free to ignore (RFC 9110 §7.8): clients send `h2c` or `TLS/1.2` by
 * the way and are content with HTTP/1.1.
 */
function wantsWebSocket(upgrade: string | undefined): boolean {
  return upgrade !== undefined && /(?:^|,)[ \t]*websocket[ \t]*(?:$|[,/])/i.test(upgrade);
}

/** Whether this request may be served: status, quota, settings, and the session's token or open credit. */
export async function admit(
  tenant: Tenant,
  request: Pick<ParsedRequest, 'header'>,
  deps: AdmitDeps,
): Promise<Admitted | Refused> {
  if (wantsWebSocket(request.header('upgrade')))
    return { kind: 'refused', phase: 'admit', code: 'edge/upgrade-refused' };
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
  const admitted = { kind: 'admitted', settings: found.settings, settingsVersion: found.version } as const;
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
