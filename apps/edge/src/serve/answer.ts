import type { AnswerBody } from '@media-network/http-front';
import type { ServedObject } from './account.ts';
import type { Outcome, Phase } from './phases.ts';

/** An answer on its way to the viewer, whichever phase made it. Transforms of answers take and return one. */
export interface Answer {
  /** The phase that made it. */
  readonly phase: Phase;
  readonly outcome: Outcome;
  /** Code of what went wrong or was refused. */
  readonly reason: string | undefined;
  readonly status: number;
  readonly statusText: string;
  /** Name, value, …, end-to-end; what is said anew in every response is added by `deliver`. */
  readonly headers: readonly string[];
  /** Where it is known; else the body is chunked. */
  readonly contentLength: number | undefined;
  readonly body: AnswerBody | undefined;
  /** The whole Cache-Status field (RFC 9211). */
  readonly cacheStatus: string | undefined;
  /** The whole object this is, or is a part of; known for what the cache has verified. */
  readonly object: ServedObject | undefined;
  /** Content-Type of what a 304 is about, which does not say it. */
  readonly about?: string | undefined;
  /** What a tunnel says of itself when it has ended. */
  readonly tunnel?: TunnelEnd;
}

export interface TunnelEnd {
  /** Bytes that the viewer sent. */
  readonly received: number;
  /** Code of why the edge ended it. */
  readonly closedFor: string | undefined;
}
