import { equalBytes } from './bytes.ts';
import type { Entry } from './entry.ts';
import { decodeReceiptList } from './evidence-lists.ts';
import type { SessionProof } from './evidence-lists.ts';
import { verifyReceiptSignature } from './receipt.ts';
import { sessionKey, verifyTokenSignature } from './token.ts';

/** A session of an edge whose signatures are good. */
export interface VouchedSession {
  /** `sessionKey` of its token: the same at every edge where it was used. */
  readonly session: string;
  /** What the client signed for at this edge. */
  readonly bytes: bigint;
  /** What the publisher pays for at most, over all edges. */
  readonly ceiling: bigint;
}

export interface SessionsFinding {
  readonly sessions: readonly VouchedSession[];
  /** Why the list or single sessions of it count for nothing, in words. */
  readonly dropped: readonly string[];
}

/**
 * The sessions of an entry that count. A list that is malformed, unsorted, double or of another length is void; a
 * session with a token or receipt that is not good is dropped alone. `blob` has the entry's receipts root: the caller
 * has checked it. `vouchingKey` is the one of the resource in that hour (`termsOf`).
 */
export async function verifySessions(
  at: {
    readonly hour: bigint;
    /** Account of the edge. */
    readonly edge: string;
    readonly entry: Pick<Entry, 'resource' | 'sessions'>;
    readonly vouchingKey: string | undefined;
  },
  blob: Uint8Array,
): Promise<SessionsFinding> {
  const proofs = decodeReceiptList(blob);
  if (proofs === undefined) return { sessions: [], dropped: ['the list is malformed or out of order'] };
  if (proofs.length !== at.entry.sessions)
    return { sessions: [], dropped: [`the list has ${proofs.length} sessions, not ${at.entry.sessions}`] };
  const sessions: VouchedSession[] = [];
  const dropped: string[] = [];
  for (const proof of proofs) {
    const fault = await faultOf(at, proof);
    const { token, receipt } = proof;
    if (fault !== undefined) dropped.push(`session ${sessionKey(token).slice(0, 32)}: ${fault}`);
    else sessions.push({ session: sessionKey(token), bytes: receipt.bytes, ceiling: token.ceiling });
  }
  return { sessions, dropped };
}

async function faultOf(
  at: Parameters<typeof verifySessions>[0],
  { token, receipt }: SessionProof,
): Promise<string | undefined> {
  const { resource } = at.entry;
  if (token.resource !== resource || receipt.resource !== resource) return 'of another resource';
  if (token.hour !== at.hour) return 'of another hour';
  if (receipt.edge !== at.edge) return 'of another edge';
  if (!equalBytes(token.session, receipt.session)) return 'the receipt is of another session';
  if (at.vouchingKey === undefined) return 'the resource had no vouching key';
  if (!(await verifyTokenSignature(token, at.vouchingKey))) return 'the token is not by the vouching key';
  if (!(await verifyReceiptSignature(receipt, token.clientKey))) return 'the receipt is not by the client';
  return undefined;
}
