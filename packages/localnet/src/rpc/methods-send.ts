import type { Bank } from '../bank/bank.ts';
import type { Run } from '../bank/executor.ts';
import { feeOf } from '../bank/fee.ts';
import { tokenBalances } from '../bank/token-balances.ts';
import { MAX_AIRDROP_LAMPORTS } from '../limits.ts';
import type { SimulationResult } from '../svm/svm.ts';
import { COMPUTE_BUDGET_PROGRAM } from '../svm/program-ids.ts';
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
  wordOf,
  wrongType,
} from './params.ts';
import { parsedInnerJson, tokenBalanceJson } from './transaction-json.ts';
import { base64Of, wireOf } from './wire-param.ts';

/** A lookup that fails: the message cannot even be read, so it is refused as the request's fault. */
const UNREADABLE: ReadonlySet<TransactionErrorJson> = new Set<TransactionErrorJson>([
  'AddressLookupTableNotFound',
  'InvalidAddressLookupTableData',
  'InvalidAddressLookupTableIndex',
  'InvalidAddressLookupTableOwner',
]);

/** The compute budget's instructions by their tag, with the bytes that each needs (agave, `ComputeBudgetInstruction`). */
const BUDGET_BYTES: readonly (number | undefined)[] = [undefined, 5, 5, 9, 5];

/** Whether it is an instruction of the compute budget that cannot be read; one that asks for too much can. */
function isUnreadableBudget(wire: WireTransaction, index: unknown): boolean {
  const instruction = typeof index === 'number' ? wire.instructions[index] : undefined;
  if (instruction === undefined || wire.staticKeys[instruction.programIndex] !== COMPUTE_BUDGET_PROGRAM)
    return false;
  const needed = BUDGET_BYTES[instruction.data[0] ?? 0];
  return needed === undefined || instruction.data.length < needed;
}

/** Messages that make no sense by themselves are refused before anything is run, in words of their own. */
function requireSane(wire: WireTransaction, error: TransactionErrorJson): void {
  const failed = typeof error === 'object' ? error['InstructionError'] : undefined;
  const insane =
    typeof error === 'string'
      ? UNREADABLE.has(error)
      : 'DuplicateInstruction' in error || (Array.isArray(failed) && isUnreadableBudget(wire, failed[0]));
  if (insane) throw invalidParams(`invalid transaction: ${describeTransactionError(error)}`);
}

/** Whether its lookups can be followed; looked at before signatures and blockhashes are. */
function requireReadable(bank: Bank, wire: WireTransaction): void {
  if (wire.lookups.length === 0) return;
  const resolved = bank.resolve(wire);
  if (resolved.kind === 'error') requireSane(wire, resolved.error);
}

/** A simulation's figures; a preflight's failure has them too, without balances. */
function simulationJson(error: TransactionErrorJson | null, run: Run | undefined): Record<string, unknown> {
  const result = run?.result;
  return {
    accounts: null,
    err: error,
    fee: run?.fee ?? null,
    innerInstructions: null,
    loadedAccountsDataSize: run?.loadedBytes ?? 0,
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

function preflightFailure(error: TransactionErrorJson, run: Run | undefined): Error {
  const message = `Transaction simulation failed: ${describeTransactionError(error)}`;
  return rpcError(RPC.preflightFailure, message, simulationJson(error, run));
}

const PREFLIGHT_COMMITMENTS: ReadonlySet<string> = new Set(['processed', 'confirmed', 'finalized']);

const sendTransaction: RpcMethod = async ({ bank }, params) => {
  const config = configAt(params, 1);
  requireMinContextSlot(bank, config);
  const commitment = config['preflightCommitment'] ?? 'finalized';
  if (commitment !== 'recent' && commitment !== 'max')
    wordOf(commitment, PREFLIGHT_COMMITMENTS, 'a commitment');
  const wire = wireOf(stringAt(params, 0), config);
  const skipPreflight = flagOf(config, 'skipPreflight');
  requireReadable(bank, wire);
  const processed = bank.process(wire, skipPreflight ? 'land' : 'refuse');
  if (processed.kind === 'landed') {
    await processed.durable;
    return wire.signature;
  }
  requireSane(wire, processed.error);
  // Without preflight a refused transaction gets its name back all the same, as on a cluster that drops it later.
  if (!skipPreflight) throw preflightFailure(processed.error, processed.run);
  return wire.signature;
};

/** Balances before and after; a transaction that failed pays its fee and changes nothing else. */
function balancesJson(bank: Bank, wire: WireTransaction, run: Run<SimulationResult> | undefined): object {
  const resolved = run === undefined ? bank.resolve(wire) : undefined;
  const keys = run?.keys ?? (resolved?.kind === 'keys' ? resolved.keys : undefined);
  if (keys === undefined) return {};
  const failed = run === undefined || run.result.error !== null;
  const pre = keys.all.map((key) => (run === undefined ? bank.read(key) : run.before.get(key)));
  const post = keys.all.map((key, i) => (failed ? pre[i] : (run.result.accounts.get(key) ?? pre[i])));
  const fee = failed ? (run?.fee ?? 0n) : 0n;
  // Nothing is looked into for a transaction that was not even charged.
  const tokens = (accounts: typeof pre): unknown =>
    run === undefined || run.fee === null
      ? []
      : tokenBalances(keys.all, accounts, bank.read).map(tokenBalanceJson);
  return {
    loadedAddresses: { writable: keys.loadedWritable, readonly: keys.loadedReadonly },
    preBalances: pre.map((account) => account?.lamports ?? 0n),
    postBalances: post.map((account, i) => (account?.lamports ?? 0n) - (i === 0 ? fee : 0n)),
    preTokenBalances: tokens(pre),
    postTokenBalances: tokens(post),
  };
}

function accountsJson(
  bank: Bank,
  wanted: unknown,
  wire: WireTransaction,
  run: Run<SimulationResult> | undefined,
): unknown {
  if (wanted === undefined || wanted === null) return null;
  if (!isRecord(wanted)) throw wrongType(wanted, 'struct RpcSimulateTransactionAccountsConfig');
  const format = formatOf({ encoding: wanted['encoding'] }, 'base64');
  if (format.encoding === 'binary' || format.encoding === 'base58')
    throw invalidParams('base58 encoding not supported');
  const addresses = arrayAt([wanted['addresses']], 0, Number.MAX_SAFE_INTEGER);
  const most = run?.keys.all.length ?? wire.staticKeys.length;
  if (addresses.length > most) throw invalidParams(`Too many accounts provided; max ${most}`);
  const read: Bank['read'] = (key) => run?.result.accounts.get(key) ?? bank.read(key);
  return addresses.map(asAddress).map((key) => {
    const account = run?.result.error === null ? read(key) : undefined;
    return account === undefined || account.lamports === 0n
      ? null
      : encodeAccount(key, account, format, read);
  });
}

const simulateTransaction: RpcMethod = ({ bank }, params) => {
  const config = configAt(params, 1);
  requireMinContextSlot(bank, config);
  const wire = wireOf(stringAt(params, 0), config);
  const sigVerify = flagOf(config, 'sigVerify');
  const replace = flagOf(config, 'replaceRecentBlockhash');
  if (sigVerify && replace) throw invalidParams('sigVerify may not be used with replaceRecentBlockhash');
  requireReadable(bank, wire);
  const refused = sigVerify && !wire.fullySigned ? 'SignatureFailure' : bank.refusal(wire);
  const stale = replace && refused === 'BlockhashNotFound' ? undefined : refused;
  const simulated = stale === undefined ? bank.simulate(wire, sigVerify) : undefined;
  const run = simulated?.kind === 'ran' ? simulated.run : undefined;
  const error = stale ?? (simulated?.kind === 'refused' ? simulated.error : (run?.result.error ?? null));
  if (error !== null) requireSane(wire, error);
  const inner =
    flagOf(config, 'innerInstructions') && run !== undefined
      ? parsedInnerJson(run.keys.all, run.result.innerInstructions)
      : null;
  return withContext(bank, {
    ...simulationJson(error, run),
    ...(error === 'SignatureFailure'
      ? { loadedAddresses: { writable: [], readonly: [] } }
      : balancesJson(bank, wire, run)),
    innerInstructions: inner,
    accounts: accountsJson(bank, config['accounts'], wire, run),
    replacementBlockhash: replace ? bank.slots.latestBlockhash() : null,
  });
};

const getFeeForMessage: RpcMethod = ({ bank }, params) => {
  requireMinContextSlot(bank, configAt(params, 1));
  const bytes = base64Of(stringAt(params, 0));
  let message: ReturnType<typeof decodeMessage>;
  try {
    message = decodeMessage(bytes);
  } catch (error) {
    throw invalidParams(
      `failed to deserialize solana_message::versions::VersionedMessage: ${error instanceof Error ? error.message : 'malformed'}`,
    );
  }
  return withContext(bank, bank.isCurrent(message) ? feeOf(message) : null);
};

const requestAirdrop: RpcMethod = async ({ bank, faucet }, params) => {
  const to = addressAt(params, 0);
  const lamports = integerOf(params[1], 'u64');
  configAt(params, 2);
  if (lamports > MAX_AIRDROP_LAMPORTS)
    throw invalidParams(`Invalid params: one airdrop is at most ${MAX_AIRDROP_LAMPORTS} lamports.`);
  const decoded = decodeWire(await faucet.transfer(to, lamports, bank.slots.latestBlockhash()));
  if (decoded.kind === 'malformed') throw rpcError(RPC.internalError, decoded.reason);
  const processed = bank.process(decoded.wire, 'refuse');
  if (processed.kind === 'refused') throw preflightFailure(processed.error, processed.run);
  await processed.durable;
  return decoded.wire.signature;
};

export const sendMethods: Readonly<Record<string, RpcMethod>> = {
  sendTransaction,
  simulateTransaction,
  getFeeForMessage,
  requestAirdrop,
};
