import type { Bank } from '../bank/bank.ts';
import { feeOf } from '../bank/fee.ts';
import { MAX_AIRDROP_LAMPORTS, MAX_MULTIPLE_ACCOUNTS } from '../limits.ts';
import type { ExecutionResult } from '../svm/svm.ts';
import { describeTransactionError } from '../svm/transaction-error.ts';
import type { TransactionErrorJson } from '../svm/transaction-error.ts';
import { decodeMessage, decodeWire } from '../svm/wire-transaction.ts';
import type { WireTransaction } from '../svm/wire-transaction.ts';
import { encodeAccount, formatOf } from './encoding.ts';
import { RPC, invalidParams, rpcError } from './errors.ts';
import { withContext } from './method.ts';
import type { RpcMethod } from './method.ts';
import {
  addressAt,
  arrayAt,
  asAddress,
  configAt,
  flagOf,
  integerOf,
  isRecord,
  requireMinContextSlot,
  stringAt,
} from './params.ts';
import { wireOf } from './wire-param.ts';

function simulationJson(
  error: TransactionErrorJson | null,
  result: ExecutionResult | undefined,
  inner: boolean,
): Record<string, unknown> {
  return {
    accounts: null,
    err: error,
    fee: null,
    innerInstructions: inner ? (result?.innerInstructions ?? []) : null,
    loadedAccountsDataSize: null,
    loadedAddresses: null,
    logs: result?.logs ?? [],
    postBalances: null,
    postTokenBalances: null,
    preBalances: null,
    preTokenBalances: null,
    replacementBlockhash: null,
    returnData: result?.returnData ?? null,
    unitsConsumed: result?.unitsConsumed ?? 0,
  };
}

function preflightFailure(error: TransactionErrorJson, result: ExecutionResult | undefined): Error {
  if (error === 'SignatureFailure') {
    return rpcError(RPC.signatureVerificationFailure, 'Transaction signature verification failure');
  }
  const message = `Transaction simulation failed: ${describeTransactionError(error)}`;
  return rpcError(RPC.preflightFailure, message, simulationJson(error, result, false));
}

function preflight(bank: Bank, wire: WireTransaction): void {
  if (!wire.fullySigned) throw preflightFailure('SignatureFailure', undefined);
  const refused = bank.refusal(wire);
  if (refused !== undefined) throw preflightFailure(refused, undefined);
  const result = bank.simulate(wire, true);
  if (result.error !== null) throw preflightFailure(result.error, result);
}

const sendTransaction: RpcMethod = async ({ bank }, params) => {
  const config = configAt(params, 1);
  requireMinContextSlot(bank, config);
  const wire = wireOf(stringAt(params, 0), config);
  const skipPreflight = flagOf(config, 'skipPreflight');
  if (!skipPreflight) preflight(bank, wire);
  const processed = bank.process(wire);
  if (processed.kind === 'landed') await processed.durable;
  // Without preflight a refused transaction gets its name back all the same, as on a cluster that drops it later.
  else if (!skipPreflight) throw preflightFailure(processed.error, processed.result);
  return wire.signature;
};

const simulateTransaction: RpcMethod = ({ bank }, params) => {
  const config = configAt(params, 1);
  requireMinContextSlot(bank, config);
  const wire = wireOf(stringAt(params, 0), config);
  const sigVerify = flagOf(config, 'sigVerify');
  const replace = flagOf(config, 'replaceRecentBlockhash');
  if (sigVerify && replace) throw invalidParams('sigVerify may not be used with replaceRecentBlockhash');
  if (sigVerify && !wire.fullySigned) throw preflightFailure('SignatureFailure', undefined);
  const refused = bank.refusal(wire);
  const stale = refused !== undefined && !(replace && refused === 'BlockhashNotFound') ? refused : undefined;
  const result = stale === undefined ? bank.simulate(wire, sigVerify) : undefined;
  const error = stale ?? result?.error ?? null;
  if (error === 'SignatureFailure') throw preflightFailure(error, result);
  const wanted = config['accounts'] ?? undefined;
  let accounts: unknown = null;
  if (wanted !== undefined) {
    if (!isRecord(wanted)) throw invalidParams('Invalid params: accounts must be an object.');
    const format = formatOf({ encoding: wanted['encoding'] }, 'base64');
    if (format.encoding === 'binary' || format.encoding === 'base58')
      throw invalidParams('base58 encoding not supported');
    const read = (key: ReturnType<typeof asAddress>): ReturnType<Bank['read']> =>
      result?.accounts.get(key) ?? bank.read(key);
    accounts = arrayAt([wanted['addresses']], 0, MAX_MULTIPLE_ACCOUNTS).map((key) => {
      const account = error === null ? read(asAddress(key)) : undefined;
      return account === undefined || account.lamports === 0n ? null : encodeAccount(account, format, read);
    });
  }
  return withContext(bank, {
    ...simulationJson(error, result, flagOf(config, 'innerInstructions')),
    accounts,
    replacementBlockhash: replace ? bank.slots.latestBlockhash() : null,
  });
};

const getFeeForMessage: RpcMethod = ({ bank }, params) => {
  requireMinContextSlot(bank, configAt(params, 1));
  let message: ReturnType<typeof decodeMessage>;
  try {
    message = decodeMessage(new Uint8Array(Buffer.from(stringAt(params, 0), 'base64')));
  } catch {
    throw invalidParams('failed to deserialize solana_message::versions::VersionedMessage');
  }
  return withContext(
    bank,
    bank.slots.slotOfBlockhash(message.blockhash) === undefined ? null : feeOf(message),
  );
};

const requestAirdrop: RpcMethod = async ({ bank, faucet }, params) => {
  const to = addressAt(params, 0);
  const lamports = integerOf(params[1], 'lamports');
  configAt(params, 2);
  if (lamports > MAX_AIRDROP_LAMPORTS)
    throw invalidParams(`Invalid params: one airdrop is at most ${MAX_AIRDROP_LAMPORTS} lamports.`);
  const decoded = decodeWire(await faucet.transfer(to, lamports, bank.slots.latestBlockhash()));
  if (decoded.kind === 'malformed') throw rpcError(RPC.internalError, decoded.reason);
  preflight(bank, decoded.wire);
  const processed = bank.process(decoded.wire);
  if (processed.kind === 'refused') throw preflightFailure(processed.error, processed.result);
  await processed.durable;
  return decoded.wire.signature;
};

export const sendMethods: Readonly<Record<string, RpcMethod>> = {
  sendTransaction,
  simulateTransaction,
  getFeeForMessage,
  requestAirdrop,
};
