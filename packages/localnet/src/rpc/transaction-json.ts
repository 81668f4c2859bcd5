import { decodeBase58, encodeBase58 } from '../codec/base58.ts';
import type { LandedTransaction, TokenBalance } from '../ledger/record.ts';
import { isWritable } from '../svm/account-keys.ts';
import type { InnerInstructionJson } from '../svm/svm.ts';
import { uiTokenAmount } from '../svm/token-layout.ts';
import type { UiTokenAmount } from '../svm/token-layout.ts';
import type { TransactionErrorJson } from '../svm/transaction-error.ts';
import { decodeWire } from '../svm/wire-transaction.ts';
import type { WireTransaction } from '../svm/wire-transaction.ts';
import { RPC, rpcError } from './errors.ts';
import { parsedInstructionJson } from './parsed/instruction.ts';

export type TransactionEncoding = 'binary' | 'base64' | 'base58' | 'json' | 'jsonParsed';

/** Solana's old form of a result, which clients still read. */
export const statusOf = (error: TransactionErrorJson | null): unknown =>
  error === null ? { Ok: null } : { Err: error };

export function tokenBalanceJson(balance: TokenBalance): Record<'uiTokenAmount', UiTokenAmount> {
  const { accountIndex, mint, owner, programId, amount, decimals } = balance;
  const named = { accountIndex, mint, owner, programId };
  return { ...named, uiTokenAmount: uiTokenAmount(amount, decimals) };
}

/** History shows an empty account's balance without a number, as Solana's node does; simulations have it. */
function storedBalanceJson(balance: TokenBalance): unknown {
  const shown = tokenBalanceJson(balance);
  return balance.amount === 0n
    ? { ...shown, uiTokenAmount: { ...shown.uiTokenAmount, uiAmount: null } }
    : shown;
}

/** Inner instructions as `jsonParsed` has them. */
export function parsedInnerJson(
  keys: LandedTransaction['keys'],
  inner: readonly { readonly index: number; readonly instructions: readonly InnerInstructionJson[] }[],
): unknown {
  return inner.map(({ index, instructions }) => ({
    index,
    instructions: instructions.map((i) =>
      parsedInstructionJson(keys, { ...i, data: decodeBase58(i.data) ?? new Uint8Array() }),
    ),
  }));
}

function metaJson(landed: LandedTransaction, parsed: boolean, rewards: boolean): unknown {
  const { meta } = landed;
  return {
    computeUnitsConsumed: meta.unitsConsumed,
    ...(meta.costUnits === undefined ? {} : { costUnits: meta.costUnits }),
    err: meta.error,
    fee: meta.fee,
    innerInstructions: parsed ? parsedInnerJson(landed.keys, meta.innerInstructions) : meta.innerInstructions,
    // Parsed forms list looked-up accounts among the keys instead.
    ...(parsed ? {} : { loadedAddresses: { writable: meta.loadedWritable, readonly: meta.loadedReadonly } }),
    logMessages: meta.logs,
    postBalances: meta.postBalances,
    postTokenBalances: meta.postTokenBalances.map(storedBalanceJson),
    preBalances: meta.preBalances,
    preTokenBalances: meta.preTokenBalances.map(storedBalanceJson),
    ...(meta.returnData === null ? {} : { returnData: meta.returnData }),
    rewards: rewards ? [] : null,
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
    ...(wire.version === 'legacy' ? {} : { addressTableLookups: lookupsJson(wire) }),
    header: {
      numRequiredSignatures: wire.header.signers,
      numReadonlySignedAccounts: wire.header.readonlySigners,
      numReadonlyUnsignedAccounts: wire.header.readonlyOthers,
    },
    instructions: wire.instructions.map((i) => ({
      programIdIndex: i.programIndex,
      accounts: i.accounts,
      data: encodeBase58(i.data),
      stackHeight: 1,
    })),
    recentBlockhash: wire.blockhash,
  };
}

function parsedKeysJson(wire: WireTransaction, landed: LandedTransaction): unknown {
  const statics = wire.staticKeys.length;
  const looked = statics + landed.meta.loadedWritable.length;
  return landed.keys.map((pubkey, i) => ({
    pubkey,
    signer: i < wire.header.signers,
    source: i < statics ? 'transaction' : 'lookupTable',
    writable: i < statics ? isWritable(wire.header, i, statics) : i < looked,
  }));
}

function parsedMessageJson(wire: WireTransaction, landed: LandedTransaction): unknown {
  return {
    accountKeys: parsedKeysJson(wire, landed),
    ...(wire.version === 'legacy' ? {} : { addressTableLookups: lookupsJson(wire) }),
    instructions: wire.instructions.map((i) =>
      parsedInstructionJson(landed.keys, {
        programIdIndex: i.programIndex,
        accounts: i.accounts,
        data: i.data,
        stackHeight: 1,
      }),
    ),
    recentBlockhash: wire.blockhash,
  };
}

function transactionJson(
  wire: WireTransaction,
  landed: LandedTransaction,
  encoding: TransactionEncoding,
): unknown {
  switch (encoding) {
    case 'binary':
      return encodeBase58(wire.bytes);
    case 'base58':
      return [encodeBase58(wire.bytes), encoding];
    case 'base64':
      return [Buffer.from(wire.bytes).toString('base64'), encoding];
    case 'jsonParsed':
      return { signatures: wire.signatures, message: parsedMessageJson(wire, landed) };
    default:
      return { signatures: wire.signatures, message: messageJson(wire) };
  }
}

/** The stored bytes of a transaction, decoded; refuses versions that the client cannot read. */
function wireFor(landed: LandedTransaction, maxVersion: number | undefined): WireTransaction {
  const decoded = decodeWire(landed.wire);
  if (decoded.kind === 'malformed') throw rpcError(RPC.internalError, decoded.reason);
  if (decoded.wire.version === 0 && maxVersion === undefined) {
    throw rpcError(
      RPC.unsupportedTransactionVersion,
      'Transaction version (0) is not supported by the requesting client. Please try the request again with the following configuration parameter: "maxSupportedTransactionVersion": 0',
    );
  }
  return decoded.wire;
}

const versionJson = (wire: WireTransaction, maxVersion: number | undefined): object =>
  maxVersion === undefined ? {} : { version: wire.version };

/** `{ meta, transaction, version }` of getTransaction and getBlock. */
export function landedJson(
  landed: LandedTransaction,
  encoding: TransactionEncoding,
  maxVersion: number | undefined,
  rewards = true,
): Record<string, unknown> {
  const wire = wireFor(landed, maxVersion);
  return {
    meta: metaJson(landed, encoding === 'jsonParsed', rewards),
    transaction: transactionJson(wire, landed, encoding),
    ...versionJson(wire, maxVersion),
  };
}

/** The short form of getBlock's `transactionDetails: "accounts"`. */
export function landedAccountsJson(landed: LandedTransaction, maxVersion: number | undefined): unknown {
  const wire = wireFor(landed, maxVersion);
  const { meta } = landed;
  return {
    meta: {
      err: meta.error,
      fee: meta.fee,
      postBalances: meta.postBalances,
      postTokenBalances: meta.postTokenBalances.map(storedBalanceJson),
      preBalances: meta.preBalances,
      preTokenBalances: meta.preTokenBalances.map(storedBalanceJson),
      rewards: [],
      status: statusOf(meta.error),
    },
    transaction: { accountKeys: parsedKeysJson(wire, landed), signatures: wire.signatures },
    ...versionJson(wire, maxVersion),
  };
}
