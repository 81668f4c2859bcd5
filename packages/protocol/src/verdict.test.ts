import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBytes, addressOf } from './address.ts';
import { concatBytes, toHex, utf8 } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import {
  MAX_DISPUTES,
  decodeVerdict,
  encodeVerdict,
  holdingOf,
  holdingPiece,
  verdictCommitment,
} from './verdict.ts';
import type { Level } from './verdict.ts';

const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const level = fc.constantFrom<Level[]>(0, 1, 2, 3);
const verdict = fc.record({
  levels: fc.array(level, { maxLength: 40 }),
  disputes: fc
    .uniqueArray(fc.record({ report: fc.nat(99), entry: fc.nat(9) }), {
      maxLength: MAX_DISPUTES,
      selector: ({ report, entry }) => `${report} ${entry}`,
    })
    .map((list) => list.toSorted((a, b) => a.report - b.report || a.entry - b.entry)),
});

describe('verdict payload', () => {
  it('comes back, whatever the order of the disputes', () => {
    fc.assert(
      fc.property(verdict, (value) => {
        expect(decodeVerdict(encodeVerdict(value))).toEqual(value);
        const shuffled = { ...value, disputes: [...value.disputes.toReversed(), ...value.disputes] };
        expect(encodeVerdict(shuffled)).toEqual(encodeVerdict(value));
      }),
    );
  });

  it('has two bits a report, lowest first', () => {
    expect([...encodeVerdict({ levels: [1, 2, 3, 0, 3], disputes: [{ report: 2, entry: 258 }] })]).toEqual([
      5, 0, 0, 0, 0b00_11_10_01, 3, 1, 0, 2, 0, 0, 0, 2, 1, 0, 0,
    ]);
  });

  it('refuses what is off, and never throws', () => {
    const good = encodeVerdict({
      levels: [1],
      disputes: [
        { report: 0, entry: 1 },
        { report: 0, entry: 2 },
      ],
    });
    expect(decodeVerdict(good)).toBeDefined();
    const changed = (at: number, value: number): Uint8Array => good.with(at, value);
    expect(decodeVerdict(changed(4, 1 | 4))).toBeUndefined();
    expect(decodeVerdict(changed(5, 1))).toBeUndefined();
    expect(decodeVerdict(changed(11, 2))).toBeUndefined();
    expect(decodeVerdict(changed(0, 255))).toBeUndefined();
    expect(decodeVerdict(good.subarray(0, good.length - 1))).toBeUndefined();
    expect(decodeVerdict(concatBytes([good, Uint8Array.of(0)]))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        decodeVerdict(bytes);
      }),
    );
    const many = Array.from({ length: MAX_DISPUTES + 1 }, (_, i) => ({ report: i, entry: 0 }));
    expect(() => encodeVerdict({ levels: [], disputes: many })).toThrow(RangeError);
  });
});

it('holding and commitment are the hashes of docs/evidence.md', () => {
  const guard = addressOf(new Uint8Array(32).fill(7));
  const key = addressBytes(guard);
  const piece = holdingPiece(guard, utf8('entries'), sha256);
  expect(toHex(piece)).toBe(toHex(sha256(concatBytes([key, utf8('entries')]))));
  const holding = holdingOf(guard, [piece, piece], sha256);
  expect(toHex(holding)).toBe(toHex(sha256(concatBytes([utf8('mn.hold.'), key, piece, piece]))));
  const [prevRoot, salt] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const commitment = verdictCommitment(
    { guard, hour: 258n, holding, prevRoot, salt, payload: Uint8Array.of(9) },
    sha256,
  );
  const hour = Uint8Array.of(2, 1, 0, 0, 0, 0, 0, 0);
  expect(toHex(commitment)).toBe(
    toHex(sha256(concatBytes([utf8('mn.vrdct'), key, hour, holding, prevRoot, salt, Uint8Array.of(9)]))),
  );
});
