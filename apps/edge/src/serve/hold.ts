import type { Clock } from '@media-network/runtime';
import { orLeft } from './or-left.ts';

/** Up to this much of a body is held back before its head is sent. */
const HOLD_BYTES = 64 * 1024;
/** A body of unknown length is held no longer than this: it may be a stream of events. */
const HOLD_MS = 100;

/**
 * Takes the beginning of a body before anything is sent, so that an origin which fails early is answered
 * with 502 and not with a cut connection. A body announced as short is held whole; one announced as long
 * is not held at all; one of unknown length up to `HOLD_BYTES` or a moment.
 * Rejects when the body fails within what is held. A body that is held whole comes back in one piece.
 */
export async function holdBeginning(
  body: AsyncIterable<Uint8Array>,
  contentLength: number | undefined,
  clock: Clock,
): Promise<Buffer | AsyncIterable<Uint8Array>> {
  if (contentLength !== undefined && contentLength > HOLD_BYTES) return body;
  const source = body[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let size = 0;
  const over = contentLength === undefined ? new AbortController() : undefined;
  const patience =
    over === undefined ? undefined : clock.sleep(HOLD_MS, over.signal).then(() => 'late' as const);
  let next: Promise<IteratorResult<Uint8Array>> | undefined;
  let ended = false;
  try {
    while (size <= HOLD_BYTES) {
      next ??= source.next();
      const result = await (patience === undefined ? next : Promise.race([next, patience]));
      if (result === 'late') break;
      next = undefined;
      if (result.done === true) {
        ended = true;
        break;
      }
      held.push(result.value);
      size += result.value.length;
    }
  } finally {
    over?.abort();
  }
  if (ended) return wholeOf(held);
  return orLeft(resume(source, held, next), () => source.return?.());
}

function wholeOf(held: readonly Uint8Array[]): Buffer {
  const [only] = held;
  if (held.length === 1 && only !== undefined)
    return Buffer.from(only.buffer, only.byteOffset, only.byteLength);
  return Buffer.concat(held);
}

async function* resume(
  source: AsyncIterator<Uint8Array>,
  held: readonly Uint8Array[],
  pending: Promise<IteratorResult<Uint8Array>> | undefined,
): AsyncGenerator<Uint8Array> {
  let finished = false;
  try {
    yield* held;
    let next = pending;
    while (!finished) {
      const result = await (next ?? source.next());
      next = undefined;
      if (result.done === true) finished = true;
      else yield result.value;
    }
  } finally {
    // The viewer left early: whoever makes the body must know.
    if (!finished) await source.return?.();
  }
}
