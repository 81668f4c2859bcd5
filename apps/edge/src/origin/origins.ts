import { FAILOVER } from '@media-network/rules';
import { MediaError, errorCode } from '@media-network/runtime';
import type { Clock } from '@media-network/runtime';
import type { OriginTally } from './origin-tally.ts';
import type { OriginClient, OriginRequest, OriginSwitch, PlaceClient } from './origin-client.ts';
import { takes } from './origin-places.ts';
import type { OriginPlace } from './origin-places.ts';
import type { OriginResponse } from './origin-response.ts';
import type { OriginStates } from './origin-states.ts';

export interface OriginsDeps {
  readonly client: Pick<PlaceClient, 'fetch' | 'switchTo'>;
  readonly states: OriginStates;
  readonly tally: OriginTally;
  readonly clock: Clock;
}

export interface OriginsOptions {
  /** Silence that one origin is allowed. */
  readonly timeoutMs: number;
}

/** Methods that may be asked for twice (RFC 9110 §9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** What one place said, in whatever form it was asked. */
interface Attempt<Result> {
  readonly ask: (place: OriginPlace, signal: AbortSignal | undefined) => Promise<Result>;
  /** Whether it asks for another protocol. */
  readonly switches: boolean;
  /** Undefined: a switch of protocols. */
  readonly response: (result: Result) => OriginResponse | undefined;
  /** Calls back when nothing more of it is under way. */
  readonly ended: (result: Result, done: () => void) => void;
}

/**
 * All origins of a resource as one: chooses one, tells what came of it, and asks the next where that may be asked
 * twice, each once and all of them within one time.
 */
export function createOrigins(deps: OriginsDeps, { timeoutMs }: OriginsOptions): OriginClient {
  const { client, states, tally, clock } = deps;

  async function attempted<Result>(
    request: OriginRequest,
    place: OriginPlace,
    limitMs: number | undefined,
    attempt: Attempt<Result>,
  ): Promise<Result> {
    const limit = limitMs === undefined ? undefined : limitedTo(limitMs, request.signal);
    try {
      const result = await attempt.ask(place, limit?.signal ?? request.signal);
      tally.asked((attempt.response(result)?.status ?? 101) >= 500 ? 'error' : 'answered');
      return result;
    } catch (error) {
      tally.asked(failureName(error));
      throw error;
    } finally {
      limit?.clear();
    }
  }

  async function ask<Result>(request: OriginRequest, attempt: Attempt<Result>): Promise<Result> {
    const { settings } = request;
    const { places } = settings;
    const [only] = places;
    if (only === undefined) throw new Error('settings without an origin');
    if (places.length === 1 && takes(only, request.method, attempt.switches))
      return attempted(request, only, undefined, attempt);

    const rule = settings.rules.failover[0] ?? FAILOVER;
    const isRepeatable = !rule.never && request.body === undefined && IDEMPOTENT.has(request.method);
    // Those who wait for a fetch wait no longer than this (`lockTimeoutMs`).
    const untilMs = clock.nowMs() + Math.min(rule.withinSeconds * 1_000, 2 * timeoutMs);
    const eachMs = rule.timeoutSeconds === undefined ? timeoutMs : rule.timeoutSeconds * 1_000;
    // What a place does not take is as good as tried there.
    const tried = new Set<number>();
    for (const [i, each] of places.entries())
      if (!takes(each, request.method, attempt.switches)) tried.add(i);
    if (tried.size === places.length)
      throw new MediaError({
        code: 'edge/method-refused',
        message: `${request.method} is not asked of a bucket.`,
        source: 'client',
      });
    for (;;) {
      const at = states.take(settings, request.target, tried);
      const place = at === undefined ? undefined : places[at];
      if (at === undefined || place === undefined) throw new Error('every origin was tried');
      tried.add(at);
      const leave = (): void => states.leave(settings, at);
      const isLast = !isRepeatable || tried.size === places.length;
      const leftMs = untilMs - clock.nowMs();
      const limitMs = isRepeatable ? Math.max(1, isLast ? leftMs : Math.min(eachMs, leftMs)) : undefined;
      let failure: unknown;
      try {
        const result = await attempted(request, place, limitMs, attempt);
        const status = attempt.response(result)?.status ?? 101;
        const refused = rule.statuses.has(status);
        if (status >= 500 || refused) noteFailure(at);
        else states.answered(settings, at);
        if (!refused || isLast || clock.nowMs() >= untilMs) {
          attempt.ended(result, leave);
          return result;
        }
        leave();
        abandon(attempt.response(result));
      } catch (error) {
        leave();
        const code = errorCode(error);
        if (code === 'edge/aborted' || request.signal?.aborted === true) throw error;
        noteFailure(at);
        if (isLast || clock.nowMs() >= untilMs) throw error;
        failure = error;
      }
      tally.failedOver(failure === undefined ? 'error' : failureName(failure));
    }

    function noteFailure(at: number): void {
      if (states.failed(settings, at)) tally.ejected();
    }
  }

  return {
    fetch: (request) =>
      ask(request, {
        switches: false,
        ask: (place, signal) =>
          client.fetch({ ...request, place, ...(signal === undefined ? {} : { signal }) }),
        response: (response: OriginResponse) => response,
        ended: ({ body }, done) => void body.once('close', done),
      }),
    switchTo: (request) =>
      ask(request, {
        switches: true,
        ask: (place, signal) =>
          client.switchTo({ ...request, place, ...(signal === undefined ? {} : { signal }) }),
        response: (made: OriginSwitch) => (made.kind === 'answered' ? made.response : undefined),
        ended: (made, done) =>
          void (made.kind === 'answered' ? made.response.body : made.socket).once('close', done),
      }),
  };
}

/** `edge/origin-timeout` → `timeout`. */
function failureName(error: unknown): string {
  return errorCode(error).replace(/^edge\/(?:origin-)?/, '');
}

/** An answer that nobody gets. */
function abandon(response: OriginResponse | undefined): void {
  response?.body.on('error', () => undefined);
  response?.body.destroy();
}

/** A signal that ends a request which has no head in time. */
function limitedTo(
  ms: number,
  signal: AbortSignal | undefined,
): { readonly signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const timer = setTimeout(
    () =>
      controller.abort(
        new MediaError({
          code: 'edge/origin-timeout',
          message: 'The origin did not answer in time.',
          source: 'origin',
          retry: true,
        }),
      ),
    ms,
  ).unref();
  return {
    signal: signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]),
    clear: () => clearTimeout(timer),
  };
}
