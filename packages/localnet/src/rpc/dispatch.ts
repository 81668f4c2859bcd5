import { errorCode, errorMessage, MediaError } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { BATCH_TURN_MS, MAX_ANSWER_BYTES, MAX_BATCH_LENGTH, SMALL_ANSWER_BYTES } from '../limits.ts';
import { checkArity } from './arity.ts';
import { ANSWER_TOO_LARGE, RPC, answerTooLarge } from './errors.ts';
import { parseRpc, stringifyRpc } from './json.ts';
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

/** JSON in, JSON out. `undefined`: nothing is to be said (notifications only). */
export type Dispatch = (text: string) => Promise<string | undefined>;

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

const isTooLarge = (text: string): boolean =>
  text.length < SMALL_ANSWER_BYTES && text.includes(`"${ANSWER_TOO_LARGE}"`);

/** Methods that wait for the disk. */
const SENDS: ReadonlySet<unknown> = new Set(['sendTransaction', 'requestAirdrop']);

const isId = (value: unknown): value is Id =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';

/**
 * JSON-RPC 2.0. An answer, error or not, may rest on anything that has taken effect in memory; it leaves only
 * when that is durable. Methods that answer with a promise wait for their own transaction and no further.
 */
export function createDispatch(
  deps: { log: Log; barrier: () => Promise<void>; onCall?: (method: string) => void },
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
    deps.onCall?.(name);
    if (params !== null && !isRecord(params) && !Array.isArray(params))
      return fault(id, RPC.invalidRequest, 'Invalid request');
    if (params !== null && !Array.isArray(params))
      return fault(id, RPC.invalidParams, '`params` should be an array');
    return call(name, method, params ?? [], id);
  }

  /** The answer as text; one that does not fit is an error in its place. */
  function written(answer: RpcAnswer, room: number): string {
    const text = stringifyRpc(answer);
    if (text.length <= room) return text;
    const reason =
      room < MAX_ANSWER_BYTES
        ? 'The answers of a batch are bounded together, and those before this one fill the room: ask for it on its own.'
        : `The answer is larger than ${MAX_ANSWER_BYTES} bytes: ask for less.`;
    return stringifyRpc({
      jsonrpc: '2.0',
      id: answer.id,
      error: faultOf(answerTooLarge(reason), '', deps.log),
    });
  }

  /**
   * In order, one after the other, so that no more than one answer is in memory beside those already written, and
   * others get their turn in between. Transactions all begin at once: they share one write to disk.
   */
  async function batch(requests: readonly unknown[]): Promise<string | undefined> {
    const texts: Promise<string | undefined>[] = [];
    let room = MAX_ANSWER_BYTES;
    let turnMs = performance.now();
    for (const request of requests) {
      if (room <= 0) {
        const id = isRecord(request) && isId(request['id']) ? request['id'] : undefined;
        texts.push(Promise.resolve(id === undefined ? undefined : written(fault(id, 0, ''), 0)));
        continue;
      }
      const answering = one(request);
      if (isRecord(request) && SENDS.has(request['method'])) {
        texts.push(answering.then((answer) => answer && written(answer, MAX_ANSWER_BYTES)));
        continue;
      }
      const answer = await answering;
      const text = answer && written(answer, room);
      // Building what did not fit has cost as much as what did: no more of it.
      room = text !== undefined && isTooLarge(text) ? 0 : room - (text?.length ?? 0);
      texts.push(Promise.resolve(text));
      if (performance.now() - turnMs < BATCH_TURN_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      turnMs = performance.now();
    }
    const said = (await Promise.all(texts)).filter((text) => text !== undefined);
    return said.length === 0 ? undefined : `[${said.join(',')}]`;
  }

  async function single(request: unknown): Promise<string | undefined> {
    const answer = await one(request);
    return answer && written(answer, MAX_ANSWER_BYTES);
  }

  return async (text) => {
    let request: unknown;
    try {
      request = parseRpc(text);
    } catch {
      return stringifyRpc(fault(null, RPC.parseError, 'Parse error'));
    }
    if (!Array.isArray(request)) return single(request);
    if (request.length === 0) return stringifyRpc(fault(null, RPC.invalidRequest, 'Invalid request'));
    if (request.length > MAX_BATCH_LENGTH) {
      const reason = `Invalid request: a batch holds at most ${MAX_BATCH_LENGTH} requests.`;
      return stringifyRpc(fault(null, RPC.invalidRequest, reason));
    }
    return batch(request);
  };
}
