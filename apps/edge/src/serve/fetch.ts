import {
  confirms,
  entryMeta,
  fillFrom,
  lookupIn,
  metaAfterNotModified,
  storability,
  validatorsFor,
} from '@media-network/http-cache';
import type {
  CacheStore,
  EntryMeta,
  Fill,
  FillFromResult,
  HeaderLookup,
  StoredEntry,
} from '@media-network/http-cache';
import { MediaError } from '@media-network/runtime';
import type { Clock } from '@media-network/runtime';
import type { OriginClient, OriginResponse } from '../origin/origin-client.ts';
import { originError } from '../origin/origin-client.ts';
import type { AdmittedExchange } from './exchange.ts';
import type { Tally } from './tally.ts';

export interface FetchDeps {
  readonly origin: OriginClient;
  readonly store: CacheStore;
  readonly clock: Clock;
  readonly tally: Tally;
  readonly maxObjectBytes: number;
  /** Fills under way, by key. */
  readonly fills: Map<string, Fill>;
}

/** Fills whose last byte has come: all that is left is to keep them. */
const received = new WeakSet<Fill>();

/** Whether a fill has its whole body and is about to be a stored entry. */
export function isReceived(fill: Fill): boolean {
  return received.has(fill);
}

async function* whole(fill: Fill, body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* body;
  received.add(fill);
}

/** What is needed to ask the origin, kept apart from the viewer who asked first: a fetch may outlive it. */
export interface FetchJob {
  readonly key: string;
  readonly target: string;
  readonly settings: AdmittedExchange['settings'];
  readonly viewer: { readonly scheme: 'http' | 'https'; readonly host: string };
  readonly rawHeaders: readonly string[];
  readonly header: HeaderLookup;
}

export function jobOf(exchange: AdmittedExchange, key: string): FetchJob {
  const { request } = exchange;
  return {
    key,
    target: request.target,
    settings: exchange.settings,
    viewer: { scheme: request.scheme, host: request.host },
    rawHeaders: request.rawHeaders,
    header: lookupIn(request.rawHeaders),
  };
}

/**
 * `filling`: storable; the body is on its way into the cache, follow it. `confirmed`: the stored entry
 * holds. `pass`: not to be kept; the body is the caller's.
 */
export type Fetched =
  | {
      readonly kind: 'filling';
      readonly fill: Fill;
      readonly response: OriginResponse;
      readonly done: Promise<FillFromResult>;
    }
  | { readonly kind: 'confirmed'; readonly meta: EntryMeta }
  | { readonly kind: 'pass'; readonly response: OriginResponse; readonly reason: string };

/** Conditions and ranges are the viewer's; the cache asks for the whole, or about what it holds. */
const NOT_OURS = new Set([
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
]);

/** Asks the origin for the whole object, or whether `stored` still holds. Rejects with an `edge/origin-*` error. */
export async function fetchWhole(
  job: FetchJob,
  stored: StoredEntry | undefined,
  deps: FetchDeps,
): Promise<Fetched> {
  const { store, clock } = deps;
  const validators = stored === undefined ? [] : validatorsFor(stored.meta);
  const generation = store.generation;
  const requestedAtMs = clock.nowMs();
  const response = await deps.origin.fetch({
    settings: job.settings,
    method: 'GET',
    target: job.target,
    rawHeaders: [...withoutNames(job.rawHeaders, NOT_OURS), ...validators],
    viewer: job.viewer,
  });
  const answer = {
    status: response.status,
    statusText: response.statusText,
    headers: response.rawHeaders,
    requestedAtMs,
    receivedAtMs: clock.nowMs(),
  };
  if (response.status === 304 && stored !== undefined) {
    await drain(response);
    if (confirms(stored.meta, response.rawHeaders)) {
      const meta = metaAfterNotModified(stored.meta, job.header, answer);
      await store.update(stored, meta);
      return { kind: 'confirmed', meta };
    }
    // The origin speaks of another response than ours: ask for the whole.
    store.remove(stored);
    return fetchWhole(job, undefined, deps);
  }
  const judged = storability({ method: 'GET', header: job.header }, answer);
  if (judged.kind === 'pass') return { kind: 'pass', response, reason: judged.reason };
  if (response.framing === 'close') return { kind: 'pass', response, reason: 'unverified' };
  if ((response.contentLength ?? 0) > deps.maxObjectBytes)
    return { kind: 'pass', response, reason: 'too-large' };
  if (job.header('cookie') !== undefined && !judged.freshness.explicit) {
    // Without a word of the origin on how long it holds, what was made for a cookie is taken for personal.
    return { kind: 'pass', response, reason: 'cookie' };
  }
  const meta = entryMeta(job.header, answer, judged.freshness);
  const expected =
    response.framing === 'length' && response.contentLength !== undefined
      ? { expectedLength: response.contentLength }
      : {};
  const fill = store.begin(job.key, meta, { generation, ...expected });
  deps.fills.set(job.key, fill);
  const done = fillFrom(fill, whole(fill, counted(response, deps)), expected).finally(() => {
    if (deps.fills.get(job.key) === fill) deps.fills.delete(job.key);
  });
  return { kind: 'filling', fill, response, done };
}

/** A request that the cache has no part in, streamed through. */
export async function fetchThrough(exchange: AdmittedExchange, deps: FetchDeps): Promise<OriginResponse> {
  const { request } = exchange;
  return deps.origin.fetch({
    settings: exchange.settings,
    method: request.method,
    target: request.target,
    rawHeaders: request.rawHeaders,
    viewer: { scheme: request.scheme, host: request.host },
    ...(request.hasBody ? { body: request.body } : {}),
    signal: request.signal,
  });
}

/** An origin's body with its bytes counted and its failures in our words. */
export async function* counted(
  response: OriginResponse,
  deps: Pick<FetchDeps, 'tally'>,
): AsyncGenerator<Buffer> {
  let received = 0;
  try {
    // undici's body yields Buffers; the stream's type leaves it open.
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      received += chunk.length;
      deps.tally.fetched(chunk.length);
      yield chunk;
    }
  } catch (error) {
    throw originError(error);
  } finally {
    response.body.destroy();
  }
  if (response.framing === 'length' && received !== response.contentLength) {
    throw new MediaError({
      code: 'edge/origin-truncated',
      message: `The origin announced ${response.contentLength} bytes and sent ${received}.`,
      source: 'origin',
    });
  }
}

/** Ends a body nobody wants, so that its connection can be used again or is closed. */
export async function drain(response: OriginResponse): Promise<void> {
  if (response.framing === 'none') {
    for await (const _ of response.body) break;
    return;
  }
  response.body.on('error', () => undefined);
  response.body.destroy();
}

function withoutNames(raw: readonly string[], names: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (!names.has(name.toLowerCase())) kept.push(name, raw[i + 1] ?? '');
  }
  return kept;
}
