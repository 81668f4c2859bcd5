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
  /** How long those who come behind a herd that met a failure get the same failure. */
  readonly shareFailureMs?: number;
  /** Keys remembered: as uncacheable, by what they vary, as failed. */
  readonly maxRemembered?: number;
}

/** The leader's duties: exactly one of these must be called, in the end. Later calls do nothing. */
export interface Lead<Shared> {
  /** The response is storable and arrives in `fill`: those who wait, and those who come, may follow. */
  share(fill: Fill): void;
  /** It may not be shared: those who wait ask for themselves; unless told otherwise nobody waits again for a while. */
  uncacheable(remember?: boolean): void;
  /** The store has it now (a 304, or a fill already complete): those who wait look again. */
  done(): void;
  /** The origin failed: those who wait get the same error, none of them asks again. */
  failed(error: unknown, keepMs?: number): void;
  /**
   * The origin answered with an error that is for everybody: those who wait get it. `vary` names the
   * fields it was chosen by.
   */
  answered(value: Shared, vary: readonly string[], keepMs?: number): void;
}

export type Turn<Shared> =
  /** You fetch. */
  | { readonly kind: 'lead'; readonly lead: Lead<Shared> }
  /** Deliver from this fill; `body` is the followed body from its start. */
  | { readonly kind: 'follow'; readonly fill: Fill; readonly body: AsyncIterable<Buffer> }
  /** Deliver this error of the origin. */
  | { readonly kind: 'answered'; readonly value: Shared }
  /** Fetch for yourself, share nothing. */
  | { readonly kind: 'alone'; readonly reason: 'hit-for-miss' | 'lock-timeout' | 'beginning-gone' }
  /** Look the key up again. */
  | { readonly kind: 'again' }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface EnterOptions {
  readonly signal?: AbortSignal;
  /** Carries what makes answers personal (credentials, cookies): such requests keep to themselves. */
  readonly personal?: boolean;
}

/** Collapsed forwarding: of many viewers missing the same thing, one asks the origin. */
export interface Collapser<Shared> {
  /**
   * @param key the primary key; @param header the request's fields, for Vary;
   * @param generation of the store when the request was looked up: a flight from before a purge is not joined.
   */
  enter(key: string, header: HeaderLookup, generation: number, options?: EnterOptions): Promise<Turn<Shared>>;
  readonly flights: number;
}

type Result<Shared> =
  | { readonly kind: 'alone'; readonly reason: 'hit-for-miss' | 'lock-timeout' }
  | { readonly kind: 'again' }
  | { readonly kind: 'failed'; readonly error: unknown }
  | {
      readonly kind: 'answered';
      readonly value: Shared;
      readonly vary: readonly string[];
      readonly varyKey: string;
    }
  | { readonly kind: 'shared'; readonly fill: Fill };

interface Flight<Shared> {
  readonly generation: number;
  readonly settled: Promise<Result<Shared>>;
  fill: Fill | undefined;
  followers: number;
}

interface Failure<Shared> {
  readonly generation: number;
  readonly untilMs: number;
  readonly result: Result<Shared>;
}

/** A map that forgets what was put in first once it holds too much. */
function createMemory<Value>(max: number): {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
} {
  const kept = new Map<string, Value>();
  return {
    get: (key) => kept.get(key),
    set(key, value) {
      kept.delete(key);
      kept.set(key, value);
      const oldest = kept.keys().next();
      if (kept.size > max && oldest.done === false) kept.delete(oldest.value);
    },
    delete: (key) => void kept.delete(key),
  };
}

export function createCollapser<Shared = never>(options: CollapserOptions): Collapser<Shared> {
  const { clock } = options;
  const lockTimeoutMs = options.lockTimeoutMs ?? 5_000;
  const hitForMissMs = options.hitForMissMs ?? 10_000;
  const shareFailureMs = options.shareFailureMs ?? 2_000;
  const maxRemembered = options.maxRemembered ?? 10_000;
  const flights = new Map<string, Flight<Shared>>();
  const hitForMiss = createMemory<number>(maxRemembered);
  const failures = createMemory<Failure<Shared>>(maxRemembered);
  /** What the responses of a key were last seen to vary by: each variant is a flight of its own. */
  const varies = createMemory<readonly string[]>(maxRemembered);

  function learn(key: string, vary: readonly string[]): void {
    if (vary.length === 0) varies.delete(key);
    else varies.set(key, vary);
  }

  function flightKey(key: string, header: HeaderLookup, personal: boolean): string {
    const vary = varies.get(key);
    // No key holds a line break: targets are without, and the rest is length-prefixed before them.
    return `${key}\n${personal ? 'personal' : ''}\n${vary === undefined ? '' : secondaryKey(vary, header)}`;
  }

  function open(key: string, header: HeaderLookup, generation: number, personal: boolean): Lead<Shared> {
    let slot = flightKey(key, header, personal);
    const { promise: settled, resolve: settle } = Promise.withResolvers<Result<Shared>>();
    const flight: Flight<Shared> = { generation, settled, fill: undefined, followers: 0 };
    flights.set(slot, flight);
    let called = false;
    const close = (): void => {
      if (flights.get(slot) === flight) flights.delete(slot);
    };
    const once = (act: () => void): void => {
      if (called) return;
      called = true;
      act();
    };
    /** Once it is known what the key varies by, those who come look for the flight in another place. */
    const move = (vary: readonly string[]): void => {
      learn(key, vary);
      const now = flightKey(key, header, personal);
      if (now === slot || flights.get(slot) !== flight) return;
      close();
      slot = now;
      if (!flights.has(slot)) flights.set(slot, flight);
    };
    /** Ends the flight with a failure, which outlives it for a moment where many met it. */
    const fail = (result: Result<Shared>, keepMs: number | undefined): void => {
      const forMs = keepMs ?? (flight.followers > 0 ? shareFailureMs : 0);
      if (forMs > 0) failures.set(slot, { generation, untilMs: clock.nowMs() + forMs, result });
      close();
      settle(result);
    };
    return {
      share: (fill) =>
        once(() => {
          move(fill.meta.vary);
          flight.fill = fill;
          settle({ kind: 'shared', fill });
          fill.ended.then(close, close);
        }),
      uncacheable: (remember = true) =>
        once(() => {
          if (remember) hitForMiss.set(slot, clock.nowMs() + hitForMissMs);
          close();
          settle({ kind: 'alone', reason: 'hit-for-miss' });
        }),
      done: () =>
        once(() => {
          close();
          settle({ kind: 'again' });
        }),
      failed: (error, keepMs) => once(() => fail({ kind: 'failed', error }, keepMs)),
      answered: (value, vary, keepMs) =>
        once(() => {
          move(vary);
          fail({ kind: 'answered', value, vary, varyKey: secondaryKey(vary, header) }, keepMs);
        }),
    };
  }

  /** What a flight's result means to one who waited for it. */
  function turnOf(result: Result<Shared>, header: HeaderLookup): Turn<Shared> {
    if (result.kind === 'answered')
      return secondaryKey(result.vary, header) === result.varyKey
        ? { kind: 'answered', value: result.value }
        : { kind: 'again' };
    if (result.kind !== 'shared') return result;
    const { fill } = result;
    // Another variant: there is a flight for it, or will be.
    if (fill.doomed || secondaryKey(fill.meta.vary, header) !== fill.meta.varyKey) return { kind: 'again' };
    const body = fill.follow();
    return body === undefined ? { kind: 'alone', reason: 'beginning-gone' } : { kind: 'follow', fill, body };
  }

  async function enter(
    key: string,
    header: HeaderLookup,
    generation: number,
    { signal, personal = false }: EnterOptions = {},
  ): Promise<Turn<Shared>> {
    const slot = flightKey(key, header, personal);
    const until = hitForMiss.get(slot);
    if (until !== undefined) {
      if (clock.nowMs() < until) return { kind: 'alone', reason: 'hit-for-miss' };
      hitForMiss.delete(slot);
    }
    const failure = failures.get(slot);
    if (failure !== undefined) {
      const holds = clock.nowMs() < failure.untilMs && failure.generation >= generation;
      const turn = holds ? turnOf(failure.result, header) : undefined;
      if (turn !== undefined && turn.kind !== 'again') return turn;
      failures.delete(slot);
    }
    const flight = flights.get(slot);
    if (flight === undefined || flight.generation < generation || flight.fill?.doomed === true) {
      return { kind: 'lead', lead: open(key, header, generation, personal) };
    }
    flight.followers += 1;
    if (flight.fill !== undefined) return turnOf({ kind: 'shared', fill: flight.fill }, header);
    const stop = new AbortController();
    const timeout = clock
      .sleep(lockTimeoutMs, signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]))
      .then((): Result<Shared> => ({ kind: 'alone', reason: 'lock-timeout' }));
    const result = await Promise.race([flight.settled, timeout]);
    stop.abort();
    // Joined only now: whoever gave up waiting must not be counted as a reader.
    return turnOf(result, header);
  }

  return {
    enter,
    get flights() {
      return flights.size;
    },
  };
}
