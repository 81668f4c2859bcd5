/**
 * What an edge knows of the bytes of one session, and what a client may sign for.
 *
 *     signed ≤ served ≤ handed
 *
 * `served` are bytes in the books: the kernel took their write. `handed` are bytes given to sockets, written
 * or not. A client can sign for bytes before their write has come back to us, and its signature says that
 * they arrived: they are booked with the receipt, and not once more when the write comes back (`ahead`).
 *
 * After a crash the books may lack what was written since the last flush, while the client has it. No more
 * than the credit window can have been on the way beyond the last durable receipt, so that much may be
 * booked by the client's signature alone (`lost`): a receipt of an honest client is never above the limit.
 */
export interface SessionMeter {
  served: number;
  handed: number;
  signed: number;
  /** Bytes booked before their write came back. */
  ahead: number;
  /** Bytes that may have been written by an earlier life of the process and are in no book. */
  lost: number;
}

/** Heads are outside the credit window; so many bytes of them may have been under way at a crash. */
const HEADS_BYTES = 64 * 1024;

/** A session as the books have it. `recovered`: from an earlier life of the process. */
export function startMeter(
  book: { readonly served: number; readonly signed: number },
  creditWindow: number,
  recovered: boolean,
): SessionMeter {
  const { served, signed } = book;
  const lost = recovered ? Math.max(0, signed + creditWindow + HEADS_BYTES - served) : 0;
  return { served, signed, handed: served, ahead: 0, lost };
}

/** Most bytes that a receipt may say. */
export function signableBytes(meter: SessionMeter): number {
  return Math.max(meter.served, meter.handed) + meter.lost;
}

/** The write of so many bytes has come back. Returns those that are not in the books yet. */
export function bookWritten(meter: SessionMeter, bytes: number): number {
  const known = Math.min(meter.ahead, bytes);
  meter.ahead -= known;
  meter.served += bytes - known;
  meter.handed = Math.max(meter.handed, meter.served);
  return bytes - known;
}

/** A client has signed for `bytes`, at most `signableBytes`. Returns those that are not in the books yet. */
export function bookSigned(meter: SessionMeter, bytes: number): number {
  const missing = Math.max(0, bytes - meter.served);
  // What is under way first: it will come back by itself, so too much taken from `lost` would count twice.
  const underWay = Math.min(missing, Math.max(0, meter.handed - meter.served));
  meter.ahead += underWay;
  meter.lost -= Math.min(meter.lost, missing - underWay);
  meter.served += missing;
  meter.handed = Math.max(meter.handed, meter.served);
  meter.signed = bytes;
  return missing;
}
