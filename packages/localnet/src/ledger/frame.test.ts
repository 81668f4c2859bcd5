import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, scanFrames } from './frame.ts';

const payloads = fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 6 });
const joined = (parts: readonly Uint8Array[]): Buffer =>
  Buffer.concat(parts.map((p, i) => encodeFrame(i, p)));

describe('frames', () => {
  it('are read back as written', () => {
    fc.assert(
      fc.property(payloads, (parts) => {
        const scan = scanFrames(joined(parts), 0);
        expect(scan.end).toBe('clean');
        expect(scan.frames.map((f) => new Uint8Array(f.payload))).toEqual(
          parts.map((p) => new Uint8Array(p)),
        );
      }),
    );
  });

  it('cut anywhere are a torn tail that loses only the last', () => {
    fc.assert(
      fc.property(payloads, fc.nat(), (parts, seed) => {
        const whole = joined(parts);
        const before = joined(parts.slice(0, -1)).length;
        const cut = before + 1 + (seed % (whole.length - before - 1));
        const scan = scanFrames(whole.subarray(0, cut), 0);
        expect([scan.end, scan.frames.length, scan.goodBytes]).toEqual(['torn', parts.length - 1, before]);
      }),
    );
  });

  it('flipped anywhere are never taken for good', () => {
    fc.assert(
      fc.property(payloads, fc.nat(), fc.integer({ min: 1, max: 255 }), (parts, seed, flip) => {
        const whole = joined(parts);
        const at = seed % whole.length;
        whole[at] = (whole[at] ?? 0) ^ flip;
        const frameOf = parts.findIndex((_, i) => at < joined(parts.slice(0, i + 1)).length);
        const scan = scanFrames(whole, 0);
        expect(scan.frames.length).toBe(frameOf);
        expect(scan.end).toBe(frameOf === parts.length - 1 ? 'torn' : 'corrupt');
      }),
    );
  });
});
