import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import type { Rpc, RpcSubscriptions, Signature, SolanaRpcApi, SolanaRpcSubscriptionsApi } from '@solana/kit';

import { rpcCall } from './rpc.ts';

export type Outcome =
  | { readonly kind: 'landed'; readonly slot: bigint }
  | { readonly kind: 'failed'; readonly err: unknown }
  /** It can no longer land, and has not; what the node said against it, if it did. */
  | { readonly kind: 'expired'; readonly complaint: MediaError | undefined };

type Looked = Exclude<Outcome, { kind: 'expired' }> | { readonly kind: 'expired' };

export interface ConfirmDeps {
  readonly rpc: Rpc<SolanaRpcApi>;
  readonly subscriptions?: RpcSubscriptions<SolanaRpcSubscriptionsApi>;
  readonly clock: Clock;
  readonly log: Log;
  /** Hands the transaction to the node. What it rejects with is the last word only if nothing else comes of it. */
  readonly send: () => Promise<void>;
  /** Aborted some moments after the process was told to end: what is still in flight is given up then. */
  readonly abandon?: AbortSignal;
}

export interface ConfirmOptions {
  readonly signature: Signature;
  readonly lastValidBlockHeight: bigint;
  readonly commitment: 'processed' | 'confirmed' | 'finalized';
  readonly endMs: number;
  readonly signal?: AbortSignal;
}

const RANK = { processed: 0, confirmed: 1, finalized: 2 } as const;
const FIRST_POLL_MS = 150;
const MAX_POLL_MS = 2_000;
const RESEND_MS = 2_000;

/**
 * Sends and waits. A notification only wakes the poll, so that one that is lost costs time and nothing else.
 * Once the transaction has been handed over, no error of the node decides anything, whatever its code: it may
 * have gone on all the same, and only its status or its expiry tells. "Expired" is said only when a confirmed
 * block is past the last valid height and a status read from a slot no older than that block knows nothing of
 * the signature.
 *
 * @throws what `send` rejects with for good (`retry` false) before anything was handed over, `chain/timeout`,
 *   `chain/abandoned`.
 */
export async function awaitSignature(deps: ConfirmDeps, options: ConfirmOptions): Promise<Outcome> {
  const over = new AbortController();
  const signals = [over.signal, options.signal, deps.abandon].filter((each) => each !== undefined);
  const signal = AbortSignal.any(signals);
  let wake = new AbortController();
  let complaint: MediaError | undefined;
  let handedOver = false;

  async function handOver(): Promise<void> {
    try {
      await deps.send();
      handedOver = true;
    } catch (error) {
      if (!(error instanceof MediaError) || (!handedOver && !error.retry)) throw error;
      // It may have arrived although the answer says otherwise, or no answer came.
      handedOver = true;
      complaint = error;
      deps.log.debug({ code: error.code, err: error.message }, 'the node did not take it');
    }
  }

  // Not awaited: a socket that hangs must not keep the transaction from being sent.
  void listen(deps, options, signal, () => wake.abort());
  try {
    let pollMs = FIRST_POLL_MS;
    let resendAtMs = deps.clock.nowMs() + RESEND_MS;
    await handOver();
    for (;;) {
      requirePatience(deps, options);
      const outcome = await lookAround(deps, options, signal);
      if (outcome?.kind === 'expired') return { kind: 'expired', complaint };
      if (outcome !== undefined) return outcome;
      requirePatience(deps, options);
      if (deps.clock.nowMs() >= options.endMs) throw timeout(options.signature, complaint);
      await deps.clock.sleep(pollMs, AbortSignal.any([signal, wake.signal]));
      wake = new AbortController();
      pollMs = Math.min(pollMs * 1.5, MAX_POLL_MS);
      if (deps.clock.nowMs() >= resendAtMs) {
        requirePatience(deps, options);
        await handOver();
        resendAtMs = deps.clock.nowMs() + RESEND_MS;
      }
    }
  } finally {
    over.abort();
  }
}

function requirePatience(deps: ConfirmDeps, { signal, signature }: ConfirmOptions): void {
  signal?.throwIfAborted();
  if (deps.abandon?.aborted !== true) return;
  deps.log.warn({ signature }, 'stopped while a transaction was in flight; it may still land');
  throw new MediaError({
    code: 'chain/abandoned',
    message: `Stopped before the chain confirmed ${signature}. It may still land: look it up before sending again.`,
    source: 'internal',
    context: { signature },
  });
}

/** What the node said last, as a sentence to add. */
export const saidLast = (complaint: MediaError | undefined): string =>
  complaint === undefined ? '' : ` The node said last: ${complaint.message}`;

function timeout(signature: Signature, complaint: MediaError | undefined): MediaError {
  return new MediaError({
    code: 'chain/timeout',
    message: `The chain has not confirmed ${signature} in time. It may still land: look it up before sending again.${saidLast(complaint)}`,
    source: 'chain',
    context: { signature, ...(complaint === undefined ? {} : { said: complaint.code }) },
    cause: complaint,
  });
}

/** Longest that one look may take: a request that hangs must not keep the transaction from being sent again. */
const LOOK_MS = 10_000;

/** One look at the chain. Whatever fails about it, the transaction is on its way: the next look may tell. */
async function lookAround(
  deps: ConfirmDeps,
  options: ConfirmOptions,
  stop: AbortSignal,
): Promise<Looked | undefined> {
  const abortSignal = AbortSignal.any([stop, AbortSignal.timeout(LOOK_MS)]);
  try {
    const early = await status(deps, options, false, abortSignal);
    if (early.outcome !== undefined || early.seen) return early.outcome;
    const info = await rpcCall('the block height', () =>
      deps.rpc.getEpochInfo({ commitment: 'confirmed' }).send({ abortSignal }),
    );
    if (info.blockHeight <= options.lastValidBlockHeight) return undefined;
    const late = await status(deps, options, true, abortSignal);
    if (late.outcome !== undefined || late.seen) return late.outcome;
    return late.slot >= info.absoluteSlot ? { kind: 'expired' } : undefined;
  } catch (error) {
    deps.log.debug({ code: errorCode(error), err: errorMessage(error) }, 'could not ask for the status');
    return undefined;
  }
}

async function status(
  deps: ConfirmDeps,
  options: ConfirmOptions,
  searchTransactionHistory: boolean,
  abortSignal: AbortSignal,
): Promise<{ outcome: Looked | undefined; seen: boolean; slot: bigint }> {
  const { context, value } = await rpcCall('the status', () =>
    deps.rpc.getSignatureStatuses([options.signature], { searchTransactionHistory }).send({ abortSignal }),
  );
  const found = value[0];
  if (found == null) return { outcome: undefined, seen: false, slot: context.slot };
  const reached =
    found.confirmationStatus === null || RANK[found.confirmationStatus] >= RANK[options.commitment];
  if (!reached) return { outcome: undefined, seen: true, slot: context.slot };
  const outcome: Looked =
    found.err === null ? { kind: 'landed', slot: found.slot } : { kind: 'failed', err: found.err };
  return { outcome, seen: true, slot: context.slot };
}

/** Wakes the poll when the node says something. Never rejects: polling goes on either way. */
async function listen(
  deps: ConfirmDeps,
  options: ConfirmOptions,
  signal: AbortSignal,
  onNotified: () => void,
): Promise<void> {
  if (deps.subscriptions === undefined) return;
  try {
    const notifications = await deps.subscriptions
      .signatureNotifications(options.signature, { commitment: options.commitment })
      .subscribe({ abortSignal: signal });
    for await (const _ of notifications) onNotified();
  } catch (error) {
    if (!signal.aborted) deps.log.debug({ err: errorMessage(error) }, 'no signature subscription, polling');
  }
}
