import type { Signature } from '@solana/kit';
import type { Bank } from '../bank/bank.ts';
import { MAX_ADDRESS_SIGNATURES, MAX_SIGNATURE_STATUSES } from '../limits.ts';
import { RPC, invalidParams, rpcError } from './errors.ts';
import { withContext } from './method.ts';
import type { RpcMethod } from './method.ts';
import {
  addressAt,
  arrayAt,
  asSignature,
  configAt,
  flagOf,
  numberOf,
  requireConfirmed,
  requireMinContextSlot,
} from './params.ts';
import { landedJson, statusOf } from './transaction-json.ts';
import { historyConfigAt } from './history-config.ts';

const getSignatureStatuses: RpcMethod = ({ bank }, params) => {
  const search = flagOf(configAt(params, 1), 'searchTransactionHistory');
  const value = arrayAt(params, 0, MAX_SIGNATURE_STATUSES).map((key) => {
    const signature = asSignature(key);
    const recent = bank.recent.bySignature(signature);
    const old = recent === undefined && search ? bank.history.get(signature) : undefined;
    const found = recent ?? (old && { slot: old.slot, error: old.meta.error });
    if (found === undefined) return null;
    // There are no forks: what is durable is final.
    return {
      slot: found.slot,
      confirmations: null,
      err: found.error,
      status: statusOf(found.error),
      confirmationStatus: 'finalized',
    };
  });
  return withContext(bank, value);
};

/** A bound of getSignaturesForAddress; one that never landed is an error, as it would bound nothing. */
function boundOf(bank: Bank, value: unknown): Signature | undefined {
  if (value === undefined || value === null) return undefined;
  const signature = asSignature(value);
  if (!bank.history.has(signature))
    throw rpcError(RPC.filterTransactionNotFound, `Transaction ${signature} not found`);
  return signature;
}

const getSignaturesForAddress: RpcMethod = ({ bank }, params) => {
  const address = addressAt(params, 0);
  const config = configAt(params, 1);
  requireConfirmed(config);
  requireMinContextSlot(bank, config);
  const limit = numberOf(config['limit'] ?? MAX_ADDRESS_SIGNATURES, 'usize');
  if (limit < 1 || limit > MAX_ADDRESS_SIGNATURES)
    throw invalidParams(`Invalid limit; max ${MAX_ADDRESS_SIGNATURES}`);
  const before = boundOf(bank, config['before']);
  const until = boundOf(bank, config['until']);
  const query = { ...(before && { before }), ...(until && { until }), limit };
  return bank.history.ofAddress(address, query).map((entry) => ({
    signature: entry.signature,
    slot: entry.slot,
    err: entry.error,
    memo: entry.memo,
    blockTime: entry.unixTimestamp,
    confirmationStatus: 'finalized',
    transactionIndex: bank.history.indexInSlot(entry),
  }));
};

const getTransaction: RpcMethod = ({ bank }, params) => {
  const signature = asSignature(params[0]);
  const { config, encoding, maxVersion } = historyConfigAt(params, 1);
  requireConfirmed(config);
  const landed = bank.history.get(signature);
  if (landed === undefined) return null;
  return {
    blockTime: landed.unixTimestamp,
    slot: landed.slot,
    transactionIndex: bank.history.indexInSlot(landed),
    ...landedJson(landed, encoding, maxVersion),
  };
};

export const historyMethods: Readonly<Record<string, RpcMethod>> = {
  getSignatureStatuses,
  getSignaturesForAddress,
  getTransaction,
};
