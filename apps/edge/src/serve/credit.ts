import type { AnswerBody } from '@media-network/http-front';
import { MediaError } from '@media-network/runtime';
import type { Clock } from '@media-network/runtime';
import type { Session, PhasesDesk } from '../session/session-desk.ts';
import { orLeft } from './or-left.ts';

export interface CreditDeps {
  readonly desk: Pick<PhasesDesk, 'credit' | 'hand'>;
  readonly clock: Clock;
  /** How long a session may owe a receipt before its response is ended; 30 s (docs/evidence.md). */
  readonly receiptPatienceMs?: number;
}

/** Largest piece given to the socket in a session, so that a receipt is never far from what was sent. */
const SESSION_PIECE = 64 * 1024;
/** `0\r\n\r\n` */
const LAST_CHUNK_BYTES = 5;

export interface CreditedBody {
  readonly body: AsyncIterable<Uint8Array>;
  /** What never left gives its credit back: `bytes` did. */
  settle(bytes: number): void;
}

/**
 * Gives a body on in parts that the session's credit covers; waits for receipts in between, and fails with
 * `edge/no-receipt` where none comes. `chunked`: the framing counts, too.
 */
export function onCredit(
  body: AnswerBody,
  session: Session,
  chunked: boolean,
  signal: AbortSignal,
  deps: CreditDeps,
): CreditedBody {
  let handed = 0;
  const hand = (bytes: number): void => {
    deps.desk.hand(session, bytes);
    handed += bytes;
  };
  async function* parts(): AsyncGenerator<Uint8Array> {
    for await (const piece of Buffer.isBuffer(body) ? [body] : body) {
      for (let at = 0; at < piece.length && !signal.aborted;) {
        const credit = deps.desk.credit(session);
        if (credit <= 0) {
          await receiptOf(session, signal, deps);
          continue;
        }
        const part = piece.subarray(at, at + Math.min(SESSION_PIECE, credit));
        at += part.length;
        hand(part.length + (chunked ? part.length.toString(16).length + 4 : 0));
        yield part;
      }
    }
    if (chunked) hand(LAST_CHUNK_BYTES);
  }
  return {
    body: orLeft(parts(), () =>
      Buffer.isBuffer(body) ? undefined : body[Symbol.asyncIterator]().return?.(),
    ),
    settle(bytes) {
      // Heads are counted when they are written.
      const lost = Math.max(0, handed - bytes);
      deps.desk.hand(session, Math.max(session.served, session.handed - lost) - session.handed);
    },
  };
}

/** Resolves with the next receipt; rejects when it does not come in time. */
async function receiptOf(session: Session, signal: AbortSignal, deps: CreditDeps): Promise<void> {
  const over = new AbortController();
  let came = false;
  const wake = (): void => {
    came = true;
    over.abort();
  };
  session.wakers.add(wake);
  try {
    await deps.clock.sleep(deps.receiptPatienceMs ?? 30_000, AbortSignal.any([over.signal, signal]));
  } finally {
    session.wakers.delete(wake);
  }
  if (came || signal.aborted) return;
  throw new MediaError({
    code: 'edge/no-receipt',
    message: 'The session owes a receipt for too long.',
    source: 'client',
  });
}
