import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CHUNK_BYTES,
  MAX_CHUNKS_ASKED,
  MAX_IDS,
  MAX_MESSAGE_BYTES,
  PIECE_BYTES,
  decodeMessage,
  encodeMessage,
} from './messages.ts';
import type { Message } from './messages.ts';

const hex = (bytes: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((each) => [...each].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
const u32 = fc.integer({ min: 0, max: 0xff_ff_ff_ff });
const u16 = fc.integer({ min: 0, max: 0xff_ff });

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('have' as const, 'lost' as const),
    ids: fc.array(hex(16), { minLength: 1, maxLength: MAX_IDS }),
  }),
  fc.record({ kind: fc.constant('fetching' as const), id: hex(16) }),
  fc.record({
    kind: fc.constant('request' as const),
    request: u32,
    id: hex(16),
    prefix: hex(8),
    firstChunk: u16,
    chunks: fc.integer({ min: 1, max: MAX_CHUNKS_ASKED }),
  }),
  fc.record({
    kind: fc.constant('piece' as const),
    request: u32,
    chunk: u16,
    offset: fc.integer({ min: 0, max: CHUNK_BYTES - 1 }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }),
  }),
  fc.record({
    kind: fc.constant('refuse' as const),
    request: u32,
    why: fc.constantFrom('busy' as const, 'gone' as const, 'other-version' as const, 'off' as const),
  }),
  fc.record({ kind: fc.constant('cancel' as const), request: u32 }),
  fc.record({ kind: fc.constant('gives' as const), any: fc.boolean() }),
);

describe('messages between peers', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(message, (each) => {
        expect(decodeMessage(encodeMessage(each).buffer)).toEqual(each);
      }),
    );
  });

  it('are refused with a byte more, a byte less, or another version', () => {
    fc.assert(
      fc.property(message, (each) => {
        const bytes = encodeMessage(each);
        const longer = new Uint8Array([...bytes, 0]);
        const shorter = bytes.slice(0, -1);
        // A piece has no length of its own: what it lacks its hash shows.
        if (each.kind !== 'piece') {
          expect(decodeMessage(longer.buffer)).toBeUndefined();
          const left = decodeMessage(shorter.buffer);
          expect(left).toBeUndefined();
        }
        bytes[0] = 0x20 | ((bytes[0] ?? 0) & 15);
        expect(decodeMessage(bytes.buffer)).toBeUndefined();
      }),
    );
  });

  it('are never taken for what they are not, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const read = decodeMessage(new Uint8Array(bytes).buffer);
        if (read !== undefined) expect([...encodeMessage(read)]).toEqual([...bytes]);
      }),
    );
  });

  it('have bounds', () => {
    const piece = { kind: 'piece', request: 1, chunk: 0, offset: 0 } as const;
    const fits = encodeMessage({ ...piece, bytes: new Uint8Array(PIECE_BYTES) });
    expect(decodeMessage(fits.buffer)).toBeDefined();
    expect(fits.length).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
    const over = encodeMessage({ ...piece, bytes: new Uint8Array(PIECE_BYTES + 1) });
    expect(decodeMessage(over.buffer)).toBeUndefined();
    expect(
      decodeMessage(encodeMessage({ ...piece, offset: CHUNK_BYTES, bytes: new Uint8Array(1) }).buffer),
    ).toBeUndefined();
    const request = {
      kind: 'request',
      request: 1,
      id: '0'.repeat(32),
      prefix: '0'.repeat(16),
      firstChunk: 0,
    } as const;
    expect(decodeMessage(encodeMessage({ ...request, chunks: 0 }).buffer)).toBeUndefined();
    expect(decodeMessage(encodeMessage({ ...request, chunks: MAX_CHUNKS_ASKED + 1 }).buffer)).toBeUndefined();
    expect(decodeMessage(new ArrayBuffer(MAX_MESSAGE_BYTES + 1))).toBeUndefined();
  });
});
