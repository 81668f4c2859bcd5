import { MediaError } from '@media-network/runtime';
import { originError } from '../origin/origin-client.ts';
import type { OriginResponse } from '../origin/origin-response.ts';
import { orLeft } from './or-left.ts';
import type { Tally } from './tally.ts';

/** An origin's body with its bytes counted and its failures in our words. */
export function counted(
  response: OriginResponse,
  deps: { readonly tally: Pick<Tally, 'fetched'> },
): AsyncIterable<Buffer> {
  return orLeft(pieces(response, deps), () => abandon(response));
}

async function* pieces(
  response: OriginResponse,
  deps: { readonly tally: Pick<Tally, 'fetched'> },
): AsyncGenerator<Buffer> {
  let received = 0;
  try {
    // undici's body yields Buffers; the stream's type leaves it open.
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (response.sibling !== true) deps.tally.fetched(chunk.length);
      yield chunk;
    }
  } catch (error) {
    throw originError(error);
  } finally {
    response.body.destroy();
  }
  if (response.framing === 'length' && received !== response.contentLength) {
    throw new MediaError({
      code: 'edge/origin-truncated',
      message: `The origin announced ${response.contentLength} bytes and sent ${received}.`,
      source: 'origin',
    });
  }
}

/** Ends a body nobody wants, so that its connection can be used again or is closed. */
export async function drain(response: OriginResponse): Promise<void> {
  if (response.framing === 'none') {
    for await (const _ of response.body) break;
    return;
  }
  abandon(response);
}

function abandon({ body }: OriginResponse): void {
  body.on('error', () => undefined);
  body.destroy();
}

/** Reads a body to its end for the cache's sake: a fill whose last reader leaves is given up. Never rejects. */
export async function readOut(body: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const _ of body);
  } catch {
    // Whoever fills it knows, and tells those who wait for it.
  }
}

/** All of a body, or undefined as soon as it is longer than `maxBytes`; what was read then is `rest` again. */
export async function readShort(
  body: AsyncIterable<Buffer>,
  maxBytes: number,
): Promise<{ readonly whole: Buffer } | { readonly rest: AsyncIterable<Buffer> }> {
  const iterator = body[Symbol.asyncIterator]();
  const parts: Buffer[] = [];
  let size = 0;
  while (size <= maxBytes) {
    const next = await iterator.next();
    if (next.done === true) return { whole: Buffer.concat(parts) };
    parts.push(next.value);
    size += next.value.length;
  }
  return { rest: orLeft(resumed(parts, iterator), () => iterator.return?.()) };
}

async function* resumed(parts: readonly Buffer[], iterator: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  let ended = false;
  try {
    yield* parts;
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) break;
      yield next.value;
    }
    ended = true;
  } finally {
    if (!ended) await iterator.return?.();
  }
}
