import type { Fill } from '@media-network/http-cache';

/** Fills whose last byte has come: all that is left is to keep them. */
const received = new WeakSet<Fill>();

/** Whether a fill has its whole body and is about to be a stored entry. */
export function isReceived(fill: Fill): boolean {
  return received.has(fill);
}

/** A body on its way into a fill, which is noted once all of it has come. */
export async function* receiving(fill: Fill, body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* body;
  received.add(fill);
}
