import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import type { Rpc, RpcSubscriptions, Signature, SolanaRpcApi, SolanaRpcSubscriptionsApi } from '@solana/kit';

import { rpcCall } from './rpc.ts';

export type Outcome =
  | { readonly kind: 'landed'; readonly slot: bigint }
  | { readonly kind: 'failed'; readonly err: unknown }
  /** It can no longer land, and has not. */
  | { readonly kind: 'expired' };

export interface ConfirmDeps {
  readonly rpc: Rpc<SolanaRpcApi>;
  readonly subscriptions?: RpcSubscriptions<SolanaRpcSubscriptionsApi>;
  readonly clock: Clock;
  readonly log: Log;
  /** Hands the transaction to the node, again and again while it is pending. */
  readonly send: () => Promise<void>;
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
 * "Expired" is said only when a confirmed block is past the last valid height and a status read from a
 * slot no older than that block knows nothing of the signature.
 */
export async function awaitSignature(deps: ConfirmDeps, options: ConfirmOptions): Promise<Outcome> {
  const over = new AbortController();
  const signal = options.signal === undefined ? over.signal : AbortSignal.any([options.signal, over.signal]);
  let wake = new AbortController();
  // Not awaited: a socket that hangs must not keep the transaction from being sent.
  void listen(deps, options, signal, () => wake.abort());
  try {
    let pollMs = FIRST_POLL_MS;
    let resendAtMs = deps.clock.nowMs() + RESEND_MS;
    await deps.send();
    for (;;) {
      options.signal?.throwIfAborted();
      const outcome = await lookAround(deps, options);
      if (outcome !== undefined) return outcome;
      if (deps.clock.nowMs() >= options.endMs) throw timeout(options.signature);
      await deps.clock.sleep(pollMs, AbortSignal.any([signal, wake.signal]));
      wake = new AbortController();
      pollMs = Math.min(pollMs * 1.5, MAX_POLL_MS);
      if (deps.clock.nowMs() >= resendAtMs) {
        await deps.send();
        resendAtMs = deps.clock.nowMs() + RESEND_MS;
      }
    }
  } finally {
    over.abort();
  }
}

function timeout(signature: Signature): MediaError {
  return new MediaError({
    code: 'chain/timeout',
    message: `The chain has not confirmed ${signature} in time. It may still land: look it up before sending again.`,
    source: 'chain',
    context: { signature },
  });
}

/** One look at the chain. A node that fails for a moment is no reason to give up what is on its way. */
async function lookAround(deps: ConfirmDeps, options: ConfirmOptions): Promise<Outcome | undefined> {
  try {
    const early = await status(deps, options, false);
    if (early.outcome !== undefined || early.seen) return early.outcome;
    const info = await rpcCall('the block height', () =>
      deps.rpc.getEpochInfo({ commitment: 'confirmed' }).send(),
    );
    if (info.blockHeight <= options.lastValidBlockHeight) return undefined;
    const late = await status(deps, options, true);
    if (late.outcome !== undefined || late.seen) return late.outcome;
    return late.slot >= info.absoluteSlot ? { kind: 'expired' } : undefined;
  } catch (error) {
    if (!(error instanceof MediaError) || !error.retry) throw error;
    deps.log.debug({ code: errorCode(error) }, 'could not ask for the status');
    return undefined;
  }
}

async function status(
  deps: ConfirmDeps,
  options: ConfirmOptions,
  searchTransactionHistory: boolean,
): Promise<{ outcome: Outcome | undefined; seen: boolean; slot: bigint }> {
  const { context, value } = await rpcCall('the status', () =>
    deps.rpc.getSignatureStatuses([options.signature], { searchTransactionHistory }).send(),
  );
  const found = value[0];
  if (found == null) return { outcome: undefined, seen: false, slot: context.slot };
  const reached =
    found.confirmationStatus === null || RANK[found.confirmationStatus] >= RANK[options.commitment];
  if (!reached) return { outcome: undefined, seen: true, slot: context.slot };
  const outcome: Outcome =
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
