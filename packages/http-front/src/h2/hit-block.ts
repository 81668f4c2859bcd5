import { ownBytes } from '@media-network/runtime/own-bytes';
import type { FastHit } from '../fast-hit.ts';
import type { BytesOwner } from './frame-output.ts';
import type { StreamEvents } from './h2-stream.ts';
import { encodeBlock } from './hpack-encoder.ts';

/** What HTTP/2 prebuilds of a hit: its header block for the running second; and whose bytes it sends. */
export class HitBlock<Token> implements BytesOwner {
  readonly #hit: FastHit<Token>;
  readonly #fixed: Buffer;
  readonly events: StreamEvents<Token>;
  #second = -1;
  #block: Buffer = Buffer.alloc(0);

  constructor(hit: FastHit<Token>, events: StreamEvents<Token>) {
    this.#hit = hit;
    this.events = events;
    const length = hit.saysLength ? ['content-length', String(hit.body.length)] : [];
    this.#fixed = ownBytes(encodeBlock(hit.status, [...hit.headers, ...length]));
  }

  block(nowSecond: number): Buffer {
    if (this.#second !== nowSecond) {
      this.#second = nowSecond;
      // Of what is asked for rarely it stays, too.
      this.#block = ownBytes(this.#fixed, encodeBlock(undefined, this.#hit.varying(nowSecond)));
    }
    return this.#block;
  }

  left(headBytes: number, bodyBytes: number): void {
    this.events.onWritten?.(this.#hit.token, headBytes, bodyBytes);
  }
}

/** Kept with the hit as long as it lives. */
export function hitBlockOf<Token>(hit: FastHit<Token>, events: StreamEvents<Token>): HitBlock<Token> {
  const { attachment } = hit;
  if (attachment instanceof HitBlock && attachment.events === events) return attachment;
  const made = new HitBlock(hit, events);
  hit.attachment = made;
  return made;
}
