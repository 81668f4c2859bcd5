import type { Log } from '@media-network/runtime';
import type { Outcome, Phase } from './phases.ts';
import type { Visit } from './visit.ts';

/** How a request ended. */
export interface Ended {
  readonly visit: Visit;
  /** `<label>.<zone>` of the resource, whatever name it was asked for by. */
  readonly site?: string;
  readonly status: number;
  readonly outcome: Outcome;
  readonly phase: Phase;
  readonly reason: string | undefined;
  /** Bytes that left. */
  readonly bytes: number;
  /** Bytes that the viewer sent through a tunnel. */
  readonly received?: number | undefined;
  /** From the request to the answer's head. */
  readonly firstByteMs: number;
}

/** One line a request: phase and outcome by the names of docs/request-phases.md; never who asked. */
export type AccessLog = (ended: Ended, nowMs: number) => void;

/** The same for the fast lane, where a request is over as soon as it is answered. */
export function createFastAccessLog(
  log: Log,
): (host: string, target: string, bytes: number, site?: string) => void {
  return (host, target, bytes, site) =>
    log.info({ site, host, target, outcome: 'hit', lane: 'fast', bytes }, 'request');
}

export function createAccessLog(log: Log): AccessLog {
  return ({ visit, site, status, outcome, phase, reason, bytes, received }, nowMs) => {
    const { request } = visit;
    log.info(
      {
        request: visit.id,
        site,
        host: request.host,
        method: request.method,
        target: request.target,
        status,
        outcome,
        phase,
        ...(reason === undefined ? {} : { reason }),
        bytes,
        ...(received === undefined ? {} : { received }),
        ms: nowMs - visit.startedAtMs,
      },
      'request',
    );
  };
}
