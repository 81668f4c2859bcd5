import { MediaError } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import {
  addSignersToTransactionMessage,
  appendTransactionMessageInstructions,
  createTransactionMessage,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  isTransactionWithinSizeLimit,
  isWritableRole,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
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
import { awaitSignature, saidLast } from './confirm.ts';
import { rpcCall, stoppedError } from './rpc.ts';
import { compileAny, signAny } from './self-writing.ts';
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
  /** Once aborted nothing new is sent (`chain/stopped`). */
  readonly stop?: AbortSignal;
  /** Aborted some moments later: what is in flight is given up (`chain/abandoned`). */
  readonly abandon?: AbortSignal;
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
/** A node that keeps the connection and says nothing must not keep us from looking at the status. */
const SUBMIT_MS = 10_000;

/**
 * Simulates, signs, sends and confirms one transaction. Rejects with a MediaError in words:
 * program errors as `chain/<name>`, `chain/insufficient-lamports`, `chain/unreachable`, `chain/timeout`, …
 */
export async function sendTransaction(
  deps: SendDeps,
  instructions: readonly Instruction[],
  options: SendOptions,
): Promise<SendResult> {
  requireGoingOn(deps.stop);
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
    const transaction = await signAny(message);
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
    requireGoingOn(deps.stop);
    if (signing >= (options.maxResigns ?? 3)) {
      throw new MediaError({
        code: 'chain/blockhash-expired',
        message: `The transaction expired before the chain took it in. The chain is busy: try again, or pay a priority fee.${saidLast(outcome.complaint)}`,
        source: 'chain',
        retry: true,
        context: { signature },
        cause: outcome.complaint,
      });
    }
    deps.log.info({ signature }, 'transaction expired without landing, signing anew');
    lifetime = await latestBlockhash(deps, commitment);
  }
}

function requireGoingOn(stop: AbortSignal | undefined): void {
  if (stop?.aborted === true) throw stoppedError();
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
  const wire = wireOf(compileAny(messageOf(budget, instructions, options, lifetime)));
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

async function submit(deps: SendDeps, wire: Base64EncodedWireTransaction): Promise<void> {
  try {
    await rpcCall('the transaction', () =>
      deps.rpc
        .sendTransaction(wire, { encoding: 'base64', skipPreflight: true, maxRetries: 0n })
        .send({ abortSignal: AbortSignal.timeout(SUBMIT_MS) }),
    );
  } catch (error) {
    throw refusalOf(error);
  }
}

/** JSON-RPC codes of a node that judged the transaction itself, and of one that does not know how to be sent one. */
const JUDGED: ReadonlySet<unknown> = new Set([-32003, -32013, -32600, -32601, -32602, -32700]);

/** `retry` says whether it may have gone on all the same: only what condemns the transaction itself is final. */
function refusalOf(error: unknown): MediaError {
  if (!(error instanceof MediaError)) {
    return new MediaError({
      code: 'chain/unreachable',
      message: 'The node has not answered in time.',
      source: 'chain',
      retry: true,
      cause: error,
    });
  }
  if (error.code === 'chain/stopped') return error;
  // The embedded chain says in its data that it has not taken the transaction in: its disk is full, say.
  const { statusCode, nodeCode } = error.context;
  const unwelcome = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 && !error.retry;
  const retry = nodeCode === undefined && !unwelcome && !JUDGED.has(error.context['rpcCode']);
  return new MediaError({
    code: error.code,
    message: error.message,
    source: error.source,
    retry,
    context: error.context,
    cause: error.cause,
  });
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
