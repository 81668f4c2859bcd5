import { STATUS_CODES } from 'node:http';
import { accessOf, closes, firstFor, preflightFields, redirected, targetAsPut } from '@media-network/rules';
import type { Access, Elsewhere } from '@media-network/rules';
import type { Clock } from '@media-network/runtime';
import { callerOf } from '@media-network/runtime/daemon';
import { METHOD_OVERRIDES, VIA } from '../origin/origin-headers.ts';
import { takes } from '../origin/origin-places.ts';
import { readGrant } from '../tenant/grants.ts';
import type { Limiter } from '../tenant/limiter.ts';
import type { Answer } from './answer.ts';
import { CACHE_NAME } from './response-head.ts';
import type { Refused } from './refusal.ts';
import type { AdmittedVisit } from './visit.ts';

export interface PermitDeps {
  readonly limiter: Limiter;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Where an address is (ISO 3166); undefined where nobody knows. */
  readonly countryOf: (address: string | undefined) => string | undefined;
  /** Port of the edge's own https; undefined where it has none. */
  readonly httpsPort: () => number | undefined;
}

export type Permitted =
  | { readonly kind: 'permitted' }
  /** A rule answers: elsewhere, or to a preflight. */
  | { readonly kind: 'answered'; readonly answer: Answer }
  | Refused;

const PERMITTED: Permitted = { kind: 'permitted' };

/** What the publisher's rules say of a request before anything is looked up: who is served, how often, and who is sent elsewhere. */
export function permit(visit: AdmittedVisit, deps: PermitDeps): Permitted {
  const { rules } = visit.settings;
  const { request, path, tenant } = visit;
  const access = accessTo(visit, deps);
  if (access.kind === 'closed') {
    const refused = { kind: 'refused', phase: 'permit', code: `edge/${access.by}-refused` } as const;
    return access.by === 'method' ? { ...refused, allow: access.methods } : refused;
  }
  const grant = readGrant(rules, {
    path,
    target: request.target,
    cookie: request.header('cookie'),
    address: request.remoteAddress,
    now: Math.floor(deps.clock.nowMs() / 1_000),
  });
  if (grant !== 'open') return { kind: 'refused', phase: 'permit', code: `edge/grant-${grant}` };
  const isPreflight =
    request.method === 'OPTIONS' && request.header('access-control-request-method') !== undefined;
  const isTaken = visit.settings.places.some((place) =>
    takes(place, request.method, request.upgrade !== undefined),
  );
  if (!isTaken && !isPreflight)
    return { kind: 'refused', phase: 'permit', code: 'edge/method-refused', allow: ['GET', 'HEAD'] };
  for (const [i, rule] of rules.limit.entries()) {
    if (!closes(rule, path)) continue;
    const client = rule.per === 'client' ? callerOf(request.remoteAddress ?? 'unknown') : 'all';
    const waitMs = deps.limiter.waitMs(`${tenant.key} ${i} ${client}`, rule);
    if (waitMs > 0)
      return {
        kind: 'refused',
        phase: 'permit',
        code: 'edge/rate-limited',
        retryAfterSeconds: Math.ceil(waitMs / 1_000),
      };
  }
  const elsewhere =
    toHttps(visit, deps) ?? redirected(rules.redirect, path, targetAsPut(rules, request.target));
  if (elsewhere !== undefined) return { kind: 'answered', answer: sentOn(elsewhere) };
  const fields = isPreflight ? preflightFields(rules, path, request.header('origin')) : undefined;
  return fields === undefined ? PERMITTED : { kind: 'answered', answer: bodyless(204, fields, undefined) };
}

/** What access rules say of a request, as it is and as an origin may take it. */
function accessTo({ request, settings, path }: AdmittedVisit, deps: PermitDeps): Access {
  const asker = {
    address: request.remoteAddress,
    referer: request.header('referer'),
    host: request.host,
    country: () => deps.countryOf(request.remoteAddress),
  };
  let access = accessOf(settings.rules.access, path, { ...asker, method: request.method });
  for (const name of METHOD_OVERRIDES) {
    const method = request.header(name)?.toUpperCase();
    if (method !== undefined && access.kind === 'open')
      access = accessOf(settings.rules.access, path, { ...asker, method });
  }
  return access;
}

/** By https, at the same host: on the edge's port where the viewer named one. */
function toHttps({ request, settings, path }: AdmittedVisit, deps: PermitDeps): Elsewhere | undefined {
  if (request.scheme === 'https' || firstFor(settings.rules.https, path) === undefined) return undefined;
  const port = deps.httpsPort();
  if (port === undefined) return undefined;
  const authority = request.port === undefined || port === 443 ? request.host : `${request.host}:${port}`;
  return { status: 308, location: `https://${authority}${request.target}` };
}

function sentOn({ status, location }: Elsewhere): Answer {
  return bodyless(status, ['Location', location], 0);
}

function bodyless(status: number, fields: readonly string[], contentLength: 0 | undefined): Answer {
  return {
    phase: 'permit',
    outcome: 'ruled',
    reason: undefined,
    status,
    statusText: STATUS_CODES[status] ?? '',
    headers: [...fields, 'Via', VIA],
    contentLength,
    body: undefined,
    cacheStatus: `${CACHE_NAME}; fwd=bypass; detail=rule`,
    object: undefined,
  };
}
