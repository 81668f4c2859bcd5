import { MediaError, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import { createSolanaRpcFromTransport } from '@solana/kit';
import type { Rpc, RpcTransport, SolanaRpcApi } from '@solana/kit';

import { SinkError, pour, streamList } from './list-stream.ts';
import type { ListSink, WholeList } from './list-stream.ts';
import { LargeInteger, createTransports } from './list-transport.ts';
import { postByFetch } from './post.ts';
import type { Post } from './post.ts';
import { cameAs, failureOf, failureOfAnswer, failureOfError } from './rpc-errors.ts';
import type { Failure } from './rpc-errors.ts';
import { createFreshness } from './rpc-freshness.ts';

export interface RpcOptions {
  readonly url: string;
  /** Reads are tried again for so long while what comes is passing: rate limits, restarts, broken connections. 60 s by default. */
  readonly retryForMs?: number;
  /** After this long without an answer, or without any more of a list, one try has failed. 30 s by default. */
  readonly timeoutMs?: number;
  /** Ends whatever is under way (`chain/stopped`). */
  readonly signal?: AbortSignal;
}

export interface RpcDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** `postByFetch` by default. */
  readonly post?: Post | undefined;
}

/** What a URL that nothing Solana-like has ever answered at is worth: it may be wrong. */
const FIRST_ANSWER_MS = 1_000;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 4_000;
/** A node that is some slots behind catches up soon; asking it in vain costs little. */
const MAX_BEHIND_PAUSE_MS = 500;

interface Payload {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

/**
 * JSON-RPC over a network that is not to be trusted: reads are repeated within a deadline, never answered from
 * before what was already seen, and what fails in the end is said in words. `sendTransaction` is tried once:
 * whoever sends has its own way of finding out what came of it.
 */
export function createRpc(deps: RpcDeps, options: RpcOptions): Rpc<SolanaRpcApi> {
  return createNode(deps, options).rpc;
}

/** Calls of a node, and its lists of accounts as they come. */
export interface ChainNode {
  readonly rpc: Rpc<SolanaRpcApi>;
  /** `getProgramAccounts` with its context; resolves with the slot that it is of. Rejects as calls do, and with what `sink` throws. */
  listAccounts(params: readonly unknown[], sink: ListSink, signal?: AbortSignal): Promise<bigint>;
}

/** Calls whose answers have megabytes. */
const MANY_ACCOUNTS: ReadonlySet<string> = new Set(['getProgramAccounts', 'getMultipleAccounts']);

export function createNode(deps: RpcDeps, options: RpcOptions): ChainNode {
  const url = checkedUrl(options.url);
  const { exact, quick } = createTransports(url, deps.post ?? postByFetch);
  const retryForMs = options.retryForMs ?? 60_000;
  const timeoutMs = options.timeoutMs ?? 30_000;
  const freshness = createFreshness();
  let answered = false;

  /** One try: the parsed answer, or what came instead. */
  async function attempt(
    payload: Payload,
    stops: readonly AbortSignal[],
    sink: ListSink | undefined,
  ): Promise<{ readonly answer: unknown } | { readonly failure: Failure }> {
    const { method } = payload;
    const params = freshness.require(method, payload.params);
    let answer: unknown;
    try {
      answer =
        sink === undefined
          ? await (MANY_ACCOUNTS.has(method) ? quick : exact)<unknown>({
              payload: { ...payload, params },
              signal: AbortSignal.any([...stops, AbortSignal.timeout(timeoutMs)]),
            })
          : await streamed({ ...payload, params }, stops, sink);
    } catch (error) {
      if (error instanceof SinkError) throw error.cause;
      return { failure: failureOf(error, method, url) };
    }
    if (typeof answer !== 'object' || answer === null || !('result' in answer || 'error' in answer))
      return { failure: failureOfAnswer(cameAs(answer), method, url) };
    if ('error' in answer && answer.error !== null && answer.error !== undefined) {
      answered = true;
      return { failure: failureOfError(answer.error, method, url) };
    }
    const result = 'result' in answer ? answer.result : undefined;
    if (!freshness.isWhole(method, result)) return { failure: failureOfAnswer(cameAs(answer), method, url) };
    answered = true;
    freshness.learn(method, payload.params, result);
    return { answer };
  }

  /** It may take longer than any other answer; what must not last is that nothing comes. */
  async function streamed(payload: Payload, stops: readonly AbortSignal[], sink: ListSink): Promise<unknown> {
    const silence = new AbortController();
    const onSilence = (): void => silence.abort(new DOMException('nothing came', 'TimeoutError'));
    let timer = setTimeout(onSilence, timeoutMs);
    try {
      const signal = AbortSignal.any([...stops, silence.signal]);
      const onProgress = (): void => {
        clearTimeout(timer);
        timer = setTimeout(onSilence, timeoutMs);
      };
      return await streamList(url, payload, { signal, onProgress, sink });
    } catch (error) {
      if (!(error instanceof LargeInteger)) throw error;
    } finally {
      clearTimeout(timer);
    }
    return exact({ payload, signal: AbortSignal.any([...stops, AbortSignal.timeout(timeoutMs)]) });
  }

  async function call(payload: Payload, asked: AbortSignal | undefined, sink?: ListSink): Promise<unknown> {
    const begunMs = deps.clock.nowMs();
    const stops = [asked, options.signal].filter((each) => each !== undefined);
    for (let tries = 1; ; tries += 1) {
      requireRunning(asked, options.signal);
      const outcome = await attempt(payload, stops, sink);
      if ('answer' in outcome) return outcome.answer;
      requireRunning(asked, options.signal);
      const { failure } = outcome;
      const forMs = answered || failure.first === 'wait' ? retryForMs : Math.min(FIRST_ANSWER_MS, retryForMs);
      const pauseMs = failure.retryAfterMs ?? pauseOf(failure, tries);
      const late = deps.clock.nowMs() + pauseMs - begunMs > forMs;
      if (!failure.passing || late || payload.method === 'sendTransaction') throw failure.error;
      deps.log.debug(
        { tries, pauseMs, code: failure.error.code, err: failure.error.message },
        'asking again',
      );
      await deps.clock.sleep(pauseMs, stops.length === 0 ? undefined : AbortSignal.any(stops));
    }
  }

  const transport: RpcTransport = async <TResponse>({
    payload,
    signal,
  }: Parameters<RpcTransport>[0]): ReturnType<typeof exact<TResponse>> =>
    // What kit makes of a call. The caller names the type of the method's answer; kit trusts it the same way.
    (await call(payload as Payload, signal)) as TResponse;
  return {
    rpc: createSolanaRpcFromTransport(transport),
    async listAccounts(params, sink, signal) {
      const payload = { jsonrpc: '2.0', id: 'list', method: 'getProgramAccounts', params };
      const { result } = (await call(payload, signal, sink)) as { readonly result: WholeList };
      // Not streamed, it is here as a whole; streamed, without accounts.
      if (result.value.length > 0) pour(result, sink);
      return BigInt(result.context.slot);
    },
  };
}

function pauseOf(failure: Failure, tries: number): number {
  const most = failure.error.code === 'chain/node-behind' ? MAX_BEHIND_PAUSE_MS : MAX_PAUSE_MS;
  return Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), most);
}

function requireRunning(asked: AbortSignal | undefined, stopped: AbortSignal | undefined): void {
  asked?.throwIfAborted();
  if (stopped?.aborted === true) throw stoppedError();
}

/** What waits for the chain when its process is told to end. */
export function stoppedError(): MediaError {
  return new MediaError({
    code: 'chain/stopped',
    message: 'Stopped before the chain answered.',
    source: 'internal',
    retry: true,
  });
}

function checkedUrl(url: string): string {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
  throw new MediaError({
    code: 'chain/bad-url',
    message: `"${url}" is not an http(s) URL of a Solana node.`,
    source: 'client',
  });
}

const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');

/** Runs a call and names what was asked for where the node refuses it, or answers with what cannot be read. */
export async function rpcCall<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (isAbort(error)) throw error;
    if (error instanceof MediaError) {
      if (error.code !== 'chain/rpc-error') throw error;
      throw new MediaError({
        code: error.code,
        message: `The node refused ${what}: ${String(error.context['said']).replace(/\.$/, '')}.`,
        source: error.source,
        retry: error.retry,
        context: error.context,
        cause: error.cause,
      });
    }
    throw new MediaError({
      code: 'chain/bad-answer',
      message: `The node's answer about ${what} makes no sense: ${errorMessage(error)}.`,
      source: 'chain',
      retry: true,
      cause: error,
    });
  }
}
