import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameTracker, acceptOf, closeFrame, isKey } from './websocket-frames.ts';

interface Frame {
  readonly opcode: number;
  readonly masked: boolean;
  readonly length: number;
  /** Of the three ways to say a length; a longer one than needed is read all the same. */
  readonly form: 7 | 16 | 64;
}

function bytesOf({ opcode, masked, length, form }: Frame): Buffer {
  const wide =
    form === 7 && length > 125 ? (length > 65_535 ? 64 : 16) : form === 16 && length > 65_535 ? 64 : form;
  const mask = masked ? 0x80 : 0;
  const size = Buffer.alloc(wide === 7 ? 0 : wide / 8);
  if (wide === 16) size.writeUInt16BE(length);
  if (wide === 64) size.writeBigUInt64BE(BigInt(length));
  return Buffer.concat([
    Buffer.of(0x80 | opcode, mask | (wide === 7 ? length : wide === 16 ? 126 : 127)),
    size,
    // Payload and mask are all of a kind that would begin a Close, were they read as a head.
    Buffer.alloc(length + (masked ? 4 : 0), 0x88),
  ]);
}

const frame: fc.Arbitrary<Frame> = fc.record({
  opcode: fc.constantFrom(0, 1, 2, 9, 10),
  masked: fc.boolean(),
  length: fc.oneof(fc.nat(200), fc.constantFrom(0, 125, 126, 127, 65_535, 65_536), fc.nat(70_000)),
  form: fc.constantFrom(7, 16, 64),
});

describe('frames of a WebSocket', () => {
  test('end where they end, however they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 6 }),
        fc.array(fc.nat(4_000), { maxLength: 30 }),
        (frames, cuts) => {
          const all = Buffer.concat(frames.map(bytesOf));
          const ends = new Set<number>([0]);
          let sum = 0;
          for (const each of frames) ends.add((sum += bytesOf(each).length));
          const tracker = new FrameTracker();
          let at = 0;
          for (const cut of [...cuts, all.length]) {
            const piece = all.subarray(at, at + cut);
            expect(tracker.take(piece)).toBe(piece.length);
            at += piece.length;
            expect(tracker.atBoundary).toBe(ends.has(at));
            expect(tracker.closed).toBe(false);
          }
        },
      ),
    );
  });

  test('are taken to the next end of one, and no further, when that is asked', () => {
    fc.assert(
      fc.property(frame, frame, fc.nat(), (first, second, cut) => {
        const [one, two] = [bytesOf(first), bytesOf(second)];
        const begun = cut % one.length;
        const tracker = new FrameTracker();
        tracker.take(one.subarray(0, begun));
        const rest = Buffer.concat([one.subarray(begun), two]);
        // Between two frames nothing more is taken at all.
        expect(tracker.take(rest, true)).toBe(begun === 0 ? 0 : one.length - begun);
        expect(tracker.atBoundary).toBe(true);
      }),
    );
  });

  test('a Close is one once it is whole', () => {
    const tracker = new FrameTracker();
    const close = closeFrame(1001, 'edge/draining');
    expect(close.toString('latin1')).toBe('\x88\x0f\x03\xe9edge/draining');
    tracker.take(close.subarray(0, -1));
    expect(tracker.closed).toBe(false);
    tracker.take(close.subarray(-1));
    expect([tracker.closed, tracker.atBoundary]).toEqual([true, true]);
    const empty = new FrameTracker();
    empty.take(Buffer.of(0x88, 0x80, 1, 2, 3, 4));
    expect(empty.closed).toBe(true);
  });

  test('a reason is no longer than a control frame may be', () => {
    const close = closeFrame(1013, 'x'.repeat(500));
    expect([close.length, close[1]]).toEqual([127, 125]);
  });

  test('keys and what is made of them are as RFC 6455 §1.3 has them', () => {
    expect(acceptOf('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect(isKey('dGhlIHNhbXBsZSBub25jZQ==')).toBe(true);
    for (const key of [undefined, '', 'dGhlIHNhbXBsZSBub25jZQ', 'a, b', `${'A'.repeat(22)}==\n`])
      expect([key, isKey(key)]).toEqual([key, false]);
  });
});
