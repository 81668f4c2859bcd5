import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import {
  addSignersToTransactionMessage,
  appendTransactionMessageInstructions,
  compileTransaction,
  createTransactionMessage,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  isSolanaError,
  isTransactionWithinSizeLimit,
  isWritableRole,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from '@solana/kit';
import type {
  Address,
  Base64EncodedWireTransaction,
  Blockhash,
  Instruction,
  Rpc,
  RpcSubscriptions,
  Signature,
  SolanaRpcApi,
  SolanaRpcSubscriptionsApi,
  Transaction,
  TransactionSigner,
} from '@solana/kit';

import {
  MAX_COMPUTE_UNITS,
  percentileFee,
  setComputeUnitLimit,
  setComputeUnitPrice,
} from './compute-budget.ts';
import type { PriorityFee } from './compute-budget.ts';
import { awaitSignature } from './confirm.ts';
import { rpcCall } from './rpc.ts';
import { transactionError } from './transaction-errors.ts';

export type Commitment = 'processed' | 'confirmed' | 'finalized';

export interface SendDeps {
  readonly rpc: Rpc<SolanaRpcApi>;
  readonly subscriptions?: RpcSubscriptions<SolanaRpcSubscriptionsApi>;
  readonly clock: Clock;
  readonly log: Log;
  readonly programId: Address;
  /** From 0 up to 1; makes equal transactions differ. */
  readonly random: () => number;
}

export interface SendOptions {
  readonly payer: TransactionSigner;
  /** Further signers that no instruction carries. */
  readonly signers?: readonly TransactionSigner[];
  readonly commitment?: Commitment;
  readonly priorityFee?: PriorityFee;
  /** Instead of a simulation; for transactions that are known to fit. */
  readonly computeUnitLimit?: number;
  /** Gives up (`chain/timeout`) after so long; what was sent may still land. 120 s by default. */
  readonly timeoutMs?: number;
  /** How often an expired transaction is signed anew. 3 by default. */
  readonly maxResigns?: number;
  readonly signal?: AbortSignal;
}

export interface SendResult {
  readonly signature: Signature;
  readonly slot: bigint;
  /** As simulated; undefined when `computeUnitLimit` was given. */
  readonly computeUnits: number | undefined;
}

interface Lifetime {
  readonly blockhash: Blockhash;
  readonly lastValidBlockHeight: bigint;
}

/** A margin over the simulation: other transactions may change the path before ours runs. */
const MARGIN = 1.2;
const VARIATIONS = 2048;
const DEFAULT_TIMEOUT_MS = 120_000;

/**
 * Simulates, signs, sends and confirms one transaction. Rejects with a MediaError in words:
 * program errors as `chain/<name>`, `chain/insufficient-lamports`, `chain/unreachable`, `chain/timeout`, …
 */
export async function sendTransaction(
  deps: SendDeps,
  instructions: readonly Instruction[],
  options: SendOptions,
): Promise<SendResult> {
  const commitment = options.commitment ?? 'confirmed';
  const price = await priceOf(deps, instructions, options.priorityFee ?? { kind: 'none' });
  let lifetime = await latestBlockhash(deps, commitment);
  const units =
    options.computeUnitLimit === undefined
      ? await simulate(deps, instructions, options, lifetime, price)
      : undefined;
  const base = options.computeUnitLimit ?? Math.ceil((units ?? 0) * MARGIN) + 1_000;
  const endMs = deps.clock.nowMs() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS);

  for (let signing = 0; ; signing += 1) {
    const variation = Math.floor(deps.random() * VARIATIONS);
    const budget = budgetInstructions(
      Math.min(base + variation, MAX_COMPUTE_UNITS - VARIATIONS + variation),
      price,
    );
    const message = messageOf(budget, instructions, options, lifetime);
    const transaction = await signTransactionMessageWithSigners(message);
    const signature = getSignatureFromTransaction(transaction);
    const outcome = await awaitSignature(
      { ...deps, send: () => submit(deps, wireOf(transaction)) },
      {
        signature,
        lastValidBlockHeight: lifetime.lastValidBlockHeight,
        commitment,
        endMs,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
    );
    if (outcome.kind === 'landed') return { signature, slot: outcome.slot, computeUnits: units };
    if (outcome.kind === 'failed') {
      throw transactionError(shifted(outcome.err, budget.length), {
        instructions,
        programId: deps.programId,
        signature,
      });
    }
    if (signing >= (options.maxResigns ?? 3)) {
      throw new MediaError({
        code: 'chain/blockhash-expired',
        message:
          'The transaction expired before the chain took it in. The chain is busy: try again, or pay a priority fee.',
        source: 'chain',
        retry: true,
        context: { signature },
      });
    }
    deps.log.info({ signature }, 'transaction expired without landing, signing anew');
    lifetime = await latestBlockhash(deps, commitment);
  }
}

async function latestBlockhash(deps: SendDeps, commitment: Commitment): Promise<Lifetime> {
  const { value } = await rpcCall('a blockhash', () => deps.rpc.getLatestBlockhash({ commitment }).send());
  return value;
}

function budgetInstructions(units: number, price: bigint): Instruction[] {
  return price > 0n ? [setComputeUnitLimit(units), setComputeUnitPrice(price)] : [setComputeUnitLimit(units)];
}

// The inferred type is the exact message that signing needs; writing it out would repeat kit's generics.
function messageOf(
  budget: readonly Instruction[],
  instructions: readonly Instruction[],
  options: SendOptions,
  lifetime: Lifetime,
) {
  return pipe(
    createTransactionMessage({ version: 0 }),
    (message) => setTransactionMessageFeePayerSigner(options.payer, message),
    (message) => setTransactionMessageLifetimeUsingBlockhash(lifetime, message),
    (message) => appendTransactionMessageInstructions([...budget, ...instructions], message),
    (message) => addSignersToTransactionMessage([...(options.signers ?? [])], message),
  );
}

function wireOf(transaction: Transaction): Base64EncodedWireTransaction {
  if (!isTransactionWithinSizeLimit(transaction)) {
    throw new MediaError({
      code: 'chain/transaction-too-large',
      message: 'The transaction is larger than the chain takes. Split its instructions over several.',
      source: 'client',
    });
  }
  return getBase64EncodedWireTransaction(transaction);
}

async function simulate(
  deps: SendDeps,
  instructions: readonly Instruction[],
  options: SendOptions,
  lifetime: Lifetime,
  price: bigint,
): Promise<number> {
  const budget = budgetInstructions(MAX_COMPUTE_UNITS, price);
  const wire = wireOf(compileTransaction(messageOf(budget, instructions, options, lifetime)));
  const { value } = await rpcCall('a simulation', () =>
    deps.rpc
      .simulateTransaction(wire, {
        encoding: 'base64',
        sigVerify: false,
        replaceRecentBlockhash: true,
        commitment: options.commitment ?? 'confirmed',
      })
      .send(options.signal === undefined ? {} : { abortSignal: options.signal }),
  );
  if (value.err !== null) {
    throw transactionError(shifted(value.err, budget.length), {
      instructions,
      programId: deps.programId,
      logs: value.logs,
    });
  }
  return Number(value.unitsConsumed ?? 0n);
}

/** Indices of errors count the budget instructions, callers' do not. */
function shifted(err: unknown, by: number): unknown {
  if (typeof err !== 'object' || err === null || !('InstructionError' in err)) return err;
  const pair = err.InstructionError;
  return Array.isArray(pair) ? { InstructionError: [Number(pair[0]) - by, pair[1]] } : err;
}

/** Hands the transaction to the node. What the node says against it is told by its status, save for a refusal for good. */
async function submit(deps: SendDeps, wire: Base64EncodedWireTransaction): Promise<void> {
  try {
    await rpcCall('the transaction', () =>
      deps.rpc.sendTransaction(wire, { encoding: 'base64', skipPreflight: true, maxRetries: 0n }).send(),
    );
  } catch (error) {
    // A node that has seen it, or holds its blockhash for unknown, leaves the answer to the status and to expiry.
    if (isTolerable(error))
      deps.log.debug({ code: errorCode(error), err: errorMessage(error) }, 'node did not take it');
    else throw error;
  }
}

function isTolerable(error: unknown): boolean {
  if (!(error instanceof MediaError)) return false;
  if (error.retry) return true;
  const said = `${error.message} ${isSolanaError(error.cause) ? errorMessage(error.cause.cause ?? '') : ''}`;
  return /blockhash not found|already been processed|AlreadyProcessed|BlockhashNotFound/i.test(said);
}

async function priceOf(
  deps: SendDeps,
  instructions: readonly Instruction[],
  fee: PriorityFee,
): Promise<bigint> {
  if (fee.kind === 'none') return 0n;
  if (fee.kind === 'fixed') return fee.microLamports;
  const writable = new Set<Address>();
  for (const instruction of instructions) {
    for (const { address, role } of instruction.accounts ?? [])
      if (isWritableRole(role)) writable.add(address);
  }
  const recent = await rpcCall('recent fees', () =>
    deps.rpc.getRecentPrioritizationFees([...writable].slice(0, 128)).send(),
  );
  const found = percentileFee(
    recent.map(({ prioritizationFee }) => BigInt(prioritizationFee)),
    fee.percentile,
  );
  return found < fee.maxMicroLamports ? found : fee.maxMicroLamports;
}
