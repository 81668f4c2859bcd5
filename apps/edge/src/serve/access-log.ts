import type { Log } from '@media-network/runtime';
import type { Exchange } from './exchange.ts';

/** One line a request: phase and outcome by the names of docs/request-phases.md; never who asked. */
export type AccessLog = (exchange: Exchange, nowMs: number) => void;

/** The same for the fast lane, where a request is over as soon as it is answered. */
export function createFastAccessLog(log: Log): (host: string, target: string, bytes: number) => void {
  return (host, target, bytes) => log.info({ host, target, outcome: 'hit', lane: 'fast', bytes }, 'request');
}

export function createAccessLog(log: Log): AccessLog {
  return (exchange, nowMs) => {
    const { request, response } = exchange;
    log.info(
      {
        request: exchange.id,
        host: request.host,
        method: request.method,
        target: request.target,
        status: response.statusCode,
        outcome: exchange.outcome,
        phase: exchange.phase,
        ...(exchange.reason === undefined ? {} : { reason: exchange.reason }),
        bytes: request.bytesWritten,
        ms: nowMs - exchange.startedAtMs,
      },
      'request',
    );
  };
}
