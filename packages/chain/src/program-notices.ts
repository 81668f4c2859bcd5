import { errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import type { Address, RpcSubscriptions, SolanaRpcSubscriptionsApi } from '@solana/kit';

import { accountFilters } from './reads.ts';
import type { RawAccount } from './reads.ts';
import type { AccountName } from './schema/index.ts';
import type { Commitment } from './send.ts';

export interface NoticeDeps {
  readonly subscriptions?: RpcSubscriptions<SolanaRpcSubscriptionsApi>;
  readonly clock: Clock;
  readonly log: Log;
  readonly programId: Address;
  readonly commitment: Commitment;
}

export interface NoticeHooks {
  /** The node has taken the subscription: what changes from now on is heard, as far as nodes promise that. */
  onUp(): void;
  /** It has ended; the next `onUp` may be long away. */
  onDown(): void;
  onNotice(slot: bigint, address: Address, account: RawAccount): void;
}

const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;

/**
 * Hears what a node tells of one kind of the program's accounts, or of all, and subscribes again where that ends.
 * `whole` for the accounts' bytes; without, a notice carries none. Ends with the signal; never rejects.
 */
export async function hearProgram(
  deps: NoticeDeps,
  wanted: { readonly kind: AccountName | 'any'; readonly whole: boolean },
  hooks: NoticeHooks,
  signal: AbortSignal,
): Promise<void> {
  const { kind, whole } = wanted;
  let retryMs = FIRST_RETRY_MS;
  let subscribedAtMs = Number.POSITIVE_INFINITY;
  const config = {
    encoding: 'base64',
    commitment: deps.commitment,
    ...(kind === 'any' ? {} : { filters: accountFilters(kind) }),
    // Nodes take it, though kit's types do not name it. A sample ring has 35,760 bytes that a wake-up has no use for.
    ...(whole ? {} : { dataSlice: { offset: 0, length: 0 } }),
  } as const;
  while (deps.subscriptions !== undefined && !signal.aborted) {
    try {
      const notices = await deps.subscriptions
        .programNotifications(deps.programId, config)
        .subscribe({ abortSignal: signal });
      subscribedAtMs = deps.clock.nowMs();
      hooks.onUp();
      for await (const { context, value } of notices) {
        if (signal.aborted) return;
        hooks.onNotice(context.slot, value.pubkey, value.account);
      }
    } catch (error) {
      if (signal.aborted) return;
      deps.log.debug({ kind, err: errorMessage(error) }, 'subscription ended, connecting again');
    } finally {
      hooks.onDown();
    }
    // One that takes subscriptions and drops them at once is not asked again and again.
    if (deps.clock.nowMs() - subscribedAtMs > MAX_RETRY_MS) retryMs = FIRST_RETRY_MS;
    subscribedAtMs = Number.POSITIVE_INFINITY;
    await deps.clock.sleep(retryMs, signal);
    retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
  }
}
