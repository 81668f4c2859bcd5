import type { Clock, Log } from '@media-network/runtime';
import type { FastHit } from './fast-hit.ts';
import type { FrontLimits } from './limits.ts';
import type { Scratch } from './scratch.ts';
import type { FrontHandlers } from './seam.ts';

/** Counters since the start, for metrics. */
export interface FrontStats {
  connections: number;
  fast: number;
  slow: number;
  refused: number;
}

/** What the front asks of its open connections, whatever they speak. */
export interface OpenConnection {
  /** Applies the time limits; called twice a second. */
  sweep(nowMs: number): void;
  /** No further request: idle connections end now, others after the responses under way. */
  drain(): void;
  /** The next answer says that it is the last; what is idle waits for a request to say that to, where the protocol has no other way. */
  drainGently(): void;
  destroy(): void;
  /** Resolves when the connection is gone and its accounts are settled. */
  closed(): Promise<void>;
}

/** What the connections of a front share. */
export interface FrontState<Token> {
  readonly handlers: FrontHandlers<Token>;
  readonly limits: FrontLimits;
  readonly clock: Clock;
  readonly log: Log;
  readonly connections: Set<OpenConnection>;
  /** What sockets read goes here first: one for all, since each is done with it before the next reads. */
  readonly input: Buffer;
  /** What is answered once stands here until its socket has taken it. */
  readonly scratch: Scratch;
  readonly stats: FrontStats;
  /** `gently`: the next answer of each connection is its last. `now`: the same, and what is idle ends. */
  draining: false | 'gently' | 'now';
  nowSecond(): number;
  /** The same of a moment that was just read from the clock. */
  second(nowMs: number): number;
  /** Of large slices under way over TLS; see `maxLargeSlicesBytes`. */
  largeSlicesBytes: number;
  /** Whether there is room to keep the assembled response of this hit until the second ends. */
  readonly keepWhole: (hit: FastHit<Token>, bytes: number) => boolean;
}
