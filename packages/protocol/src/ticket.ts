import { addressBytes, addressOf } from './address.ts';
import { concatBytes, fromBase64Url, recordReader, recordWriter, toBase64Url } from './bytes.ts';
import { signedMessage, verifySignature } from './signing.ts';
import type { SignBytes } from './signing.ts';

export const TICKET_BYTES = 165;
const BODY_BYTES = 101;

/** What a guard's ticket says: this client key may sign for this resource in this hour (docs/evidence.md). */
export interface TicketBody {
  readonly guardNo: number;
  /** 16 random bytes. */
  readonly session: Uint8Array;
  readonly resource: string;
  /** Ed25519 public key, 32 bytes. */
  readonly clientKey: Uint8Array;
  readonly hour: bigint;
  /** Bytes an edge may be ahead of the last receipt. */
  readonly creditWindow: number;
  /** Unix seconds. */
  readonly expires: number;
}

export interface Ticket extends TicketBody {
  /** Of the guard's operator, 64 bytes. */
  readonly signature: Uint8Array;
}

function encodeBody(ticket: TicketBody): Uint8Array {
  return recordWriter(BODY_BYTES)
    .u8(1)
    .u32(ticket.guardNo)
    .bytes(ticket.session, 16)
    .bytes(addressBytes(ticket.resource), 32)
    .bytes(ticket.clientKey, 32)
    .u64(ticket.hour)
    .u32(ticket.creditWindow)
    .u32(ticket.expires)
    .done();
}

export async function signTicket(body: TicketBody, sign: SignBytes): Promise<Ticket> {
  return { ...body, signature: await sign(signedMessage('ticket v1', encodeBody(body))) };
}

export function encodeTicket(ticket: Ticket): Uint8Array {
  return concatBytes([encodeBody(ticket), ticket.signature]);
}

/** Undefined when the length or the version is off. Does not verify. */
export function decodeTicket(data: Uint8Array): Ticket | undefined {
  if (data.length !== TICKET_BYTES) return undefined;
  const read = recordReader(data);
  if (read.u8() !== 1) return undefined;
  return {
    guardNo: read.u32(),
    session: read.bytes(16),
    resource: addressOf(read.bytes(32)),
    clientKey: read.bytes(32),
    hour: read.u64(),
    creditWindow: read.u32(),
    expires: read.u32(),
    signature: read.bytes(64),
  };
}

export function verifyTicketSignature(ticket: Ticket, operator: string): Promise<boolean> {
  return verifySignature(operator, ticket.signature, signedMessage('ticket v1', encodeBody(ticket)));
}

/** Value of the `Media-Ticket` header. */
export function ticketHeader(ticket: Ticket): string {
  return toBase64Url(encodeTicket(ticket));
}

export function parseTicketHeader(value: string): Ticket | undefined {
  const data = fromBase64Url(value);
  return data === undefined ? undefined : decodeTicket(data);
}

export type TicketRefusal = 'unknown-guard' | 'wrong-resource' | 'wrong-hour' | 'expired' | 'bad-signature';

/**
 * Whether an edge lets a ticket through (docs/evidence.md, Tickets and receipts). `operatorOf` gives the
 * operator of a guard in the set of the ticket's week.
 */
export async function checkTicket(
  ticket: Ticket,
  at: { readonly resource: string; readonly hour: bigint; readonly unixSecs: number },
  operatorOf: (guardNo: number) => string | undefined,
): Promise<{ readonly kind: 'ok' } | { readonly kind: 'refused'; readonly reason: TicketRefusal }> {
  const operator = operatorOf(ticket.guardNo);
  if (operator === undefined) return { kind: 'refused', reason: 'unknown-guard' };
  if (ticket.resource !== at.resource) return { kind: 'refused', reason: 'wrong-resource' };
  if (ticket.hour !== at.hour) return { kind: 'refused', reason: 'wrong-hour' };
  if (ticket.expires <= at.unixSecs) return { kind: 'refused', reason: 'expired' };
  if (!(await verifyTicketSignature(ticket, operator))) return { kind: 'refused', reason: 'bad-signature' };
  return { kind: 'ok' };
}
