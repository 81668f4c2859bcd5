import { STATUS_CODES } from 'node:http';
import type { ServerResponse } from 'node:http';
import { invalidatedTargets, invalidates } from '@media-network/http-cache';
import type { StrictRequest } from '@media-network/http-front';
import { errorCode, errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import type { TenantBook } from '../tenant/tenant-book.ts';
import type { AccessLog } from './access-log.ts';
import type { Account } from './account.ts';
import { admit, isLoop } from './admit.ts';
import type { AdmitDeps } from './admit.ts';
import { CACHE_NAME } from './response-head.ts';
import type { AdmittedExchange, Exchange } from './exchange.ts';
import { identify } from './identify.ts';
import { entryKey } from './look-up.ts';
import { OWN_PREFIX, answerOwn } from './own-endpoints.ts';
import { originFailureCode, refusalResponse } from './refusal.ts';
import type { Refused } from './refusal.ts';
import { fetchThrough } from './fetch.ts';
import { deliverResponse } from './deliver-fetched.ts';
import { serveCached } from './serve-cached.ts';
import type { ServeCachedDeps } from './serve-cached.ts';
import type { Tally } from './tally.ts';
import { VIA } from '../origin/origin-headers.ts';

export interface SlowLaneDeps extends ServeCachedDeps {
  readonly book: TenantBook;
  readonly admit: AdmitDeps;
  readonly tally: Tally;
  readonly log: Log;
  readonly requestId: () => string;
  readonly accessLog: AccessLog | undefined;
}

/** All phases, for every request that the fast lane leaves. Never rejects. */
export function createSlowLane(
  deps: SlowLaneDeps,
): (request: StrictRequest<Account>, response: ServerResponse) => Promise<void> {
  const { tally, log } = deps;

  return async (request, response) => {
    const exchange: Exchange = {
      id: deps.requestId(),
      request,
      response,
      startedAtMs: deps.clock.nowMs(),
      phase: 'accept',
      outcome: undefined,
      reason: undefined,
    };
    // A viewer that goes away is no error of ours; without a listener it would be nobody's.
    response.on('error', () => undefined);
    try {
      const refused = await run(exchange, deps);
      if (refused !== undefined) refuse(exchange, refused, 'refused', deps);
    } catch (error) {
      fail(exchange, error, deps);
    }
    exchange.outcome ??= 'cut';
    if (request.signal.aborted && exchange.outcome !== 'refused') exchange.reason ??= 'viewer-gone';
    tally.ended(exchange.outcome);
    deps.accessLog?.(exchange, deps.clock.nowMs());
    if (exchange.reason === 'edge/internal')
      log.error({ request: exchange.id, phase: exchange.phase }, 'a request failed inside the edge');
  };
}

/** Returns what was refused; resolves when the response is handed on otherwise. */
async function run(exchange: Exchange, deps: SlowLaneDeps): Promise<Refused | undefined> {
  const { request } = exchange;
  exchange.phase = 'identify';
  const found = identify(deps.book, request.host);
  if (found.kind === 'refused') return found;
  const { tenant } = found;
  if (request.target.startsWith(OWN_PREFIX)) return own(exchange, tenant, deps);
  exchange.phase = 'admit';
  if (request.header('upgrade') !== undefined)
    return { kind: 'refused', phase: 'admit', code: 'edge/upgrade-refused' };
  if (isLoop(request.header('via'))) return { kind: 'refused', phase: 'admit', code: 'edge/loop' };
  const admitted = await admit(tenant, request.header('media-ticket'), deps.admit);
  if (admitted.kind === 'refused') return admitted;
  const account: Account = { tenant, session: admitted.session, object: undefined };
  request.account(account);
  const full: AdmittedExchange = Object.assign(exchange, {
    tenant,
    settings: admitted.settings,
    settingsVersion: admitted.settingsVersion,
    session: admitted.session,
    account,
  });
  const cacheable = (request.method === 'GET' || request.method === 'HEAD') && !request.hasBody;
  if (cacheable) await serveCached(full, deps);
  else await pass(full, deps);
  return undefined;
}

/** Other methods and requests with bodies go to the origin as they are; what they change is forgotten. */
async function pass(exchange: AdmittedExchange, deps: SlowLaneDeps): Promise<void> {
  const { request } = exchange;
  exchange.phase = 'fetch';
  const response = await fetchThrough(exchange, deps);
  if (invalidates(request.method, response.status)) forget(exchange, response.rawHeaders, deps);
  const reason = request.method === 'GET' || request.method === 'HEAD' ? 'request' : 'method';
  await deliverResponse(
    exchange,
    response,
    { kind: 'forward', reason, originStatus: response.status, detail: 'unshared' },
    deps,
  );
}

/** RFC 9111 §4.4, before the viewer hears that its change was made. */
function forget(exchange: AdmittedExchange, responseHeaders: readonly string[], deps: SlowLaneDeps): void {
  const { request, tenant, settingsVersion } = exchange;
  for (const target of invalidatedTargets(request.host, request.target, responseHeaders))
    deps.store.forget(entryKey(tenant.key, settingsVersion, target));
}

async function own(
  exchange: Exchange,
  tenant: AdmittedExchange['tenant'],
  deps: SlowLaneDeps,
): Promise<Refused | undefined> {
  const answer = await answerOwn(exchange, tenant, deps.admit.desk);
  if (answer === undefined) return { kind: 'refused', phase: 'identify', code: 'edge/unknown-endpoint' };
  exchange.outcome = 'own';
  exchange.reason = answer.reason;
  if (answer.reason !== undefined) deps.tally.refused('identify', answer.reason);
  const { response } = exchange;
  const headers = [...answer.headers, 'Via', VIA, 'Media-Request', exchange.id];
  if (answer.status !== 204) headers.push('Content-Length', String(answer.body.length));
  response.writeHead(answer.status, headers);
  response.end(answer.body);
  return undefined;
}

function refuse(
  exchange: Exchange,
  refused: Refused,
  outcome: 'refused' | 'origin-failed',
  deps: SlowLaneDeps,
): void {
  const { request, response } = exchange;
  exchange.outcome = outcome;
  exchange.reason = refused.code;
  deps.tally.refused(refused.phase, refused.code);
  const { status, headers, body } = refusalResponse(refused, request.header('accept'), exchange.id);
  // Whoever tried before us may have left the origin's words there.
  response.writeHead(status, STATUS_CODES[status] ?? '', [
    ...headers,
    'Cache-Status',
    `${CACHE_NAME}; fwd=${outcome === 'refused' ? 'bypass' : 'miss'}; detail=${refused.code.replace('/', ':')}`,
    'Via',
    VIA,
    'Media-Request',
    exchange.id,
    'Content-Length',
    String(body.length),
  ]);
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** 502, 504 or 500 while nothing has been sent; otherwise the connection is cut, so that nobody takes a part for the whole. */
function fail(exchange: Exchange, error: unknown, deps: SlowLaneDeps): void {
  const { request, response } = exchange;
  const code = errorCode(error);
  if (request.signal.aborted || code === 'edge/aborted') {
    exchange.outcome = 'cut';
    response.destroy();
    return;
  }
  const answered = originFailureCode(error);
  if (answered === 'edge/internal')
    deps.log.error(
      { request: exchange.id, phase: exchange.phase, code, err: errorMessage(error) },
      'a request failed',
    );
  if (response.headersSent) {
    exchange.outcome = 'cut';
    exchange.reason = code === 'edge/no-receipt' ? code : answered;
    deps.tally.refused('deliver', exchange.reason);
    response.destroy();
    return;
  }
  refuse(exchange, { kind: 'refused', phase: 'fetch', code: answered }, 'origin-failed', deps);
}
