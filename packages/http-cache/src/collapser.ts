import type { Clock } from '@media-network/runtime';
import type { HeaderLookup } from './headers.ts';
import type { Fill } from './store.ts';
import { secondaryKey } from './vary.ts';

export interface CollapserOptions {
  readonly clock: Clock;
  /** How long a follower waits for the leader's response head before it asks the origin itself. */
  readonly lockTimeoutMs?: number;
  /** How long a key found uncacheable is not collapsed. */
  readonly hitForMissMs?: number;
  /** Keys remembered as uncacheable. */
  readonly maxHitForMiss?: number;
}

/** The leader's duties: exactly one of these must be called, in the end. Later calls do nothing. */
export interface Lead {
  /** The response is storable and arrives in `fill`: those who wait, and those who come, may follow. */
  share(fill: Fill): void;
  /** It may not be shared: those who wait ask for themselves, and for a while nobody waits again. */
  uncacheable(): void;
  /** The store has it now (a 304, or a fill already complete): those who wait look again. */
  done(): void;
  /** The origin failed: those who wait get the same error, none of them asks again. */
  failed(error: unknown): void;
}

export type Turn =
  /** You fetch. */
  | { readonly kind: 'lead'; readonly lead: Lead }
  /** Deliver from this fill; `body` is the followed body from its start. */
  | { readonly kind: 'follow'; readonly fill: Fill; readonly body: AsyncIterable<Buffer> }
  /** Fetch for yourself, share nothing. */
  | {
      readonly kind: 'alone';
      readonly reason: 'hit-for-miss' | 'lock-timeout' | 'vary-mismatch' | 'beginning-gone';
    }
  /** Look the key up again. */
  | { readonly kind: 'again' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Collapsed forwarding: of many viewers missing the same thing, one asks the origin. */
export interface Collapser {
  /**
   * @param key the primary key; @param header the request's fields, for Vary;
   * @param generation of the store when the request was looked up: a flight from before a purge is not joined.
   */
  enter(key: string, header: HeaderLookup, generation: number, signal?: AbortSignal): Promise<Turn>;
  readonly flights: number;
}

type Result = Exclude<Turn, { kind: 'lead' | 'follow' }> | { readonly kind: 'shared'; readonly fill: Fill };

interface Flight {
  readonly generation: number;
  readonly settled: Promise<Result>;
  fill: Fill | undefined;
}

function join(fill: Fill, header: HeaderLookup): Turn {
  if (secondaryKey(fill.meta.vary, header) !== fill.meta.varyKey)
    return { kind: 'alone', reason: 'vary-mismatch' };
  if (fill.doomed) return { kind: 'again' };
  const body = fill.follow();
  return body === undefined ? { kind: 'alone', reason: 'beginning-gone' } : { kind: 'follow', fill, body };
}

export function createCollapser(options: CollapserOptions): Collapser {
  const { clock } = options;
  const lockTimeoutMs = options.lockTimeoutMs ?? 5_000;
  const hitForMissMs = options.hitForMissMs ?? 10_000;
  const maxHitForMiss = options.maxHitForMiss ?? 10_000;
  const flights = new Map<string, Flight>();
  const hitForMiss = new Map<string, number>();

  function open(key: string, generation: number): Lead {
    const { promise: settled, resolve: settle } = Promise.withResolvers<Result>();
    const flight: Flight = { generation, settled, fill: undefined };
    flights.set(key, flight);
    let called = false;
    const close = (): void => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    const once = (act: () => void): void => {
      if (called) return;
      called = true;
      act();
    };
    return {
      share: (fill) =>
        once(() => {
          flight.fill = fill;
          settle({ kind: 'shared', fill });
          fill.ended.then(close, close);
        }),
      uncacheable: () =>
        once(() => {
          hitForMiss.delete(key);
          hitForMiss.set(key, clock.nowMs() + hitForMissMs);
          const oldest = hitForMiss.keys().next();
          if (hitForMiss.size > maxHitForMiss && oldest.done === false) hitForMiss.delete(oldest.value);
          close();
          settle({ kind: 'alone', reason: 'hit-for-miss' });
        }),
      done: () =>
        once(() => {
          close();
          settle({ kind: 'again' });
        }),
      failed: (error) =>
        once(() => {
          close();
          settle({ kind: 'failed', error });
        }),
    };
  }

  async function enter(
    key: string,
    header: HeaderLookup,
    generation: number,
    signal?: AbortSignal,
  ): Promise<Turn> {
    const until = hitForMiss.get(key);
    if (until !== undefined) {
      if (clock.nowMs() < until) return { kind: 'alone', reason: 'hit-for-miss' };
      hitForMiss.delete(key);
    }
    const flight = flights.get(key);
    if (flight === undefined || flight.generation < generation || flight.fill?.doomed === true) {
      return { kind: 'lead', lead: open(key, generation) };
    }
    if (flight.fill !== undefined) {
      return join(flight.fill, header);
    }
    const stop = new AbortController();
    const timeout = clock
      .sleep(lockTimeoutMs, signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]))
      .then((): Result => ({ kind: 'alone', reason: 'lock-timeout' }));
    const result = await Promise.race([flight.settled, timeout]);
    stop.abort();
    // Joined only now: whoever gave up waiting must not be counted as a reader.
    return result.kind === 'shared' ? join(result.fill, header) : result;
  }

  return {
    enter,
    get flights() {
      return flights.size;
    },
  };
}
