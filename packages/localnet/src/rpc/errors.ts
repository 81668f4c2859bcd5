import { MediaError } from '@media-network/runtime';

/** Codes of JSON-RPC 2.0, section 5.1, and of Solana's RPC (agave, `rpc-client-api/src/custom_error.rs`). */
export const RPC = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  preflightFailure: -32002,
  blockNotAvailable: -32004,
  noSnapshot: -32008,
  unsupportedTransactionVersion: -32015,
  minContextSlotNotReached: -32016,
  filterTransactionNotFound: -32020,
} as const;

/** An answer that is an error; `localnet/rpc` with the JSON-RPC code and data in its context. */
export function rpcError(code: number, message: string, data?: unknown): MediaError {
  return new MediaError({
    code: 'localnet/rpc',
    message,
    source: 'client',
    context: { rpcCode: code, data },
  });
}

export const ANSWER_TOO_LARGE = 'localnet/answer-too-large';

/** An answer that would not fit; with the chain's own code, so that nobody takes it for a passing fault. */
export const answerTooLarge = (message: string): MediaError =>
  rpcError(RPC.invalidRequest, message, { code: ANSWER_TOO_LARGE });

export const invalidParams = (message: string): MediaError => rpcError(RPC.invalidParams, message);
