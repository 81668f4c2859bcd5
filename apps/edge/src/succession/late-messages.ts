import type { ServedObject } from '../serve/account.ts';
import type { SessionDesk } from '../session/session-desk.ts';

/**
 * What a generation that was taken over from still has to say of the answers it ends, on one local connection,
 * in order: JSON, a frame each. Bytes of tokens and receipts are base64.
 */
export type LateMessage =
  | { readonly kind: 'counts'; readonly counts: readonly LateCount[] }
  /** Bytes given to a socket in a session; negative: they never left. */
  | { readonly kind: 'handed'; readonly tenant: string; readonly token: string; readonly bytes: number }
  /** Receipts that were on their way here. */
  | { readonly kind: 'receipts'; readonly no: number; readonly tenant: string; readonly body: string }
  /** A guard's request for a commit that was on its way here. */
  | { readonly kind: 'commit'; readonly no: number; readonly body: string }
  /** A publisher's purge that was on its way here. */
  | { readonly kind: 'purge'; readonly no: number; readonly body: string }
  /** All before it was said, as was asked. */
  | { readonly kind: 'synced'; readonly no: number }
  /** There is nothing more to come. */
  | { readonly kind: 'end'; readonly no: number };

/** Bytes that left, of one resource, session and object. */
export interface LateCount {
  readonly tenant: string;
  readonly token?: string;
  readonly object?: Pick<ServedObject, 'target' | 'body' | 'size'>;
  readonly head: number;
  readonly body: number;
}

export type LateAnswer =
  | { readonly kind: 'sync'; readonly no: number }
  | { readonly kind: 'signed'; readonly session: string; readonly bytes: number }
  | { readonly kind: 'outcome'; readonly no: number; readonly outcome: unknown };

export type ReceiptsOutcome = Awaited<ReturnType<SessionDesk['receipts']>>;
