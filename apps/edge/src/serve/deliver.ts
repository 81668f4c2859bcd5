import type { Answer as FrontAnswer, AnswerEnd } from '@media-network/http-front';
import { errorCode } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import type { Caps } from '../caps/caps.ts';
import type { AccessLog } from './access-log.ts';
import type { Account } from './account.ts';
import type { Answer } from './answer.ts';
import { sessionHeaders } from '../session/session-desk.ts';
import { paced } from './pace.ts';
import { onCredit } from './credit.ts';
import type { CreditDeps } from './credit.ts';
import type { Outcome, Phase } from './phases.ts';
import { dressed } from './dress.ts';
import { failureCode } from './refusal.ts';
import type { Tally } from './tally.ts';
import type { AdmittedVisit, Visit } from './visit.ts';

export interface DeliverDeps extends CreditDeps {
  readonly clock: Clock;
  readonly tally: Tally;
  readonly log: Log;
  readonly accessLog: AccessLog | undefined;
  readonly caps: Pick<Caps, 'paces' | 'turn'>;
}

/**
 * The one way out: makes of an answer what the front sends, in a session never further ahead of the last
 * receipt than its credit, and closes the request's account when the last byte has left or cannot leave.
 * `admitted`: who pays; undefined: nobody.
 */
export function deliver(
  visit: Visit,
  answer: Answer,
  admitted: AdmittedVisit | undefined,
  deps: DeliverDeps,
): FrontAnswer<Account> {
  const { request } = visit;
  const firstByteMs = deps.clock.nowMs() - visit.startedAtMs;
  const headers = [...(admitted === undefined ? answer.headers : dressed(admitted, answer))];
  if (answer.cacheStatus !== undefined) headers.push('Cache-Status', answer.cacheStatus);
  headers.push('Media-Request', visit.id);
  const { status, statusText, contentLength } = answer;
  const session = admitted?.session;
  if (session !== undefined) headers.push(...sessionHeaders(session, request.header('origin') !== undefined));
  const credited =
    session === undefined || answer.body === undefined
      ? undefined
      : onCredit(
          answer.body,
          session,
          contentLength === undefined && request.httpVersion === '1.1' && answer.tunnel === undefined,
          request.signal,
          deps,
        );
  const body = credited?.body ?? answer.body;
  const isPaced = body !== undefined && deps.caps.paces;
  return {
    status,
    statusText,
    headers,
    contentLength,
    body: isPaced ? paced(body, request.signal, deps.caps) : body,
    token:
      // Nobody pays for being told no.
      admitted === undefined || answer.outcome === 'refused'
        ? undefined
        : { tenant: admitted.tenant, session: admitted.session, object: answer.object, paced: isPaced },
    ended(end) {
      if (!end.complete) credited?.settle(end.bytes);
      closeAccount(visit, answer, { ...end, firstByteMs }, deps);
    },
  };
}

const REFUSED: ReadonlySet<Outcome> = new Set<Outcome>(['refused', 'origin-failed', 'own', 'cut']);

/** Counts and logs how a request ended, under the names of docs/request-phases.md. */
function closeAccount(
  visit: Visit,
  answer: Answer,
  end: AnswerEnd & { readonly firstByteMs: number },
  deps: DeliverDeps,
): void {
  let { outcome, reason } = answer;
  // What was refused ended where it was refused; all else got as far as here.
  let phase: Phase = REFUSED.has(outcome) ? answer.phase : 'deliver';
  reason ??= answer.tunnel?.closedFor;
  if (!end.complete) {
    if (end.error !== undefined) {
      outcome = 'cut';
      phase = 'deliver';
      const code = errorCode(end.error);
      reason = code === 'edge/no-receipt' ? code : failureCode(end.error);
      deps.tally.refused('deliver', reason);
    } else reason ??= 'viewer-gone';
  }
  deps.tally.ended(outcome);
  deps.accessLog?.(
    {
      visit,
      status: answer.status,
      outcome,
      phase,
      reason,
      bytes: end.bytes,
      received: answer.tunnel?.received,
      firstByteMs: end.firstByteMs,
    },
    deps.clock.nowMs(),
  );
  if (reason === 'edge/internal')
    deps.log.error({ request: visit.id, phase }, 'a request failed inside the edge');
}
