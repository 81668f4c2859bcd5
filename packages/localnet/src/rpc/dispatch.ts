import { errorCode, errorMessage, MediaError } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { MAX_BATCH_LENGTH } from '../limits.ts';
import { checkArity } from './arity.ts';
import { RPC } from './errors.ts';
import { parseRpc } from './json.ts';
import type { RpcDeps, RpcMethod } from './method.ts';
import { accountMethods } from './methods-accounts.ts';
import { blockMethods } from './methods-blocks.ts';
import { chainMethods } from './methods-chain.ts';
import { clusterMethods } from './methods-cluster.ts';
import { historyMethods } from './methods-history.ts';
import { sendMethods } from './methods-send.ts';
import { tokenMethods } from './methods-token.ts';
import { isRecord } from './params.ts';
import type { Params } from './params.ts';

type Id = string | number | bigint | null;

export type RpcAnswer =
  | { readonly jsonrpc: '2.0'; readonly id: Id; readonly result: unknown }
  | { readonly jsonrpc: '2.0'; readonly id: Id; readonly error: RpcFault };

export interface RpcFault {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** `undefined`: nothing is to be said (notifications only). */
export type Dispatch = (text: string) => Promise<RpcAnswer | RpcAnswer[] | undefined>;

/** A method by its name; subscriptions come from the connection, all else from the table. */
export type MethodLookup = (name: string) => ((params: Params) => unknown) | undefined;

const methods: ReadonlyMap<string, RpcMethod> = new Map(
  [
    accountMethods,
    blockMethods,
    chainMethods,
    clusterMethods,
    historyMethods,
    sendMethods,
    tokenMethods,
  ].flatMap((group) => Object.entries(group)),
);

export const METHOD_NAMES: readonly string[] = [...methods.keys()];

export function rpcMethods(deps: RpcDeps): MethodLookup {
  return (name) => {
    const method = methods.get(name);
    return method && ((params) => method(deps, params));
  };
}

const fault = (id: Id, code: number, message: string): RpcAnswer => ({
  jsonrpc: '2.0',
  id,
  error: { code, message },
});

function faultOf(error: unknown, method: string, log: Log): RpcFault {
  if (error instanceof MediaError && error.code === 'localnet/rpc') {
    const { rpcCode, data } = error.context;
    return { code: Number(rpcCode), message: error.message, ...(data === undefined ? {} : { data }) };
  }
  const code = errorCode(error);
  log.warn({ method, code, err: errorMessage(error) }, 'a request failed');
  return { code: RPC.internalError, message: errorMessage(error), data: { code } };
}

const isId = (value: unknown): value is Id =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';

/**
 * JSON-RPC 2.0. An answer, error or not, may rest on anything that has taken effect in memory; it leaves only
 * when that is durable. Methods that answer with a promise wait for their own transaction and no further.
 */
export function createDispatch(
  deps: { log: Log; barrier: () => Promise<void> },
  lookup: MethodLookup,
): Dispatch {
  async function call(
    name: string,
    method: (params: Params) => unknown,
    params: Params,
    id: Id,
  ): Promise<RpcAnswer> {
    try {
      let result: unknown;
      try {
        checkArity(name, params);
        result = method(params);
        if (result instanceof Promise) result = await result;
        else await deps.barrier();
      } catch (error) {
        await deps.barrier();
        throw error;
      }
      return { jsonrpc: '2.0', id, result };
    } catch (error) {
      return { jsonrpc: '2.0', id, error: faultOf(error, name, deps.log) };
    }
  }

  async function one(request: unknown): Promise<RpcAnswer | undefined> {
    if (!isRecord(request)) return fault(null, RPC.invalidRequest, 'Invalid request');
    const { jsonrpc, method: name, params = [] } = request;
    const id = 'id' in request ? request['id'] : undefined;
    if (id !== undefined && !isId(id)) return fault(null, RPC.invalidRequest, 'Invalid request');
    if (jsonrpc === undefined && typeof name === 'string')
      return fault(id ?? null, RPC.invalidRequest, 'Unsupported JSON-RPC protocol version');
    if (jsonrpc !== '2.0' || typeof name !== 'string')
      return fault(id ?? null, RPC.invalidRequest, 'Invalid request');
    const method = lookup(name);
    // Without an id it is a notification (such as kit's keep-alive), to which nothing is answered.
    if (id === undefined) return undefined;
    if (method === undefined) return fault(id, RPC.methodNotFound, 'Method not found');
    if (params !== null && !isRecord(params) && !Array.isArray(params))
      return fault(id, RPC.invalidRequest, 'Invalid request');
    if (params !== null && !Array.isArray(params))
      return fault(id, RPC.invalidParams, '`params` should be an array');
    return call(name, method, params ?? [], id);
  }

  return async (text) => {
    let request: unknown;
    try {
      request = parseRpc(text);
    } catch {
      return fault(null, RPC.parseError, 'Parse error');
    }
    if (!Array.isArray(request)) return one(request);
    if (request.length === 0) return fault(null, RPC.invalidRequest, 'Invalid request');
    if (request.length > MAX_BATCH_LENGTH) {
      return fault(
        null,
        RPC.invalidRequest,
        `Invalid request: a batch holds at most ${MAX_BATCH_LENGTH} requests.`,
      );
    }
    // All begin at once: they run in order up to their first wait, and transactions share one write to disk.
    const answers = (await Promise.all(request.map(one))).filter((a) => a !== undefined);
    return answers.length === 0 ? undefined : answers;
  };
}
