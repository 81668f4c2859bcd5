import { BLOCKHASH_LIFETIME_SLOTS } from '../limits.ts';
import type { TransactionErrorJson } from '../svm/transaction-error.ts';

/** What is remembered of a transaction while its blockhash could still be used. */
export interface RecentTransaction {
  readonly signature: string;
  readonly messageHash: string;
  readonly slot: bigint;
  readonly error: TransactionErrorJson | null;
}

/**
 * The replay cache, which is also the status cache. A transaction is kept for as many slots as a blockhash
 * lives after it landed: its own blockhash is older than that, so it cannot land again after it is forgotten.
 */
export interface Recent {
  bySignature(signature: string): RecentTransaction | undefined;
  hasMessage(messageHash: string): boolean;
  add(entry: RecentTransaction): void;
  remove(entry: RecentTransaction): void;
  readonly prune: (slot: bigint) => void;
  entries(): readonly RecentTransaction[];
}

export function createRecent(): Recent {
  const signatures = new Map<string, RecentTransaction>();
  const messages = new Set<string>();
  return {
    bySignature: (signature) => signatures.get(signature),
    hasMessage: (messageHash) => messages.has(messageHash),
    add(entry) {
      signatures.set(entry.signature, entry);
      messages.add(entry.messageHash);
    },
    remove(entry) {
      signatures.delete(entry.signature);
      messages.delete(entry.messageHash);
    },
    prune(slot) {
      for (const entry of signatures.values()) {
        if (entry.slot + BLOCKHASH_LIFETIME_SLOTS >= slot) break; // in order of landing, so of slots
        signatures.delete(entry.signature);
        messages.delete(entry.messageHash);
      }
    },
    entries: () => [...signatures.values()],
  };
}
