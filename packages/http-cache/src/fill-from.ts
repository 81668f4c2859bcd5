import { MediaError } from '@media-network/runtime';
import type { CommitResult, Fill } from './store.ts';

export interface FillFromOptions {
  /** Content-Length of the origin's response. */
  readonly expectedLength?: number;
  /** The framing marks no end (HTTP/1.0 style): delivered, never stored. */
  readonly unverified?: boolean;
}

export type FillFromResult =
  | CommitResult
  /** Readers have been told; nothing is stored. */
  | { readonly kind: 'failed'; readonly error: unknown }
  /** Every reader left, so the rest was not asked for. */
  | { readonly kind: 'abandoned' };

/** Pours an origin's body into a fill at the pace of readers and disk, and ends it truthfully. Never rejects. */
export async function fillFrom(
  fill: Fill,
  body: AsyncIterable<Buffer | Uint8Array>,
  options: FillFromOptions = {},
): Promise<FillFromResult> {
  let received = 0;
  try {
    for await (const piece of body) {
      const chunk = Buffer.isBuffer(piece)
        ? piece
        : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
      received += chunk.length;
      if (options.expectedLength !== undefined && received > options.expectedLength) {
        throw new MediaError({
          code: 'cache/body-too-long',
          message: `The origin sent more than the ${options.expectedLength} bytes it announced.`,
          source: 'origin',
        });
      }
      await fill.write(chunk);
      if (fill.abandoned.aborted) {
        fill.abort(
          new MediaError({ code: 'cache/abandoned', message: 'Every viewer left.', source: 'client' }),
        );
        await fill.ended;
        return { kind: 'abandoned' };
      }
    }
    return await fill.commit(options);
  } catch (error) {
    fill.abort(error);
    await fill.ended;
    return { kind: 'failed', error };
  }
}
