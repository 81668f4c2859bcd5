import { MediaError, errorMessage } from '@media-network/runtime';
import { SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR, isSolanaError } from '@solana/kit';

/**
 * What came instead of an answer. `passing`: the same request can succeed later, so reads are tried again.
 * `first` says how long that is worth it when the node has never answered before: what a mistyped URL
 * looks like is told at once, what a flaky network looks like is not.
 */
export interface Failure {
  readonly error: MediaError;
  readonly passing: boolean;
  readonly first: 'wait' | 'tell';
  /** How long the node asks to be left alone. */
  readonly retryAfterMs: number | undefined;
}

/** JSON-RPC codes that condemn the request itself; every other one, known or not, is the node's present state. */
const FINAL_CODES: ReadonlySet<number> = new Set([
  -32700, // parse error
  -32600, // invalid request
  -32601, // method not found
  -32602, // invalid params
  -32001, // block cleaned up
  -32002, // preflight failure
  -32003, // signature verification failure
  -32007, // slot skipped
  -32009, // long-term storage slot skipped
  -32010, // key excluded from the secondary index
  -32011, // transaction history not available
  -32013, // signature length mismatch
  -32015, // unsupported transaction version
  -32020, // filter transaction not found
]);

const NODE_UNHEALTHY = -32005;
const MIN_CONTEXT_SLOT = -32016;
/** What providers answer with HTTP status 200 when they limit requests. */
const RATE_LIMITED: ReadonlySet<number> = new Set([-32429, 429]);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The code in the data of the embedded chain's refusals: with one, nothing was taken in, whatever the JSON-RPC code. */
function nodeCodeOf(data: unknown): string | undefined {
  const code = isRecord(data) ? data['code'] : undefined;
  return typeof code === 'string' && code.startsWith('localnet/') ? code : undefined;
}

/** A short piece of what came, on one line. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : printable(value);
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}

const printable = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? Number(each) : each)) ?? 'nothing';

/** The failure of a JSON-RPC error object, in whatever shape it came. */
export function failureOfError(raw: unknown, method: string, url: string): Failure {
  const fields = isRecord(raw) ? raw : {};
  const code = Number(fields['code'] ?? Number.NaN);
  const said = shown(typeof fields['message'] === 'string' ? fields['message'] : raw);
  const limited = RATE_LIMITED.has(code);
  const behind = code === NODE_UNHEALTHY || code === MIN_CONTEXT_SLOT;
  const nodeCode = nodeCodeOf(fields['data']);
  const passing = !FINAL_CODES.has(code) && nodeCode === undefined;
  return {
    error: new MediaError({
      code: limited ? 'chain/rate-limited' : behind ? 'chain/node-behind' : 'chain/rpc-error',
      message: limited
        ? `The node at ${url} limits requests (${said}). Wait, or use another node.`
        : behind
          ? `The node at ${url} is behind the chain (${said.replace(/\.$/, '')}). Wait, or use another node.`
          : `The node refused ${method}: ${said.replace(/\.$/, '')}.`,
      source: 'chain',
      retry: passing,
      context: {
        url,
        method,
        said,
        ...(Number.isNaN(code) ? {} : { rpcCode: code }),
        ...(nodeCode === undefined ? {} : { nodeCode }),
      },
      cause: raw,
    }),
    passing,
    first: 'wait',
    retryAfterMs: undefined,
  };
}

/** An answer with HTTP status 200 that is no JSON-RPC: a page of a proxy, a wrong URL, a body cut short. */
export function failureOfAnswer(came: string, method: string, url: string): Failure {
  return {
    error: new MediaError({
      code: 'chain/bad-answer',
      message: `What answers ${method} at ${url} does not speak Solana's JSON-RPC: it sent ${came}. Check the URL.`,
      source: 'chain',
      retry: true,
      context: { url, method, came },
    }),
    passing: true,
    first: 'tell',
    retryAfterMs: undefined,
  };
}

/** What a parsed body shows of itself. */
export const cameAs = (body: unknown): string => shown(body);

function failureOfHttp(error: unknown, url: string): Failure | undefined {
  if (!isSolanaError(error, SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR)) return undefined;
  const { statusCode, headers } = error.context;
  const limited = statusCode === 429;
  const asked = Number(headers.get('retry-after') ?? Number.NaN);
  const passing = limited || statusCode >= 500 || statusCode === 408 || statusCode === 425;
  return {
    error: new MediaError({
      code: limited ? 'chain/rate-limited' : 'chain/http-error',
      message: limited
        ? `The node at ${url} limits requests. Wait, or use another node.`
        : `The node at ${url} answered with HTTP status ${statusCode}.`,
      source: 'chain',
      retry: passing,
      context: { url, statusCode },
      cause: error,
    }),
    passing,
    first: 'wait',
    retryAfterMs: Number.isFinite(asked) && asked >= 0 ? Math.min(asked * 1000, 60_000) : undefined,
  };
}

/** System codes of a host that is not there, as opposed to one that broke off. */
const ABSENT: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH']);

/** The system's code somewhere in an error's causes: fetch wraps what the socket said. */
function systemCode(error: unknown): string | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth += 1) {
    if ('code' in each && typeof each.code === 'string') return each.code;
    if (each instanceof AggregateError) return systemCode(each.errors[0]);
  }
  return undefined;
}

function innermost(error: unknown): string {
  let last = error;
  for (let depth = 0; last instanceof Error && last.cause !== undefined && depth < 5; depth += 1)
    last = last.cause;
  return errorMessage(last);
}

/** The failure of a request that ended in an exception: an HTTP status, a body that is no JSON, a broken connection. */
export function failureOf(error: unknown, method: string, url: string): Failure {
  const http = failureOfHttp(error, url);
  if (http !== undefined) return http;
  if (error instanceof Error && error.name === 'SyntaxError') {
    const excerpt = /"([\s\S]*)"\.\.\. is not valid JSON/.exec(error.message)?.[1] ?? error.message;
    return failureOfAnswer(`"${shown(excerpt)}"`, method, url);
  }
  const code = systemCode(error);
  const timedOut = error instanceof Error && error.name === 'TimeoutError';
  const absent = code !== undefined && ABSENT.has(code);
  return {
    error: new MediaError({
      code: 'chain/unreachable',
      message: absent
        ? `Nothing answers at ${url}: start a network with \`media up\` or a chain alone with \`media chain\`, or name another node with --url.`
        : timedOut
          ? `The node at ${url} took ${method} and has not answered in time.`
          : `The connection to the node at ${url} broke off (${innermost(error)}).`,
      source: 'chain',
      retry: true,
      context: { url, method, ...(code === undefined ? {} : { systemCode: code }) },
      cause: error,
    }),
    passing: true,
    // What has no system code never left this machine: a port that fetch refuses, say.
    first: absent || (code === undefined && !timedOut) ? 'tell' : 'wait',
    retryAfterMs: undefined,
  };
}
