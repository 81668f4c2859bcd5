import type { Answer } from './seam.ts';

/** A body that is shorter or longer than its answer announced. */
export function wrongLength(expected: number): Error {
  return new Error(`the body is not of the ${expected} bytes that were announced`);
}

/** Tells whoever makes a body that nobody wants it. */
export async function leave(body: Answer<unknown>['body']): Promise<void> {
  if (body === undefined || Buffer.isBuffer(body)) return;
  try {
    await body[Symbol.asyncIterator]().return?.();
  } catch {
    // Nobody is left to be told.
  }
}
