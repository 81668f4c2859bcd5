import { getBase58Decoder } from '@solana/kit';
import { MAX_ADDRESS_SIGNATURES, MAX_SIGNATURE_STATUSES } from '../limits.ts';
import type { LandedTransaction, TokenBalance } from '../ledger/record.ts';
import type { TransactionErrorJson } from '../svm/transaction-error.ts';
import { isWritable } from '../svm/account-keys.ts';
import { uiTokenAmount } from '../svm/token-layout.ts';
import { decodeWire } from '../svm/wire-transaction.ts';
import type { WireTransaction } from '../svm/wire-transaction.ts';
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
  requireMinContextSlot,
  wordOf,
} from './params.ts';

/** Solana's old form of a result, which clients still read. */
const statusOf = (error: TransactionErrorJson | null): unknown =>
  error === null ? { Ok: null } : { Err: error };

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

const getSignaturesForAddress: RpcMethod = ({ bank }, params) => {
  const address = addressAt(params, 0);
  const config = configAt(params, 1);
  requireMinContextSlot(bank, config);
  const limit = numberOf(config['limit'] ?? MAX_ADDRESS_SIGNATURES, 'limit');
  if (limit < 1 || limit > MAX_ADDRESS_SIGNATURES)
    throw invalidParams(`Invalid limit; max ${MAX_ADDRESS_SIGNATURES}`);
  const before = config['before'] === undefined ? undefined : asSignature(config['before']);
  const until = config['until'] === undefined ? undefined : asSignature(config['until']);
  const query = { ...(before && { before }), ...(until && { until }), limit };
  return bank.history.ofAddress(address, query).map((entry) => ({
    signature: entry.signature,
    slot: entry.slot,
    err: entry.error,
    memo: entry.memo,
    blockTime: entry.unixTimestamp,
    confirmationStatus: 'finalized',
  }));
};

const base58 = getBase58Decoder();

function tokenBalanceJson(balance: TokenBalance): unknown {
  const { accountIndex, mint, owner, programId, amount, decimals } = balance;
  return { accountIndex, mint, owner, programId, uiTokenAmount: uiTokenAmount(amount, decimals) };
}

/** An instruction of `jsonParsed` that has no parser: addresses in place of indexes (agave, `UiPartiallyDecodedInstruction`). */
function partlyDecoded(
  keys: readonly string[],
  instruction: { programIdIndex: number; accounts: readonly number[]; data: string; stackHeight: number },
): unknown {
  return {
    programId: keys[instruction.programIdIndex],
    accounts: instruction.accounts.map((index) => keys[index]),
    data: instruction.data,
    stackHeight: instruction.stackHeight,
  };
}

function metaJson(landed: LandedTransaction, full: boolean): unknown {
  const { meta } = landed;
  return {
    computeUnitsConsumed: meta.unitsConsumed,
    err: meta.error,
    fee: meta.fee,
    innerInstructions: full
      ? meta.innerInstructions
      : meta.innerInstructions.map(({ index, instructions }) => ({
          index,
          instructions: instructions.map((i) => partlyDecoded(landed.keys, i)),
        })),
    // Parsed forms list looked-up accounts among the keys instead.
    ...(full ? { loadedAddresses: { writable: meta.loadedWritable, readonly: meta.loadedReadonly } } : {}),
    logMessages: meta.logs,
    postBalances: meta.postBalances,
    postTokenBalances: meta.postTokenBalances.map(tokenBalanceJson),
    preBalances: meta.preBalances,
    preTokenBalances: meta.preTokenBalances.map(tokenBalanceJson),
    ...(meta.returnData === null ? {} : { returnData: meta.returnData }),
    rewards: [],
    status: statusOf(meta.error),
  };
}

function lookupsJson(wire: WireTransaction): unknown {
  return wire.lookups.map((l) => ({
    accountKey: l.table,
    writableIndexes: l.writable,
    readonlyIndexes: l.readonly,
  }));
}

function messageJson(wire: WireTransaction): unknown {
  return {
    accountKeys: wire.staticKeys,
    ...(wire.version === 'legacy'
      ? {}
      : {
          addressTableLookups: lookupsJson(wire),
        }),
    header: {
      numRequiredSignatures: wire.header.signers,
      numReadonlySignedAccounts: wire.header.readonlySigners,
      numReadonlyUnsignedAccounts: wire.header.readonlyOthers,
    },
    instructions: wire.instructions.map((i) => ({
      programIdIndex: i.programIndex,
      accounts: i.accounts,
      data: base58.decode(i.data),
      stackHeight: 1,
    })),
    recentBlockhash: wire.blockhash,
  };
}

function parsedMessageJson(wire: WireTransaction, landed: LandedTransaction): unknown {
  const statics = wire.staticKeys.length;
  const looked = statics + landed.meta.loadedWritable.length;
  return {
    accountKeys: landed.keys.map((pubkey, i) => ({
      pubkey,
      signer: i < wire.header.signers,
      source: i < statics ? 'transaction' : 'lookupTable',
      writable: i < statics ? isWritable(wire.header, i, statics) : i < looked,
    })),
    ...(wire.version === 'legacy' ? {} : { addressTableLookups: lookupsJson(wire) }),
    instructions: wire.instructions.map((i) =>
      partlyDecoded(landed.keys, {
        programIdIndex: i.programIndex,
        accounts: i.accounts,
        data: base58.decode(i.data),
        stackHeight: 1,
      }),
    ),
    recentBlockhash: wire.blockhash,
  };
}

const TRANSACTION_ENCODINGS: ReadonlySet<string> = new Set(['json', 'jsonParsed', 'base58', 'base64']);

const UNSUPPORTED_VERSION = -32015;

function transactionJson(wire: WireTransaction, landed: LandedTransaction, encoding: string): unknown {
  switch (encoding) {
    case 'base64':
      return [Buffer.from(wire.bytes).toString('base64'), 'base64'];
    case 'base58':
      return [base58.decode(wire.bytes), 'base58'];
    case 'jsonParsed':
      return { signatures: wire.signatures, message: parsedMessageJson(wire, landed) };
    default:
      return { signatures: wire.signatures, message: messageJson(wire) };
  }
}

const getTransaction: RpcMethod = ({ bank }, params) => {
  const signature = asSignature(params[0]);
  const text = typeof params[1] === 'string' ? params[1] : undefined;
  const config = text === undefined ? configAt(params, 1) : { encoding: text };
  const encoding = wordOf(config['encoding'] ?? 'json', TRANSACTION_ENCODINGS, 'encoding');
  const landed = bank.history.get(signature);
  if (landed === undefined) return null;
  const decoded = decodeWire(landed.wire);
  if (decoded.kind === 'malformed') throw rpcError(RPC.internalError, decoded.reason);
  const { wire } = decoded;
  const max = config['maxSupportedTransactionVersion'];
  if (wire.version === 0 && max === undefined) {
    throw rpcError(
      UNSUPPORTED_VERSION,
      'Transaction version (0) is not supported by the requesting client. Please try the request again with the following configuration parameter: "maxSupportedTransactionVersion": 0',
      0,
    );
  }
  return {
    blockTime: landed.unixTimestamp,
    slot: landed.slot,
    meta: metaJson(landed, encoding !== 'jsonParsed'),
    transaction: transactionJson(wire, landed, encoding),
    ...(max === undefined ? {} : { version: wire.version }),
  };
};

export const historyMethods: Readonly<Record<string, RpcMethod>> = {
  getSignatureStatuses,
  getSignaturesForAddress,
  getTransaction,
};
