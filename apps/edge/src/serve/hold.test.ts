import { systemClock } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import { expect, it } from 'vitest';
import { holdBeginning } from './hold.ts';

async function* body(
  parts: readonly (string | Error)[],
  onEnd: () => void = () => undefined,
): AsyncGenerator<Buffer> {
  try {
    for (const part of parts) {
      if (part instanceof Error) throw part;
      yield Buffer.from(part);
    }
  } finally {
    onEnd();
  }
}

/** What is held whole comes as a buffer: as a stream of it. */
function stream(of: Buffer | AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return Buffer.isBuffer(of) ? body([of.toString()]) : of;
}

async function text(of: Buffer | AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of stream(of)) parts.push(part);
  return Buffer.concat(parts).toString();
}

it('gives the same body', async () => {
  for (const length of [undefined, 6, 200_000]) {
    const held = await holdBeginning(body(['abc', 'def']), length, systemClock);
    // Whole, so that its length is known and it leaves with its head in one write.
    expect(Buffer.isBuffer(held)).toBe(length !== 200_000);
    expect(await text(held)).toBe('abcdef');
  }
});

it('fails before anything is sent where a short body fails, and afterwards where a long one does', async () => {
  const broken = ['abc', new Error('reset')];
  await expect(holdBeginning(body(broken), 6, systemClock)).rejects.toThrow('reset');
  await expect(holdBeginning(body(broken), undefined, systemClock)).rejects.toThrow('reset');
  const long = await holdBeginning(body(broken), 200_000, systemClock);
  await expect(text(long)).rejects.toThrow('reset');
});

it('does not hold a stream of events back', async () => {
  const clock = createManualClock();
  let release: (() => void) | undefined;
  async function* events(): AsyncGenerator<Buffer> {
    yield Buffer.from('first');
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    yield Buffer.from('second');
  }
  const holding = holdBeginning(events(), undefined, clock);
  await expect.poll(() => release).toBeDefined();
  clock.advance(100);
  const iterator = stream(await holding)[Symbol.asyncIterator]();
  expect(Buffer.from((await iterator.next()).value ?? []).toString()).toBe('first');
  release?.();
  expect(Buffer.from((await iterator.next()).value ?? []).toString()).toBe('second');
  expect((await iterator.next()).done).toBe(true);
});

it('tells the source when the viewer leaves early', async () => {
  let ended = false;
  const held = await holdBeginning(
    body(['a'.repeat(70_000), 'b', 'c'], () => {
      ended = true;
    }),
    undefined,
    systemClock,
  );
  for await (const _ of stream(held)) break;
  expect(ended).toBe(true);
});

it('tells the source when the viewer leaves before anything is read', async () => {
  let ended = false;
  const parts = body(['a'.repeat(70_000), 'b', 'c'], () => {
    ended = true;
  });
  const held = stream(await holdBeginning(parts, undefined, systemClock));
  await held[Symbol.asyncIterator]().return?.();
  expect(ended).toBe(true);
});
