import { randomBytes } from 'node:crypto';
import { withoutHeaders } from '@media-network/http-cache';
import type { OriginClient, OriginSwitch } from '../origin/origin-client.ts';
import { targetAsPut } from '@media-network/rules';
import type { Clock } from '@media-network/runtime';
import type { Answer } from './answer.ts';
import { passed } from './fetched-answer.ts';
import { refusedAnswer } from './refusal.ts';
import { cacheStatus, passedHeaders } from './response-head.ts';
import type { Tally } from './tally.ts';
import { createTunnelPipe } from './tunnel-pipe.ts';
import type { Tunnels } from './tunnels.ts';
import { fieldsAsPut } from './visit.ts';
import type { AdmittedVisit } from './visit.ts';
import { acceptOf } from './websocket-frames.ts';

export interface TunnelDeps {
  readonly origin: Pick<OriginClient, 'switchTo'>;
  readonly tunnels: Pick<Tunnels, 'take'>;
  readonly tally: Tally;
  readonly clock: Clock;
}

const RETRY_SECONDS = 5;
const KEY: ReadonlySet<string> = new Set(['sec-websocket-key']);
const ACCEPT: ReadonlySet<string> = new Set(['sec-websocket-accept']);

/**
 * Asks the origin to go on as a WebSocket, and puts the viewer through once it has agreed. Until then nothing that the
 * viewer sends is read; where the origin says anything else, that is the answer.
 */
export async function tunnel(visit: AdmittedVisit, deps: TunnelDeps): Promise<Answer> {
  const { request, tenant, session } = visit;
  const taken = deps.tunnels.take(tenant);
  if (taken.kind === 'full') {
    const full = {
      kind: 'refused',
      phase: 'tunnel',
      code: taken.code,
      retryAfterSeconds: RETRY_SECONDS,
    } as const;
    return refusedAnswer(visit, full, 'refused', deps);
  }
  const { place } = taken;
  let switched: OriginSwitch;
  try {
    // The handshakes are two: ours with the origin, and the viewer's with us, which over HTTP/2 has no key.
    const key = randomBytes(16).toString('base64');
    switched = await deps.origin.switchTo({
      settings: visit.settings,
      method: 'GET',
      target: targetAsPut(visit.settings.rules, request.target),
      rawHeaders: [...withoutHeaders(fieldsAsPut(visit), KEY), 'Sec-WebSocket-Key', key],
      viewer: { scheme: request.scheme, host: request.host },
      signal: request.signal,
      accept: acceptOf(key),
    });
    if (switched.kind === 'answered') {
      place.leave();
      return await passed(switched.response, { reason: 'bypass', detail: 'upgrade' }, deps);
    }
  } catch (error) {
    place.leave();
    throw error;
  }
  const pipe = createTunnelPipe(switched.socket, request.body, () => place.leave(), deps);
  place.open({ tenant, session, pipe });
  const viewersKey = request.header('sec-websocket-key');
  const headers = passedHeaders(withoutHeaders(switched.rawHeaders, ACCEPT));
  if (request.httpVersion === '1.1' && viewersKey !== undefined)
    headers.push('Sec-WebSocket-Accept', acceptOf(viewersKey));
  return {
    phase: 'tunnel',
    outcome: 'tunnel',
    reason: undefined,
    status: 101,
    statusText: 'Switching Protocols',
    headers,
    contentLength: undefined,
    body: pipe.body,
    cacheStatus: cacheStatus(switched.rawHeaders, {
      kind: 'forward',
      reason: 'bypass',
      originStatus: 101,
      detail: 'upgrade',
    }),
    object: undefined,
    tunnel: pipe,
  };
}
