import type { Bank } from '../bank/bank.ts';
import type { Faucet } from '../bank/faucet.ts';
import { jsonInteger } from './json.ts';
import type { Params } from './params.ts';
import { SOLANA_VERSION } from './version.ts';

export interface RpcDeps {
  readonly bank: Bank;
  readonly faucet: Faucet;
  /** Where this node listens, `host:port`, once it does. */
  readonly endpoints: () => { readonly rpc: string | null; readonly pubsub: string | null };
}

/** A method reads and acts at once; the answer leaves when everything it could have seen is durable. */
export type RpcMethod = (deps: RpcDeps, params: Params) => unknown;

/** Solana's wrapper of answers about state. */
export function withContext(bank: Bank, value: unknown): unknown {
  return { context: { slot: jsonInteger(bank.now().slot), apiVersion: SOLANA_VERSION }, value };
}
