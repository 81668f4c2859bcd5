import { errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import type { Address, RpcSubscriptions, SolanaRpcSubscriptionsApi } from '@solana/kit';

import { accountFilters } from './reads.ts';
import type { AccountName } from './schema/index.ts';
import type { Commitment } from './send.ts';

export interface WatchDeps {
  readonly subscriptions?: RpcSubscriptions<SolanaRpcSubscriptionsApi>;
  readonly clock: Clock;
  readonly log: Log;
  readonly programId: Address;
  readonly commitment: Commitment;
}

export interface WatchOptions {
  /** Longest time between two calls, whether or not anything was heard. 10 s by default. */
  readonly pollMs?: number;
}

export interface Watch {
  /** Ends the watch; `onChange` is not called again. Resolves when its loops have ended. */
  close(): Promise<void>;
}

const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;

/**
 * Calls `onChange` when an account of the kind, or any of the program's, may have changed. It is a wake-up, not a message: the
 * subscription can lose events and reconnects by itself, the poll catches what it lost. Read what you need anew.
 */
export function watchAccounts(
  deps: WatchDeps,
  kind: AccountName | 'any',
  onChange: (reason: 'notified' | 'reconnected' | 'poll') => void,
  options: WatchOptions = {},
): Watch {
  const over = new AbortController();
  const { signal } = over;

  async function poll(): Promise<void> {
    for (;;) {
      await deps.clock.sleep(options.pollMs ?? 10_000, signal);
      if (signal.aborted) return;
      onChange('poll');
    }
  }

  async function subscribe(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    let subscribedAtMs = Number.POSITIVE_INFINITY;
    while (deps.subscriptions !== undefined && !signal.aborted) {
      try {
        const notifications = await deps.subscriptions
          .programNotifications(deps.programId, {
            encoding: 'base64',
            commitment: deps.commitment,
            ...(kind === 'any' ? {} : { filters: accountFilters(kind) }),
          })
          .subscribe({ abortSignal: signal });
        subscribedAtMs = deps.clock.nowMs();
        onChange('reconnected');
        for await (const _ of notifications) {
          if (signal.aborted) return;
          onChange('notified');
        }
      } catch (error) {
        if (signal.aborted) return;
        deps.log.debug({ kind, err: errorMessage(error) }, 'subscription ended, connecting again');
      }
      // One that takes subscriptions and drops them at once is not asked again and again.
      if (deps.clock.nowMs() - subscribedAtMs > MAX_RETRY_MS) retryMs = FIRST_RETRY_MS;
      subscribedAtMs = Number.POSITIVE_INFINITY;
      await deps.clock.sleep(retryMs, signal);
      retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
    }
  }

  const loops = [poll(), subscribe()];
  return {
    async close() {
      over.abort();
      await Promise.allSettled(loops);
    },
  };
}
