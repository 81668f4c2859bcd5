import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChunkReader } from './chunk-reader.ts';
import type { RtmpMessage } from './chunk-reader.ts';
import { encodeMessage } from './chunk-writer.ts';
import { PUBLISHER_LIMITS, STRANGER_LIMITS } from './limits.ts';

const bytes = (...parts: readonly (readonly number[] | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

/** What a reader makes of bytes in pieces of a length. */
function read(all: Uint8Array, piece = all.length, limits = PUBLISHER_LIMITS): RtmpMessage[] {
  const reader = createChunkReader(limits);
  const found: RtmpMessage[] = [];
  for (let at = 0; at < all.length; at += Math.max(1, piece))
    reader.push(all.subarray(at, at + Math.max(1, piece)), (message) => found.push(message));
  expect(reader.heldBytes).toBeGreaterThanOrEqual(0);
  return found;
}

/** A chunk's head by hand: format, chunk stream, three bytes of time, length, type. */
const head0 = (id: number, time: number, length: number, type: number): number[] => [
  id,
  (time >> 16) & 255,
  (time >> 8) & 255,
  time & 255,
  (length >> 16) & 255,
  (length >> 8) & 255,
  length & 255,
  type,
  1,
  0,
  0,
  0,
];

describe('the chunk stream', () => {
  it('gives back what was written, however it was cut, interleaved streams included', () => {
    const message = fc.record({
      type: fc.constantFrom(8, 9, 18, 20),
      streamId: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      timestampMs: fc.integer({ min: 0, max: 2 ** 24 - 2 }),
      payload: fc.uint8Array({ maxLength: 600 }),
    });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 6 }),
        fc.integer({ min: 1, max: 700 }),
        (messages, piece) => {
          const all = bytes(...messages.map((each, i) => encodeMessage(3 + i, each, 128)));
          expect(read(all, piece)).toEqual(messages);
        },
      ),
    );
  });

  it('goes on with a message between the chunks of another', () => {
    const long = new Uint8Array(200).fill(7);
    const all = bytes(
      head0(4, 5, 200, 9),
      long.subarray(0, 128),
      head0(5, 6, 2, 8),
      [1, 2],
      [0xc4],
      long.subarray(128),
    );
    expect(read(all).map(({ type, payload }) => [type, payload.length])).toEqual([
      [8, 2],
      [9, 200],
    ]);
  });

  it('counts times by the difference, which a head without one repeats', () => {
    const all = bytes(
      head0(4, 100, 1, 9),
      [1],
      [0x44, 0, 0, 40, 0, 0, 1, 9],
      [2],
      [0x84, 0, 0, 33],
      [3],
      [0xc4],
      [4],
    );
    expect(read(all, 1).map(({ timestampMs }) => timestampMs)).toEqual([100, 140, 173, 206]);
  });

  it('reads times of 32 bits, with and without them in what continues a message', () => {
    const start = bytes(head0(4, 0xff_ff_ff, 130, 9), [1, 0, 0, 0], new Uint8Array(128).fill(9));
    const told = bytes(start, [0xc4, 1, 0, 0, 0], [9, 9]);
    expect(read(told, 3)[0]).toMatchObject({ timestampMs: 0x01_00_00_00 });
    const long = bytes(
      head0(4, 0xff_ff_ff, 140, 9),
      [1, 0, 0, 0],
      new Uint8Array(128).fill(9),
      [0xc4],
      new Uint8Array(12).fill(9),
    );
    expect(read(long)[0]?.payload).toEqual(new Uint8Array(140).fill(9));
  });

  it('has two more forms for the number of a chunk stream', () => {
    const two = bytes([0, 10], head0(0, 1, 1, 8).slice(1), [1]);
    const three = bytes([1, 10, 2], head0(0, 1, 1, 8).slice(1), [1]);
    expect(read(bytes(two, three)).map(({ payload }) => payload.length)).toEqual([1, 1]);
  });

  it('obeys a new chunk size, and an abort', () => {
    const all = bytes(
      encodeMessage(2, { type: 1, streamId: 0, timestampMs: 0, payload: Uint8Array.of(0, 0, 16, 0) }, 128),
      head0(4, 0, 4_096, 9),
      new Uint8Array(4_096),
      head0(5, 0, 5_000, 9),
      new Uint8Array(4_096),
      encodeMessage(2, { type: 2, streamId: 0, timestampMs: 0, payload: Uint8Array.of(0, 0, 0, 5) }, 128),
      head0(5, 0, 1, 9),
      [7],
    );
    expect(read(all, 999).map(({ payload }) => payload.length)).toEqual([4_096, 1]);
  });

  it.each([
    ['a chunk that continues nothing', bytes([0xc4, 1]), 'rtmp/malformed'],
    [
      'a message within a message',
      bytes(head0(4, 0, 200, 9), new Uint8Array(128), head0(4, 0, 1, 9)),
      'rtmp/malformed',
    ],
    [
      'a chunk size of nothing',
      encodeMessage(2, { type: 1, streamId: 0, timestampMs: 0, payload: new Uint8Array(4) }, 128),
      'rtmp/malformed',
    ],
    [
      'a control message without its number',
      encodeMessage(2, { type: 1, streamId: 0, timestampMs: 0, payload: new Uint8Array(2) }, 128),
      'rtmp/malformed',
    ],
    [
      'a message above what a stranger may send',
      bytes(head0(4, 0, STRANGER_LIMITS.messageBytes + 1, 9)),
      'rtmp/too-much',
    ],
    [
      'many messages begun',
      bytes(...Array.from({ length: 9 }, (_, i) => bytes(head0(4 + i, 0, 16_000, 9), new Uint8Array(128)))),
      'rtmp/too-much',
    ],
    [
      'many chunk streams',
      bytes(...Array.from({ length: 17 }, (_, i) => bytes(head0(4 + i, 0, 1, 9), [1]))),
      'rtmp/too-much',
    ],
  ])('refuses %s', (_, all, code) => {
    expect(() => read(all, all.length, STRANGER_LIMITS)).toThrow(expect.objectContaining({ code }));
  });

  it('never holds more than it may, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4_000 }), fc.integer({ min: 1, max: 500 }), (noise, piece) => {
        const reader = createChunkReader(STRANGER_LIMITS);
        try {
          for (let at = 0; at < noise.length; at += piece)
            reader.push(noise.subarray(at, at + piece), () => undefined);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^rtmp\//) as string });
        }
        expect(reader.heldBytes).toBeLessThanOrEqual(STRANGER_LIMITS.heldBytes);
        expect(reader.heldBytes).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
  });
});
