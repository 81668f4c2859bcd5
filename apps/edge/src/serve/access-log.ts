import type { Log } from '@media-network/runtime';
import type { Exchange } from './exchange.ts';

/** One line a request: phase and outcome by the names of docs/request-phases.md; never who asked. */
export type AccessLog = (exchange: Exchange, nowMs: number) => void;

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
