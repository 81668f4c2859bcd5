import { MediaError, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import {
  SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR,
  createDefaultRpcTransport,
  createSolanaRpcFromTransport,
  isSolanaError,
} from '@solana/kit';
import type { Rpc, RpcTransport, SolanaRpcApi } from '@solana/kit';

export interface RpcOptions {
  readonly url: string;
  /** Tries of one call when the node is busy (429, 502, 503, 504). 6 by default. */
  readonly maxTries?: number;
  /** After this long without an answer a call has failed. 30 s by default. */
  readonly timeoutMs?: number;
}

export interface RpcDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/** JSON-RPC with backoff on rate limits; a node that is not there is `chain/unreachable`. */
export function createRpc(deps: RpcDeps, options: RpcOptions): Rpc<SolanaRpcApi> {
  const inner = createDefaultRpcTransport({ url: checkedUrl(options.url) });
  const maxTries = options.maxTries ?? 6;
  const timeoutMs = options.timeoutMs ?? 30_000;

  const transport: RpcTransport = async <TResponse>(
    request: Parameters<RpcTransport>[0],
  ): ReturnType<typeof inner<TResponse>> => {
    for (let attempt = 1; ; attempt += 1) {
      const deadline = AbortSignal.timeout(timeoutMs);
      const signal = request.signal === undefined ? deadline : AbortSignal.any([request.signal, deadline]);
      try {
        return await inner<TResponse>({ ...request, signal });
      } catch (error) {
        if (request.signal?.aborted === true) throw error;
        const waitMs = backoffMs(error, attempt);
        if (waitMs === undefined || attempt >= maxTries) throw transportError(error, options.url);
        deps.log.debug({ attempt, waitMs }, 'node is busy');
        await deps.clock.sleep(waitMs, request.signal);
      }
    }
  };
  return createSolanaRpcFromTransport(transport);
}

function checkedUrl(url: string): string {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
  throw new MediaError({
    code: 'chain/bad-url',
    message: `"${url}" is not an http(s) URL of a Solana node.`,
    source: 'client',
  });
}

/** How long to wait before the next try, or undefined when another try makes no sense. */
function backoffMs(error: unknown, attempt: number): number | undefined {
  if (!isSolanaError(error, SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR)) return undefined;
  const { statusCode, headers } = error.context;
  if (![429, 502, 503, 504].includes(statusCode)) return undefined;
  const asked = Number(headers.get('retry-after') ?? Number.NaN);
  if (Number.isFinite(asked) && asked >= 0) return Math.min(asked * 1000, 60_000);
  return Math.min(250 * 2 ** attempt, 8_000);
}

function transportError(error: unknown, url: string): MediaError {
  if (isSolanaError(error, SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR)) {
    const { statusCode } = error.context;
    const limited = statusCode === 429;
    return new MediaError({
      code: limited ? 'chain/rate-limited' : 'chain/http-error',
      message: limited
        ? `The node at ${url} limits requests. Wait, or use another node.`
        : `The node at ${url} answered with HTTP status ${statusCode}.`,
      source: 'chain',
      retry: limited || statusCode >= 500,
      context: { url, statusCode },
      cause: error,
    });
  }
  return new MediaError({
    code: 'chain/unreachable',
    message: `Nothing answers at ${url}: start one with \`media chain\`, or name another node with --url.`,
    source: 'chain',
    retry: true,
    context: { url },
    cause: error,
  });
}

/** Runs a call and turns what the node refuses into words. */
export async function rpcCall<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof MediaError || (error instanceof Error && error.name === 'AbortError')) throw error;
    if (!isSolanaError(error)) throw error;
    const context: Readonly<Record<string, unknown>> = { ...error.context };
    const said = context['__serverMessage'];
    throw new MediaError({
      code: 'chain/rpc-error',
      message: `The node refused ${what}: ${typeof said === 'string' ? said : errorMessage(error)}.`,
      source: 'chain',
      context: { rpcCode: context['__code'] },
      cause: error,
    });
  }
}
