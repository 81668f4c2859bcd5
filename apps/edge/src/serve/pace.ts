import type { AnswerBody } from '@media-network/http-front';
import type { Caps } from '../caps/caps.ts';
import { orLeft } from './or-left.ts';

/** Each has a turn of its own: many answers go on side by side. */
const PIECE_BYTES = 65_536;

/** Gives a body on as fast as the operator's cap lets it. */
export function paced(
  body: AnswerBody,
  signal: AbortSignal,
  caps: Pick<Caps, 'turn'>,
): AsyncIterable<Uint8Array> {
  async function* parts(): AsyncGenerator<Uint8Array> {
    for await (const piece of Buffer.isBuffer(body) ? [body] : body) {
      for (let at = 0; at < piece.length && !signal.aborted; at += PIECE_BYTES) {
        const part = piece.subarray(at, at + PIECE_BYTES);
        await caps.turn(part.length, signal);
        yield part;
      }
    }
  }
  return orLeft(parts(), () => (Buffer.isBuffer(body) ? undefined : body[Symbol.asyncIterator]().return?.()));
}
